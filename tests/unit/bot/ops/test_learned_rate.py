"""A rate limiter that learns how much the other side accepts."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.ops.learned_rate import RATE_MAX, RATE_MIN, LearnedRate
from tests.unit.bot.engine.fake_clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def rate(clock: FakeClock) -> LearnedRate:
    return LearnedRate(clock)


def send(rate: LearnedRate, clock: FakeClock, seconds: float, *, accepted: float = math.inf) -> tuple[int, int]:
    """An eager caller's answers and refusals in that time, where so many per second of the clock are accepted."""
    end, answers, refusals = clock.seconds + seconds, 0, 0
    window, sent = math.floor(clock.seconds), 0
    while clock.seconds < end:
        if (wait_seconds := rate.take()) > 0.0:
            clock.seconds += wait_seconds
            continue
        if math.floor(clock.seconds) != window:
            window, sent = math.floor(clock.seconds), 0
        sent += 1
        if sent > accepted:
            refusals += 1
            rate.refused(is_ceiling=True)
        else:
            answers += 1
            rate.answered()
    return answers, refusals


def test_it_starts_with_twenty_a_second(rate: LearnedRate) -> None:
    """Before anything is known, no ceiling is."""
    assert (rate.per_second, rate.ceiling) == (20.0, None)


def test_it_grows_quickly_to_its_maximum_while_nothing_is_refused(rate: LearnedRate, clock: FakeClock) -> None:
    """A tenth per answer: ten times as much after 25 s, and never more than 200 a second."""
    send(rate, clock, 25.0)
    assert rate.per_second == pytest.approx(RATE_MAX)
    send(rate, clock, 60.0)
    assert (rate.per_second, rate.ceiling) == (RATE_MAX, None)


def test_a_rate_that_nothing_waits_for_does_not_grow(rate: LearnedRate, clock: FakeClock) -> None:
    """Ten requests a second say nothing about a hundred."""
    for _ in range(1_000):
        assert rate.take() == 0.0
        rate.answered()
        clock.seconds += 0.1
    assert rate.per_second == 20.0


def test_a_burst_after_silence_is_small(rate: LearnedRate, clock: FakeClock) -> None:
    """What wasn't sent in a quiet hour isn't sent at once afterwards."""
    rate.take()
    clock.seconds += 3_600.0
    burst = 0
    while rate.take() == 0.0:
        burst += 1
    assert burst <= 0.1 * 20.0 + 1


@pytest.mark.parametrize("accepted", [5, 12, 50, 120])
def test_it_stays_below_the_ceiling_that_it_found(rate: LearnedRate, clock: FakeClock, accepted: int) -> None:
    """After a minute it has found how much is accepted: it uses more than 80 % of that, and 0.5 % is refused."""
    send(rate, clock, 60.0, accepted=accepted)
    answers, refusals = send(rate, clock, 600.0, accepted=accepted)
    assert answers > 0.8 * 600.0 * accepted
    assert refusals < 0.005 * answers + 3
    assert rate.ceiling == pytest.approx(accepted, rel=0.35)


def test_requests_under_way_at_a_cut_do_not_cut_again(rate: LearnedRate, clock: FakeClock) -> None:
    """Thirty refusals within a second are one; a second later the next one counts."""
    rate.answered()
    for _ in range(30):
        rate.refused(is_ceiling=True)
    assert rate.per_second == pytest.approx(14.0)
    clock.seconds += 1.0
    rate.refused(is_ceiling=True)
    assert rate.per_second == pytest.approx(9.8)


def test_a_refusal_that_may_be_one_jobs_own_is_no_ceiling(rate: LearnedRate, clock: FakeClock) -> None:
    """It slows down for a while and comes back by itself, more slowly than at first."""
    rate.answered()
    rate.refused(is_ceiling=False)
    assert (rate.per_second, rate.ceiling) == (pytest.approx(14.0), None)
    send(rate, clock, 10.0)
    assert 15.0 < rate.per_second < 20.0


def test_a_ceiling_is_the_rate_before_the_cut_also_if_it_is_confirmed_after_it(rate: LearnedRate) -> None:
    """The second person's refusal was under way at the first one's."""
    rate.answered()
    rate.refused(is_ceiling=False)
    rate.refused(is_ceiling=True)
    assert (rate.per_second, rate.ceiling) == (pytest.approx(14.0), 20.0)


def test_an_outage_says_nothing_about_the_ceiling(rate: LearnedRate, clock: FakeClock) -> None:
    """While everything is refused the rate falls to one in five seconds; afterwards it is soon what it was."""
    send(rate, clock, 60.0, accepted=50)
    known = rate.ceiling
    assert known is not None
    send(rate, clock, 300.0, accepted=0)
    assert rate.per_second == RATE_MIN
    assert rate.ceiling == pytest.approx(known, rel=0.2)
    send(rate, clock, 120.0, accepted=50)
    assert rate.per_second == pytest.approx(0.9 * rate.ceiling, rel=0.15)


def test_a_provider_that_accepts_more_again_is_noticed(rate: LearnedRate, clock: FakeClock) -> None:
    """A quiet minute after the last refusal it goes carefully beyond the ceiling."""
    send(rate, clock, 120.0, accepted=5)
    assert rate.per_second < 7.0
    send(rate, clock, 600.0, accepted=150)
    answers, refusals = send(rate, clock, 600.0, accepted=150)
    assert answers > 0.8 * 600.0 * 150
    assert refusals < 0.005 * answers


def test_a_remembered_ceiling_is_used_from_the_first_second(rate: LearnedRate, clock: FakeClock) -> None:
    """After a restart nothing is refused and nothing is wasted."""
    rate.remember(50.0)
    assert rate.per_second == pytest.approx(45.0)
    answers, refusals = send(rate, clock, 50.0, accepted=50)
    assert answers > 0.88 * 50 * 50
    assert refusals == 0


@pytest.mark.parametrize(
    ("stored", "per_second"), [(1e9, 180.0), (0.01, 0.9), (0.0, 20.0), (-5.0, 20.0), (math.nan, 20.0), (math.inf, 20.0)]
)
def test_a_damaged_memory_does_no_harm(rate: LearnedRate, stored: float, per_second: float) -> None:
    """A stored ceiling is bounded; one that can't be is none."""
    rate.remember(stored)
    assert rate.per_second == pytest.approx(per_second)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["take", "answered", "refused", "ceiling"]), st.floats(0.0, 100.0)), max_size=200
    )
)
def test_anything_at_all_keeps_the_rate_within_its_bounds(happened: list[tuple[str, float]]) -> None:
    """Any order of answers and refusals leaves the rate between one in five seconds and 200 a second."""
    clock = FakeClock()
    rate = LearnedRate(clock)
    for what, pause_seconds in happened:
        match what:
            case "take":
                assert rate.take() <= 1.0 / RATE_MIN
            case "answered":
                rate.answered()
            case _:
                rate.refused(is_ceiling=what == "ceiling")
        clock.seconds += pause_seconds
        assert RATE_MIN <= rate.per_second <= RATE_MAX
        assert rate.ceiling is None or 1.0 <= rate.ceiling <= RATE_MAX
