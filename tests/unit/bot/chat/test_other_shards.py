"""Servers of other processes' shards: not in the cache, so what the courier has to know about them is fetched."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import discord
import pytest
from discord.http import Route

from bot.chat.cards import Message
from bot.chat.courier import Courier, Parcel, Refused
from bot.chat.shards import Shards
from bot.jobs.denials import Denial
from bot.jobs.model import ChannelId, GuildId, MessageId, Place
from sandbox.chat import Channel, Chat, Fault, Guild, Permission, Person
from sandbox.clock import ScaledClock
from tests.unit.bot.engine.fake_clock import FakeClock

MIB = 1024 * 1024
SINCE = 1_700_000_000.0


@dataclass
class FakeElsewhere:
    """A process with the first of two shards, and a server of the second one."""

    chat: Chat
    guild: Guild
    channel: Channel
    ada: Person
    courier: Courier

    def place(self, channel: Channel | None = None) -> Place:
        return Place(ChannelId((channel or self.channel).id), GuildId(self.guild.id))

    async def post(self, content: str = "Here it is", nonce: str = "one") -> MessageId:
        found = await self.courier.post(Parcel(ChannelId(self.channel.id), Message(content=content), nonce))
        assert found is not None
        return found


@pytest.fixture
async def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeElsewhere]:
    async with Chat(tmp_path / "chat", ScaledClock()) as chat:
        monkeypatch.setattr(Route, "BASE", chat.api_base)
        guild = chat.add_guild("Elsewhere", shard=(1, 2), premium_tier=2)
        ada = chat.add_person("Ada")
        guild.join(ada)
        async with discord.Client(intents=discord.Intents.none()) as client:
            await client.login(chat.bot_token)
            courier = Courier(client, FakeClock(), served=Shards(2, (0,)))
            yield FakeElsewhere(chat, guild, guild.add_channel("videos"), ada, courier)
        assert chat.unknown_routes == []


async def test_messages_are_posted_edited_and_deleted(elsewhere: FakeElsewhere) -> None:
    """Requests need no gateway."""
    courier, place = elsewhere.courier, ChannelId(elsewhere.channel.id)
    message_id = await elsewhere.post()
    assert await courier.edit(place, message_id, Message(content="Changed"))
    assert [one.content for one in elsewhere.channel.messages] == ["Changed"]
    assert await courier.delete(place, message_id)
    assert not await courier.delete(place, message_id)


async def test_a_place_that_takes_videos_has_no_denial(elsewhere: FakeElsewhere) -> None:
    """A channel, and threads in it: an open one, and a private one that the bot is in."""
    private = elsewhere.channel.add_thread("Private", private=True)
    for channel in (elsewhere.channel, elsewhere.channel.add_thread("Open"), private):
        assert await elsewhere.courier.find_denial(elsewhere.place(channel)) is None


@pytest.mark.parametrize(
    "right",
    [Permission.SEND_MESSAGES, Permission.ATTACH_FILES, Permission.EMBED_LINKS, Permission.READ_MESSAGE_HISTORY],
)
async def test_a_missing_right_is_a_denial(elsewhere: FakeElsewhere, right: Permission) -> None:
    """No video is paid for that could not be posted, whichever process sends it."""
    elsewhere.channel.overwrite(elsewhere.chat.bot_user, deny=right)
    assert await elsewhere.courier.find_denial(elsewhere.place()) is Denial.ACCESS


async def test_a_closed_thread_is_a_denial(elsewhere: FakeElsewhere) -> None:
    """A locked thread, one whose channel forbids to send in threads, and a private one without the bot."""
    locked, other = elsewhere.channel.add_thread("Locked"), elsewhere.guild.add_channel("no-threads")
    locked.lock()
    other.overwrite(elsewhere.chat.bot_user, deny=Permission.SEND_MESSAGES_IN_THREADS)
    assert await elsewhere.courier.find_denial(elsewhere.place(locked)) is Denial.ACCESS
    assert await elsewhere.courier.find_denial(elsewhere.place(other.add_thread("Quiet"))) is Denial.ACCESS
    private = elsewhere.channel.add_thread("Private", private=True)
    private.member_ids.discard(elsewhere.chat.bot_user.id)
    with pytest.raises(Refused) as caught:
        await elsewhere.courier.find_denial(elsewhere.place(private))
    assert caught.value.denial is Denial.ACCESS


async def test_only_discord_says_that_a_place_is_gone(elsewhere: FakeElsewhere) -> None:
    """Not the missing cache: the request for a deleted channel, or for a server that the bot has left."""
    place = elsewhere.place()
    elsewhere.channel.delete()
    with pytest.raises(Refused) as caught:
        await elsewhere.courier.find_denial(place)
    assert caught.value.denial is Denial.GONE
    left = elsewhere.guild.add_channel("left")
    elsewhere.guild.remove_bot()
    with pytest.raises(Refused):
        await elsewhere.courier.find_denial(elsewhere.place(left))


async def test_the_upload_limit_is_fetched(elsewhere: FakeElsewhere) -> None:
    """It is that of the server's boosts; while it can't be read it is unknown, and Discord decides."""
    assert await elsewhere.courier.upload_limit_bytes(GuildId(elsewhere.guild.id)) == 50 * MIB
    elsewhere.chat.faults.add("guild_get", Fault.status(503))
    assert await elsewhere.courier.upload_limit_bytes(GuildId(elsewhere.guild.id)) is None


async def test_the_history_is_searched(elsewhere: FakeElsewhere) -> None:
    """An empty history proves absence where the right to read it is fetched, and nothing where it is missing."""
    courier, channel_id = elsewhere.courier, ChannelId(elsewhere.channel.id)
    assert not await courier.has_said(channel_id, frozenset({"Here it is"}), SINCE)
    thread_id = ChannelId(elsewhere.channel.add_thread("A thread").id)
    assert not await courier.has_said(thread_id, frozenset({"Here it is"}), SINCE)
    await elsewhere.post()
    assert await courier.has_said(channel_id, frozenset({"Here it is"}), SINCE)
    elsewhere.channel.overwrite(elsewhere.chat.bot_user, deny=Permission.READ_MESSAGE_HISTORY)
    with pytest.raises(Refused):
        await courier.has_said(channel_id, frozenset({"Here it is"}), SINCE)


async def test_a_reply_is_read_with_the_names_of_channels_and_roles(elsewhere: FakeElsewhere) -> None:
    """Its text is as the process with the server's shard reads it."""
    bot = elsewhere.chat.bot_user
    said = await elsewhere.ada.say(elsewhere.channel, f"<@{bot.id}> a heron as in <#{elsewhere.channel.id}>")
    seen = await elsewhere.courier.read(elsewhere.place(), MessageId(said.id))
    assert seen is not None
    assert seen.said.readable == "a heron as in videos"
