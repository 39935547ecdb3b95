"""Waiting after faults."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.jobs.backoff import capped, full_jitter, obeyed


def longest(low: float, high: float) -> float:
    return high


def shortest(low: float, high: float) -> float:
    return low


@pytest.mark.parametrize(("tries", "seconds"), [(1, 4.0), (2, 8.0), (3, 16.0), (6, 128.0), (7, 256.0), (8, 300.0)])
def test_longest_wait_doubles_up_to_the_most(tries: int, seconds: float) -> None:
    """The longest possible wait doubles with each try until it reaches what the caller allows."""
    assert full_jitter(tries, max_seconds=300.0, draw=longest) == seconds


@pytest.mark.parametrize("tries", [1, 5, 50])
def test_shortest_wait_stays(tries: int) -> None:
    """The shortest possible wait is 2 s after any number of tries: the whole range is drawn from."""
    assert full_jitter(tries, max_seconds=300.0, draw=shortest) == 2.0


@settings(deadline=None)
@given(tries=st.integers(-3, 10**9), max_seconds=st.floats(0.01, 3600.0), seed=st.integers())
def test_wait_is_within_its_range(tries: int, max_seconds: float, seed: int) -> None:
    """For any number of tries, the wait is neither a tight loop nor longer than allowed."""
    seconds = full_jitter(tries, max_seconds=max_seconds, draw=Random(seed).uniform)
    assert min(2.0, max_seconds) <= seconds <= max_seconds


def test_those_who_failed_together_come_back_apart() -> None:
    """A hundred jobs that failed at the same moment spread over most of the range."""
    random = Random(7)
    waits = [full_jitter(5, max_seconds=60.0, draw=random.uniform) for _ in range(100)]
    assert min(waits) < 10.0
    assert max(waits) > 50.0
    assert len(set(waits)) == 100


@settings(deadline=None)
@given(asked_seconds=st.floats(1.0, 600.0), seed=st.integers())
def test_asked_wait_is_never_cut_short(asked_seconds: float, seed: int) -> None:
    """What the other side asked for is waited for in full, and at most a tenth longer."""
    seconds = obeyed(asked_seconds, Random(seed).uniform)
    assert asked_seconds <= seconds <= asked_seconds * 1.1 + 1e-9


@pytest.mark.parametrize(("asked_seconds", "seconds"), [(0.0, 1.0), (-5.0, 1.0), (601.0, 600.0), (1e9, 600.0)])
def test_absurd_demands_are_bounded(asked_seconds: float, seconds: float) -> None:
    """ "At once" counts as a second, a demand for more than ten minutes as ten minutes."""
    assert obeyed(asked_seconds, shortest) == seconds


@pytest.mark.parametrize(("asked_seconds", "seconds"), [(-1.0, 0.0), (0.0, 0.0), (0.5, 0.5), (600.5, 600.0)])
def test_a_cap_only_bounds(asked_seconds: float, seconds: float) -> None:
    """What is requested stays as it is, below a second too; it is at least 0 and at most ten minutes."""
    assert capped(asked_seconds) == seconds
