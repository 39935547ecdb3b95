"""What the scheduler starts and when, with a real store and a provider on loopback."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from bot.chat.courier import OutcomeUnknown
from bot.engine.pipeline.steps import StepKind
from bot.engine.pipeline.submit_step import submit
from bot.jobs.alerts import AlertKind
from bot.jobs.model import Cause, UserId
from bot.jobs.states import State
from bot.jobs.store import accepting
from tests.figures import figure
from tests.unit.bot.engine.scheduler_harness import DEADLINE_SECONDS, SchedulerHarness, a_scheduler_harness, answering

pytestmark = pytest.mark.both_databases
SAME_ID = figure(20, 50)


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[SchedulerHarness]:
    async with a_scheduler_harness(tmp_path) as harness:
        yield harness


# ── replies while Discord is away ──────────────────────────────────────────────────────────────────────────────────


async def test_a_reply_whose_deadline_passes_while_discord_is_away_is_never_paid_for(harness: SchedulerHarness) -> None:
    """P1: until its job's deadline the reply's existence is unknown: the job ends, and nothing was sent."""
    harness.courier.fault = OutcomeUnknown("Discord answered 503.")
    job = await harness.accept(reply=77)
    harness.start()
    await harness.until(lambda: len(harness.courier.asked) >= 2, "a second question", step_seconds=5)
    harness.clock.jump(DEADLINE_SECONDS)
    ended = await harness.is_in(job, State.FAILED)
    assert ended.cause is Cause.LATE
    assert harness.api.paid == []


async def test_an_answer_after_the_deadline_pays_for_nothing(harness: SchedulerHarness) -> None:
    """P1: Discord confirms the reply only after the job's deadline: nothing is sent."""
    harness.courier.answers.clear()
    job = await harness.accept(reply=77)
    harness.start()
    await harness.until(lambda: harness.courier.asked, "the question")
    harness.clock.jump(DEADLINE_SECONDS + 1)
    harness.courier.answers.set()
    await harness.is_in(job, State.FAILED)
    assert harness.api.paid == []


@pytest.mark.slow
async def test_replies_that_wait_for_discord_hold_no_place_at_the_provider(harness: SchedulerHarness) -> None:
    """Thirty replies wait, half of them with a question open: a command's job is sent at once; they follow later."""
    harness.courier.fault = OutcomeUnknown("Discord answered 503.")
    replies = [await harness.accept(reply=number, prompt=f"reply {number}") for number in range(1, 31)]
    harness.start()
    await harness.until(lambda: len(harness.courier.asked) >= 30, "all questions", step_seconds=0.5)
    harness.courier.answers.clear()
    harness.clock.jump(5)
    await harness.until(lambda: len(harness.courier.asked) >= 31, "an open question")
    command = await harness.accept(prompt="a command")
    await harness.is_in(command, State.RENDERING)
    assert harness.api.paid == ["a command"]
    harness.courier.fault = None
    harness.courier.answers.set()
    await harness.until(lambda: len(harness.api.paid) == 20, "all places taken", step_seconds=1)
    assert len([one for one in replies if (await harness.job(one)).state is State.ACCEPTED]) == 11


async def test_the_deadline_holds_to_the_last_moment(harness: SchedulerHarness) -> None:
    """P1: a job's time is up between its turn and the request: it ends, and nothing was sent."""
    job = await harness.accept()
    harness.clock.jump(DEADLINE_SECONDS)
    following = await submit(harness.context, harness.throttles, job, harness.videos.provider)  # pyright: ignore[reportArgumentType]
    assert following.job is not None
    assert (following.job.state, following.job.cause) == (State.FAILED, Cause.LATE)
    assert harness.api.paid == []


# ── the drain ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_no_paid_request_begins_once_the_drain_has_begun(harness: SchedulerHarness) -> None:
    """P1: a job that was about to be sent at SIGTERM waits for the next start, unmarked."""
    harness.courier.answers.clear()
    job = await harness.accept(reply=77)
    harness.start()
    await harness.until(lambda: harness.courier.asked, "the question")
    harness.scheduler.stop()
    await harness.stop_loop()
    harness.courier.answers.set()
    async with asyncio.timeout(10):
        await harness.scheduler.finish(15.0)
    assert (await harness.job(job)).state is State.ACCEPTED
    assert harness.api.paid == []


