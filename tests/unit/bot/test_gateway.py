"""The shards of one process: what each receives, whose turn it is to identify, and that one breaks alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import discord
import pytest
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot import gateway
from bot.chat.shards import Shards
from bot.client import VideoBot, quiet_voice_warnings
from bot.connection import DiscordRefusedError, disconnect, stay_connected
from bot.gateway import IdentifyTurns, SessionStarts
from bot.jobs.model import GuildId
from sandbox.chat import Channel, Chat, Fault, Person
from sandbox.clock import ScaledClock
from tests.readers import READERS


class Client(VideoBot):
    """The bot's client without cogs and commands; it notes the channels of messages."""

    def __init__(self, clock: ScaledClock, served: Shards) -> None:
        super().__init__((), Path(), clock, READERS, served)
        self.heard: list[int] = []

    async def setup_hook(self) -> None:
        """No cogs."""

    async def on_message(self, message: discord.Message, /) -> None:
        """Note where it was."""
        self.heard.append(message.channel.id)


@pytest.fixture
def clock() -> ScaledClock:
    return ScaledClock()


@pytest.fixture
async def chat(tmp_path: Path, clock: ScaledClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Chat]:
    """A Discord that counts IDENTIFYs as the real one."""
    quiet_voice_warnings()
    async with Chat(tmp_path, clock) as chat:
        monkeypatch.setattr(Route, "BASE", chat.api_base)
        monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(chat.gateway_url))
        monkeypatch.setattr(gateway, "_INVALID_REST_SECONDS", 0.0)
        chat.identifies.apart_seconds = 5.0
        yield chat


@pytest.fixture
def ada(chat: Chat) -> Person:
    return chat.add_person("Ada")


@asynccontextmanager
async def running(chat: Chat, clock: ScaledClock, served: Shards) -> AsyncIterator[tuple[Client, asyncio.Task[None]]]:
    """The client while it connects, and the task that holds its connections."""
    async with Client(clock, served) as client:
        starts = SessionStarts(client, clock, IdentifyTurns(clock))
        holding = asyncio.create_task(stay_connected(client, chat.bot_token, asyncio.Event(), starts))
        yield client, holding
        if not holding.done():
            await disconnect(client, holding)


def channels(chat: Chat, person: Person, count: int) -> list[Channel]:
    """A channel in a server of each shard, which that person is a member of."""
    guilds = [chat.add_guild(f"Server {shard_id}", shard=(shard_id, count)) for shard_id in range(count)]
    for guild in guilds:
        guild.join(person)
    return [guild.add_channel("videos") for guild in guilds]


async def online(chat: Chat, clock: ScaledClock, *shard_ids: int, step_seconds: float = 0.5) -> None:
    """Let time pass until these shards are connected, and no other."""

    def are_online() -> bool:
        clock.jump(step_seconds)
        return chat.shards_online == [*shard_ids]

    await chat.wait_for(are_online, what=f"shards {shard_ids}")


@pytest.mark.slow
async def test_by_default_the_recommended_shards_are_served(chat: Chat, clock: ScaledClock, ada: Person) -> None:
    """Each server's events come from its shard, DMs with the first; no IDENTIFY comes too early."""
    chat.rules.shards = 3
    places = [*channels(chat, ada, 3), chat.dm(ada)]
    async with running(chat, clock, Shards()) as (client, _holding):
        await online(chat, clock, 0, 1, 2)
        await client.wait_until_ready()
        assert (client.shard_count, client.shard_ids, len(client.guilds)) == (3, [0, 1, 2], 3)
        for place in places:
            await ada.say(place, "hello")
        await chat.wait_for(lambda: len(client.heard) == 4)
        assert {*client.heard} == {place.id for place in places}
        assert chat.identifies.too_early == []
        assert [shard_id for shard_id, _at in chat.identifies.taken_at] == [0, 1, 2]
    assert chat.shards_online == []
    assert chat._gateway.sessions == []


@pytest.mark.slow
async def test_only_the_given_shards_are_served(chat: Chat, clock: ScaledClock, ada: Person) -> None:
    """Events of other shards, and DMs where the first is not served, don't arrive."""
    chat.identifies.max_concurrency = 16
    places = channels(chat, ada, 4)
    async with running(chat, clock, Shards(4, (1, 3))) as (client, _holding):
        await client.wait_until_ready()
        assert chat.shards_online == [1, 3]
        for place in (chat.dm(ada), *places):
            await ada.say(place, "hello")
        await chat.wait_for(lambda: len(client.heard) == 2)
        assert client.heard == [places[1].id, places[3].id]
        assert {guild.id for guild in client.guilds} == {place.guild.id for place in places[1::2] if place.guild}


async def test_shards_of_different_keys_identify_at_once(chat: Chat, clock: ScaledClock) -> None:
    """As many at a time as Discord allows; those with the same key wait for their turn."""
    chat.identifies.max_concurrency = 2
    async with running(chat, clock, Shards(4)):
        await chat.wait_for(lambda: chat.shards_online == [0, 1])
        await online(chat, clock, 0, 1, 2, 3)
    assert chat.identifies.too_early == []


async def test_when_no_session_is_left_the_reset_is_waited_for(chat: Chat, clock: ScaledClock) -> None:
    """Discord withdraws the token of a bot that opens too many sessions, so none is opened before the reset."""
    began_at = clock.monotonic()
    chat.identifies.use_up(3_600.0)
    async with running(chat, clock, Shards(1)):
        await online(chat, clock, 0, step_seconds=300.0)
    [(_shard_id, taken_at)] = chat.identifies.taken_at
    assert taken_at >= began_at + 3_600.0
    assert chat.identifies.too_early == []


