"""When to poll a rendering job again, decided from learned durations, its progress and its age.

Pure. The theory and its limits are in `docs/facts/pacing.md`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from bot.jobs.backoff import ASKED_LONGEST_SECONDS, full_jitter, obeyed

PRICE = 0.5

_PRIOR_MEDIAN_SECONDS = 120.0
_PRIOR_SIGMA = 0.6
_PRIOR_JOBS = 10
_JOBS_REMEMBERED = 200
_SIGMA_WIDENED = 1.1
_OUTLIER_SIGMAS = 3.0
# Beyond this many sigmas a series replaces density over tail, which would become 0 / 0.
_FAR_SIGMAS = 8.0

_SHARE_OF_REMAINING = 0.65
_SHARE_OF_STALL = 0.25
_SHARE_OF_AGE = 0.08

_STEPS_PER_BOUND = 16
_SHARE_PER_STEP = 0.25
_SHARE_PER_STEP_MAX = 0.4
_RATE_SHARE = 0.8
_RATE_MIN = 1e-3
# The gap of the rule at the default price where the hazard of the prior is highest.
_GAP_AT_PRICE_SECONDS = 9.0

_LATE_SHARE_OF_AGE = 1 / 12
_LATE_GAP_SECONDS_MAX = 300.0
_FAULT_GAP_SECONDS_MAX = 300.0


class Why(StrEnum):
    """What decided a gap."""

    HISTORY = "how long such renders take"
    PROGRESS = "how far the render says it is"
    LATE = "the job is late"
    ASKED = "the provider asked for it"


@dataclass(frozen=True, slots=True)
class Gap:
    """The time until the next poll, and its reason."""

    seconds: float
    why: Why


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the most time between two polls of a job that is not late."""

    min_seconds: float
    max_seconds: float

    def clamp(self, seconds: float) -> float:
        """The nearest allowed gap."""
        return min(max(seconds, self.min_seconds), self.max_seconds)


@dataclass(frozen=True, slots=True)
class LogNormal:
    """How long a class of renders takes: half of them less than the median; `sigma` is the spread of the logarithm."""

    median_seconds: float
    sigma: float

    def hazard(self, age_seconds: float) -> float:
        """The chance per second that a render of that age (> 0), still running, ends now."""
        z = math.log(age_seconds / self.median_seconds) / self.sigma
        return _inverse_mills(z) / (self.sigma * age_seconds)


def _inverse_mills(z: float) -> float:
    """The density of the standard normal over its upper tail."""
    if z > _FAR_SIGMAS:
        return z + 1.0 / z
    return math.sqrt(2.0 / math.pi) * math.exp(-z * z / 2.0) / math.erfc(z / math.sqrt(2.0))


PRIOR = LogNormal(_PRIOR_MEDIAN_SECONDS, _PRIOR_SIGMA * _SIGMA_WIDENED)

_Class = tuple[str | None, str | None, str | None]


@dataclass(frozen=True, slots=True)
class History:
    """How long the latest renders took, per model, size and seconds. A value: `with_render` makes a new one."""

    _logarithms: Mapping[_Class, tuple[float, ...]] = field(default_factory=dict[_Class, tuple[float, ...]])
    _fits: Mapping[_Class, LogNormal] = field(default_factory=dict[_Class, LogNormal])

    def with_render(self, model: str | None, size: str | None, seconds: str | None, took_seconds: float) -> "History":
        """The history with one more finished render; the oldest above 200 of its class are dropped.

        A render far outside of its class (the bot was down, the clock jumped) counts as three sigmas off.
        """
        if not 0.0 < took_seconds < math.inf:
            return self
        key = (model, size, seconds)
        known = self.fit(*key)
        center, reach = math.log(known.median_seconds), _OUTLIER_SIGMAS * known.sigma
        logarithm = min(max(math.log(took_seconds), center - reach), center + reach)
        logarithms = (*self._logarithms.get(key, ()), logarithm)[-_JOBS_REMEMBERED:]
        return History({**self._logarithms, key: logarithms}, {**self._fits, key: _fit(logarithms)})

    def fit(self, model: str | None, size: str | None, seconds: str | None) -> LogNormal:
        """How long such a render takes, as far as known; at first a guess that counts as much as ten renders."""
        return self._fits.get((model, size, seconds), PRIOR)


def _fit(logarithms: tuple[float, ...]) -> LogNormal:
    weight = _PRIOR_JOBS + len(logarithms)
    center = (_PRIOR_JOBS * math.log(_PRIOR_MEDIAN_SECONDS) + sum(logarithms)) / weight
    spread = math.sqrt(sum((logarithm - center) ** 2 for logarithm in logarithms) / len(logarithms))
    sigma = (_PRIOR_JOBS * _PRIOR_SIGMA + len(logarithms) * spread) / weight
    # Too narrow a guess costs more than too wide a one.
    return LogNormal(math.exp(center), _SIGMA_WIDENED * sigma)


@dataclass(frozen=True, slots=True)
class ProgressTrack:
    """The furthest progress of a job (percent), and the job's age when it was first reported."""

    percent: int
    reached_at_age_seconds: float


