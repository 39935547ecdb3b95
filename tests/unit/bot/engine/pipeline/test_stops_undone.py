"""A stop that is taken back, that could not be asked for, or whose video turns up."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.engine.pipeline.lost_job_poller import LostJobPoller
from bot.jobs.model import Cause, Charged, Job, JobId, PostKind
from bot.jobs.states import State
from bot.jobs.store import moving
from tests.unit.bot.engine.pipeline.stopping_scene import (
    COMPLETED,
    GONE,
    Scene,
    a_status,
    after_delete,
    done,
    its_person,
)
from tests.unit.bot.engine.scheduler_harness import Answer, a_scheduler_harness, answering


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with a_scheduler_harness(tmp_path) as harness:
        yield Scene(harness)


async def test_post_it_before_the_request_takes_the_stop_back(scene: Scene) -> None:
    """Nothing is asked for, and the video is posted when it is done."""
    scene.api.poll = answering(503)
    job = await scene.rendering()
    scene.harness.start()
    await scene.stop(job)
    await scene.harness.until(lambda: scene.api.polled, "a poll in vain")
    wanted = await scene.post_it(job)
    assert (wanted.withheld, wanted.stop_asked_at) == (False, None)
    scene.api.poll = COMPLETED
    await scene.harness.is_in(job, State.POSTING, step_seconds=5)
    assert scene.api.deleted == []


async def test_a_provider_in_trouble_is_asked_when_it_works_again(scene: Scene) -> None:
    """The one request is not spent on a provider that doesn't even answer polls."""
    scene.api.poll = answering(503)
    job = await scene.rendering()
    scene.harness.start()
    await scene.stop(job)
    await scene.harness.until(lambda: len(scene.api.polled) >= 3, "polls in vain", step_seconds=5)
    assert scene.api.deleted == []
    scene.api.poll = after_delete(scene, a_status("cancelled"))
    await scene.harness.is_in(job, State.STOPPED, step_seconds=5)
    assert len(scene.api.deleted) == 1


@pytest.mark.both_databases
@pytest.mark.parametrize("stopped", [a_status("cancelled"), GONE])
async def test_post_it_after_the_request_is_told_if_it_was_too_late(scene: Scene, stopped: Answer) -> None:
    """The provider was asked, and has done it: the requester reads so, and can retry. It is not put away in silence."""
    job = await scene.rendering()
    scene.harness.start()
    await scene.stop(job)
    await scene.asked()
    wanted = await scene.post_it(job)
    assert (wanted.withheld, wanted.stop_asked_at) == (False, None)
    scene.api.poll = stopped
    ended = await scene.harness.is_in(job, State.LOST, step_seconds=10)
    assert (ended.cause, ended.charged) == (Cause.STOPPED, Charged.UNKNOWN)
    assert await scene.said(job) == {PostKind.FAILURE}
    assert len(scene.api.deleted) == 1


async def test_post_it_after_the_request_posts_what_was_not_stopped(scene: Scene) -> None:
    """The provider went on: the video is posted, and a further press of Stop asks for nothing."""
    job = await scene.rendering()
    scene.harness.start()
    await scene.stop(job)
    await scene.asked()
    await scene.post_it(job)
    again = await scene.stop(job)
    assert (again.withheld, again.stop_asked_at) == (True, None)
    await scene.post_it(job)
    scene.api.poll = COMPLETED
    await scene.harness.is_in(job, State.POSTING, step_seconds=10)
    assert len(scene.api.deleted) == 1


async def test_a_process_that_stood_still_asks_for_nothing(scene: Scene) -> None:
    """It was suspended between the mark and the request: its person may want the video by now."""
    write = scene.harness.database.write

    async def slow(work: Any, *args: Any, **changes: Any) -> Any:
        result = await write(work, *args, **changes)
        if work.__name__ == moving.begin_stop.__name__:
            scene.harness.clock.jump(30.0)
        return result

    scene.harness.database.write = slow  # pyright: ignore[reportAttributeAccessIssue]
    job = await scene.rendering()
    scene.harness.start()
    await scene.stop(job)

    async def over() -> bool:
        now = await scene.harness.job(job)
        return now.stop_sent_at is not None and now.stop_asked_at is None

    await scene.harness.until(over, "the wish to be over")
    assert scene.api.deleted == []


async def test_a_providers_file_without_cancel_asks_for_nothing(scene: Scene) -> None:
    """Also for a wish of before; and Stop on an old card is *Don't post*."""
    scene.stops(can=False)
    wished = await scene.rendering(withheld=True, stop_asked_at=scene.harness.clock.now())
    pressed = await scene.rendering(remote_id="video_2")
    scene.harness.start()
    assert (await scene.stop(pressed)).stop_asked_at is None

    async def over() -> bool:
        return (await scene.harness.job(wished)).stop_asked_at is None

    await scene.harness.until(over, "the wish to be over")
    assert scene.api.deleted == []


async def test_dont_post_never_asks_the_provider(scene: Scene) -> None:
    """A button of before the ability: it has promised that the video is kept."""
    job = await scene.rendering()
    scene.harness.start()
    answer = await scene.actions.cancel(JobId(job.id), its_person(job), may_stop=False)
    assert done(answer).stop_asked_at is None
    await scene.polled_again()
    assert scene.api.deleted == []


async def test_a_stopped_video_that_turns_up_is_kept(scene: Scene) -> None:
    """The provider forgot it and went on: within a day it is found, fetched and withheld."""
    harness = scene.harness
    scene.api.poll = COMPLETED
    then = harness.clock.now() - 700.0
    job = await scene.rendering()
    await harness.database.write(_stopped, job, then)
    harness.start()
    context: Any = harness.context
    await LostJobPoller(context, harness.throttles)._poll_all()
    ended = await harness.is_in(job, State.CANCELLED)
    assert (ended.withheld, ended.charged) == (True, Charged.YES)
    assert await scene.said(job) == set()
    assert scene.api.deleted == []


async def _stopped(connection: Any, job: Job, at: float) -> None:
    noted = await moving.withhold(connection, job, at)
    assert noted is not None
    noted = await moving.begin_stop(connection, noted, at)
    assert noted is not None
    assert await moving.apply(connection, noted, moving.Event.STOP, now=at, stop_asked_at=None) is not None