async def test_a_job_is_not_even_marked_once_the_drain_has_begun(harness: SchedulerHarness) -> None:
    """Its turn came in the moment of leaving: it is left as it is, so that its card says nothing of it either."""
    job = await harness.accept()
    harness.scheduler.stop()
    following = await submit(harness.context, harness.throttles, job, harness.videos.provider)  # pyright: ignore[reportArgumentType]
    assert following.job == job == await harness.job(job)
    assert not harness.signals.moved_jobs


async def test_a_job_marked_when_the_drain_begins_is_put_back(harness: SchedulerHarness) -> None:
    """The mark was being stored at SIGTERM: nothing is sent, and the mark is removed."""
    job = await harness.accept()
    gate = asyncio.Event()
    write = harness.database.write
    marked = asyncio.Event()

    async def slow_write(work: object, *args: object, **kwargs: object) -> object:
        answer = await write(work, *args, **kwargs)  # pyright: ignore[reportArgumentType, reportCallIssue]
        if getattr(work, "__name__", "") == accepting.begin_submit.__name__:
            marked.set()
            await gate.wait()
        return answer

    harness.database.write = slow_write  # pyright: ignore[reportAttributeAccessIssue]  # a disk that takes its time
    harness.start()
    await asyncio.wait_for(marked.wait(), 10)
    assert (await harness.job(job)).state is State.SUBMITTING
    harness.scheduler.stop()
    await harness.stop_loop()
    gate.set()
    await harness.scheduler.finish(15.0)
    assert (await harness.job(job)).state is State.ACCEPTED
    assert harness.api.paid == []


async def test_a_mark_that_is_cut_off_is_put_back(harness: SchedulerHarness) -> None:
    """The wait for the mark is given up at the end of the drain, and it is stored all the same: it is taken back."""
    job = await harness.accept()
    write = harness.database.write
    marked = asyncio.Event()

    async def slow_write(work: object, *args: object, **kwargs: object) -> object:
        answer = await write(work, *args, **kwargs)  # pyright: ignore[reportArgumentType, reportCallIssue]
        if getattr(work, "__name__", "") == accepting.begin_submit.__name__:
            marked.set()
            await asyncio.Event().wait()
        return answer

    harness.database.write = slow_write  # pyright: ignore[reportAttributeAccessIssue]  # a disk that takes its time
    harness.start()
    await asyncio.wait_for(marked.wait(), 10)
    harness.scheduler.stop()
    await harness.stop_loop()
    await harness.scheduler.finish(0.0)
    assert (await harness.job(job)).state is State.ACCEPTED
    assert harness.api.paid == []