async def test_no_more_sessions_are_opened_than_are_left(chat: Chat, clock: ScaledClock) -> None:
    """Of four shards that could start at once two do: the others wait for the reset."""
    chat.identifies.max_concurrency = 16
    chat.identifies.use_up(3_600.0)
    chat.identifies.remaining = 2
    async with running(chat, clock, Shards(4)):
        await chat.wait_for(lambda: len(chat.shards_online) == 2)
        await online(chat, clock, 0, 1, 2, 3, step_seconds=300.0)
    assert chat.identifies.too_early == []


@pytest.mark.slow
async def test_a_malformed_event_breaks_its_own_shard_only(chat: Chat, clock: ScaledClock, ada: Person) -> None:
    """The shard that received it opens a new session; the other one keeps its own, and both receive again."""
    chat.identifies.max_concurrency = 2
    places = channels(chat, ada, 2)
    async with running(chat, clock, Shards(2)) as (client, _holding):
        await client.wait_until_ready()
        chat.send_event("GUILD_CREATE", {"id": "no id"}, shard_id=1)
        await chat.wait_for(lambda: chat.shards_online == [0])
        await ada.say(places[0], "hello")
        await chat.wait_for(lambda: client.heard == [places[0].id])
        await online(chat, clock, 0, 1)
        await ada.say(places[1], "hello")
        await chat.wait_for(lambda: client.heard == [places[0].id, places[1].id])
    assert chat.sessions_opened == 3


@pytest.mark.slow
@pytest.mark.parametrize("how", ["abort", "reconnect"])
async def test_a_shard_that_is_cut_resumes(chat: Chat, clock: ScaledClock, ada: Person, how: str) -> None:
    """It gets what it missed, and costs no session of the day."""
    places = channels(chat, ada, 1)
    async with running(chat, clock, Shards(1)) as (client, _holding):
        await client.wait_until_ready()
        await chat.drop_gateway(how=how)
        await ada.say(places[0], "hello")
        await chat.wait_for(lambda: client.heard == [places[0].id])
    assert (chat.sessions_opened, chat.resumes) == (1, 1)


@pytest.mark.slow
async def test_whether_a_shard_has_a_session_is_known(chat: Chat, clock: ScaledClock) -> None:
    """None before it is ready and while it is lost; then how long heartbeats take, infinite before the first."""
    async with running(chat, clock, Shards(1)) as (client, _holding):
        assert client.connections == ()
        await client.wait_until_ready()
        (shard,) = client.connections
        assert (shard.id, shard.latency_seconds is None) == (0, False)
        gate = chat.gate("gateway")
        await chat.drop_gateway(resumable=False)
        await chat.wait_for(lambda: shard.latency_seconds is None)
        gate.open()
        await online(chat, clock, 0)
        await chat.wait_for(lambda: shard.latency_seconds is not None)


@pytest.mark.slow
async def test_a_session_can_be_opened_while_requests_fail(chat: Chat, clock: ScaledClock) -> None:
    """Once they were read, the limits of sessions need not be readable for each one."""
    async with running(chat, clock, Shards(1)) as (client, _holding):
        await client.wait_until_ready()
        chat.faults.add("gateway", Fault.status(503), times=100)
        await chat.drop_gateway(resumable=False, how="invalid")
        await chat.wait_for(lambda: not chat.bot_online)
        await online(chat, clock, 0)
        assert chat.faults.struck
    assert chat.sessions_opened == 2


@pytest.mark.slow
async def test_servers_that_were_left_meanwhile_are_forgotten(chat: Chat, clock: ScaledClock, ada: Person) -> None:
    """A new session has the servers of its shard; others of that shard are gone, those of other shards are not."""
    chat.identifies.max_concurrency = 2
    places = channels(chat, ada, 2)
    left = chat.add_guild("Left", shard=(1, 2))
    async with running(chat, clock, Shards(2)) as (client, _holding):
        await client.wait_until_ready()
        assert client.get_guild(left.id) is not None
        del chat.world.guilds[left.id]
        await chat.drop_gateway(resumable=False, how="invalid", shard_id=1)
        await chat.wait_for(lambda: chat.sessions_opened == 2)
        await chat.wait_for(lambda: chat.shards_online == [0])
        await online(chat, clock, 0, 1)
        kept = {place.guild.id for place in places if place.guild}
        await chat.wait_for(lambda: {guild.id for guild in client.guilds if not guild.unavailable} == kept)


async def test_a_wrong_number_of_shards_is_named(chat: Chat, clock: ScaledClock) -> None:
    """Discord closes the connection for good: the process ends with a line that names the settings."""
    async with running(chat, clock, Shards(2, (2,))) as (_client, holding):
        with pytest.raises(DiscordRefusedError, match=r"4010.*SHARD_COUNT"):
            await holding


@pytest.mark.parametrize(
    ("served", "serves"),
    [
        (Shards(), [True] * 4),
        (Shards(4), [True] * 4),
        (Shards(4, (0, 3)), [True, False, False, True]),
        (Shards(2, (1,)), [False, True, False, True]),
    ],
)
def test_a_server_belongs_to_one_shard(served: Shards, serves: list[bool]) -> None:
    """Its id decides; where all shards are served each server is."""
    assert [served.serve(GuildId((number << 22) + 5)) for number in range(4)] == serves
