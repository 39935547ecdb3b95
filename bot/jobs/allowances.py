"""What is left to a person of each limit, decided from the store's counts. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.jobs.budgets import Budget
from bot.jobs.limits import DAY_SECONDS, Limits, Usage


class LimitKind(StrEnum):
    """Jobs at once, and jobs in 24 hours: of one person, of one server, of the whole bot."""

    ACTIVE = "active"
    DAILY = "daily"
    SERVER = "server"
    BOT = "bot"


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much is left of one limit; `free_at` is when there is room again, if there is none now and it is known."""

    kind: LimitKind
    limit: int
    left: int
    free_at: float | None = None


def allowances(usage: Usage, limits: Limits, budgets: Sequence[Budget]) -> tuple[Allowance, ...]:
    """Each limit that is set, at the place that the budgets are of."""
    counted = [(LimitKind.DAILY, limits.jobs_per_day, usage.counted_at)] if limits.jobs_per_day else []
    for budget in budgets:
        kind = LimitKind.BOT if budget.guild_id is None else LimitKind.SERVER
        counted.append((kind, budget.limit, tuple(budget.spent_at)))
    active = Allowance(LimitKind.ACTIVE, limits.active_jobs, max(0, limits.active_jobs - usage.active_jobs))
    return (active, *(_of_a_day(*one) for one in counted))


def _of_a_day(kind: LimitKind, limit: int, counted_at: tuple[float, ...]) -> Allowance:
    """`counted_at`: oldest first, as the limit is decided."""
    left = max(0, limit - len(counted_at))
    return Allowance(kind, limit, left, None if left else counted_at[len(counted_at) - limit] + DAY_SECONDS)
