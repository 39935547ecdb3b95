"""The one circuit breaker of both sides: it opens, lets single probes through, and closes on an answer."""

import pytest

from bot.ops.circuit_breaker import PROBE_SECONDS, CircuitBreaker
from tests.unit.bot.engine.fake_clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def breaker(clock: FakeClock) -> CircuitBreaker:
    return CircuitBreaker(clock)


def test_closed_it_holds_up_nothing(breaker: CircuitBreaker) -> None:
    """Until something opens it, requests go out at once."""
    assert not breaker.is_open
    assert breaker.wait_seconds() == 0.0


def test_open_it_lets_one_probe_through_at_a_time(breaker: CircuitBreaker, clock: FakeClock) -> None:
    """After its rest one probe is due, and the next one 15 s later."""
    breaker.open()
    assert breaker.wait_seconds() == PROBE_SECONDS
    assert not breaker.take_probe()
    clock.seconds += PROBE_SECONDS
    assert breaker.wait_seconds() == 0.0
    assert [breaker.take_probe(), breaker.take_probe()] == [True, False]
    assert breaker.wait_seconds() == PROBE_SECONDS


def test_a_shorter_rest_cuts_no_longer_one(breaker: CircuitBreaker) -> None:
    """Opened twice, it rests for the longer of both."""
    breaker.open(600.0)
    breaker.open(60.0)
    assert breaker.wait_seconds() == 600.0


def test_only_a_later_request_closes_it(breaker: CircuitBreaker, clock: FakeClock) -> None:
    """An answer to a request that began before it opened says nothing about now."""
    began_at = clock.monotonic()
    clock.seconds += 1.0
    breaker.open()
    assert not breaker.close(began_at)
    assert breaker.is_open
    clock.seconds += PROBE_SECONDS
    assert breaker.close(clock.monotonic())
    assert not breaker.is_open
    assert breaker.wait_seconds() == 0.0
