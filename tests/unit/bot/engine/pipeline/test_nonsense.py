"""The scheduler against a provider that talks nonsense: hundreds of answers, and nothing comes of them."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from structlog.testing import capture_logs
from structlog.typing import EventDict

from bot.jobs.model import Job, PostKind
from bot.jobs.states import State
from bot.jobs.store import posts
from tests.figures import figure
from tests.unit.bot.engine.scheduler_harness import SchedulerHarness, a_scheduler_harness, file_of
from tests.unit.bot.jobs.samples import a_job, put
from tests.unit.bot.media.samples import mp4
from tests.unit.bot.videos.nonsense import Nonsense, nonsense

ANSWERS = figure(65, 400)
JOBS = 5
# Much time passes, since a provider that talks like that counts as down now and then; deadlines aren't tried here.
PATIENT = {"job_deadline_seconds": 1e7, "job_give_up_seconds": 1e8}


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[SchedulerHarness]:
    async with a_scheduler_harness(tmp_path, **PATIENT) as harness:
        yield harness


class NonsenseSource:
    """Gives out nonsense until there is none left."""

    def __init__(self, answers: list[Nonsense]) -> None:
        self._left = iter(answers)
        self.given: list[Nonsense] = []

    def next(self) -> web.Response | None:
        """The next answer; None when all were given."""
        one = next(self._left, None)
        if one is None:
            return None
        self.given.append(one)
        headers = {} if one.content_type is None else {"Content-Type": one.content_type}
        return web.Response(status=one.code, body=one.body, headers=headers)


async def said(harness: SchedulerHarness, job: Job) -> Counter[PostKind]:
    """The messages due about the job."""
    return Counter(post.kind for post in await harness.database.read(posts.find_posts_of_jobs, [job.id]))


def assert_nothing_broke(log: list[EventDict]) -> None:
    """No step, and nothing else, ended in an unexpected exception."""
    assert [entry for entry in log if entry["log_level"] in ("error", "critical")] == []


@pytest.mark.slow
@pytest.mark.reliability
async def test_nonsensical_polls_change_nothing(harness: SchedulerHarness) -> None:
    """For any response to a poll, no job moves and no message is due; polled again, each video is fetched and posted
    once.
    """
    babble, done = NonsenseSource(nonsense(1, ANSWERS)), False

    async def poll(request: web.Request) -> web.StreamResponse:
        status = "completed" if done else "processing"
        return babble.next() or web.json_response({"id": request.path.rpartition("/")[2], "status": status})

    harness.api.poll, harness.api.content = poll, file_of(mp4())
    jobs = [await harness.accept(State.RENDERING, remote_id=f"video_{number}") for number in range(JOBS)]
    with capture_logs() as log:
        harness.start()
        while (given := len(babble.given)) < ANSWERS:
            await harness.until(lambda given=given: len(babble.given) > given, "another poll", step_seconds=8)
            for job in jobs:
                now = await harness.job(job)
                assert (now.state, now.remote_id) == (State.RENDERING, job.remote_id), babble.given[-1]
        assert [await said(harness, job) for job in jobs] == [Counter()] * JOBS
        done = True
        for job in jobs:
            await harness.until(lambda job=job: harness.is_past(job, State.RENDERING, State.FETCHING), step_seconds=8)
            assert (await harness.job(job)).state is State.POSTING
            assert await said(harness, job) == {PostKind.VIDEO: 1}
    assert harness.api.paid == []
    assert_nothing_broke(log)


@pytest.mark.slow
@pytest.mark.reliability
async def test_nonsensical_receipts_are_paid_once_and_reported_once(harness: SchedulerHarness) -> None:
    """A 2xx that means nothing, after a create or a remix: in doubt, one paid request, one question to the person."""
    babble, remixes = NonsenseSource(nonsense(2, ANSWERS)), 0

    async def create(request: web.Request) -> web.StreamResponse:
        nonlocal remixes
        remixes += request.path.endswith("/video_parent/remix")
        return babble.next() or web.Response(status=500)

    harness.api.create = create
    parent = await harness.accept(State.DELIVERED, remote_id="video_parent")
    provider, now = harness.videos.provider, harness.clock.now()
    jobs = [a_job(prompt=f"number {number}", provider=provider, accepted_at=now) for number in range(ANSWERS)]
    jobs[1::2] = [replace(job, request=replace(job.request, parent_id=parent.id)) for job in jobs[1::2]]
    await harness.database.write(put, *jobs)
    with capture_logs() as log:
        harness.start()
        while (given := len(babble.given)) < ANSWERS:
            await harness.until(lambda given=given: len(babble.given) > given, "another try", step_seconds=8)
        for job in jobs:
            await harness.is_in(job, State.UNCERTAIN)
        harness.clock.jump(3_600)
        for job in jobs:
            assert await said(harness, job) == {PostKind.UNSURE: 1}
    assert Counter(harness.api.paid) == {job.request.prompt: 1 for job in jobs}
    assert remixes == ANSWERS // 2
    assert_nothing_broke(log)
