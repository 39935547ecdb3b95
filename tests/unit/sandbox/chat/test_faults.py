"""Faults, gates, tokens that die, and what happens when the connection does."""

import asyncio
import json

import aiohttp
import discord
import pytest

from sandbox.chat import Chat, Fault, WaitTimeoutError
from sandbox.chat.faults import ANYTHING
from sandbox.clock import ScaledClock
from tests.unit.sandbox.chat.conftest import running


async def test_dropped_answer_then_same_nonce(harness):
    """A post whose response is lost is in the channel; sent again with the same nonce it is there once."""
    harness.chat.faults.add("message_create", Fault.drop(after=True))
    with pytest.raises(aiohttp.ClientError):
        await harness.place().send("done", nonce="job-1")
    assert len(harness.chat.posts) == 1
    sent = await harness.place().send("done", nonce="job-1")
    assert [one.id for one in harness.chat.posts] == [sent.id]
    assert [one.status for one in harness.chat.requests if one.kind == "message_create"] == [0, 200]


async def test_faults_instead_of_doing(harness):
    """503, a JSON error and a cut connection do nothing; a 429 is waited for by the client and then succeeds."""
    for fault, error in (
        (Fault.status(503), discord.DiscordServerError),
        (Fault.error(403, 50013), discord.Forbidden),
        (Fault.drop(after=False), aiohttp.ClientError),
    ):
        harness.chat.faults.add("message_create", fault)
        with pytest.raises(error):
            await harness.place().send("x")
    assert harness.chat.posts == []
    harness.chat.faults.add("message_create", Fault.rate_limited(0.01))
    await harness.place().send("x")
    assert len(harness.chat.posts) == 1
    assert len(harness.chat.faults.struck) == 4


async def test_planned_faults_are_listed_and_taken_back(harness):
    """What is still to come is listed with how often; a fault may be for several kinds of requests, or for all."""
    faults = harness.chat.faults
    faults.add(("message_create", "message_edit"), Fault.status(503), times=3)
    faults.add(ANYTHING, Fault.drop(after=True))
    with pytest.raises(discord.DiscordServerError):
        await harness.place().send("x")
    first, second = faults.planned
    assert [(one.kinds, one.left, one.fault.words) for one in faults.planned] == [
        (("message_create", "message_edit"), 2, "answered 503"),
        (("anything",), 1, "carried out, but the response was lost"),
    ]
    faults.cancel(first.number)
    assert faults.planned == (second,)
    with pytest.raises(aiohttp.ClientError):
        await harness.place().send("y")
    await harness.place().send("z")
    posts = [one for one in harness.chat.requests if one.kind == "message_create"]
    assert [(one.status, one.fault) for one in posts] == [
        (503, "answered 503"),
        (0, "carried out, but the response was lost"),
        (200, ""),
    ]
    assert json.loads(posts[2].answer)["content"] == "z"
    assert posts[1].answer == ""


async def test_gate_before_and_after(harness):
    """A gate holds a request before it is done, or after that and before the answer."""
    before = harness.chat.gate("message_create", "before")
    work = asyncio.create_task(harness.place().send("x"))
    await before.wait_reached()
    assert harness.chat.posts == []
    before.open()
    await work
    after = harness.chat.gate("message_create", "after")
    work = asyncio.create_task(harness.place().send("y"))
    await after.wait_reached()
    assert [one.content for one in harness.chat.posts] == ["x", "y"]
    after.drop()
    with pytest.raises(aiohttp.ClientError):
        await work


async def test_a_gate_of_anything_counts_every_request(harness):
    """For any requests, the one with the chosen number waits at the gate; a removed gate holds none."""
    third = harness.chat.gate(ANYTHING, "after", skip=2)
    harness.chat.faults.remove_gate(harness.chat.gate(ANYTHING, "before", skip=1))
    message = await harness.place().send("x")
    await message.edit(content="y")
    work = asyncio.create_task(message.delete())
    await third.wait_reached()
    assert (third.request.kind, harness.chat.posts[0].deleted) == ("message_delete", True)
    third.open()
    await work


