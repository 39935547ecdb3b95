"""The hard stop on paid requests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.videos.provider_faults import SpendingStopped
from bot.videos.spending import WINDOW_SECONDS, SpendGuard


class FakeClock:
    """A clock that only moves on demand."""

    def __init__(self) -> None:
        self.at = 1_700_000_000.0
        self.ticks = 50.0

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.ticks

    async def sleep(self, seconds: float) -> None:
        self.pass_by(seconds)

    def pass_by(self, seconds: float) -> None:
        self.at += seconds
        self.ticks += seconds


def test_the_one_too_many_is_stopped_and_learns_when_there_is_room() -> None:
    """The guard lets as many through as allowed, then says how long until the oldest leaves the window."""
    clock = FakeClock()
    guard = SpendGuard(2, clock)
    guard.spend()
    clock.pass_by(10)
    guard.spend()
    clock.pass_by(5)
    with pytest.raises(SpendingStopped) as stopped:
        guard.spend()
    assert stopped.value.retry_after_seconds == pytest.approx(45)
    clock.pass_by(45)
    guard.spend()
    with pytest.raises(SpendingStopped) as again:
        guard.spend()
    assert again.value.retry_after_seconds == pytest.approx(10)


def test_what_was_spent_before_the_start_counts() -> None:
    """Submissions of the last process count, however many; times in the future count as now, old ones not at all."""
    clock = FakeClock()
    guard = SpendGuard(2, clock, (clock.at - 50, clock.at - 30, clock.at - 20, clock.at - 61, clock.at - 9000))
    with pytest.raises(SpendingStopped) as stopped:
        guard.spend()
    assert stopped.value.retry_after_seconds == pytest.approx(30)
    clock.pass_by(30)
    guard.spend()
    future = SpendGuard(1, clock, (clock.at + 5000,))
    with pytest.raises(SpendingStopped) as stopped:
        future.spend()
    assert stopped.value.retry_after_seconds == pytest.approx(60)


def test_another_processes_requests_may_have_been_sent_later() -> None:
    """Marked 65 s ago, and sent up to ten seconds after that: until then it counts."""
    clock = FakeClock()
    guard = SpendGuard(1, clock)
    guard.remember([clock.now() - 65], 10)
    with pytest.raises(SpendingStopped) as stopped:
        guard.spend()
    assert stopped.value.retry_after_seconds == 5
    clock.pass_by(5)
    guard.spend()


def test_setting_the_machines_clock_opens_no_gap() -> None:
    """A jump of the machine's clock, either way, changes nothing of what may be spent."""
    clock = FakeClock()
    guard = SpendGuard(1, clock)
    guard.spend()
    for jump in (86_400.0, -200_000.0):
        clock.at += jump
        with pytest.raises(SpendingStopped):
            guard.spend()


def test_a_guard_that_allows_nothing_is_a_mistake() -> None:
    """A limit below one is refused when the guard is built."""
    with pytest.raises(ValueError, match="At least one"):
        SpendGuard(0, FakeClock())


@given(st.integers(1, 5), st.lists(st.floats(0, 40), max_size=60))
def test_no_window_ever_holds_more_than_allowed(limit: int, pauses: list[float]) -> None:
    """In no 60 seconds, wherever they begin, do more requests pass than allowed; and each wait given is enough."""
    clock = FakeClock()
    guard = SpendGuard(limit, clock)
    passed: list[float] = []
    waits: list[float] = []
    for pause in pauses:
        clock.pass_by(pause)
        try:
            guard.spend()
        except SpendingStopped as stop:
            waits.append(stop.retry_after_seconds)
            clock.pass_by(stop.retry_after_seconds + 1e-6)
            guard.spend()
        passed.append(clock.ticks)
    assert all(0 < wait <= WINDOW_SECONDS for wait in waits)
    for start in passed:
        assert sum(start <= at < start + WINDOW_SECONDS - 1e-3 for at in passed) <= limit
