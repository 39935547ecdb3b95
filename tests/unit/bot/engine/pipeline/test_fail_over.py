"""A job goes to the next provider after a definite no, and only then; nothing is paid twice."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from bot.engine.pipeline.linking import link_by_hand
from bot.engine.pipeline.reconcile import Reconciler
from bot.jobs.answers import Answer as Said
from bot.jobs.attempts import Attempt
from bot.jobs.model import Cause, Charged, Job, UserId, VideoRequest
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.states import ENDS, State
from bot.jobs.store import attempts
from tests.figures import figure
from tests.unit.bot.engine.scheduler_harness import Answer, SchedulerHarness, a_scheduler_harness, answering
from tests.unit.bot.engine.senders import a_sender


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[SchedulerHarness]:
    async with a_scheduler_harness(tmp_path, providers=2) as harness:
        yield harness


def err(message: str, **more: object) -> dict[str, object]:
    return {"error": {"message": message, **more}}


async def cut(request: web.Request) -> web.StreamResponse:
    """The connection breaks after the request arrived."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


BUSY = answering(429, err("too many", code="rate_limit_exceeded"), {"Retry-After": "300"})
NO_KEY = answering(401, err("wrong key", code="invalid_api_key"))
NO_CREDIT = answering(402, err("no credit", code="insufficient_quota"))
NO_MODEL = answering(404, err("The model does not exist", code="model_not_found"))
ERROR = answering(500)
CONTENT = answering(400, err("flagged", code="content_policy_violation"))
HTML_403 = answering(403, "<html>", None)


async def attempts_of(harness: SchedulerHarness, job: Job) -> list[Attempt]:
    return await harness.database.read(attempts.find_attempts, job.id)


async def answered(harness: SchedulerHarness, answer: Answer, *states: State) -> Job:
    """A job that the first provider answers so, once it is in one of the states."""
    harness.api.create = answer
    job = await harness.accept()
    harness.start()
    return await harness.is_in(job, *states, step_seconds=2.0)


@pytest.mark.parametrize(
    ("answer", "said"),
    [(NO_KEY, Said.KEY), (NO_CREDIT, Said.CREDIT), (NO_MODEL, Said.MODEL), (BUSY, Said.BUSY)],
)
async def test_a_definite_no_lets_the_next_provider_take_the_job(
    harness: SchedulerHarness, answer: Answer, said: Said
) -> None:
    """With a key of its own; the first attempt has the job's, and was not charged."""
    job = await answered(harness, answer, State.RENDERING)
    first, second = await attempts_of(harness, job)
    one, two = harness.providers
    assert (first.provider, first.answer, first.charged) == (one.id, said, Charged.NO)
    assert (second.provider, second.answer, second.remote_id) == (two.id, Said.TAKEN, "video_1_1")
    assert (job.provider, job.remote_id) == (two.id, "video_1_1")
    assert (harness.apis[0].keys, harness.apis[1].keys) == ([job.idempotency_key], [second.idempotency_key])
    assert first.idempotency_key != second.idempotency_key
    await harness.until(lambda: "video_1_1" in harness.apis[1].polled, step_seconds=5.0)
    assert harness.api.polled == []


async def test_a_provider_that_can_not_be_reached_is_passed_over(harness: SchedulerHarness) -> None:
    """Nothing was sent there."""
    one, two = harness.providers
    object.__setattr__(one.client, "provider", "http://127.0.0.1:9/v1")
    job = await harness.accept()
    harness.start()
    job = await harness.is_in(job, State.RENDERING, step_seconds=2.0)
    assert [attempt.answer for attempt in await attempts_of(harness, job)] == [Said.UNREACHED, Said.TAKEN]
    assert job.provider == two.id


