"""When to poll a rendering job again, decided from learned durations, its progress and its age.

Pure. The theory and its limits are in `docs/facts/pacing.md`.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from bot.jobs.backoff import capped, full_jitter, obeyed
from bot.jobs.render_times import LogNormal

PRICE = 0.5

# While the class of a render is unknown.
_GUESS_GAP_SECONDS_MIN = 5.0
_GUESS_GAP_SECONDS_MAX = 30.0
_GUESS_SHARE_OF_AGE = 1 / 3

# The first poll of a render that will report its progress.
_FIRST_SHARE_OF_MEDIAN = 0.25
_SHARE_OF_REMAINING = 0.65
_SHARE_OF_STALL = 0.25
_SHARE_OF_AGE = 0.08

_WIDE_SIGMA = 0.6
_EARLY_SIGMAS = -2.0
_WANTED_EARLY = 1.5
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

    def below(self, seconds: float) -> "Bounds":
        """These bounds with an upper bound of that, or of the lower bound if that is more."""
        return Bounds(self.min_seconds, min(max(seconds, self.min_seconds), self.max_seconds))


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
    expects_progress: bool = False,
    asked_seconds: float | None = None,
    price: float = PRICE,
    late: bool = False,
) -> Gap:
    """How long to wait after a poll that found the job of that age still running (age 0: after it was submitted).

    Within the bounds, except for a late job (see `late_gap`) and for a provider that requested a longer wait, which is
    obeyed up to 600 s (`docs/facts/provider.md`). `price` is the price of one poll in seconds of delay, above 0.
    `expects_progress` means that such renders report their progress: the first poll comes early to see it.
    """
    # A clock that was set back makes ages negative.
    age_seconds = max(age_seconds, 0.0)
    if late:
        gap = late_gap(bounds, age_seconds)
    else:
        is_blind = progress is None or progress.percent == 0
        if fit.is_guess:
            bounds = bounds.below(_GUESS_GAP_SECONDS_MAX)
        if expects_progress and is_blind:
            bounds = bounds.below(_FIRST_SHARE_OF_MEDIAN * fit.median_seconds)
        gap = Gap(_by_history(fit, bounds, age_seconds, price), Why.HISTORY)
        if progress is not None and not is_blind:
            gap = Gap(_by_progress(progress, bounds, age_seconds, gap.seconds), Why.PROGRESS)
    asked_seconds = capped(asked_seconds or 0.0)
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
    """Wait until the integral of sqrt(hazard / (2 price)) since the last poll reaches 1, within the bounds.

    While hardly any render can have ended, it is 1.5: such a poll would find nothing. A narrow class needs fewer polls
    for the same delay; a lower price spends them on less delay.
    The times of an unknown class may be a fraction of the guess: then the gap is at most a third of the age.
    """
    if fit.is_guess:
        bounds = bounds.below(max(_GUESS_SHARE_OF_AGE * age_seconds, _GUESS_GAP_SECONDS_MIN))
    price *= min(fit.sigma / _WIDE_SIGMA, 1.0)
    wanted = _WANTED_EARLY if fit.sigmas(age_seconds) < _EARLY_SIGMAS else 1.0
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
        if reached + share >= wanted:
            return bounds.clamp(waited_seconds + (wanted - reached) / density)
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
