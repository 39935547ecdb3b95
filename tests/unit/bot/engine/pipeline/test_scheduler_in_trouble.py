"""What goes on while the provider is down, a step breaks or nothing can be stored."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from bot.engine.pipeline.steps import StepKind, StepResult
from bot.jobs.alerts import AlertKind
from bot.jobs.database import StoreUnavailableError
from bot.jobs.model import Job, UserId
from bot.jobs.states import State
from bot.jobs.store import finding
from tests.figures import figure
from tests.unit.bot.engine.scheduler_harness import (
    DEADLINE_SECONDS,
    SchedulerHarness,
    a_scheduler_harness,
    answering,
    file_of,
    inline,
)
from tests.unit.bot.engine.senders import open_breaker
from tests.unit.bot.jobs.samples import a_job, put
from tests.unit.bot.media.samples import mp4

PERCENT = itertools.count(1)
JOBS = figure(50, 1_000)
WAITING = figure(200, 1_000)
PROBED = {"/v1/videos", "/v1/models"}


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[SchedulerHarness]:
    async with a_scheduler_harness(tmp_path) as harness:
        yield harness


# ── fetching while the provider is away ────────────────────────────────────────────────────────────────────────────


@pytest.mark.reliability
async def test_fetching_asks_nothing_of_a_provider_that_is_down(harness: SchedulerHarness) -> None:
    """A hundred videos wait to be fetched from a provider that is down: only probes go there, and no try is counted."""
    harness.api.poll = harness.api.content = harness.api.list = answering(503)
    open_breaker(harness.throttle)
    jobs = [await harness.accept(State.FETCHING, **rendered(f"video_{n}", harness)) for n in range(100)]
    harness.start()
    for _ in range(60):
        harness.clock.jump(15)
        await asyncio.sleep(0.01)
    minutes = 15
    assert harness.throttle.is_open
    # A probe asks for the list, and for the models where there is none.
    assert set(harness.api.got) <= PROBED
    assert max(harness.api.got.count(path) for path in PROBED) <= 4 * minutes + 1
    assert {(await harness.job(job)).fetch_tries for job in jobs} == {0}


async def test_looks_of_fetching_open_the_breaker(harness: SchedulerHarness) -> None:
    """The provider breaks down while videos are fetched: after a few requests it is left in peace."""
    harness.api.poll = harness.api.content = harness.api.list = answering(503)
    for number in range(100):
        await harness.accept(State.FETCHING, user_id=UserId(number + 1), **rendered(f"video_{number}", harness))
    harness.start()
    await harness.until(lambda: harness.throttle.is_open, "an open breaker", step_seconds=0.1)
    # What was under way then may still arrive.
    await harness.until(lambda: not harness.scheduler._steps.count(StepKind.OTHER), "the last looks")
    asked = len(harness.api.got)
    assert asked <= 20
    for _ in range(20):
        harness.clock.jump(15)
        await asyncio.sleep(0.01)
    after = harness.api.got[asked:]
    assert max(after.count(path) for path in PROBED) <= 20 + 1
    assert sum(path not in PROBED for path in after) <= 3


@pytest.mark.parametrize("status", [200, 404, 500])
async def test_without_a_fresh_link_the_content_endpoint_is_asked(harness: SchedulerHarness, status: int) -> None:
    """Polls of a completed video fail or tell nothing: its bytes are fetched from where they lie by the book."""
    harness.api.poll = answering(status, {"what": "ever"})
    harness.api.content = file_of(mp4())
    job = await harness.accept(State.FETCHING, **rendered("video_1", harness))
    harness.start()
    await harness.is_in(job, State.POSTING)


# ── an account in trouble ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
@pytest.mark.reliability
@pytest.mark.parametrize(
    ("status", "code"), [(401, "invalid_api_key"), (402, "no_credit"), (429, "insufficient_quota")]
)
async def test_without_an_account_a_thousand_jobs_wait(harness: SchedulerHarness, status: int, code: str) -> None:
    """Credit is out or the key refused for 40 minutes: one try in ten minutes, no job fails, all go on."""
    harness.api.create = answering(status, {"error": {"message": "You exceeded your current quota", "code": code}})
    now = harness.clock.now()
    jobs = [a_job(prompt=f"number {n}", accepted_at=now, provider=harness.videos.provider) for n in range(WAITING)]
    await harness.database.write(put, *jobs)
    harness.let_claim()
    harness.start()
    await harness.until(lambda: harness.api.paid, "the first try")
    for _ in range(40):
        harness.clock.jump(60)
        await asyncio.sleep(0.02)
    # What was under way when the first answer came, and a try every ten minutes.
    assert len(harness.api.paid) <= 8 + 4
    known = await harness.database.read(finding.find_by_ids, [job.id for job in jobs])
    assert {job.state for job in known.values()} <= {State.ACCEPTED, State.SUBMITTING}
    assert set(harness.rung) == {AlertKind.ACCOUNT}
    tries = len(harness.api.paid)
    harness.api.create = harness.api.taken
    # Their deadline is an hour after they came, and none of them may pass it by.
    harness.clock.jump(600)
    await harness.until(lambda: len(harness.api.paid) == tries + 20, "all places taken")


# ── what breaks, and what doesn't for that ─────────────────────────────────────────────────────────────────────────


@pytest.mark.reliability
async def test_one_job_whose_step_breaks_stops_no_other(harness: SchedulerHarness) -> None:
    """L10: a poll that raises: the job rests, holds no slot, the owner is alerted; all others are posted."""
    now = harness.clock.now()
    given = [a_job(State.RENDERING, accepted_at=now, submitted_at=now, remote_id=f"video_{n}") for n in range(JOBS)]
    given = [replace(job, provider=harness.videos.provider) for job in given]
    poisoned, others = given[JOBS // 2], given[: JOBS // 2] + given[JOBS // 2 + 1 :]
    await harness.database.write(put, *given)
    harness.let_claim()
    watch = harness.poller.poll

    async def breaking(job: Job, rendering_jobs: int) -> StepResult:
        if job.id == poisoned.id:
            raise KeyError("a bug")
        return await watch(job, rendering_jobs)

    harness.poller.poll = breaking  # pyright: ignore[reportAttributeAccessIssue]  # a bug, injected
    harness.api.poll = completed
    harness.start()
    async with asyncio.timeout(figure(20, 200)):
        while await states_of(harness, others) != {State.POSTING}:
            harness.clock.jump(5)
            await asyncio.sleep(0.1)
    await harness.until(lambda: AlertKind.STUCK in harness.rung, "the alarm", step_seconds=5)
    assert (await harness.job(poisoned)).state is State.RENDERING
    harness.poller.poll = watch  # pyright: ignore[reportAttributeAccessIssue]  # and mended
    await harness.until(lambda: poisoned.remote_id in harness.api.polled, "another poll", step_seconds=600)
    await harness.until(lambda: harness.alerts.ended == [AlertKind.STUCK], "the end")


async def states_of(harness: SchedulerHarness, jobs: list[Job]) -> set[State]:
    """The states that any of these jobs are in."""
    found = await harness.database.read(finding.find_by_ids, [job.id for job in jobs])
    return {job.state for job in found.values()}


async def test_a_job_whose_step_breaks_is_announced_late_and_ended_in_time(harness: SchedulerHarness) -> None:
    """P2: every poll of it raises, and still it is announced as late once, and ends as lost in time."""

    async def breaking(*_: object) -> StepResult:
        raise KeyError("a bug")

    harness.poller.poll = breaking  # pyright: ignore[reportAttributeAccessIssue]  # a bug, injected
    job = await harness.accept(State.RENDERING, remote_id="video_0", submitted_at=harness.clock.now())
    harness.start()
    await harness.until(lambda: harness.scheduler._owned.failures, "the first failure")
    for _ in range(30):
        harness.clock.jump(3600)
        await asyncio.sleep(0.05)
    ended = await harness.is_in(job, State.LOST)
    assert ended.late_at is not None


async def test_steps_that_fail_now_and_then_are_no_reason_to_set_a_job_aside(harness: SchedulerHarness) -> None:
    """Failures count in a row only, and the database's trouble not at all."""
    watch, times = harness.poller.poll, 0

    async def breaking(job: Job, rendering_jobs: int) -> StepResult:
        nonlocal times
        times += 1
        if times % 3:
            raise StoreUnavailableError("locked") if times % 2 else KeyError("a bug")
        return await watch(job, rendering_jobs)

    harness.poller.poll = breaking  # pyright: ignore[reportAttributeAccessIssue]  # a bug, injected
    await harness.accept(State.RENDERING, remote_id="video_0", submitted_at=harness.clock.now())
    harness.start()
    await harness.until(lambda: times >= 30, "thirty polls", step_seconds=5)
    assert AlertKind.STUCK not in harness.rung


