"""What one person's jobs meet at the provider, and that the others go on: with a real store, on loopback."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from bot.jobs.alerts import AlertKind
from bot.jobs.model import Cause, UserId
from bot.jobs.states import State
from tests.unit.bot.engine.scheduler_harness import Answer, SchedulerHarness, a_scheduler_harness, answering

ANNA, BEN = UserId(1), UserId(2)
HTML = {"Content-Type": "text/html"}


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[SchedulerHarness]:
    async with a_scheduler_harness(tmp_path) as harness:
        yield harness


def for_prompts(
    harness: SchedulerHarness, word: str, status: int, text: str, headers: dict[str, str] | None = None
) -> Answer:
    """Creates whose prompt holds the word are answered so; all others are taken."""
    taken = harness.api.create

    async def answer(request: web.Request) -> web.StreamResponse:
        if word in (await request.json())["prompt"]:
            return web.Response(status=status, text=text, headers=headers)
        return await taken(request)

    return answer


async def test_a_firewalls_page_ends_its_own_job_and_pauses_no_other(harness: SchedulerHarness) -> None:
    """C1: Anna's job is refused twice, a minute apart, and ends; Ben's is sent at once, and commands are taken."""
    harness.api.create = for_prompts(harness, "script", 403, "<h1>Forbidden</h1>", HTML)
    anna = await harness.accept(prompt="<script>", user_id=ANNA)
    harness.start()
    await harness.until(lambda: harness.api.paid, "the first try")
    ben = await harness.accept(prompt="a fox", user_id=BEN)
    await harness.is_in(ben, State.RENDERING)
    assert harness.throttle.refusal(ANNA) is harness.throttle.refusal(BEN) is None
    ended = await harness.is_in(anna, State.REFUSED, step_seconds=2)
    assert ended.cause is Cause.KEY
    assert harness.api.paid.count("<script>") == 2
    assert AlertKind.ACCOUNT not in harness.rung


async def test_a_refused_key_is_found_out_for_free_and_no_job_ends(harness: SchedulerHarness) -> None:
    """One person's job is refused, and so is the free request: everybody waits, the owner is alerted, all go on."""
    no_key = answering(401, {"error": {"message": "Incorrect API key provided.", "code": "invalid_api_key"}})
    taken, harness.api.create, harness.api.list = harness.api.create, no_key, no_key
    jobs = [await harness.accept(prompt=f"number {number}", user_id=ANNA) for number in range(6)]
    harness.start()
    await harness.until(lambda: harness.throttle.refusal(BEN), "a pause for everybody", step_seconds=1)
    for _ in range(30):
        harness.clock.jump(60)
        await asyncio.sleep(0.02)
    assert {(await harness.job(job)).state for job in jobs} == {State.ACCEPTED}
    assert len(harness.api.paid) <= 4 + 3
    assert AlertKind.KEY in harness.rung
    harness.api.create, harness.api.list = taken, answering(200, {"data": []})
    for job in jobs:
        await harness.is_in(job, State.RENDERING, step_seconds=5)
    assert set(harness.alerts.ended) == set(harness.rung)


async def test_one_persons_500s_delay_no_other(harness: SchedulerHarness) -> None:
    """C6: Anna's jobs get a plain 500 again and again; the breaker stays closed, and Ben's are sent at once."""
    harness.api.create = for_prompts(harness, "boom", 500, '{"error": {"message": "no", "code": "server_error"}}')
    harness.api.list = answering(200, {"data": []})
    for number in range(5):
        await harness.accept(prompt=f"boom {number}", user_id=ANNA)
    harness.start()
    for number in range(10):
        await harness.until(lambda number=number: len(harness.api.paid) > number, "another try", step_seconds=1)
        ben = await harness.accept(prompt=f"a fox {number}", user_id=BEN)
        begun_at = harness.clock.now()
        sent = await harness.is_in(ben, State.RENDERING)
        assert sent.submitted_at is not None
        assert sent.submitted_at - begun_at < 10
        assert not harness.throttle.is_open


async def test_creates_that_must_wait_stop_no_poll(harness: SchedulerHarness) -> None:
    """C4: creates of two people get a `Retry-After` of two minutes; Ben's render is polled meanwhile."""
    harness.api.create = answering(429, headers={"Retry-After": "120"})
    rendering = await harness.accept(
        State.RENDERING, user_id=BEN, remote_id="video_9", submitted_at=harness.clock.now()
    )
    for user_id in (ANNA, BEN):
        await harness.accept(user_id=user_id)
    harness.start()
    await harness.until(
        lambda: len(harness.api.paid) == 2 and harness.throttle.seconds_until_submit() > 90,
        "both to be asked, and the bot to wait",
        step_seconds=0.5,
    )
    harness.api.poll = answering(200, {"id": "video_9", "status": "completed"})
    held_at = harness.clock.now()
    await harness.until(lambda: harness.is_past(rendering, State.RENDERING), "a poll", step_seconds=2)
    assert harness.clock.now() - held_at < 60
    assert len(harness.api.paid) == 2


async def test_one_videos_refused_polls_stop_nothing_else(harness: SchedulerHarness) -> None:
    """C5: Anna's video answers 403 for good: Ben's is polled to its end, new ones are sent, no alert is posted."""

    async def poll(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("video_901"):
            return web.json_response({"error": {"message": "Forbidden"}}, status=403)
        return web.json_response({"id": request.path.rpartition("/")[2], "status": "completed"})

    harness.api.poll, harness.api.list = poll, answering(200, {"data": []})
    now = harness.clock.now()
    await harness.accept(State.RENDERING, user_id=ANNA, remote_id="video_901", submitted_at=now)
    harness.start()
    await harness.until(lambda: harness.api.polled.count("video_901") >= 3, "three refused polls", step_seconds=5)
    ben = await harness.accept(State.RENDERING, user_id=BEN, remote_id="video_902", submitted_at=harness.clock.now())
    other = await harness.accept(user_id=BEN)
    await harness.is_in(other, State.RENDERING, State.FETCHING)
    begun_at = harness.clock.now()
    await harness.until(lambda: harness.is_past(ben, State.RENDERING), "a poll", step_seconds=1)
    assert harness.clock.now() - begun_at < 60
    assert AlertKind.KEY not in harness.rung


@pytest.mark.parametrize(("status", "text"), [(202, ""), (204, ""), (200, '{"code": "success", "data": null}')])
async def test_polls_without_a_body_say_that_the_video_is_not_ready(
    harness: SchedulerHarness, status: int, text: str
) -> None:
    """A4: six people's videos answer so again and again: the breaker stays closed, and all are polled on."""

    async def poll(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=text or None, content_type="application/json" if text else None)

    harness.api.poll = poll
    now = harness.clock.now()
    for number in range(6):
        await harness.accept(State.RENDERING, user_id=UserId(number + 1), remote_id=f"video_{number}", submitted_at=now)
    harness.start()
    await harness.until(lambda: len(harness.api.polled) >= 24, "polls", step_seconds=5)
    assert not harness.throttle.is_open


async def test_a_reply_is_read_again_before_a_later_try(harness: SchedulerHarness) -> None:
    """It existed at the first try, which got a `Retry-After`; before the next one it is deleted, so nothing is sent."""
    harness.api.create = answering(429, headers={"Retry-After": "60"})
    job = await harness.accept(reply=77)
    harness.start()
    await harness.until(lambda: harness.api.paid, "the first try", step_seconds=1)
    await harness.is_in(job, State.ACCEPTED)
    harness.courier.gone.add(77)
    await harness.is_in(job, State.CANCELLED, step_seconds=5)
    assert len(harness.api.paid) == 1
