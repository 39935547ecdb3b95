"""A stored change hands its row to the loops: the latest row, also for a cancelled caller, and never a false one."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.engine.moves import accept, change, move, revive
from bot.jobs.database import StoreUnavailableError
from bot.jobs.model import Job
from bot.jobs.states import Event, State
from bot.jobs.store import accepting, moving, processes
from tests.unit.bot.engine.scheduler_harness import SchedulerHarness, a_scheduler_harness
from tests.unit.bot.jobs.samples import a_job, put


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[SchedulerHarness]:
    async with a_scheduler_harness(tmp_path) as harness:
        yield harness


async def stored(harness: SchedulerHarness, state: State = State.ACCEPTED, **changes: Any) -> Job:
    job = a_job(state, accepted_at=harness.clock.now(), **changes)
    await harness.database.write(put, job)
    return job


async def test_the_row_stored_last_is_handed_over_last(
    harness: SchedulerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mark's caller still waits for the file beside the database when *Don't post* is stored: that row stays."""
    job, go_on, waiting = await stored(harness), asyncio.Event(), asyncio.Event()

    async def slow(_: object) -> None:
        waiting.set()
        await go_on.wait()

    monkeypatch.setattr(harness.database, "_store_generation", slow)
    context: Any = harness.context
    marking = asyncio.create_task(change(context, accepting.begin_submit, job, harness.clock.now()))
    await asyncio.wait_for(waiting.wait(), 10)
    assert harness.signals.moved_jobs[job.id].state is State.SUBMITTING
    withheld = await change(context, moving.withhold, job)
    go_on.set()
    assert await marking is not None
    assert harness.signals.moved_jobs[job.id] == withheld


async def test_the_row_of_a_cancelled_caller_is_handed_over(harness: SchedulerHarness) -> None:
    """The change is stored all the same, so the loops get it."""
    job, context = await stored(harness), harness.context
    moving_it = asyncio.create_task(move(context, job, Event.CANCEL))  # pyright: ignore[reportArgumentType]
    await asyncio.sleep(0)
    moving_it.cancel()
    await asyncio.gather(moving_it, return_exceptions=True)
    await harness.until(lambda: harness.signals.moved_jobs)
    assert harness.signals.moved_jobs[job.id].state is State.CANCELLED


@pytest.mark.slow
async def test_what_is_not_stored_is_not_handed_over(harness: SchedulerHarness) -> None:
    """A change that comes too late, and one that the database refuses, wake no loop."""
    job, context = await stored(harness), harness.context
    other: Any = await harness.database.write(moving.apply, job, Event.CANCEL, now=harness.clock.now())

    async def breaks(*_: object, **__: object) -> Job:
        await harness.database.read(processes.void_ownership)
        raise StoreUnavailableError("full")

    assert await move(context, job, Event.SUBMIT) is None  # pyright: ignore[reportArgumentType]
    with pytest.raises(StoreUnavailableError):
        await change(context, breaks, other)  # pyright: ignore[reportArgumentType]
    assert harness.signals.moved_jobs == {}
    assert not harness.signals.work.is_set()


async def test_a_job_is_owned_from_the_start(harness: SchedulerHarness) -> None:
    """Neither this process nor another one claims it; at a start after a crash it is claimed."""
    context: Any = harness.context
    job = a_job(accepted_at=harness.clock.now())
    await accept(context, job)
    assert harness.signals.owned_jobs == {job.id}
    for name in ("machine", "another"):
        assert await harness.database.write(moving.claim, name) == []
    await harness.database.write(processes.void_ownership)
    (claimed,) = await harness.database.write(moving.claim, "another")
    assert (claimed.id, claimed.fence) == (job.id, 1)
    assert await move(context, job, Event.CANCEL) is None


async def test_a_reopened_job_is_owned_and_shuts_out_old_steps(harness: SchedulerHarness) -> None:
    """A step that read the job before its end can't move it after that."""
    context: Any = harness.context
    ended = await stored(harness, State.UNDELIVERABLE, ended_at=harness.clock.now())
    revived = await revive(context, ended, Event.POST_IT)
    assert revived is not None
    assert (revived.state, revived.fence) == (State.FETCHING, ended.fence + 1)
    assert harness.signals.owned_jobs == {ended.id}
    assert await harness.database.write(moving.claim, "another") == []
