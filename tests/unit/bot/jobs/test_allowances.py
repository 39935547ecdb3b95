"""What is left of each limit."""

from bot.jobs.allowances import Allowance, LimitKind, allowances
from bot.jobs.budgets import Budget
from bot.jobs.limits import DAY_SECONDS, Limits, Usage
from bot.jobs.model import GuildId


def test_each_limit_that_is_set_says_what_is_left() -> None:
    """At once, in a day, of this server and of all; those that are not set are left out."""
    usage = Usage(1, (10.0, 20.0))
    found = allowances(usage, Limits(3, 5), [Budget(GuildId(8), 4, [10.0]), Budget(None, 9, [])])
    assert found == (
        Allowance(LimitKind.ACTIVE, 3, 2),
        Allowance(LimitKind.DAILY, 5, 3),
        Allowance(LimitKind.SERVER, 4, 3),
        Allowance(LimitKind.BOT, 9, 9),
    )
    assert allowances(usage, Limits(3, 0), []) == (Allowance(LimitKind.ACTIVE, 3, 2),)


def test_a_limit_that_is_reached_says_when_there_is_room() -> None:
    """Also after it was lowered: then more than one has to become old."""
    (active, daily) = allowances(Usage(5, (10.0, 20.0, 30.0)), Limits(3, 2), [])
    assert (active.left, active.free_at) == (0, None)
    assert (daily.left, daily.free_at) == (0, 20.0 + DAY_SECONDS)
