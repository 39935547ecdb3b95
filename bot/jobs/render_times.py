"""How long renders take, learned per class (model, size, seconds) from the latest finished ones.

Pure. The theory is in `docs/facts/pacing.md`, "What is learned".
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import NormalDist, fmean
from typing import NamedTuple

from bot.jobs.model import VideoRequest

_RENDERS_REMEMBERED = 200
_RENDERS_TO_KNOW = 3
# How many renders the median and the spread of the wider class count for.
_CENTER_WEIGHT = 2.0
_SPREAD_WEIGHT = 5.0
# How far apart the medians of two classes usually are (of the logarithm).
_BETWEEN_CLASSES = 0.5
_SIGMA_WIDENED = 1.1
_SIGMA_MIN = 0.05
_OUTLIER_SIGMAS = 3.0
# Of the logarithm: twenty times as much.
_OUTLIER_OF_GUESS = 3.0
# Beyond this many sigmas a series replaces density over tail, which would become 0 / 0.
_FAR_SIGMAS = 8.0
_SHARE_MIN = 1e-9
_AGE_MIN_SECONDS = 1e-9
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class LogNormal:
    """How long a class of renders takes: half of them less than the median; `sigma` is the spread of the logarithm."""

    median_seconds: float
    sigma: float
    is_guess: bool = False
    """Whether fewer than three renders of the class itself are known."""

    def hazard(self, age_seconds: float) -> float:
        """The chance per second that a render of that age (> 0), still running, ends now."""
        return _inverse_mills(self.sigmas(age_seconds)) / (self.sigma * age_seconds)

    def sigmas(self, age_seconds: float) -> float:
        """How many sigmas the age is beyond the median."""
        return math.log(max(age_seconds, _AGE_MIN_SECONDS) / self.median_seconds) / self.sigma

    def logarithm_between(self, low_seconds: float, high_seconds: float) -> float:
        """The expected logarithm of the time of a render that ended between those ages."""
        low, high = self.sigmas(low_seconds), self.sigmas(high_seconds)
        share = _NORMAL.cdf(high) - _NORMAL.cdf(low)
        if share < _SHARE_MIN:
            # Far out, where the machine can't tell.
            return math.log(high_seconds)
        return math.log(self.median_seconds) + self.sigma * (_NORMAL.pdf(low) - _NORMAL.pdf(high)) / share


def _inverse_mills(z: float) -> float:
    """The density of the standard normal over its upper tail."""
    if z > _FAR_SIGMAS:
        return z + 1.0 / z
    return math.sqrt(2.0 / math.pi) * math.exp(-z * z / 2.0) / math.erfc(z / math.sqrt(2.0))


class RenderClass(NamedTuple):
    """What renders have in common that take about the same time."""

    model: str | None
    size: str | None
    seconds: str | None

    @classmethod
    def of(cls, request: VideoRequest) -> "RenderClass":
        """The class of that request's render."""
        return cls(request.model, request.size, request.seconds)


class _Sums(NamedTuple):
    """Sums over the logarithms of render times."""

    renders: float = 0.0
    logarithms: float = 0.0
    # Of the distance to the center of the render's own class, and how many of them are independent.
    squares: float = 0.0
    freedom: float = 0.0

    @classmethod
    def of(cls, logarithms: tuple[float, ...]) -> "_Sums":
        center = fmean(logarithms)
        squares = sum((logarithm - center) ** 2 for logarithm in logarithms)
        return cls(len(logarithms), sum(logarithms), squares, len(logarithms) - 1)


_NONE = _Sums()


def _total(sums: Iterable[_Sums]) -> _Sums:
    return _Sums(*(sum(column) for column in zip(*sums, strict=True)))


class _Belief(NamedTuple):
    """Center and variance of the logarithms of a class."""

    center: float
    variance: float

    def after(self, sums: _Sums) -> "_Belief":
        """This belief, corrected by these renders: the more there are, the less remains of it."""
        center = (_CENTER_WEIGHT * self.center + sums.logarithms) / (_CENTER_WEIGHT + sums.renders)
        variance = (_SPREAD_WEIGHT * self.variance + sums.squares) / (_SPREAD_WEIGHT + sums.freedom)
        return _Belief(center, variance)


_GUESS = _Belief(math.log(120.0), 0.4**2)


@dataclass(frozen=True, slots=True)
class History:
    """How long the latest renders of each class took. A value: `with_render` makes a new one."""

    _logarithms: Mapping[RenderClass, tuple[float, ...]] = field(default_factory=dict[RenderClass, tuple[float, ...]])
    _classes: Mapping[RenderClass, _Sums] = field(default_factory=dict[RenderClass, _Sums])
    _models: Mapping[str | None, _Sums] = field(default_factory=dict[str | None, _Sums])
    _all: _Sums = _NONE

    def with_render(self, kind: RenderClass, took_seconds: float, running_at_seconds: float | None = None) -> "History":
        """The history with one more finished render; the oldest above 200 of its class are dropped.

        If the age is known at which it was last seen running, the end is taken to lie between. Otherwise the history
        would learn its own polls' delays.
        A render far outside of its class (the bot was down, the clock jumped) counts as three sigmas off, of an unknown
        class as twenty times off.
        """
        if not 0.0 < took_seconds < math.inf:
            return self
        known = self.fit(kind)
        center = math.log(known.median_seconds)
        reach = _OUTLIER_OF_GUESS if known.is_guess else _OUTLIER_SIGMAS * known.sigma
        logarithm = math.log(took_seconds)
        if running_at_seconds is not None:
            logarithm = known.logarithm_between(running_at_seconds, took_seconds)
        logarithm = min(max(logarithm, center - reach), center + reach)
        logarithms = (*self._logarithms.get(kind, ()), logarithm)[-_RENDERS_REMEMBERED:]
        classes = {**self._classes, kind: _Sums.of(logarithms)}
        of_model = _total(sums for other, sums in classes.items() if other.model == kind.model)
        models = {**self._models, kind.model: of_model}
        return History({**self._logarithms, kind: logarithms}, classes, models, _total(models.values()))

    def fit(self, kind: RenderClass) -> LogNormal:
        """How long such a render takes, as far as known.

        A guess is corrected by all renders, then by those of the model, then by those of the class.
        """
        own = self._classes.get(kind, _NONE)
        belief = _GUESS.after(self._all).after(self._models.get(kind.model, _NONE)).after(own)
        # The siblings' center may be wrong for this class; its own renders show it.
        doubt = _BETWEEN_CLASSES * _CENTER_WEIGHT / (_CENTER_WEIGHT + own.renders)
        # Too narrow a guess costs more than too wide a one.
        sigma = _SIGMA_WIDENED * math.sqrt(belief.variance + doubt**2)
        return LogNormal(math.exp(belief.center), max(sigma, _SIGMA_MIN), is_guess=own.renders < _RENDERS_TO_KNOW)
