"""What one person's jobs meet at the provider, and that the others go on: with a real store, on loopback."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from bot.chat.words import Key
from bot.jobs.model import Cause, UserId
from bot.jobs.states import State
from tests.unit.bot.engine.machine import Answer, Machine, a_machine, answering

ANNA, BEN = UserId(1), UserId(2)
HTML = {"Content-Type": "text/html"}


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    async with a_machine(tmp_path) as machine:
        yield machine


def for_prompts(machine: Machine, word: str, status: int, text: str, headers: dict[str, str] | None = None) -> Answer:
    """Creates whose prompt holds the word are answered so; all others are taken."""
    taken = machine.api.create

    async def answer(request: web.Request) -> web.StreamResponse:
        if word in (await request.json())["prompt"]:
            return web.Response(status=status, text=text, headers=headers)
        return await taken(request)

    return answer


async def test_a_firewalls_page_ends_its_own_job_and_pauses_nobody(machine: Machine) -> None:
    """C1: Anna's job is refused twice, a minute apart, and ends; Ben's is sent at once, and commands are taken."""
    machine.api.create = for_prompts(machine, "script", 403, "<h1>Forbidden</h1>", HTML)
    anna = await machine.accept(prompt="<script>", user_id=ANNA)
    machine.start()
    await machine.until(lambda: machine.api.paid, "the first try")
    ben = await machine.accept(prompt="a fox", user_id=BEN)
    await machine.is_in(ben, State.RENDERING)
    assert machine.traffic.refusal(ANNA) is machine.traffic.refusal(BEN) is None
    ended = await machine.is_in(anna, State.REFUSED, step_seconds=2)
    assert ended.cause is Cause.KEY
    assert machine.api.paid.count("<script>") == 2
    assert Key.ALARM_ACCOUNT not in machine.rung


async def test_a_refused_key_is_found_out_for_free_and_no_job_ends(machine: Machine) -> None:
    """One person's job is refused, and so is the free request: everybody waits, the owner is alerted, all go on."""
    no_key = answering(401, {"error": {"message": "Incorrect API key provided.", "code": "invalid_api_key"}})
    taken, machine.api.create, machine.api.list = machine.api.create, no_key, no_key
    jobs = [await machine.accept(prompt=f"number {number}", user_id=ANNA) for number in range(6)]
    machine.start()
    await machine.until(lambda: machine.traffic.refusal(BEN), "a pause for everybody", step_seconds=1)
    for _ in range(30):
        machine.clock.jump(60)
        await asyncio.sleep(0.02)
    assert {(await machine.job(job)).state for job in jobs} == {State.ACCEPTED}
    assert len(machine.api.paid) <= 4 + 3
    assert Key.ALARM_KEY in machine.rung
    machine.api.create, machine.api.list = taken, answering(200, {"data": []})
    for job in jobs:
        await machine.is_in(job, State.RENDERING, step_seconds=5)


async def test_one_persons_500s_delay_no_other(machine: Machine) -> None:
    """C6: Anna's jobs get a plain 500 again and again; the breaker stays closed, and Ben's are sent at once."""
    machine.api.create = for_prompts(machine, "boom", 500, '{"error": {"message": "no", "code": "server_error"}}')
    machine.api.list = answering(200, {"data": []})
    for number in range(5):
        await machine.accept(prompt=f"boom {number}", user_id=ANNA)
    machine.start()
    for number in range(10):
        await machine.until(lambda number=number: len(machine.api.paid) > number, "another try", step_seconds=1)
        ben = await machine.accept(prompt=f"a fox {number}", user_id=BEN)
        begun_at = machine.clock.now()
        sent = await machine.is_in(ben, State.RENDERING)
        assert sent.submitted_at is not None
        assert sent.submitted_at - begun_at < 10
        assert not machine.traffic.is_open


async def test_creates_that_must_wait_stop_no_poll(machine: Machine) -> None:
    """C4: creates of two people are told to wait for two minutes; Ben's render is seen to be finished meanwhile."""
    machine.api.create = answering(429, headers={"Retry-After": "120"})
    rendering = await machine.accept(
        State.RENDERING, user_id=BEN, remote_id="video_9", submitted_at=machine.clock.now()
    )
    for user_id in (ANNA, BEN):
        await machine.accept(user_id=user_id)
    machine.start()
    await machine.until(lambda: len(machine.api.paid) == 2, "both to be told so", step_seconds=2)
    assert machine.traffic.seconds_until_submit() > 90
    machine.api.look = answering(200, {"id": "video_9", "status": "completed"})
    held_at = machine.clock.now()
    await machine.until(lambda: machine.is_past(rendering, State.RENDERING), "a look", step_seconds=2)
    assert machine.clock.now() - held_at < 60
    assert len(machine.api.paid) == 2


async def test_one_videos_refused_polls_stop_nothing_else(machine: Machine) -> None:
    """C5: Anna's video answers 403 for good: Ben's is seen to be finished, new ones are sent, nobody is alerted."""

    async def look(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("video_901"):
            return web.json_response({"error": {"message": "Forbidden"}}, status=403)
        return web.json_response({"id": request.path.rpartition("/")[2], "status": "completed"})

    machine.api.look, machine.api.list = look, answering(200, {"data": []})
    now = machine.clock.now()
    await machine.accept(State.RENDERING, user_id=ANNA, remote_id="video_901", submitted_at=now)
    machine.start()
    await machine.until(lambda: machine.api.looked.count("video_901") >= 3, "three refused polls", step_seconds=5)
    ben = await machine.accept(State.RENDERING, user_id=BEN, remote_id="video_902", submitted_at=machine.clock.now())
    other = await machine.accept(user_id=BEN)
    await machine.is_in(other, State.RENDERING, State.FETCHING)
    begun_at = machine.clock.now()
    await machine.until(lambda: machine.is_past(ben, State.RENDERING), "a look", step_seconds=1)
    assert machine.clock.now() - begun_at < 60
    assert Key.ALARM_KEY not in machine.rung


@pytest.mark.parametrize(("status", "text"), [(202, ""), (204, ""), (200, '{"code": "success", "data": null}')])
async def test_polls_without_a_body_say_that_the_video_is_not_ready(machine: Machine, status: int, text: str) -> None:
    """A4: six people's videos answer so again and again: the breaker stays closed, and all are polled on."""

    async def look(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=text or None, content_type="application/json" if text else None)

    machine.api.look = look
    now = machine.clock.now()
    for number in range(6):
        await machine.accept(State.RENDERING, user_id=UserId(number + 1), remote_id=f"video_{number}", submitted_at=now)
    machine.start()
    await machine.until(lambda: len(machine.api.looked) >= 24, "polls", step_seconds=5)
    assert not machine.traffic.is_open


async def test_a_reply_is_looked_at_again_before_a_later_try(machine: Machine) -> None:
    """It stood when the first try was told to wait; by the next one it is deleted, so nothing is sent again."""
    machine.api.create = answering(429, headers={"Retry-After": "60"})
    job = await machine.accept(reply=77)
    machine.start()
    await machine.until(lambda: machine.api.paid, "the first try", step_seconds=1)
    await machine.is_in(job, State.ACCEPTED)
    machine.discord.gone.add(77)
    await machine.is_in(job, State.CANCELLED, step_seconds=5)
    assert len(machine.api.paid) == 1
