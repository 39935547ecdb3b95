"""What the scheduler knows of its jobs: claimed in pieces, handed over afterwards, and not read again."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.engine.moves import accept, change
from bot.engine.pipeline import claims
from bot.engine.pipeline.steps import StepResult
from bot.jobs.model import Job, UserId
from bot.jobs.states import Event, State
from bot.jobs.store import moving
from bot.jobs.tables import jobs
from tests.unit.bot.engine.scheduler_harness import SchedulerHarness, a_scheduler_harness, inline
from tests.unit.bot.jobs.samples import a_job, put
from tests.unit.bot.jobs.store.test_unreadable_rows import spoil
from tests.unit.bot.media.samples import mp4

_YEARS_SECONDS = 20 * 365 * 86_400.0


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[SchedulerHarness]:
    async with a_scheduler_harness(tmp_path, max_rendering_jobs=1) as harness:
        yield harness


def counted(run: Callable[..., Any], counts: Counter[str]) -> Callable[..., Any]:
    async def counting(work: Callable[..., Any], *args: Any, **changes: Any) -> Any:
        counts[work.__name__] += 1
        return await run(work, *args, **changes)

    return counting


async def test_its_own_steps_are_not_read_again(harness: SchedulerHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the acceptance to the video that is to be posted: each step costs its own transactions."""
    reads: Counter[str] = Counter()
    harness.start()
    await harness.until(lambda: not harness.signals.has_unclaimed, "the start")
    monkeypatch.setattr(harness.database, "read", counted(harness.database.read, reads))

    async def completed(request: web.Request) -> web.StreamResponse:
        return web.json_response({"id": request.path[-7:], "status": "completed", "url": inline(mp4())})

    harness.api.poll = completed
    job = a_job(accepted_at=harness.clock.now(), provider=harness.videos.provider)
    context: Any = harness.context
    await accept(context, job)
    harness.signals.card_tried(job.id)
    known = harness.scheduler._owned.jobs
    await harness.until(lambda: job.id in known and known[job.id].state is State.POSTING, step_seconds=1)
    assert reads == {}


async def test_a_change_during_a_step_counts_after_it(harness: SchedulerHarness) -> None:
    """*Don't post* is pressed while the job is being polled: its next step begins with that, without a read."""
    polled, answer = asyncio.Event(), asyncio.Event()

    async def slow(request: web.Request) -> web.StreamResponse:
        polled.set()
        await answer.wait()
        return web.json_response({"id": request.path[-7:], "status": "processing"})

    harness.api.poll = slow
    job = await harness.accept(State.RENDERING, remote_id="video_1", submitted_at=harness.clock.now())
    harness.start()
    await harness.until(polled.is_set, "the poll", step_seconds=1)
    context: Any = harness.context
    withheld = await change(context, moving.withhold, job)
    await harness.until(lambda: not harness.signals.moved_jobs, "the hand-over")
    assert not harness.scheduler._owned.jobs[job.id].withheld
    answer.set()
    await harness.until(lambda: not harness.scheduler._steps._steps, "the end of the step")
    assert harness.scheduler._owned.jobs[job.id] == withheld


async def test_jobs_of_another_process_are_not_taken(harness: SchedulerHarness) -> None:
    """A row that is moved here and owned elsewhere is ignored; so is one from before the job was claimed again."""
    elsewhere = a_job(accepted_at=harness.clock.now())
    harness.signals.job_moved(elsewhere)
    await harness.scheduler._start_due()
    assert harness.scheduler._owned.jobs == {}
    job = await harness.accept(State.UNCERTAIN)
    await harness.scheduler._start_due()
    harness.signals.job_moved(job)
    await harness.scheduler._start_due()
    assert harness.scheduler._owned.jobs[job.id].fence == 1


async def test_claims_come_in_pieces(harness: SchedulerHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    """A piece for each transaction, those sent first first; nothing is sent before all are claimed."""
    monkeypatch.setattr(claims, "AT_ONCE", 2)
    now = harness.clock.now()
    waiting = [a_job(user_id=UserId(one), accepted_at=now - one) for one in range(3)]
    sent = a_job(State.RENDERING, accepted_at=now, submitted_at=now, remote_id="video_1")
    await harness.database.write(put, *waiting, sent)
    pieces: list[set[Job]] = []
    owned = harness.scheduler._owned
    while harness.signals.has_unclaimed:
        await harness.scheduler._start_due()
        pieces.append({*owned.jobs.values()})
        assert not harness.signals.has_unclaimed or not any(
            step.kind.name in ("PAY", "CHECK") for step in harness.scheduler._steps._steps.values()
        )
    assert [len(piece) for piece in pieces] == [2, 4]
    assert {job.id for job in pieces[0]} == {sent.id, waiting[2].id}


async def test_a_piece_of_unreadable_rows_hides_no_other(
    harness: SchedulerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are owned too, and the claim goes on with the next piece."""
    monkeypatch.setattr(claims, "AT_ONCE", 2)
    now = harness.clock.now()
    given = [a_job(accepted_at=now + one) for one in range(5)]
    await harness.database.write(put, *given)
    for job in given[:4]:
        await harness.database.write(spoil, jobs, "via", "telepathy", id=job.id)
    while harness.signals.has_unclaimed:
        await harness.scheduler._start_due()
    assert list(harness.scheduler._owned.jobs) == [given[4].id]
    assert await harness.database.read(moving.find_unclaimed, submits=True) == []


async def test_a_clock_that_is_put_right_leaves_no_poll_in_the_future(harness: SchedulerHarness) -> None:
    """Polls and rests were planned by a clock that was years ahead: they come soon by the right one."""
    job = await harness.accept(State.RENDERING, remote_id="video_1", submitted_at=harness.clock.now())
    resting = await harness.accept(State.RENDERING, remote_id="video_2", submitted_at=harness.clock.now())
    await harness.database.write(moving.claim, "machine")
    owned, signals = harness.scheduler._owned, harness.signals
    signals.has_unclaimed = False
    harness.clock.step(_YEARS_SECONDS)
    owned.place(replace(job, owner="machine", fence=1), harness.clock.now() + 1.0)
    owned.place(replace(resting, owner="machine", fence=1), None)
    harness.scheduler._rest_after(resting, ValueError())
    harness.clock.step(-_YEARS_SECONDS)
    signals.time_settled({job.id, resting.id}, [], [])
    harness.start()
    await harness.until(lambda: {*harness.api.polled} == {"video_1", "video_2"}, "both polls", step_seconds=1.0)


async def test_a_row_read_before_a_step_ended_is_read_again(
    harness: SchedulerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step ends while the rows are being read after a doubt: the row of before is older than the step's."""
    job = await harness.accept(State.UNCERTAIN, submitted_at=harness.clock.now())
    await harness.scheduler._start_due()
    owned, read = harness.scheduler._owned, harness.database.read
    context: Any = harness.context
    known = owned.jobs[job.id]

    async def late(work: Callable[..., Any], *args: Any) -> Any:
        found = await read(work, *args)
        if owned.jobs[job.id] is known:
            adopted = await change(
                context, moving.apply, known, Event.LINK, now=harness.clock.now(), remote_id="video_1"
            )
            owned.place_after(job.id, StepResult(adopted))
        return found

    monkeypatch.setattr(harness.database, "read", late)
    harness.signals.time_settled({job.id}, [], [])
    await harness.scheduler._refresh_jobs()
    assert owned.jobs[job.id].state is State.RENDERING
    assert job.id in harness.signals.dirty_jobs
