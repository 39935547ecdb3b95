"""How much one person may ask for, decided from counts; where the counts come from is the store's business."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.jobs.reasons import Reason, Refusal

DAY_SECONDS = 86_400.0
# As many refusals for content within this time make a person rest for as long again.
REST_SECONDS = 600.0
REFUSALS_MAX = 3
_LOOK_AGAIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What is allowed. `jobs_per_day` 0 means no daily limit."""

    active_jobs: int
    jobs_per_day: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What a person has under way and has used in the last 24 hours (`counted_at`: when accepted, oldest first).

    `rests_until` is set while they have to wait because of refusals for content.
    """

    active_jobs: int
    counted_at: tuple[float, ...]
    rests_until: float | None = None


def decide(usage: Usage, limits: Limits) -> Refusal | None:
    """None if one more job may be accepted, else the reason; `free_at` says when the daily limit has room again."""
    if limits.jobs_per_day and len(usage.counted_at) >= limits.jobs_per_day:
        freed_by = usage.counted_at[len(usage.counted_at) - limits.jobs_per_day]
        return Refusal(Reason.DAILY_LIMIT, {"limit": limits.jobs_per_day, "free_at": freed_by + DAY_SECONDS})
    if usage.rests_until is not None:
        return Refusal(Reason.RESTING, {"free_at": usage.rests_until})
    if usage.active_jobs >= limits.active_jobs:
        return Refusal(Reason.ACTIVE_LIMIT, {"limit": limits.active_jobs})
    return None


def rest_until(refused_at: Sequence[float], now: float) -> float | None:
    """Until when a person rests, None if they don't: ten minutes from the third refusal within ten minutes.

    `refused_at`: when their videos were refused for content in the last twenty minutes, oldest first.
    """
    thirds = zip(refused_at, refused_at[REFUSALS_MAX - 1 :], strict=False)
    until = max((third + REST_SECONDS for first, third in thirds if third - first < REST_SECONDS), default=now)
    return until if until > now else None


def held_until(refused_at: Sequence[float], under_way: int, now: float) -> float | None:
    """Until when a person's waiting video is not sent, None if it may be: so that no fourth is refused in ten minutes.

    `under_way` of theirs are at the provider and may be refused yet. Whoever had none refused lately is not held up.
    """
    if resting := rest_until(refused_at, now):
        return resting
    refused = sum(at > now - REST_SECONDS for at in refused_at)
    return now + _LOOK_AGAIN_SECONDS if refused_at and refused + under_way >= REFUSALS_MAX else None