async def test_a_locked_database_stops_no_poll(harness: SchedulerHarness) -> None:
    """Nothing can be stored for a minute: running jobs are polled, progress is not shown, the owner is alerted."""
    jobs = [
        await harness.accept(State.RENDERING, remote_id=f"video_{n}", submitted_at=harness.clock.now())
        for n in range(20)
    ]
    harness.start()
    await harness.until(lambda: len(set(harness.api.polled)) == 20, "a poll of each", step_seconds=1)
    write = harness.database.write

    async def unavailable(*_: object, **__: object) -> object:
        raise StoreUnavailableError("database is locked")

    harness.database.write = unavailable  # pyright: ignore[reportAttributeAccessIssue]  # an edge: the disk
    harness.signals.has_unclaimed = True
    harness.api.poll = half_done
    polled = len(harness.api.polled)
    await harness.until(lambda: len(harness.api.polled) >= polled + 60, "polls while locked", step_seconds=1)
    assert AlertKind.STORE in harness.rung
    harness.database.write = write  # pyright: ignore[reportAttributeAccessIssue]  # it is free again
    harness.api.poll = completed
    for job in jobs:
        await harness.until(lambda job=job: harness.is_past(job, State.RENDERING), "the end", step_seconds=1)


# ── what it is not let to wait for ─────────────────────────────────────────────────────────────────────────────────


