"""A finished video that can't be put down: its disk is full."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.jobs.alerts import AlertKind
from bot.jobs.model import Post, PostKind
from bot.jobs.states import State
from bot.jobs.store import posts
from tests.unit.bot.engine.scheduler_harness import SchedulerHarness, a_scheduler_harness, answering, file_of
from tests.unit.bot.media.samples import mp4


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[SchedulerHarness]:
    async with a_scheduler_harness(tmp_path) as harness:
        yield harness


async def said(harness: SchedulerHarness) -> list[Post]:
    ids = await harness.database.read(posts.find_all_unsent_jobs)
    return [post for post, _job in await harness.database.read(posts.find_unsent_of_jobs, ids)]


@pytest.mark.slow
async def test_a_full_disk_is_waited_for_and_the_owner_alerted(
    harness: SchedulerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L2: no message about a disk that is full for a minute; about one that stays full, one to owner and requester
    each.
    """
    real, full = shutil.disk_usage, True
    monkeypatch.setattr(shutil, "disk_usage", lambda path: real(path)._replace(free=0) if full else real(path))
    harness.api.poll = answering(404)
    harness.api.content = file_of(mp4())
    job = await harness.accept(State.FETCHING, remote_id="video_1", submitted_at=harness.clock.now())
    harness.start()
    began_at = harness.clock.now()

    async def tries() -> int:
        return (await harness.job(job)).fetch_tries

    async def is_tried(times: int) -> None:
        async def so() -> bool:
            return await tries() >= times

        await harness.until(so, f"{times} tries", step_seconds=1)

    await is_tried(4)
    assert harness.clock.now() - began_at >= 3 * 20
    assert harness.rung == []
    assert await said(harness) == []
    await is_tried(6)
    assert set(harness.rung) == {AlertKind.ROOM}
    assert [post.kind for post in await said(harness)] == [PostKind.SLOW]
    full = False
    await harness.until(lambda: harness.is_past(job, State.FETCHING), "room", step_seconds=1)
    assert (await harness.job(job)).state is State.POSTING
