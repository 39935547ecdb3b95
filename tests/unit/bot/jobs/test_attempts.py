"""When a job leaves a provider, with which key it is sent, and that no sequence of answers sends it after doubt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.answers import Answer, ClosedRoute, closed_routes_column, closed_routes_of
from bot.jobs.attempts import Outcome, after_no, next_attempt, open_routes
from bot.jobs.model import Charged
from bot.jobs.route_choice import PATIENCE_SECONDS, Reason, RouteFacts, choose
from tests.unit.bot.jobs.samples import a_job

ROUTES = ("one", "two", "three")
NOW = 1_000.0
LEAVES = {Answer.UNREACHED, Answer.KEY, Answer.CREDIT, Answer.MODEL}


def test_the_first_provider_is_preferred() -> None:
    """A short wait is waited for; a long one, or one that is down, is not."""
    assert choose([RouteFacts("one"), RouteFacts("two")]).provider == "one"
    short = choose([RouteFacts("one", PATIENCE_SECONDS), RouteFacts("two")])
    assert (short.provider, short.wait_seconds, short.reason) == ("one", PATIENCE_SECONDS, Reason.PREFERRED)
    long = choose([RouteFacts("one", PATIENCE_SECONDS + 1), RouteFacts("two")])
    assert (long.provider, long.reason) == ("two", Reason.FAIL_OVER)
    assert choose([RouteFacts("one", 1.0, is_down=True), RouteFacts("two", None)]).provider == "two"


def test_if_all_are_closed_the_first_to_open_is_waited_for() -> None:
    """And where no provider makes the model, none is."""
    closed = choose([RouteFacts("one", 900.0), RouteFacts("two", 300.0)])
    assert (closed.provider, closed.wait_seconds, closed.reason) == ("two", 300.0, Reason.ALL_CLOSED)
    assert choose([]).provider is None


@pytest.mark.parametrize("answer", Answer)
def test_only_a_definite_no_closes_a_provider(answer: Answer) -> None:
    """Busy, it closes once that lasts; after all else the job waits for the same provider."""
    closed, again_at = after_no(ROUTES, (), "one", answer, NOW, 5.0)
    if answer in LEAVES:
        assert again_at == NOW
        assert open_routes(ROUTES, closed, NOW) == ("two", "three")
    else:
        assert again_at == NOW + 5.0
        assert open_routes(ROUTES, closed, NOW) == ROUTES


def test_a_pause_that_lasts_closes() -> None:
    """Long at once, or in pieces that together are longer than a minute."""
    closed, again_at = after_no(ROUTES, (), "one", Answer.BUSY, NOW, 120.0)
    assert (open_routes(ROUTES, closed, NOW), again_at) == (("two", "three"), NOW)
    closed, again_at = after_no(ROUTES, (), "one", Answer.BUSY, NOW, 40.0)
    assert again_at == NOW + 40.0
    closed, again_at = after_no(ROUTES, closed, "one", Answer.BUSY, NOW + 61.0, 40.0)
    assert again_at == NOW + 61.0
    assert open_routes(ROUTES, closed, NOW + 61.0) == ("two", "three")
    assert open_routes(ROUTES, closed, NOW + 61.0 + PATIENCE_SECONDS) == ROUTES


def test_if_all_are_closed_it_waits_for_the_first_that_opens() -> None:
    """A provider without the model never opens."""
    closed, _ = after_no(("one", "two"), (), "one", Answer.MODEL, NOW, 0.0)
    closed, again_at = after_no(("one", "two"), closed, "two", Answer.CREDIT, NOW, 600.0)
    assert again_at == NOW + 600.0
    assert open_routes(("one", "two"), closed, NOW) == ("two",)
    assert after_no(("one", "two"), closed, "two", Answer.MODEL, NOW + 600.0, 0.0)[1] is None


def test_a_repeat_at_the_same_provider_is_the_same_attempt() -> None:
    """The first has the job's key, a repeat keeps its key, and another provider gets a new one."""
    job = a_job()
    first = next_attempt(job, None, "one", "m", "new", NOW)
    assert (first.ordinal, first.idempotency_key) == (0, job.idempotency_key)
    again = next_attempt(job, first, "one", "m", "new", NOW + 5.0)
    assert (again.ordinal, again.idempotency_key, again.begun_at, again.sent_at) == (
        0, job.idempotency_key, NOW, NOW + 5.0,
    )  # fmt: skip
    other = next_attempt(job, again, "two", "m", "new", NOW + 9.0)
    assert (other.ordinal, other.idempotency_key, other.begun_at) == (1, "new", NOW + 9.0)


@pytest.mark.parametrize("answer", Answer)
def test_what_was_charged(answer: Answer) -> None:
    """Only what was taken, or may have been, may be charged."""
    unknown = {Answer.TAKEN, Answer.DOUBT}
    assert Outcome(answer).charged is (Charged.UNKNOWN if answer in unknown else Charged.NO)


@given(st.lists(st.tuples(st.sampled_from(ROUTES), st.sampled_from([*LEAVES, Answer.BUSY, Answer.ERROR]),
                          st.floats(0.0, 900.0), st.floats(0.0, 300.0)), max_size=20))  # fmt: skip
def test_closed_routes_are_always_of_the_model_and_end(answers: list[tuple[str, Answer, float, float]]) -> None:
    """After any answers: each provider once, as stored; one opens again at last unless none has the model."""
    closed: tuple[ClosedRoute, ...] = ()
    now = NOW
    for provider, answer, wait_seconds, passes_seconds in answers:
        closed, again_at = after_no(ROUTES, closed, provider, answer, now, wait_seconds)
        assert len({route.provider for route in closed}) == len(closed)
        assert closed_routes_of(closed_routes_column(closed)) == closed
        assert again_at is None or again_at >= now
        left = open_routes(ROUTES, closed, now)
        assert (left == ()) is all(
            any(route.provider == one and route.until is None for route in closed) for one in ROUTES
        )
        now += passes_seconds
