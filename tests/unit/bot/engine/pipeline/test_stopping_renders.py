"""*Stop* from the press to the end: the provider is asked once, and its polls tell what became of the video."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from bot.jobs.model import Cause, Charged
from bot.jobs.states import State
from tests.unit.bot.engine.pipeline.stopping_scene import (
    COMPLETED,
    GONE,
    RUNNING,
    TAKEN,
    Scene,
    a_status,
    after_delete,
)
from tests.unit.bot.engine.scheduler_harness import Answer, a_scheduler_harness, answering


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with a_scheduler_harness(tmp_path) as harness:
        yield Scene(harness)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("answer", "stopped"),
    [
        (TAKEN, a_status("cancelled")),
        (GONE, GONE),
        (answering(500), GONE),
        (answering(409, {"error": "Cancellation in progress"}), a_status("failed", error={"code": "cancelled"})),
    ],
)
async def test_cancelled_or_gone_is_stopped(scene: Scene, answer: Answer, stopped: Answer) -> None:
    """Seen to run, asked once, and polled: it ends in silence, perhaps charged, however the request was answered."""
    scene.api.delete, scene.api.poll = answer, after_delete(scene, stopped)
    job = await scene.rendering()
    scene.harness.start()
    pressed = await scene.stop(job)
    assert (pressed.withheld, pressed.stop_asked_at is not None) == (True, True)
    ended = await scene.harness.is_in(job, State.STOPPED, step_seconds=0.5)
    assert (ended.cause, ended.charged, ended.withheld) == (None, Charged.UNKNOWN, True)
    assert scene.api.deleted == ["video_1"]
    assert await scene.said(job) == set()


@pytest.mark.parametrize("answer", [answering(405), answering(501), answering(409)])
async def test_a_provider_that_refuses_is_believed_at_once(scene: Scene, answer: Answer) -> None:
    """It goes on as after *Don't post*: made, kept, and not asked a second time."""
    scene.api.delete = answer
    job = await scene.rendering()
    scene.harness.start()
    await scene.stop(job)
    await scene.asked()

    async def given_up() -> bool:
        return (await scene.harness.job(job)).stop_asked_at is None

    await scene.harness.until(given_up, "the wish to be over")
    scene.api.poll = COMPLETED
    ended = await scene.harness.is_in(job, State.CANCELLED, step_seconds=5)
    assert (ended.withheld, ended.charged, ended.stop_asked_at) == (True, Charged.YES, None)
    assert len(scene.api.deleted) == 1
    assert await scene.said(job) == set()


async def test_still_running_after_a_minute_goes_on_withheld(scene: Scene) -> None:
    """It was confirmed and not done. When the provider says much later that it is cancelled, it was stopped."""
    job = await scene.rendering()
    scene.harness.start()
    await scene.stop(job)
    await scene.asked()
    began = scene.harness.clock.now()

    async def given_up() -> bool:
        return (await scene.harness.job(job)).stop_asked_at is None

    await scene.harness.until(given_up, "the wish to be over", step_seconds=2)
    assert scene.harness.clock.now() - began >= 59.0
    assert len(scene.api.polled) >= 10
    scene.api.poll = a_status("cancelled")
    await scene.harness.is_in(job, State.STOPPED, step_seconds=5)
    assert len(scene.api.deleted) == 1


async def test_a_video_that_is_finished_is_not_deleted(scene: Scene) -> None:
    """The poll at the press shows that it is finished: it is kept, and **Post it** posts it."""
    scene.api.poll = COMPLETED
    job = await scene.rendering(withheld=True, stop_asked_at=scene.harness.clock.now())
    scene.harness.start()
    ended = await scene.harness.is_in(job, State.CANCELLED)
    assert scene.api.deleted == []
    assert ended.stop_asked_at is None
    await scene.post_it(job)
    await scene.harness.is_in(job, State.POSTING)


async def test_completed_after_the_request_is_kept(scene: Scene) -> None:
    """It was quicker than the request."""
    scene.api.poll = after_delete(scene, COMPLETED)
    job = await scene.rendering()
    scene.harness.start()
    await scene.stop(job)
    ended = await scene.harness.is_in(job, State.CANCELLED, step_seconds=0.5)
    assert (ended.withheld, ended.charged) == (True, Charged.YES)
    assert await scene.said(job) == set()


async def test_cancelled_by_other_hands_is_a_failure(scene: Scene) -> None:
    """Withheld or not: without our request the word is not ours."""
    scene.api.poll = a_status("cancelled")
    for withheld in (True, False):
        job = await scene.rendering(withheld=withheld, remote_id=f"video_{withheld}")
        scene.harness.start()
        assert (await scene.harness.is_in(job, State.FAILED)).cause is Cause.PROVIDER
    assert scene.api.deleted == []


@pytest.mark.both_databases
async def test_a_job_that_is_being_sent_is_stopped_when_it_is_taken(scene: Scene) -> None:
    """The wish waits for the provider's id; nothing waits for the job's next poll."""
    on_its_way, go_on = asyncio.Event(), asyncio.Event()

    async def create(request: web.Request) -> web.StreamResponse:
        on_its_way.set()
        await go_on.wait()
        return await scene.api.taken(request)

    scene.api.create, scene.api.poll = create, after_delete(scene, a_status("cancelled"))
    job = await scene.harness.accept()
    scene.harness.start()
    await asyncio.wait_for(on_its_way.wait(), 20)
    await scene.stop(job)
    go_on.set()
    await scene.asked()
    await scene.harness.is_in(job, State.STOPPED, step_seconds=0.5)


async def test_a_press_during_a_poll_counts_at_once(scene: Scene) -> None:
    """The poll under way was of the job before the press: the next one is due as soon as it has ended."""
    polling, go_on = asyncio.Event(), asyncio.Event()

    async def poll(request: web.Request) -> web.StreamResponse:
        polling.set()
        await go_on.wait()
        return await RUNNING(request)

    scene.api.poll = poll
    job = await scene.rendering()
    scene.harness.start()
    await asyncio.wait_for(polling.wait(), 20)
    await scene.stop(job)
    go_on.set()
    await scene.asked()


async def test_what_a_dead_process_has_marked_is_not_asked_for_again(scene: Scene) -> None:
    """Killed between mark and response: the next process only polls."""
    now = scene.harness.clock.now()
    scene.api.poll = RUNNING
    job = await scene.rendering(withheld=True, stop_asked_at=now, stop_sent_at=now)
    scene.harness.start()
    await scene.polled_again()
    scene.api.poll = a_status("cancelled")
    await scene.harness.is_in(job, State.STOPPED, step_seconds=0.5)
    assert scene.api.deleted == []


async def test_a_request_that_is_cut_off_is_not_repeated(scene: Scene) -> None:
    """The process ends while the provider has not answered; the mark is stored, and nothing else is known."""
    asked = asyncio.Event()

    async def delete(_: web.Request) -> web.StreamResponse:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    scene.api.delete = delete
    job = await scene.rendering()
    scene.harness.start()
    await scene.stop(job)
    await asyncio.wait_for(asked.wait(), 20)
    await scene.harness.stop_loop()
    await scene.harness.scheduler.finish(0.0)
    now = await scene.harness.job(job)
    assert (now.state, now.withheld) == (State.RENDERING, True)
    assert now.stop_sent_at is not None
    assert len(scene.api.deleted) == 1
