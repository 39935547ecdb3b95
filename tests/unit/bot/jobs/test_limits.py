"""How much one person may ask for."""

import random

import pytest

from bot.jobs.limits import DAY_SECONDS, REST_SECONDS, Limits, Renders, Usage, decide, held_until, rest_until
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


def test_three_refusals_within_ten_minutes_make_a_rest_of_ten() -> None:
    """The rest counts from the third; two refusals, or three that lie further apart, make none."""
    assert rest_until((100.0, 200.0, 300.0), 300.0) == 300.0 + REST_SECONDS
    assert rest_until((100.0, 200.0, 300.0), 899.0) == 900.0
    assert rest_until((100.0, 200.0, 300.0), 900.0) is None
    assert rest_until((100.0, 300.0), 300.0) is None
    assert rest_until((100.0, 400.0, 100.0 + REST_SECONDS), 701.0) is None
    assert rest_until((0.0, 0.0, 0.0, 599.0), 650.0) == 599.0 + REST_SECONDS


def test_a_full_queue_is_the_last_reason() -> None:
    """What concerns the person is said first; then that as many jobs wait as may."""
    assert decide(Usage(0, (), None, 199), Limits(3, 25, 200)) is None
    assert decide(Usage(0, (), None, 200), Limits(3, 25, 200)) == Refusal(Reason.QUEUE_FULL, {"limit": 200})
    assert decide(Usage(3, (), None, 200), Limits(3, 25, 200)) == Refusal(Reason.ACTIVE_LIMIT, {"limit": 3})


def test_a_rest_is_a_reason_with_its_end() -> None:
    """A resting person learns until when; a daily limit that is reached as well is the longer wait."""
    assert decide(Usage(0, (), 900.0), Limits(3, 25)) == Refusal(Reason.RESTING, {"free_at": 900.0})
    refusal = decide(Usage(3, (1.0,), 900.0), Limits(3, 1))
    assert refusal is not None
    assert refusal.reason is Reason.DAILY_LIMIT


def test_a_block_is_the_first_reason() -> None:
    """A blocked person learns of no limit."""
    assert decide(Usage(3, (1.0,), 900.0, 200, is_blocked=True), Limits(3, 1, 200)) == Refusal(Reason.BLOCKED)


def test_refusals_and_failed_renders_both_make_a_rest() -> None:
    """The rest ends with the later of both; neither hides the other."""
    renders = Renders(failed_at=(10.0, 20.0, 30.0))
    assert rest_until((100.0, 200.0, 300.0), 300.0, renders) == 300.0 + REST_SECONDS
    assert rest_until((), 300.0, renders) == 30.0 + REST_SECONDS
    assert rest_until((100.0,), 300.0, Renders(failed_at=(10.0, 20.0))) is None


# A person's failed at 700, 800 and 900: what counts of other people's lies between 300 and 900.
@pytest.mark.parametrize(
    ("others_failed_at", "others_completed_at", "rests"),
    [
        ((), (), True),
        ((299.5, 900.5), (), True),
        ((300.0,), (), False),
        ((500.0,), (), False),
        ((900.0,), (), False),
        # One in four failed: fine.
        ((500.0,), (300.0, 500.0, 900.0), True),
        ((500.0,), (299.5, 500.0, 900.0), False),
        ((500.0,), (300.0, 500.0, 900.5), False),
        ((500.0, 600.0), (300.0, 400.0, 500.0, 600.0, 900.0), False),
        ((500.0, 600.0), (300.0, 400.0, 500.0, 600.0, 700.0, 900.0), True),
    ],
)
def test_failed_renders_count_while_other_peoples_are_fine(
    others_failed_at: tuple[float, ...], others_completed_at: tuple[float, ...], rests: bool
) -> None:
    """At most one in four of them failed, in the ten minutes before the third failure."""
    renders = Renders((700.0, 800.0, 900.0), others_failed_at, others_completed_at)
    assert rest_until((), 900.0, renders) == (900.0 + REST_SECONDS if rests else None)


def test_a_held_up_video_is_looked_at_again_soon() -> None:
    """Five seconds later; a refusal of ten minutes ago doesn't hold anything up."""
    assert held_until((1_000.0,), 2, 1_000.0) == 1_005.0
    assert held_until((1_000.0,), 2, 1_599.5) == 1_604.5
    assert held_until((1_000.0,), 2, 1_600.0) is None
    assert held_until((100.0, 200.0, 300.0), 0, 300.0) == 300.0 + REST_SECONDS


def test_a_person_without_a_refusal_is_not_held_up() -> None:
    """However many are under way, a person whose videos were not refused lately sends the next one at once."""
    assert held_until((), 50, 1_000.0) is None
    assert held_until((1_000.0,), 1, 1_000.0) is None
    assert held_until((1_000.0,), 2, 1_000.0) is not None


@pytest.mark.parametrize("seed", range(20))
def test_a_provider_that_refuses_all_is_asked_three_times_in_ten_minutes(seed: int) -> None:
    """Whenever the refusals come, from the first one on no ten minutes hold more than three requests of a person."""
    dice = random.Random(seed)
    now, sent, refused, under_way = 0.0, [], [], []
    while now < 6 * REST_SECONDS:
        recent = tuple(at for at in refused if at > now - 2 * REST_SECONDS)
        may_send = held_until(recent, len(under_way), now) is None
        # As much as the ordinary limit of three under way lets a person try.
        if may_send and len(under_way) < 3 and dice.random() < 0.8:
            sent.append(now)
            under_way.append(now + dice.choice((0.1, 5.0, 120.0)))
        now += dice.choice((0.5, 1.0, 20.0))
        refused += sorted(end for end in under_way if end <= now)
        under_way = [end for end in under_way if end > now]
    assert len(sent) >= 6
    for first, fourth in zip(sent, sent[3:], strict=False):
        assert fourth - first >= REST_SECONDS, f"seed {seed}: {sent}"
