"""Which provider takes a job now."""

import pytest

from bot.jobs.route_choice import Choice, Reason, RouteFacts, choose


@pytest.mark.parametrize("wait_seconds", [0.0, None, 0.5, 60.0])
def test_the_preferred_provider_is_waited_for(wait_seconds: float | None) -> None:
    """Up to a minute, or until one of the person's own requests has ended."""
    routes = [RouteFacts("first", wait_seconds), RouteFacts("second")]
    assert choose(routes) == Choice("first", wait_seconds, Reason.PREFERRED)


@pytest.mark.parametrize("first", [RouteFacts("first", 60.5), RouteFacts("first", 0.0, is_down=True)])
def test_the_next_one_takes_over(first: RouteFacts) -> None:
    """The preferred one is closed for longer than a minute, or is down, however soon it is tried again."""
    assert choose([first, RouteFacts("second", 3.0), RouteFacts("third")]) == Choice("second", 3.0, Reason.FAIL_OVER)


def test_if_all_are_closed_the_job_waits_for_the_first_to_open() -> None:
    """Of two that open at the same moment it is the preferred one."""
    routes = [RouteFacts("first", 90.0), RouteFacts("second", 61.0), RouteFacts("third", 61.0)]
    assert choose(routes) == Choice("second", 61.0, Reason.ALL_CLOSED)


@pytest.mark.parametrize("wait_seconds", [0.0, None])
def test_one_that_is_down_and_needs_no_wait_is_the_first_to_open(wait_seconds: float | None) -> None:
    """It beats one that has to be waited for half a second."""
    routes = [RouteFacts("first", 0.5, is_down=True), RouteFacts("second", wait_seconds, is_down=True)]
    assert choose(routes) == Choice("second", wait_seconds, Reason.ALL_CLOSED)


def test_without_a_provider_nothing_is_waited_for() -> None:
    """No provider makes videos of that model."""
    assert choose([]) == Choice(None, 0.0, Reason.NO_PROVIDER)