async def test_a_late_job_is_announced_while_the_provider_is_down(harness: SchedulerHarness) -> None:
    """P2: the breaker is open when jobs become late: each is announced, though no poll is possible."""
    harness.api.poll = harness.api.list = answering(503)
    jobs = [
        await harness.accept(State.RENDERING, remote_id=f"video_{n}", submitted_at=harness.clock.now())
        for n in range(10)
    ]
    harness.start()
    await harness.until(lambda: harness.throttle.is_open, "an open breaker", step_seconds=1)
    harness.clock.jump(DEADLINE_SECONDS)
    for job in jobs:

        async def told(job: Job = job) -> bool:
            return (await harness.job(job)).late_at is not None

        await harness.until(told, "the word", step_seconds=1)


async def test_foreign_links_are_fetched_while_the_provider_is_down(harness: SchedulerHarness) -> None:
    """Polls wait for the provider, a video whose link leads elsewhere doesn't wait behind them."""
    harness.api.poll = harness.api.list = answering(503)
    for number in range(10):
        await harness.accept(State.RENDERING, remote_id=f"video_{number}", submitted_at=harness.clock.now())
    harness.start()
    await harness.until(lambda: harness.throttle.is_open, "an open breaker", step_seconds=1)
    fetched = await harness.accept(State.FETCHING, **rendered("video_f", harness))
    harness.poller.urls[fetched.id] = inline(mp4())
    await harness.is_in(fetched, State.POSTING)
    assert harness.throttle.is_open


def rendered(remote_id: str, harness: SchedulerHarness) -> dict[str, object]:
    """The facts of a job that has just completed at the provider."""
    now = harness.clock.now()
    return {"remote_id": remote_id, "submitted_at": now, "completed_at": now}


async def completed(request: web.Request) -> web.StreamResponse:
    """The video is done, and lies in the answer itself."""
    body = {"id": request.path.rpartition("/")[2], "status": "completed", "url": inline(mp4())}
    return web.json_response(body)


async def half_done(request: web.Request) -> web.StreamResponse:
    """It is half done, and a little more at each poll."""
    return web.json_response({"id": request.path.rpartition("/")[2], "status": "processing", "progress": next(PERCENT)})
