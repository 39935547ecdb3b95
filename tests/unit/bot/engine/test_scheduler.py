"""What the scheduler starts and when, with a real store and a provider on loopback."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from bot.chat.courier import OutcomeUnknown
from bot.chat.words import Key
from bot.engine.steps import Kind
from bot.engine.submit import submit
from bot.jobs.model import Cause, UserId
from bot.jobs.states import State
from bot.jobs.store import accepting
from tests.unit.bot.engine.machine import DEADLINE_SECONDS, Machine, a_machine, answering


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    async with a_machine(tmp_path) as machine:
        yield machine


# ── replies while Discord is away ──────────────────────────────────────────────────────────────────────────────────


async def test_a_reply_whose_deadline_passes_while_discord_is_away_is_never_paid_for(machine: Machine) -> None:
    """P1: nobody can say whether the reply still stands until its job's time is up: it ends, and nothing was sent."""
    machine.discord.fault = OutcomeUnknown("Discord answered 503.")
    job = await machine.accept(reply=77)
    machine.start()
    await machine.until(lambda: len(machine.discord.asked) >= 2, "a second question", step_seconds=5)
    machine.clock.jump(DEADLINE_SECONDS)
    ended = await machine.is_in(job, State.FAILED)
    assert ended.cause is Cause.LATE
    assert machine.api.paid == []


async def test_an_answer_after_the_deadline_pays_for_nothing(machine: Machine) -> None:
    """P1: Discord takes so long to say that the reply stands that the job's time is up: nothing is sent."""
    machine.discord.answers.clear()
    job = await machine.accept(reply=77)
    machine.start()
    await machine.until(lambda: machine.discord.asked, "the question")
    machine.clock.jump(DEADLINE_SECONDS + 1)
    machine.discord.answers.set()
    await machine.is_in(job, State.FAILED)
    assert machine.api.paid == []


async def test_replies_that_wait_for_discord_hold_no_place_at_the_provider(machine: Machine) -> None:
    """Thirty replies wait, half of them with a question open: a command's job is sent at once; they follow later."""
    machine.discord.fault = OutcomeUnknown("Discord answered 503.")
    replies = [await machine.accept(reply=number, prompt=f"reply {number}") for number in range(1, 31)]
    machine.start()
    await machine.until(lambda: len(machine.discord.asked) >= 30, "all questions", step_seconds=0.5)
    machine.discord.answers.clear()
    machine.clock.jump(5)
    await machine.until(lambda: len(machine.discord.asked) >= 31, "an open question")
    command = await machine.accept(prompt="a command")
    await machine.is_in(command, State.RENDERING)
    assert machine.api.paid == ["a command"]
    machine.discord.fault = None
    machine.discord.answers.set()
    await machine.until(lambda: len(machine.api.paid) == 20, "all places taken", step_seconds=1)
    assert len([one for one in replies if (await machine.job(one)).state is State.ACCEPTED]) == 11


async def test_the_deadline_holds_to_the_last_moment(machine: Machine) -> None:
    """P1: a job's time is up between its turn and the request: it ends, and nothing was sent."""
    job = await machine.accept()
    machine.clock.jump(DEADLINE_SECONDS)
    following = await submit(machine.parts, machine.traffic, job)  # pyright: ignore[reportArgumentType]
    assert following.job is not None
    assert (following.job.state, following.job.cause) == (State.FAILED, Cause.LATE)
    assert machine.api.paid == []


# ── the drain ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_no_paid_request_begins_once_the_drain_has_begun(machine: Machine) -> None:
    """P1: a job that was about to be sent when the process was told to stop waits for the next start, unmarked."""
    machine.discord.answers.clear()
    job = await machine.accept(reply=77)
    machine.start()
    await machine.until(lambda: machine.discord.asked, "the question")
    machine.scheduler.stop()
    await machine.stop_loop()
    machine.discord.answers.set()
    async with asyncio.timeout(10):
        await machine.scheduler.finish(15.0)
    assert (await machine.job(job)).state is State.ACCEPTED
    assert machine.api.paid == []


async def test_a_job_is_not_even_marked_once_the_drain_has_begun(machine: Machine) -> None:
    """Its turn came in the moment of leaving: it is left as it is, so that its card says nothing of it either."""
    job = await machine.accept()
    machine.scheduler.stop()
    following = await submit(machine.parts, machine.traffic, job)  # pyright: ignore[reportArgumentType]
    assert following.job == job == await machine.job(job)
    assert not machine.board.changed


async def test_a_job_marked_when_the_drain_begins_is_put_back(machine: Machine) -> None:
    """The mark was being stored when the process was told to stop: nothing is sent, and the mark is taken back."""
    job = await machine.accept()
    gate = asyncio.Event()
    write = machine.database.write
    marked = asyncio.Event()

    async def slow_write(work: object, *args: object, **kwargs: object) -> object:
        answer = await write(work, *args, **kwargs)  # pyright: ignore[reportArgumentType, reportCallIssue]
        if work is accepting.begin_submit:
            marked.set()
            await gate.wait()
        return answer

    machine.database.write = slow_write  # pyright: ignore[reportAttributeAccessIssue]  # a disk that takes its time
    machine.start()
    await asyncio.wait_for(marked.wait(), 10)
    assert (await machine.job(job)).state is State.SUBMITTING
    machine.scheduler.stop()
    await machine.stop_loop()
    gate.set()
    await machine.scheduler.finish(15.0)
    assert (await machine.job(job)).state is State.ACCEPTED
    assert machine.api.paid == []


