"""How much one person may ask for."""

import pytest

from bot.jobs.limits import DAY_SECONDS, Limits, Usage, decide
from bot.jobs.reasons import Reason, Refusal


def test_below_both_limits_is_allowed() -> None:
    """One less than each limit leaves room for one more."""
    assert decide(Usage(2, (1.0, 2.0)), Limits(3, 3)) is None


def test_the_active_limit_is_named() -> None:
    """As many under way as allowed: the reason carries the limit."""
    assert decide(Usage(3, ()), Limits(3, 25)) == Refusal(Reason.ACTIVE_LIMIT, {"limit": 3})


def test_the_daily_limit_says_when_it_has_room_again() -> None:
    """The oldest counted job frees its place 24 hours after it was accepted."""
    refusal = decide(Usage(0, (100.0, 200.0, 300.0)), Limits(3, 3))
    assert refusal == Refusal(Reason.DAILY_LIMIT, {"limit": 3, "free_at": 100.0 + DAY_SECONDS})


def test_a_lowered_daily_limit_frees_later() -> None:
    """With more counted than the limit allows, as many as are too many must pass first."""
    refusal = decide(Usage(0, (100.0, 200.0, 300.0, 400.0)), Limits(3, 2))
    assert refusal == Refusal(Reason.DAILY_LIMIT, {"limit": 2, "free_at": 300.0 + DAY_SECONDS})


def test_zero_means_no_daily_limit() -> None:
    """MAX_JOBS_PER_USER_PER_DAY=0 lets any number through; the active limit still holds."""
    many = tuple(float(second) for second in range(1_000))
    assert decide(Usage(0, many), Limits(3, 0)) is None
    assert decide(Usage(3, many), Limits(3, 0)) == Refusal(Reason.ACTIVE_LIMIT, {"limit": 3})


@pytest.mark.parametrize("active", [3, 4])
def test_the_longer_wait_is_said_first(active: int) -> None:
    """With both limits reached the person hears of the day's, which no finished job will lift."""
    refusal = decide(Usage(active, (1.0, 2.0, 3.0)), Limits(3, 3))
    assert refusal is not None
    assert refusal.reason is Reason.DAILY_LIMIT
