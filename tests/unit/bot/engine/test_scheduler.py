"""What the scheduler starts and when, with a real store and a provider on loopback."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from bot.chat.courier import OutcomeUnknown
from bot.jobs.model import Cause
from bot.jobs.states import State
from bot.jobs.store import accepting
from tests.unit.bot.engine.machine import DEADLINE_SECONDS, Machine, a_machine


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
