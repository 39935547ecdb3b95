"""How much one person may request, decided from the store's counts."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.jobs.allowlist import ANYWHERE, Allowlist
from bot.jobs.reasons import Reason, Refusal

DAY_SECONDS = 86_400.0
# So many refusals, or failed renders, within this time make a person rest for as long again.
REST_SECONDS = 600.0
REFUSALS_MAX = 3
# Other people's renders count as fine when at most this share of them failed in the same time.
_FINE_PER_FAILED = 3
_LOOK_AGAIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What is allowed: to one person, in one server, in all, and where. A daily limit of 0 means none."""

    active_jobs: int
    jobs_per_day: int
    queued_jobs: int = 200
    guild_jobs_per_day: int = 0
    all_jobs_per_day: int = 0
    allowlist: Allowlist = ANYWHERE


@dataclass(frozen=True, slots=True)
class Usage:
    """A person's unfinished jobs, and their use of the last 24 hours (`counted_at`: when accepted, oldest first).

    `rests_until` is set while they have to wait because of refusals or failed renders. `queued_jobs` is how many jobs
    of all people wait.
    """

    active_jobs: int
    counted_at: tuple[float, ...]
    rests_until: float | None = None
    queued_jobs: int = 0
    is_blocked: bool = False


def decide(usage: Usage, limits: Limits) -> Refusal | None:
    """None if one more job may be accepted, else the reason; `free_at` is when the daily limit has room again."""
    if usage.is_blocked:
        return Refusal(Reason.BLOCKED)
    if limits.jobs_per_day and len(usage.counted_at) >= limits.jobs_per_day:
        freed_by = usage.counted_at[len(usage.counted_at) - limits.jobs_per_day]
        return Refusal(Reason.DAILY_LIMIT, {"limit": limits.jobs_per_day, "free_at": freed_by + DAY_SECONDS})
    if usage.rests_until is not None:
        return Refusal(Reason.RESTING, {"free_at": usage.rests_until})
    if usage.active_jobs >= limits.active_jobs:
        return Refusal(Reason.ACTIVE_LIMIT, {"limit": limits.active_jobs})
    if usage.queued_jobs >= limits.queued_jobs:
        return Refusal(Reason.QUEUE_FULL, {"limit": limits.queued_jobs})
    return None


def find_room(usage: Usage, limits: Limits) -> int:
    """How many more jobs of that person may be accepted now, if any may."""
    left = [limits.active_jobs - usage.active_jobs, limits.queued_jobs - usage.queued_jobs]
    if limits.jobs_per_day:
        left.append(limits.jobs_per_day - len(usage.counted_at))
    return max(0, min(left))


@dataclass(frozen=True, slots=True)
class Renders:
    """Recent renders: when a person's failed, and when other people's failed or were completed."""

    failed_at: tuple[float, ...] = ()
    others_failed_at: tuple[float, ...] = ()
    others_completed_at: tuple[float, ...] = ()


def rest_until(refused_at: Sequence[float], now: float, renders: Renders | None = None) -> float | None:
    """Until when a person rests, None if they don't: ten minutes from the third refusal, or failed render, in ten.

    `refused_at`: when the provider refused their videos for content, input, size or length in the last twenty minutes,
    oldest first. Failed renders count only while other people's didn't fail: an outage makes no one rest.
    """
    thirds = [third for _, third in _thirds(refused_at)]
    if renders is not None:
        thirds += [third for first, third in _thirds(renders.failed_at) if _others_were_fine(renders, first, third)]
    until = max((third + REST_SECONDS for third in thirds), default=now)
    return until if until > now else None


def _thirds(moments: Sequence[float]) -> list[tuple[float, float]]:
    """The first and the third of each three moments that lie within ten minutes."""
    spans = zip(moments, moments[REFUSALS_MAX - 1 :], strict=False)
    return [(first, third) for first, third in spans if third - first < REST_SECONDS]


def _others_were_fine(renders: Renders, first: float, third: float) -> bool:
    """Whether other people's renders went well from the ten minutes before the third failure on."""
    since = min(first, third - REST_SECONDS)
    failed = sum(since <= at <= third for at in renders.others_failed_at)
    completed = sum(since <= at <= third for at in renders.others_completed_at)
    return failed == 0 or completed >= _FINE_PER_FAILED * failed


def held_until(refused_at: Sequence[float], under_way: int, now: float) -> float | None:
    """Until when a person's waiting video is not sent, None if it may be: so that no fourth is refused in ten minutes.

    `under_way` of theirs are at the provider and may be refused yet. People without a recent refusal are not held up.
    """
    if resting := rest_until(refused_at, now):
        return resting
    refused = sum(at > now - REST_SECONDS for at in refused_at)
    return now + _LOOK_AGAIN_SECONDS if refused_at and refused + under_way >= REFUSALS_MAX else None
