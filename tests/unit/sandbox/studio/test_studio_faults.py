"""Faults, gates and waiting: the studio misbehaves exactly as scripted, and the count of charges stays true."""

import asyncio
import json
from pathlib import Path

import aiohttp
import pytest

from sandbox.clock import ScaledClock
from sandbox.studio import Dials, Fault, Outcome, Studio
from tests.unit.sandbox.studio.client import Client


async def test_a_scripted_status_comes_as_often_as_set(client: Client, studio: Studio) -> None:
    """A refusal is answered the given number of times, takes nothing, and then all is well."""
    studio.faults.add("create", Fault.status(500), times=2)
    studio.faults.add("create", Fault.status(429, headers={"Retry-After": "3"}))
    answers = [await client.create(prompt="A cat") for _ in range(4)]
    assert [answer.status for answer in answers] == [500, 500, 429, 200]
    assert answers[0].error_code == "server_error"
    assert (answers[2].headers["Retry-After"], answers[2].error_code) == ("3", "rate_limit_exceeded")
    assert studio.paid("A cat") == 1
    assert studio.faults.pending("create") == 0


async def test_a_status_can_lie_about_the_charge(client: Client, studio: Studio) -> None:
    """A 502 with take is answered as an error although the job was taken."""
    studio.faults.add("create", Fault.status(502, text="<html>Bad gateway</html>", take=True))
    answer = await client.create(prompt="A cat")
    assert (answer.status, answer.headers["Content-Type"]) == (502, "text/html; charset=utf-8")
    assert studio.paid("A cat") == 1


async def test_faults_hit_only_their_operation(client: Client, studio: Studio) -> None:
    """A fault for polling leaves creating alone; cleared, it never happens."""
    studio.faults.add("poll", Fault.status(503, json={"error": "busy"}))
    await client.create(prompt="A cat")
    answer = await client.poll(studio.renders[0])
    assert (answer.status, answer.body) == (503, {"error": "busy"})
    studio.faults.add("poll", Fault.status(503))
    studio.faults.clear()
    assert (await client.poll(studio.renders[0])).status == 200


async def test_faults_can_be_kept_for_a_word_of_the_prompt(client: Client, studio: Studio) -> None:
    """What one person's prompts bring about, at creates and at polls, hits no other prompt."""
    studio.faults.add("create", Fault.status(403), times=100, word="Storm")
    studio.faults.add("poll", Fault.status(500), times=100, word="rain")
    prompts = ("A storm", "Some RAIN", "A cat")
    assert [(await client.create(prompt=prompt)).status for prompt in prompts] == [403, 200, 200]
    assert [(await client.poll(render)).status for render in studio.renders] == [500, 200]
    assert studio.faults.pending("create") == 99


async def test_a_paid_fault_hits_whichever_paid_request_comes(client: Client, studio: Studio) -> None:
    """A fault for "paid" strikes a remix or a create, whichever comes, once, and no poll in between."""
    render = await client.completed(prompt="A cat")
    studio.faults.add("paid", Fault.status(500), times=2)
    assert (await client.poll(render)).status == 200
    answers = [await client.send("POST", f"/videos/{render.id}/remix", json={"prompt": "At night"})]
    answers += [await client.create(prompt="A dog") for _ in range(2)]
    assert [answer.status for answer in answers] == [500, 500, 200]
    assert (studio.paid("At night"), studio.paid("A dog")) == (0, 1)


async def test_planned_faults_can_be_listed_and_cancelled(client: Client, studio: Studio) -> None:
    """What is still to come is listed in its order, with how often; one of them can be taken back."""
    studio.faults.add("create", Fault.drop(take=True), times=3)
    studio.faults.add("paid", Fault.status(500))
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.create(prompt="A cat")
    first, second = studio.faults.planned
    assert [(one.target, one.left) for one in (first, second)] == [("create", 2), ("paid", 1)]
    assert first.fault.words == "carried out, but the response was lost"
    studio.faults.cancel(first.number)
    assert (await client.create(prompt="A dog")).status == 500
    assert studio.faults.planned == ()
    assert [request.fault for request in studio.requests] == ["carried out, but the response was lost", "answered 500"]


async def test_the_next_render_can_be_refused(client: Client, studio: Studio) -> None:
    """A refusal meets the next paid request that makes sense: it is not taken, and the one after it is."""
    studio.dials.next_render.append(Outcome.refuse())
    assert (await client.create(prompt="")).error_code == "missing_required_parameter"
    refused = await client.create(prompt="A cat")
    assert (refused.status, refused.error_code) == (400, "content_policy_violation")
    assert (await client.create(prompt="A cat")).status == 200
    assert (studio.paid("A cat"), studio.dials.next_render) == (1, [])


async def test_what_was_answered_is_kept_with_the_request(client: Client, studio: Studio) -> None:
    """Of a JSON answer the beginning is kept, of a file its size; of an answer that was lost nothing."""
    render = await client.completed(prompt="A cat", size="320x180")
    video = await client.send("GET", (await client.poll(render)).body["url"], key=None)
    studio.faults.add("create", Fault.drop(take=True))
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.create(prompt="A dog")
    await client.create(prompt="x" * 9000)
    created, _, file, lost, long = (request.answer for request in studio.requests)
    assert json.loads(created)["id"] == render.id
    assert file == f"{len(video.body):,} bytes of video/mp4"
    assert lost == ""
    assert (len(long), long[-1]) == (4001, "…")


@pytest.mark.parametrize("take", [True, False])
async def test_a_dropped_connection_may_have_charged(client: Client, studio: Studio, take: bool) -> None:
    """The client only sees the connection end; the studio knows whether the job was taken."""
    studio.faults.add("create", Fault.drop(take=take))
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.create(prompt="A cat")
    assert studio.paid("A cat") == int(take)
    assert studio.requests[0].status is None