@pytest.mark.parametrize(
    ("answer", "state", "said", "charged"),
    [
        (cut, State.UNCERTAIN, Said.DOUBT, Charged.UNKNOWN),
        (answering(502), State.UNCERTAIN, Said.DOUBT, Charged.UNKNOWN),
        (answering(429, err("upstream connection reset by peer")), State.UNCERTAIN, Said.DOUBT, Charged.UNKNOWN),
        (CONTENT, State.REFUSED, Said.REFUSED, Charged.NO),
        (answering(400, err("use '5' or '10'", param="seconds", code="invalid_value")), State.REFUSED, Said.REFUSED,
         Charged.NO),
        (ERROR, State.FAILED, Said.ERROR, Charged.NO),
    ],
)  # fmt: skip
async def test_nothing_else_does(
    harness: SchedulerHarness, answer: Answer, state: State, said: Said, charged: Charged
) -> None:
    """Neither doubt, nor a refusal of the request, nor a plain 500, whose repeats are the same attempt."""
    job = await answered(harness, answer, state)
    harness.clock.jump(3600.0)
    await asyncio.sleep(0)
    (attempt,) = await attempts_of(harness, job)
    assert (attempt.answer, attempt.charged) == (said, charged)
    assert harness.apis[1].paid == []
    assert set(harness.api.keys) == {job.idempotency_key}


@pytest.mark.slow
@pytest.mark.parametrize("then", [ERROR, BUSY, NO_KEY, NO_CREDIT, NO_MODEL, HTML_403])
async def test_after_a_plain_500_the_job_stays(harness: SchedulerHarness, then: Answer) -> None:
    """The 500 may hide a video, and the key of its attempt protects at that provider alone: no later no lets it go,
    and no pause of that provider, which others' jobs don't wait for.
    """
    one, two = harness.providers

    async def an_error_first(request: web.Request) -> web.StreamResponse:
        return await (ERROR if len(harness.api.paid) == 1 else then)(request)

    harness.api.create = an_error_first
    job = await harness.accept()
    harness.start()
    await harness.until(lambda: len(harness.api.paid) == 1, step_seconds=0.1)
    for user in range(100, 106):
        harness.throttles.of(one).failed(a_sender(user), paid=True)
    other = await harness.accept(user_id=UserId(77))
    assert (await harness.is_in(other, State.RENDERING, step_seconds=2.0)).provider == two.id
    until = harness.clock.now() + 900.0
    await harness.until(lambda: harness.clock.now() > until, step_seconds=10.0)
    assert len(harness.apis[1].paid) == 1
    (attempt,) = await attempts_of(harness, job)
    assert (attempt.provider, attempt.idempotency_key) == (one.id, job.idempotency_key)


async def test_a_short_pause_is_waited_for(harness: SchedulerHarness) -> None:
    """429 with twenty seconds: the same attempt goes on. Once that lasts for a minute, the next provider takes it."""
    busy = answering(429, err("too many", code="rate_limit_exceeded"), {"Retry-After": "20"})
    job = await answered(harness, busy, State.RENDERING)
    first, second = await attempts_of(harness, job)
    assert len(harness.api.paid) >= 3
    assert set(harness.api.keys) == {job.idempotency_key}
    assert first.sent_at - first.begun_at >= 40.0
    _, two = harness.providers
    assert (second.provider, second.answer, job.provider) == (two.id, Said.TAKEN, two.id)


async def test_a_model_that_no_provider_has_ends_the_job(harness: SchedulerHarness) -> None:
    """Each provider is tried once."""
    harness.apis[1].create = NO_MODEL
    job = await answered(harness, NO_MODEL, State.REFUSED)
    assert (job.cause, job.charged) == (Cause.MODEL, Charged.NO)
    assert (len(harness.api.paid), len(harness.apis[1].paid)) == (1, 1)


async def test_a_remix_stays_where_its_source_is(harness: SchedulerHarness) -> None:
    """Another provider has no such video: the remix waits for its own."""
    parent = await harness.accept(State.DELIVERED, remote_id="video_7", ended_at=1.0)
    harness.api.create = NO_CREDIT
    job = await harness.accept(request=VideoRequest("more", parent_id=parent.id))
    harness.start()
    await harness.until(lambda: len(harness.api.paid) == 2, step_seconds=30.0)
    assert harness.apis[1].paid == []
    assert (await harness.job(job)).state not in ENDS