async def test_hanging_request_ends_with_the_chat(harness):
    """A request that hangs does not keep the chat from stopping."""
    harness.chat.faults.add("message_create", Fault.hang())
    work = asyncio.create_task(harness.place().send("x"))
    await harness.chat.wait_for(lambda: harness.chat.faults.struck)
    await harness.chat.stop()
    with pytest.raises((aiohttp.ClientError, OSError)):
        await work


async def test_token_rules(harness):
    """A second acknowledgement is 40060, an unknown one 10062, and after fifteen minutes the token is dead (50027)."""
    call = await harness.ada.slash(harness.channel, "video", prompt="x")
    await call.wait_answer()
    one = call.interaction
    base = harness.chat.api_base
    codes = []
    async with aiohttp.ClientSession() as http:
        for url in (f"{base}/interactions/{one.id}/{one.token}/callback", f"{base}/interactions/1/nope/callback"):
            async with http.post(url, json={"type": 5}) as answer:
                codes.append((answer.status, (await answer.json())["code"]))
        harness.clock.jump(901)
        url = f"{base}/webhooks/{harness.bot.application_id}/{one.token}/messages/@original"
        async with http.patch(url, json={"content": "late"}) as answer:
            codes.append((answer.status, (await answer.json())["code"]))
    assert codes == [(400, 40060), (404, 10062), (401, 50027)]


async def test_resume_replays_what_was_missed(harness):
    """After a cut connection the client resumes and gets what happened meanwhile, once and in order."""
    await harness.chat.drop_gateway()
    said = [await harness.ada.say(harness.channel, f"{harness.bot.user.mention} {number}") for number in range(3)]
    await harness.chat.wait_for(lambda: len(harness.bot.heard) == 3)
    assert [one.id for one in harness.bot.heard] == [one.id for one in said]
    assert (harness.chat.sessions_opened, harness.chat.resumes) == (1, 1)


async def test_reconnect_and_invalid_session(harness):
    """Op 7 leads to a resume; a session that cannot be resumed leads to a new one, and what was missed is lost."""
    await harness.chat.drop_gateway(how="reconnect")
    await harness.chat.wait_for(lambda: harness.chat.resumes == 1)
    await harness.chat.drop_gateway(resumable=False)
    await harness.ada.say(harness.channel, "missed")
    await harness.chat.wait_for(lambda: harness.chat.sessions_opened == 2)
    await harness.chat.drop_gateway(resumable=False, how="invalid")
    await harness.chat.wait_for(lambda: harness.chat.sessions_opened == 3)
    await harness.ada.say(harness.channel, f"{harness.bot.user.mention} heard")
    await harness.chat.wait_for(lambda: harness.bot.heard)
    assert len(harness.bot.heard) == 1


async def test_redelivery(harness):
    """The same event can be sent twice."""
    said = await harness.ada.say(harness.channel, "hello")
    harness.chat.redeliver(said)
    await harness.chat.wait_for(lambda: len(harness.bot.heard) == 2)
    assert {one.id for one in harness.bot.heard} == {said.id}


async def test_wrong_token_and_privileged_intents(chat, monkeypatch):
    """A wrong token fails at login, an intent that is not switched on closes the gateway with 4014."""
    bot = discord.Client(intents=discord.Intents.none())
    async with bot:
        with pytest.raises(discord.LoginFailure):
            await bot.start("wrong")
    bot = discord.Client(intents=discord.Intents(message_content=True))
    async with bot:
        with pytest.raises(discord.PrivilegedIntentsRequired):
            await bot.start(chat.bot_token)


async def test_unknown_route_is_501_and_recorded(chat):
    """A call that this Discord does not know is answered 501 and noted."""
    chat.add_guild("One")
    async with running(chat) as bot:
        with pytest.raises(discord.DiscordServerError) as caught:
            await bot.http.request(discord.http.Route("GET", "/guilds/1/audit-logs"))
    assert caught.value.status == 501
    assert chat.unknown_routes == ["GET /guilds/1/audit-logs"]


