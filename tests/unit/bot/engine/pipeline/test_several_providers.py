"""Which jobs go where, while one of several providers is throttled."""

from dataclasses import replace
from typing import Any

import pytest

from bot.engine.pipeline.submit_queue import SubmitQueue
from bot.engine.pipeline.throttles import Throttles
from bot.engine.signals import Signals
from bot.jobs.model import Cause, Job, UserId, VideoRequest
from bot.jobs.offered_models import Option
from bot.jobs.reasons import Reason, Refusal
from bot.videos.dialects.openrouter import OpenRouterDialect
from bot.videos.providers import Provider, Providers
from tests.unit.bot.engine.fake_clock import FakeClock
from tests.unit.bot.engine.providers_of_test import NoVideos, a_model, several_providers
from tests.unit.bot.engine.senders import a_sender
from tests.unit.bot.jobs.samples import a_job

MODELS = (a_model("both", "one", "two"), a_model("first", "one"), a_model("second", "two"))
PROVIDERS = several_providers("one", "two", models=MODELS)
ONE, TWO = PROVIDERS
PLACES = 100


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def throttles(clock: FakeClock) -> Throttles:
    return Throttles.of_all(PROVIDERS, clock, lambda: False, 100_000)


@pytest.fixture
def turns(clock: FakeClock, throttles: Throttles) -> SubmitQueue:
    return SubmitQueue(clock, Signals(), throttles, PLACES)


def for_model(model: str, user: int, **changes: object) -> Job:
    return a_job(user_id=UserId(user), request=VideoRequest("a fox", model=model), **changes)


def break_down(throttles: Throttles, number: int = 6) -> None:
    """The first provider fails for several people, and counts as down."""
    for user in range(100, 100 + number):
        throttles.of(ONE).failed(a_sender(user), paid=True)
    assert throttles.of(ONE).is_open


def sent(turns: SubmitQueue) -> dict[str, str | None]:
    """Which models' jobs are picked, and where they go."""
    return {job.request.model or "": turns.chosen(job.id) for job in turns.pick(lambda _: True)[0]}


def test_each_job_goes_to_the_first_provider_of_its_model(turns: SubmitQueue) -> None:
    """As long as nothing is wrong."""
    for user, model in enumerate(("both", "first", "second")):
        turns.put(for_model(model, user))
    assert sent(turns) == {"both": ONE.id, "first": ONE.id, "second": TWO.id}


def test_a_provider_that_is_down_delays_no_job_of_another(turns: SubmitQueue, throttles: Throttles) -> None:
    """Jobs of its own models wait; those that another provider takes, too, go there."""
    break_down(throttles)
    for user, model in enumerate(("first", "both", "second")):
        turns.put(for_model(model, user, accepted_at=float(user)))
    assert sent(turns) == {"both": TWO.id, "second": TWO.id}


def test_a_short_wait_is_no_reason_to_change(turns: SubmitQueue, throttles: Throttles, clock: FakeClock) -> None:
    """A provider that asks everybody for twenty seconds keeps its jobs; one that asks for two minutes doesn't."""
    for user in (100, 101):
        throttles.of(ONE).create_slowed(a_sender(user), 20.0)
    turns.put(for_model("both", 1))
    assert turns.pick(lambda _: True) == ([], pytest.approx(20.0, abs=1.0))
    for user in (100, 101):
        throttles.of(ONE).create_slowed(a_sender(user), 120.0)
    assert sent(turns) == {"both": TWO.id}
    clock.seconds += 120
    turns.put(for_model("both", 2))
    assert sent(turns) == {"both": ONE.id}


def test_one_persons_credit_is_their_own(turns: SubmitQueue, throttles: Throttles) -> None:
    """Whose request the account was refused for goes on at the other provider; everybody else stays."""
    throttles.of(ONE).account_refused(a_sender(1), Cause.CREDIT)
    turns.put(for_model("both", 1))
    assert sent(turns) == {"both": TWO.id}
    turns.put(for_model("both", 2))
    assert sent(turns) == {"both": ONE.id}