def track(known: ProgressTrack | None, age_seconds: float, percent: int) -> ProgressTrack:
    """The track after a poll with that progress; it never goes back, even if the provider's does."""
    if known is None or percent > known.percent:
        return ProgressTrack(min(max(percent, 0), 100), max(age_seconds, 0.0))
    return known


def price_for(jobs_rendering: int, polls_per_second: float) -> float:
    """The price of one poll in seconds of delay: 0.5, and more when so many jobs would exceed the polls per second.

    Gaps grow with its square root: it rises until the jobs together take no more than 0.8 of the rate. Gaps still end
    at the upper bound; the caller limits the rate beyond that.
    """
    needed_seconds = jobs_rendering / (_RATE_SHARE * max(polls_per_second, _RATE_MIN))
    return PRICE * max(1.0, needed_seconds / _GAP_AT_PRICE_SECONDS) ** 2


def next_gap(
    fit: LogNormal,
    bounds: Bounds,
    age_seconds: float,
    *,
    progress: ProgressTrack | None = None,
    asked_seconds: float | None = None,
    price: float = PRICE,
    late: bool = False,
) -> Gap:
    """How long to wait after a poll that found the job of that age still running (age 0: after it was submitted).

    Within the bounds, except for a late job (see `late_gap`) and for a provider that requested a longer wait, which is
    obeyed up to 600 s (`docs/facts/provider.md`). `price` is the price of one poll in seconds of delay, above 0.
    """
    # A clock that was set back makes ages negative.
    age_seconds = max(age_seconds, 0.0)
    if late:
        gap = late_gap(bounds, age_seconds)
    else:
        gap = Gap(_by_history(fit, bounds, age_seconds, price), Why.HISTORY)
        if progress is not None and progress.percent > 0:
            gap = Gap(_by_progress(progress, bounds, age_seconds, gap.seconds), Why.PROGRESS)
    asked_seconds = min(asked_seconds or 0.0, ASKED_LONGEST_SECONDS)
    return Gap(asked_seconds, Why.ASKED) if asked_seconds > gap.seconds else gap


def late_gap(bounds: Bounds, age_seconds: float) -> Gap:
    """How long to wait between polls of a job past its deadline: a twelfth of its age, at most 300 s.

    It is slower than before the deadline: never less than the upper bound.
    """
    share_seconds = min(age_seconds * _LATE_SHARE_OF_AGE, _LATE_GAP_SECONDS_MAX)
    return Gap(max(share_seconds, bounds.max_seconds), Why.LATE)


def fault_gap(faults_in_a_row: int, retry_after_seconds: float | None, rng: Random) -> float:
    """Seconds until the next poll after failed polls: the provider's requested wait, else a backoff."""
    if retry_after_seconds is not None:
        return obeyed(retry_after_seconds, rng.uniform)
    return full_jitter(faults_in_a_row, max_seconds=_FAULT_GAP_SECONDS_MAX, draw=rng.uniform)


def _by_history(fit: LogNormal, bounds: Bounds, age_seconds: float, price: float) -> float:
    """Wait until the integral of sqrt(hazard / (2 price)) since the last poll reaches 1, within the bounds."""
    longest_step_seconds = bounds.max_seconds / _STEPS_PER_BOUND
    step_seconds, waited_seconds, reached = longest_step_seconds, 0.0, 0.0
    while waited_seconds < bounds.max_seconds:
        middle_seconds = age_seconds + waited_seconds + step_seconds / 2.0
        density = math.sqrt(fit.hazard(middle_seconds) / (2.0 * price))
        share = density * step_seconds
        if share > _SHARE_PER_STEP_MAX:
            # The hazard rises steeply in here.
            step_seconds /= 2.0
            continue
        if reached + share >= 1.0:
            return bounds.clamp(waited_seconds + (1.0 - reached) / density)
        reached += share
        waited_seconds += step_seconds
        step_seconds = 1.0 / max(density / _SHARE_PER_STEP, 1.0 / longest_step_seconds)
    return bounds.max_seconds


def _by_progress(progress: ProgressTrack, bounds: Bounds, age_seconds: float, by_history_seconds: float) -> float:
    """Poll most of the way to the predicted end, but not beyond a share of the age.

    100 % is not the end. Progress that doesn't change is polled less and less often, down to the pace of the history.
    """
    stalled_seconds = max(age_seconds - progress.reached_at_age_seconds, 0.0)
    done = min((progress.percent + 0.5) / 100.0, 1.0)
    remaining_seconds = progress.reached_at_age_seconds * (1.0 - done) / done - stalled_seconds
    if remaining_seconds <= 0.0:
        return bounds.clamp(min(_SHARE_OF_STALL * stalled_seconds, by_history_seconds))
    wanted_seconds = max(_SHARE_OF_REMAINING * remaining_seconds, _SHARE_OF_STALL * stalled_seconds)
    return bounds.clamp(min(wanted_seconds, max(_SHARE_OF_AGE * age_seconds, by_history_seconds)))