@pytest.mark.parametrize("take", [True, False])
async def test_a_hanging_answer_ends_when_the_studio_stops(client: Client, studio: Studio, take: bool) -> None:
    """A hung request is neither answered nor forgotten; stopping the studio cuts it."""
    studio.faults.add("create", Fault.hang(take=take))
    asking = asyncio.create_task(client.create(prompt="A cat"))
    await studio.wait_for(lambda: studio.requests and studio.paid("A cat") == int(take))
    assert not asking.done()
    await studio.stop()
    with pytest.raises(aiohttp.ClientConnectionError):
        await asking


async def test_a_2xx_can_be_unreadable(client: Client, studio: Studio) -> None:
    """The job is taken, the answer is rubbish."""
    studio.faults.add("create", Fault.body(b"{ half", content_type="text/plain"))
    answer = await client.create(prompt="A cat")
    assert (answer.status, answer.body) == (200, b"{ half")
    assert studio.paid("A cat") == 1


async def test_an_answer_can_be_late(client: Client, studio: Studio, clock: ScaledClock) -> None:
    """A delayed answer is right, and comes after the clock's seconds."""
    studio.faults.add("create", Fault.delay(500))
    asking = asyncio.create_task(client.create(prompt="A cat"))
    await studio.wait_for(lambda: studio.paid("A cat"))
    assert not asking.done()
    clock.jump(500)
    assert (await asking).status == 200


async def test_a_file_can_break_off(client: Client, studio: Studio) -> None:
    """A short file announces its whole length and ends early."""
    render = await client.completed(prompt="A cat", size="320x180")
    url = (await client.poll(render)).body["url"]
    studio.faults.add("file", Fault.short(1000))
    with pytest.raises(aiohttp.ClientPayloadError):
        await client.send("GET", url, key=None)
    assert (await client.send("GET", url, key=None)).status == 200


async def test_a_gate_holds_before_the_take(client: Client, studio: Studio) -> None:
    """Held before the take nothing is charged yet; cut there, nothing ever is."""
    gate = studio.gate("create", "before_take")
    asking = asyncio.create_task(client.create(prompt="A cat"))
    await asyncio.wait_for(gate.reached.wait(), 20)
    assert gate.request is studio.requests[0]
    assert studio.paid("A cat") == 0
    gate.cut()
    with pytest.raises(aiohttp.ClientConnectionError):
        await asking
    assert studio.paid("A cat") == 0


async def test_a_gate_of_anything_counts_every_request(client: Client, studio: Studio) -> None:
    """For any requests, the one with the chosen number waits at the gate; a removed gate holds none."""
    second = studio.gate("anything", "after_take", skip=1)
    studio.remove_gate(studio.gate("anything", "before_take"))
    await client.create(prompt="A cat")
    asking = asyncio.create_task(client.poll(studio.renders[0]))
    await asyncio.wait_for(second.reached.wait(), 20)
    assert second.request is studio.requests[1]
    second.open()
    assert (await asking).status == 200


async def test_a_gate_holds_after_the_take(client: Client, studio: Studio) -> None:
    """Held after the take the job is charged and the client knows nothing; opened, the answer comes."""
    gate = studio.gate("create", "after_take")
    asking = asyncio.create_task(client.create(prompt="A cat"))
    await asyncio.wait_for(gate.reached.wait(), 20)
    assert studio.paid("A cat") == 1
    assert not asking.done()
    assert (await client.create(prompt="A dog")).status == 200
    gate.open()
    assert (await asking).body["prompt"] == "A cat"


async def test_a_job_is_taken_even_if_its_client_died_at_the_gate(client: Client, studio: Studio) -> None:
    """An opened gate lets the request of a dead client through: the provider has got it after all."""
    gate = studio.gate("create", "before_take")
    asking = asyncio.create_task(client.create(prompt="A cat"))
    await asyncio.wait_for(gate.reached.wait(), 20)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    gate.open()
    await studio.wait_for(lambda: studio.paid("A cat") == 1)


async def test_waiting_in_vain_says_what_there_is(client: Client, studio: Studio) -> None:
    """A condition that stays false ends in a TimeoutError that tells the state of things."""
    await client.create(prompt="A cat")
    with pytest.raises(TimeoutError, match=r"A cat.*processing.*create 200"):
        await studio.wait_for(lambda: False, timeout_seconds=0.01)


async def test_the_world_outlives_an_outage(tmp_path: Path, clock: ScaledClock) -> None:
    """Stopped and started again on its port, the studio knows its renders and lets them go on."""
    studio = Studio(tmp_path, clock, dials=Dials(render_seconds=50))
    await studio.start()
    port = int(studio.base_url.rpartition(":")[2].removesuffix("/v1"))
    async with aiohttp.ClientSession() as http:
        await Client(studio, http).create(prompt="A cat", size="320x180")
    await studio.stop()
    clock.jump(60)
    assert studio.renders[0].state == "processing"
    await studio.start(port)
    try:
        await studio.wait_for(lambda: studio.renders[0].state == "completed")
        assert (await studio.video(studio.renders[0])).stat().st_size > 0
    finally:
        await studio.stop()


async def test_a_download_can_drip(client: Client, studio: Studio) -> None:
    """A file comes at the given rate, and the client can cut it off; the next one comes as usual."""
    render = await client.completed(prompt="A cat")
    url = (await client.poll(render)).body["url"]
    studio.faults.add("file", Fault.slow(10))
    async with aiohttp.ClientSession() as http:
        async with http.get(url) as answer:
            assert len(await answer.content.readexactly(2)) == 2
            assert not answer.content.at_eof()
        async with http.get(url) as answer:
            assert len(await answer.read()) == answer.content_length