async def test_waiting_in_vain_shows_the_conversation(harness):
    """A wait that ends in vain raises with what was said and what the bot last asked for."""
    await harness.ada.say(harness.channel, "is anybody there?")
    with pytest.raises(WaitTimeoutError, match="is anybody there"):
        await harness.chat.wait_message(
            harness.channel, lambda one: one.author is harness.chat.bot_user, timeout_seconds=0.05
        )


async def test_answers_have_the_exact_content_type(chat):
    """JSON answers carry exactly `application/json`, or discord.py takes them for text."""
    async with aiohttp.ClientSession(headers={"Authorization": f"Bot {chat.bot_token}"}) as http:
        async with http.get(f"{chat.api_base}/users/@me") as answer:
            assert answer.headers["Content-Type"] == "application/json"
        async with http.get(f"{chat.api_base}/users/@me", headers={"Authorization": "Bot x"}) as answer:
            assert (answer.status, (await answer.json())["code"]) == (401, 0)


async def test_a_held_post_does_not_hold_others(harness):
    """While one post of a channel hangs, the client may send the next one there, as it may against Discord."""
    await harness.place().send("first")
    gate = harness.chat.gate("message_create")
    held = asyncio.create_task(harness.place().send("held"))
    await gate.wait_reached()
    await harness.place().send("second")
    gate.open()
    await held
    assert [one.content for one in harness.chat.posts] == ["first", "second", "held"]


async def test_what_arrived_is_done_though_the_sender_died(harness):
    """A request that has arrived is carried out even when its sender is gone by then; a dropped one is not."""
    headers = {"Authorization": f"Bot {harness.chat.bot_token}"}
    url = f"{harness.chat.api_base}/channels/{harness.channel.id}/messages"
    for content in ("opened", "dropped"):
        gate = harness.chat.gate("message_create")
        async with aiohttp.ClientSession(headers=headers) as http:
            work = asyncio.create_task(http.post(url, json={"content": content}))
            await gate.wait_reached()
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
        gate.open() if content == "opened" else gate.drop()
        await harness.chat.wait_for(lambda: harness.chat.posts)
    assert [one.content for one in harness.chat.posts] == ["opened"]


async def test_faults_of_files(harness):
    """The fetching of a file can fail like every other request."""
    await harness.place().send("x", file=discord.File(__file__))
    url = (await harness.place().fetch_message(harness.chat.posts[0].id)).attachments[0].url
    harness.chat.faults.add("attachment", Fault.status(503))
    # Twice, since aiohttp quietly repeats a GET whose kept-alive connection broke.
    harness.chat.faults.add("attachment", Fault.drop(after=True), times=2)
    async with aiohttp.ClientSession() as http:
        async with http.get(url) as answer:
            assert answer.status == 503
        with pytest.raises(aiohttp.ClientError):
            await http.get(url)
        async with http.get(url, headers={"Range": "bytes=0-2"}) as answer:
            assert (answer.status, await answer.read()) == (206, b'"""')


async def test_files_that_come_badly(harness):
    """A file can be broken off on the way, or come at a rate of its own."""
    await harness.place().send("x", file=discord.File(__file__))
    url = (await harness.place().fetch_message(harness.chat.posts[0].id)).attachments[0].url
    async with aiohttp.ClientSession() as http:
        harness.chat.faults.add("attachment", Fault.cut(1_000))
        with pytest.raises(aiohttp.ClientError):
            async with http.get(url) as answer:
                await answer.read()
        harness.chat.faults.add("attachment", Fault.slow(100_000))
        async with http.get(url) as answer:
            assert len(await answer.read()) == answer.content_length > 1_000
        harness.chat.faults.add("attachment", Fault.slow(10))
        async with http.get(url) as answer:
            assert len(await answer.content.readexactly(2)) == 2
            assert not answer.content.at_eof()


async def test_fast_clocks_leave_real_time_to_acknowledge(tmp_path):
    """On a clock that runs sixty times as fast the bot still has three real seconds."""
    assert Chat(tmp_path, ScaledClock(60)).rules.ack_seconds == 180
    assert Chat(tmp_path, ScaledClock()).rules.ack_seconds == 3
