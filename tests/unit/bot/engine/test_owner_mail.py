"""The owners' channel and their DMs at the local Discord, without any gateway: the channel's shard may be another's."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import discord
import pytest
from discord.http import Route

from bot.chat.courier import Courier
from bot.chat.shards import Shards
from bot.engine.alert_posting import Letter, Outcome, OwnerMail
from bot.jobs.model import ChannelId
from sandbox.chat import Channel, Chat, Permission, Person
from sandbox.clock import ScaledClock
from tests.unit.bot.engine.fake_clock import FakeClock

TEXT = "My disk is full."


@dataclass
class Owners:
    """Two owners, and a channel in a server of another process's shard."""

    chat: Chat
    channel: Channel
    people: list[Person]
    mail: OwnerMail

    def dms(self) -> list[list[str]]:
        return [[one.content for one in self.chat.dm(person).messages] for person in self.people]

    def posted(self) -> list[str]:
        return [one.content for one in self.channel.messages]


@pytest.fixture
async def owners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Owners]:
    async with Chat(tmp_path / "chat", ScaledClock()) as chat:
        monkeypatch.setattr(Route, "BASE", chat.api_base)
        guild = chat.add_guild("Elsewhere", shard=(1, 2))
        people = [chat.add_person(name) for name in ("Eve", "Mia")]
        for person in people:
            guild.join(person)
        channel = guild.add_channel("owners")
        async with discord.Client(intents=discord.Intents.none()) as client:
            await client.login(chat.bot_token)
            ids = tuple(person.id for person in people)
            courier = Courier(client, FakeClock(), ids, served=Shards(2, (0,)))
            yield Owners(chat, channel, people, OwnerMail(courier, ChannelId(channel.id)))
        assert chat.unknown_routes == []


def letter(name: str = "one", text: str = TEXT) -> Letter:
    return Letter(name, text, frozenset({text}), 1_700_000_000.0, must_search=True)


async def test_the_channel_is_used_wherever_it_is(owners: Owners) -> None:
    """The same message by another process is found, and another one is posted."""
    for name in ("one", "two"):
        assert await owners.mail.post(letter(name)) is Outcome.POSTED
    assert await owners.mail.post(letter("three", "Another.")) is Outcome.POSTED
    assert owners.posted() == [TEXT, "Another."]
    assert owners.dms() == [[], []]


@pytest.mark.parametrize(
    "missing", ["channel", "server", Permission.VIEW_CHANNEL, Permission.SEND_MESSAGES, Permission.READ_MESSAGE_HISTORY]
)
async def test_without_the_channel_each_owner_gets_a_dm(owners: Owners, missing: str | Permission) -> None:
    """It was deleted, the bot was removed, or a right is missing: no alert is lost, and none is posted twice."""
    if missing == "channel":
        owners.channel.delete()
    elif missing == "server":
        guild = owners.channel.guild
        assert guild is not None
        guild.remove_bot()
        another = owners.chat.add_guild("Another")
        for person in owners.people:
            another.join(person)
    else:
        owners.channel.overwrite(owners.chat.bot_user, deny=missing)
    for name in ("one", "two"):
        assert await owners.mail.post(letter(name)) is Outcome.POSTED
    assert owners.dms() == [[TEXT], [TEXT]]


async def test_a_letter_that_nobody_takes_is_nowhere(owners: Owners) -> None:
    """The channel is gone, and the owners share no server with the bot."""
    guild = owners.channel.guild
    assert guild is not None
    guild.remove_bot()
    assert await owners.mail.post(letter()) is Outcome.NOWHERE