def test_requests_that_hang_at_one_leave_room_at_the_other(turns: SubmitQueue) -> None:
    """Eight at once for each provider; people have their four over both."""
    for user in range(20):
        turns.put(for_model("first", user, accepted_at=float(user)))
    assert len(turns.pick(lambda _: True)[0]) == 8
    turns.put(for_model("second", 50))
    assert sent(turns) == {"second": TWO.id}
    for _ in range(4):
        turns.put(for_model("second", 60))
    turns.put(for_model("second", 60))
    assert len(turns.pick(lambda _: True)[0]) == 4


def test_a_model_that_no_provider_makes_is_picked_for_its_end(turns: SubmitQueue) -> None:
    """It waits for no provider: its step ends it."""
    turns.put(for_model("gone", 1))
    assert sent(turns) == {"gone": None}


def test_a_remix_stays_where_its_source_is(turns: SubmitQueue, throttles: Throttles) -> None:
    """Also while that provider is down and another makes the model."""
    request = VideoRequest("a fox", model="both", parent_id=a_job().id)
    turns.put(a_job(request=request, provider=TWO.id))
    assert sent(turns) == {"both": TWO.id}
    break_down(throttles)
    turns.put(a_job(user_id=UserId(2), request=request, provider=ONE.id))
    assert sent(turns) == {}


def test_a_command_is_refused_only_if_no_provider_can_take_it(throttles: Throttles) -> None:
    """By the model that was chosen; without one, if there is no provider at all."""
    break_down(throttles)
    down = Refusal(Reason.PROVIDER_DOWN)
    models = ("both", "first", "second")
    refusals = [throttles.refusal(UserId(1), VideoRequest("a fox", model=model)) for model in models]
    assert refusals == [None, down, None]
    assert throttles.refusal(UserId(1)) is None
    remix = VideoRequest("a fox", model="both", parent_id=a_job().id)
    assert throttles.refusal(UserId(1), remix, ONE.id) == down
    assert throttles.refusal(UserId(1), remix, TWO.id) is None
    for user in range(100, 106):
        throttles.of(TWO).failed(a_sender(user), paid=True)
    assert throttles.refusal(UserId(1)) == down


def test_what_is_found_out_about_one_is_heeded_for_it_alone(throttles: Throttles, clock: FakeClock) -> None:
    """By other processes that share the database."""
    break_down(throttles)
    other = Throttles.of_all(PROVIDERS, clock, lambda: False, 100_000)
    other.heed_facts([throttles.find_facts(), {"providers": None}, {"of": "an older version"}])
    assert other.of(ONE).refusal() == Refusal(Reason.PROVIDER_DOWN)
    assert other.of(TWO).refusal() is None


def test_a_job_waits_for_the_provider_that_can_send_it(clock: FakeClock) -> None:
    """The second one has no field for the chosen option: a job with it waits for the first, and others don't."""
    fast = Option("fast", "switch", "duration", "Quick")
    model = replace(a_model("both", "one", "two"), options=(fast,))
    clients: list[Any] = [NoVideos("https://one.test/v1"), NoVideos("https://two.test/v1", OpenRouterDialect())]
    first, second = (Provider(one.provider, name, one) for one, name in zip(clients, ("one", "two"), strict=True))
    throttles = Throttles.of_all(Providers([first, second], [model]), clock, lambda: False, 100_000)
    turns = SubmitQueue(clock, Signals(), throttles, PLACES)
    for user in (100, 101):
        throttles.of(first).create_slowed(a_sender(user), 120.0)
    waits = a_job(user_id=UserId(1), request=VideoRequest("a fox", model="both", options=(("fast", True),)))
    plain = for_model("both", 2)
    for job in (waits, plain):
        turns.put(job)
    assert [(job.id, turns.chosen(job.id)) for job in turns.pick(lambda _: True)[0]] == [(plain.id, second.id)]
    clock.seconds += 120
    assert [(job.id, turns.chosen(job.id)) for job in turns.pick(lambda _: True)[0]] == [(waits.id, first.id)]