async def test_a_late_video_of_the_first_is_delivered(harness: SchedulerHarness) -> None:
    """A job in doubt is looked for at the provider of its last attempt, by that attempt's key, and never sent again."""
    harness.api.create = NO_CREDIT
    harness.apis[1].create = cut
    job = await harness.accept()
    harness.start()
    job = await harness.is_in(job, State.UNCERTAIN, step_seconds=2.0)
    key = harness.apis[1].keys[0]

    async def listed(_: web.Request) -> web.StreamResponse:
        mine = {"id": "video_late", "prompt": "another", "created_at": 1, "status": "queued"}
        return web.json_response({"object": "list", "data": [{**mine, "metadata": {"idempotency_key": key}}]})

    harness.apis[1].list = listed
    for provider in harness.providers:
        await Reconciler(harness.context, provider, harness.throttles.of(provider))._seek()  # pyright: ignore[reportArgumentType]  # what it uses
    found = await harness.is_in(job, State.RENDERING)
    _, two = harness.providers
    assert (found.provider, found.remote_id) == (two.id, "video_late")
    assert (len(harness.api.paid), len(harness.apis[1].paid)) == (1, 1)


async def test_a_video_of_an_earlier_attempt_at_that_provider_can_be_linked(harness: SchedulerHarness) -> None:
    """It said no and made the video all the same; the job came back to it later, and got no clear answer."""
    one, _ = harness.providers

    async def busy_then_cut(request: web.Request) -> web.StreamResponse:
        return await (BUSY if len(harness.api.paid) == 1 else cut)(request)

    harness.api.create, harness.apis[1].create = busy_then_cut, NO_CREDIT
    job = await harness.accept()
    harness.start()
    job = await harness.is_in(job, State.UNCERTAIN, step_seconds=5.0)
    first, _, last = await attempts_of(harness, job)
    assert (first.provider, last.provider) == (one.id, one.id)
    assert last.begun_at - first.begun_at > 200.0
    harness.api.poll = answering(200, {"id": "video_7", "status": "queued", "created_at": first.begun_at - 200.0})
    older = await link_by_hand(harness.context, job.id, "video_7", one.name)
    assert older == Refusal(Reason.REMOTE_OLDER, {"given": "video_7"})
    harness.api.poll = answering(200, {"id": "video_7", "status": "queued", "created_at": first.begun_at})
    assert isinstance(await link_by_hand(harness.context, job.id, "video_7", one.name), Job)


class Script:
    """A provider that answers at random and remembers which requests it took, or may have taken."""

    def __init__(self, rng: random.Random, harness: SchedulerHarness, number: int) -> None:
        self._rng, self._api = rng, harness.apis[number]
        self.said: list[str] = []
        self._api.create = self.answer

    async def answer(self, request: web.Request) -> web.StreamResponse:
        answers: dict[str, Answer] = {
            "taken": self._api.taken,
            "cut": cut,
            "busy": BUSY,
            "short": answering(429, err("too many", code="rate_limit_exceeded"), {"Retry-After": "5"}),
            "key": NO_KEY,
            "credit": NO_CREDIT,
            "model": NO_MODEL,
            "error": ERROR,
            "content": CONTENT,
            "html": HTML_403,
            "gateway": answering(502),
        }
        name = self._rng.choice(tuple(answers))
        self.said.append(name)
        return await answers[name](request)


FINAL = frozenset({"taken", "cut", "gateway", "content"})


@pytest.mark.slow
@pytest.mark.reliability
@pytest.mark.parametrize("seed", range(figure(12, 300)))
async def test_no_sequence_of_answers_pays_twice(tmp_path: Path, seed: int) -> None:
    """Of all answers of two providers: after one that may have taken the job, or refused its words, nothing is sent."""
    rng = random.Random(seed)
    async with a_scheduler_harness(tmp_path, providers=2) as harness:
        scripts = [Script(rng, harness, number) for number in range(2)]
        job = await harness.accept()
        harness.start()
        states = (State.RENDERING, State.UNCERTAIN, *ENDS)
        job = await harness.is_in(job, *states, step_seconds=20.0)
        harness.clock.jump(7200.0)
        await asyncio.sleep(0)
        said = [answer for script in scripts for answer in script.said]
        assert sum(answer in FINAL for answer in said) <= 1
        made = await attempts_of(harness, job)
        assert [attempt.ordinal for attempt in made] == list(range(len(made)))
        assert len({attempt.idempotency_key for attempt in made}) == len(made)
        assert all(attempt.charged is Charged.NO for attempt in made[:-1])
