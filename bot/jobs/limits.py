"""How much one person may ask for, decided from counts; where the counts come from is the store's business."""

from dataclasses import dataclass

from bot.jobs.reasons import Reason, Refusal

DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What is allowed. `jobs_per_day` 0 means no daily limit."""

    active_jobs: int
    jobs_per_day: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What a person has under way and has used in the last 24 hours (`counted_at`: when accepted, oldest first)."""

    active_jobs: int
    counted_at: tuple[float, ...]


def decide(usage: Usage, limits: Limits) -> Refusal | None:
    """None if one more job may be accepted, else the reason; `free_at` says when the daily limit has room again."""
    if limits.jobs_per_day and len(usage.counted_at) >= limits.jobs_per_day:
        freed_by = usage.counted_at[len(usage.counted_at) - limits.jobs_per_day]
        return Refusal(Reason.DAILY_LIMIT, {"limit": limits.jobs_per_day, "free_at": freed_by + DAY_SECONDS})
    if usage.active_jobs >= limits.active_jobs:
        return Refusal(Reason.ACTIVE_LIMIT, {"limit": limits.active_jobs})
    return None
