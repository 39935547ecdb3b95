"""No job ends by the clock alone: a poll of this process has to be answered first."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiohttp import web

from bot.engine.housekeeping import sweep
from bot.engine.pipeline.lost_job_poller import LostJobPoller, gap_seconds
from bot.engine.pipeline.reconcile import Reconciler
from bot.engine.signals import Signals
from bot.jobs.model import Cause, Job, PostKind
from bot.jobs.states import State
from bot.jobs.store import posts
from tests.unit.bot.engine.scheduler_harness import (
    GIVE_UP_SECONDS,
    Answer,
    SchedulerHarness,
    a_scheduler_harness,
    answering,
    file_of,
    inline,
)
from tests.unit.bot.media.samples import mp4

HOUR = 3600.0
LONG_AGO = GIVE_UP_SECONDS + 2 * HOUR


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[SchedulerHarness]:
    async with a_scheduler_harness(tmp_path) as harness:
        yield harness


async def old_job(harness: SchedulerHarness, state: State = State.RENDERING, **changes: object) -> Job:
    """A job that was sent a day and two hours before this process began."""
    then = harness.clock.now() - LONG_AGO
    facts: dict[str, object] = {"accepted_at": then, "submitted_at": then, "remote_id": "video_1"}
    return await harness.accept(state, **facts | changes)


async def said(harness: SchedulerHarness, job: Job) -> set[PostKind]:
    return {post.kind for post in await harness.database.read(posts.find_posts_of_jobs, [job.id])}


async def completed(request: web.Request) -> web.StreamResponse:
    identity = request.path.rpartition("/")[2]
    return web.json_response({"id": identity, "status": "completed", "url": inline(mp4())})


async def test_a_video_that_was_finished_meanwhile_is_delivered(harness: SchedulerHarness) -> None:
    """C3: the bot was away for more than a day; the first poll shows the video, and nothing is said but the video."""
    harness.api.poll = completed
    job = await old_job(harness)
    harness.start()
    await harness.is_in(job, State.POSTING)
    assert await said(harness, job) == {PostKind.VIDEO}


async def test_still_running_after_its_time_ends_as_lost(harness: SchedulerHarness) -> None:
    """One poll of this process, answered "still running", and the job ends; its requester hears that alone."""
    job = await old_job(harness)
    harness.start()
    ended = await harness.is_in(job, State.LOST)
    assert ended.cause is Cause.LATE
    assert harness.api.polled == ["video_1"]
    assert await said(harness, job) == {PostKind.FAILURE}


@pytest.mark.slow
@pytest.mark.parametrize("answer", [answering(503), answering(500), answering(401), answering(429)])
async def test_it_waits_on_while_the_provider_can_not_be_asked(harness: SchedulerHarness, answer: Answer) -> None:
    """Down, busy or refusing the key for three days: the job waits, is announced late once, and is then delivered."""
    harness.api.poll = harness.api.list = answer
    job = await old_job(harness)
    harness.start()
    await harness.until(lambda: harness.api.polled, "the first poll")
    for _ in range(30):
        harness.clock.jump(3 * HOUR)
        await asyncio.sleep(0.01)
    assert (await harness.job(job)).state is State.RENDERING
    assert await said(harness, job) == {PostKind.LATE}
    harness.api.poll, harness.api.list = completed, answering(200, {"object": "list", "data": []})
    await harness.is_in(job, State.POSTING, step_seconds=300)


async def test_refused_polls_end_it_after_two_minutes(harness: SchedulerHarness) -> None:
    """A provider that is well and won't say anything about this video, past its time: it ends."""
    harness.api.poll = answering(400, {"error": {"message": "no", "code": "x"}})
    job = await old_job(harness)
    harness.start()
    await harness.until(lambda: harness.api.polled, "the first poll")
    assert (await harness.job(job)).state is State.RENDERING
    ended = await harness.is_in(job, State.LOST, step_seconds=30)
    assert ended.cause is not None
    assert len(harness.api.polled) >= 2


async def test_another_provider_gets_an_hour_to_come_back(harness: SchedulerHarness) -> None:
    """The address was changed or mistyped: the job can't be polled, and ends an hour after the start at the soonest."""
    job = await old_job(harness, provider="https://old.test/v1")
    harness.start()
    for _ in range(10):
        harness.clock.jump(HOUR / 12)
        await asyncio.sleep(0.02)
    assert (await harness.job(job)).state is State.RENDERING
    await harness.is_in(job, State.LOST, step_seconds=HOUR / 2)


async def test_an_uncertain_job_ends_after_the_list_was_read(harness: SchedulerHarness) -> None:
    """Its time is up, but its video may be in the provider's list: without a look at that it stays uncertain."""
    job = await old_job(harness, State.UNCERTAIN, remote_id=None)
    harness.start()
    for _ in range(20):
        harness.clock.jump(60)
        await asyncio.sleep(0.01)
    assert (await harness.job(job)).state is State.UNCERTAIN
    harness.signals.lists_read.add(harness.videos.provider)
    await harness.is_in(job, State.LOST, step_seconds=30)