async def test_a_mark_that_is_cut_off_is_put_back(machine: Machine) -> None:
    """The wait for the mark is given up at the end of the drain, and it is stored all the same: it is taken back."""
    job = await machine.accept()
    write = machine.database.write
    marked = asyncio.Event()

    async def slow_write(work: object, *args: object, **kwargs: object) -> object:
        answer = await write(work, *args, **kwargs)  # pyright: ignore[reportArgumentType, reportCallIssue]
        if work is accepting.begin_submit:
            marked.set()
            await asyncio.Event().wait()
        return answer

    machine.database.write = slow_write  # pyright: ignore[reportAttributeAccessIssue]  # a disk that takes its time
    machine.start()
    await asyncio.wait_for(marked.wait(), 10)
    machine.scheduler.stop()
    await machine.stop_loop()
    await machine.scheduler.finish(0.0)
    assert (await machine.job(job)).state is State.ACCEPTED
    assert machine.api.paid == []


async def test_a_paid_request_left_open_is_doubtful(machine: Machine) -> None:
    """Sent, and not answered by the end of the drain: uncertain, and nothing stays marked as being sent."""

    async def for_ever(_: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    machine.api.create = for_ever
    job = await machine.accept()
    machine.start()
    await machine.until(lambda: machine.api.paid, "the paid request")
    machine.scheduler.stop()
    await machine.stop_loop()
    await machine.scheduler.finish(0.0)
    found = await machine.job(job)
    assert (found.state, found.cause) == (State.UNCERTAIN, Cause.LOST)


# ── how many paid requests at once ─────────────────────────────────────────────────────────────────────────────────


async def test_at_most_eight_paid_requests_are_under_way(machine: Machine) -> None:
    """Twenty places are free and forty jobs wait: eight are sent, the others follow as answers come."""
    gate = asyncio.Event()
    taken = machine.api.create

    async def slowly(request: web.Request) -> web.StreamResponse:
        await gate.wait()
        return await taken(request)

    machine.api.create = slowly
    for number in range(40):
        await machine.accept(prompt=f"number {number}", user_id=UserId(number % 4 + 1))
    machine.start()
    await machine.until(lambda: machine.api.in_flight == 8, "eight paid requests")
    gate.set()
    await machine.until(lambda: len(machine.api.paid) == 20, "all places taken")
    assert machine.api.in_flight_most == 8


@pytest.mark.parametrize("status", [502, 504])
async def test_a_provider_that_begins_to_make_a_mess_leaves_few_jobs_in_doubt(machine: Machine, status: int) -> None:
    """Sixty jobs wait and every paid request is answered with a mess: eight at most are in doubt, the rest wait."""
    machine.api.create = answering(status)
    machine.api.list = machine.api.look = answering(503)
    jobs = [await machine.accept(prompt=f"number {number}", user_id=UserId(number % 4 + 1)) for number in range(60)]
    machine.start()
    await machine.until(lambda: machine.traffic.is_open, "an open breaker")
    for _ in range(40):
        machine.clock.jump(15)
        await asyncio.sleep(0.01)
    states = [(await machine.job(job)).state for job in jobs]
    assert set(states) == {State.ACCEPTED, State.UNCERTAIN}
    assert len(machine.api.paid) == states.count(State.UNCERTAIN) <= 8


async def test_after_a_breakdown_one_job_finds_out(machine: Machine) -> None:
    """The provider answers pings while it takes nothing: each time it seems to be back one job is sent, not eight."""
    machine.api.create = answering(502)
    machine.api.list = answering(503)
    for number in range(60):
        await machine.accept(prompt=f"number {number}", user_id=UserId(number % 4 + 1))
    machine.start()
    await machine.until(lambda: machine.traffic.is_open, "an open breaker")
    await machine.until(lambda: not machine.scheduler._steps.count(Kind.PAY), "all answers")
    sent = len(machine.api.paid)
    machine.api.list = answering(200, {"data": []})
    await machine.until(lambda: len(machine.api.paid) == sent + 1, "one more", step_seconds=1)
    await machine.until(lambda: machine.traffic.is_open, "an open breaker again")
    await machine.until(lambda: len(machine.api.paid) == sent + 2, "one more again", step_seconds=1)
    assert machine.api.in_flight_most <= 8
    machine.api.create = machine.api.taken
    await machine.until(lambda: len(machine.api.paid) >= sent + 20, "all places taken", step_seconds=1)


async def test_at_once_is_a_second_at_least(machine: Machine) -> None:
    """429 with `Retry-After: 0`: the next try comes no sooner than in a second."""
    machine.api.create = answering(429, headers={"Retry-After": "0"})
    job = await machine.accept()
    before = machine.clock.now()
    machine.start()
    await machine.until(lambda: machine.api.paid, "the first try")
    waiting = await machine.is_in(job, State.ACCEPTED)
    assert waiting.not_before >= before + 1.0
    assert machine.traffic.seconds_until_submit() > 0


# ── one id for two jobs ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.reliability
async def test_an_id_given_out_twice_is_one_jobs(machine: Machine) -> None:
    """Fifty jobs are taken under the same id: the first has it, the others are in doubt, and the owner hears of it."""
    machine.api.create = answering(200, {"id": "video_same", "status": "queued"})
    jobs = [await machine.accept(prompt=f"number {number}") for number in range(50)]
    machine.start()
    for job in jobs:
        await machine.is_in(job, State.RENDERING, State.UNCERTAIN)
    found = [await machine.job(job) for job in jobs]
    assert [one.remote_id for one in found if one.state is State.RENDERING] == ["video_same"]
    assert {one.remote_id for one in found if one.state is State.UNCERTAIN} == {None}
    assert len(machine.api.paid) == 50
    assert Key.ALARM_TWICE in machine.rung