async def test_a_paid_request_left_open_is_doubtful(harness: SchedulerHarness) -> None:
    """Sent, and not answered by the end of the drain: uncertain, and nothing stays marked as being sent."""

    async def for_ever(_: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    harness.api.create = for_ever
    job = await harness.accept()
    harness.start()
    await harness.until(lambda: harness.api.paid, "the paid request")
    harness.scheduler.stop()
    await harness.stop_loop()
    await harness.scheduler.finish(0.0)
    found = await harness.job(job)
    assert (found.state, found.cause) == (State.UNCERTAIN, Cause.LOST)


# ── how many paid requests at once ─────────────────────────────────────────────────────────────────────────────────


async def test_at_most_eight_paid_requests_are_under_way(harness: SchedulerHarness) -> None:
    """Twenty places are free and forty jobs wait: eight are sent, the others follow as answers come."""
    gate = asyncio.Event()
    taken = harness.api.create

    async def slowly(request: web.Request) -> web.StreamResponse:
        await gate.wait()
        return await taken(request)

    harness.api.create = slowly
    for number in range(40):
        await harness.accept(prompt=f"number {number}", user_id=UserId(number % 4 + 1))
    harness.start()
    await harness.until(lambda: harness.api.in_flight == 8, "eight paid requests")
    gate.set()
    await harness.until(lambda: len(harness.api.paid) == 20, "all places taken")
    assert harness.api.in_flight_most == 8


@pytest.mark.slow
@pytest.mark.parametrize("status", [502, 504])
async def test_a_provider_that_begins_to_make_a_mess_leaves_few_jobs_in_doubt(
    harness: SchedulerHarness, status: int
) -> None:
    """Sixty jobs wait and every paid request is answered with a mess: eight are in doubt, the rest wait.

    One person's failures alone prove nothing (decision 14), so others may be sent in the places of the first person's
    two, as long as no other person's answer has come.
    """
    harness.api.create = answering(status)
    harness.api.list = harness.api.poll = answering(503)
    jobs = [await harness.accept(prompt=f"number {number}", user_id=UserId(number % 4 + 1)) for number in range(60)]
    harness.start()
    await harness.until(lambda: harness.throttle.is_open, "an open breaker")
    for _ in range(40):
        harness.clock.jump(15)
        await asyncio.sleep(0.01)
    states: list[State] = []

    async def outcomes_are_stored() -> bool:
        states[:] = [(await harness.job(job)).state for job in jobs]
        return State.SUBMITTING not in states

    await harness.until(outcomes_are_stored, "the outcome of every paid request")
    assert set(states) == {State.ACCEPTED, State.UNCERTAIN}
    assert len(harness.api.paid) == states.count(State.UNCERTAIN) <= 8 + 2


@pytest.mark.slow
async def test_after_a_breakdown_one_job_finds_out(harness: SchedulerHarness) -> None:
    """The provider answers pings while it takes nothing: each time it seems to be back one job is sent, not eight."""
    harness.api.create = answering(502)
    harness.api.list = answering(503)
    for number in range(60):
        await harness.accept(prompt=f"number {number}", user_id=UserId(number % 4 + 1))
    harness.start()
    await harness.until(lambda: harness.throttle.is_open, "an open breaker")
    await harness.until(lambda: not harness.scheduler._steps.count(StepKind.PAY), "all answers")
    sent = len(harness.api.paid)
    harness.api.list = answering(200, {"data": []})
    await harness.until(lambda: len(harness.api.paid) == sent + 1, "one more", step_seconds=1)
    await harness.until(lambda: harness.throttle.is_open, "an open breaker again")
    await harness.until(lambda: len(harness.api.paid) == sent + 2, "one more again", step_seconds=1)
    assert harness.api.in_flight_most <= 8
    harness.api.create = harness.api.taken
    await harness.until(lambda: len(harness.api.paid) >= sent + 20, "all places taken", step_seconds=1)


async def test_at_once_is_a_second_at_least(harness: SchedulerHarness) -> None:
    """429 with `Retry-After: 0`: the next try comes no sooner than in a second."""
    harness.api.create = answering(429, headers={"Retry-After": "0"})
    job = await harness.accept()
    before = harness.clock.now()
    harness.start()
    await harness.until(lambda: harness.api.paid, "the first try")
    waiting = await harness.is_in(job, State.ACCEPTED)
    assert waiting.not_before >= before + 1.0
    assert harness.throttle.seconds_until_submit() > 0


# ── one id for two jobs ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.reliability
async def test_an_id_given_out_twice_is_one_jobs(harness: SchedulerHarness) -> None:
    """All jobs are taken under the same id: the first has it, the others are in doubt, and the owner hears of it."""
    harness.api.create = answering(200, {"id": "video_same", "status": "queued"})
    jobs = [await harness.accept(prompt=f"number {number}") for number in range(SAME_ID)]
    harness.start()
    for job in jobs:
        await harness.is_in(job, State.RENDERING, State.UNCERTAIN)
    found = [await harness.job(job) for job in jobs]
    assert [one.remote_id for one in found if one.state is State.RENDERING] == ["video_same"]
    assert {one.remote_id for one in found if one.state is State.UNCERTAIN} == {None}
    assert len(harness.api.paid) == SAME_ID
    assert AlertKind.TWICE in harness.rung