@pytest.mark.parametrize(
    ("answer", "counts"),
    [(answering(200, {"object": "list", "data": []}), True), (answering(404), True), (answering(503), False)],
)
async def test_what_counts_as_reading_the_list(harness: SchedulerHarness, answer: Answer, counts: bool) -> None:
    """A list, or the answer that there is none; not a provider that could not be asked."""
    harness.api.list = answer
    await old_job(harness, State.UNCERTAIN, remote_id=None)
    (provider,) = harness.providers
    await Reconciler(harness.context, provider, harness.throttle)._seek()  # pyright: ignore[reportArgumentType]  # what it uses
    assert bool(harness.signals.lists_read) is counts


async def test_what_is_to_be_fetched_gets_a_try_of_this_process(harness: SchedulerHarness) -> None:
    """Completed, and long past its time: it is fetched if that works at once, else it ends as undeliverable."""
    harness.api.poll, harness.api.content = answering(404), file_of(mp4())
    then = harness.clock.now() - LONG_AGO
    job = await old_job(harness, State.FETCHING, completed_at=then)
    harness.start()
    await harness.is_in(job, State.POSTING)
    harness.api.content = answering(404)
    other = await old_job(harness, State.FETCHING, completed_at=then, remote_id="video_2")
    await harness.is_in(other, State.UNDELIVERABLE)
    assert "video_2" in harness.api.polled


async def test_a_lost_video_that_turns_up_is_delivered(harness: SchedulerHarness) -> None:
    """Lost jobs with an id are polled for a day, slowly; one that is finished then goes on to be posted."""
    now = harness.clock.now()
    job = await old_job(harness, State.LOST, ended_at=now, cause=Cause.LATE)
    await old_job(harness, State.LOST, ended_at=now - 2 * 86_400.0, remote_id="video_old")
    harness.start()
    polls = LostJobPoller(harness.context, harness.throttles)  # pyright: ignore[reportArgumentType]
    for _ in range(24 * 6):
        harness.clock.jump(600)
        await polls._poll_all()
    assert 3 <= len(harness.api.polled) <= 10
    assert set(harness.api.polled) == {"video_1"}
    assert (await harness.job(job)).state is State.LOST


async def test_a_lost_video_that_is_finished_is_posted(harness: SchedulerHarness) -> None:
    """The first poll that shows it finished takes the job up again; nothing is sent for it."""
    job = await old_job(harness, State.LOST, ended_at=harness.clock.now() - 700, cause=Cause.LOST)
    harness.api.poll = completed
    harness.start()
    await LostJobPoller(harness.context, harness.throttles)._poll_all()  # pyright: ignore[reportArgumentType]
    found = await harness.is_in(job, State.POSTING, step_seconds=1)
    assert found.revived_at is not None
    assert harness.api.paid == []


def test_polls_of_lost_jobs_get_rarer() -> None:
    """Ten minutes at first, six hours at last."""
    assert [gap_seconds(age) for age in (-5.0, 0.0, 1200.0, 1e6)] == [600.0, 600.0, 1200.0, 21_600.0]


async def test_nothing_ends_while_the_time_is_in_doubt(harness: SchedulerHarness) -> None:
    """C3: the clock has leapt ahead: nothing overdue is sent or ended, until the doubt is over."""
    harness.signals.time_in_doubt = True
    waiting = await old_job(harness, State.ACCEPTED, submitted_at=None, remote_id=None)
    rendering, unclear = await old_job(harness), await old_job(harness, State.UNCERTAIN, remote_id=None)
    fetching = await old_job(harness, State.FETCHING, remote_id="video_2")
    harness.signals.lists_read.add(harness.videos.provider)
    harness.start()
    for _ in range(20):
        harness.clock.jump(60)
        await asyncio.sleep(0.02)
    for job in (waiting, rendering, unclear, fetching):
        assert (await harness.job(job)).state is job.state
    assert harness.api.paid == []
    harness.signals.time_in_doubt = False
    for job, end in ((waiting, State.FAILED), (rendering, State.LOST), (unclear, State.LOST)):
        await harness.is_in(job, end, step_seconds=60)
    assert harness.api.paid == []


async def test_no_file_is_deleted_while_the_time_is_in_doubt() -> None:
    """C3: a clock that is years ahead makes every kept video old."""
    signals = Signals()
    signals.time_in_doubt = True
    # It has nothing to sweep with: it must not come so far.
    await sweep(SimpleNamespace(signals=signals))  # pyright: ignore[reportArgumentType]
    signals.time_in_doubt = False
    with pytest.raises(AttributeError):
        await sweep(SimpleNamespace(signals=signals))  # pyright: ignore[reportArgumentType]
