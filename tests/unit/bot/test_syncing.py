"""The ids of the slash commands, which make their names in messages clickable, also after a restart."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

import discord
import pytest
from discord import app_commands
from discord.ext import commands
from discord.http import Route

from bot.chat.words import Readers
from bot.jobs.model import GuildId
from bot.syncing import CommandsState, CommandSync
from sandbox.chat import Chat, Fault
from sandbox.clock import ScaledClock
from tests.readers import READERS


@pytest.fixture
async def chat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Chat]:
    async with Chat(tmp_path / "chat", ScaledClock()) as chat:
        monkeypatch.setattr(Route, "BASE", chat.api_base)
        yield chat


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The data folder, which outlives each process."""
    made = tmp_path / "data"
    made.mkdir()
    return made


async def nothing() -> None:
    """What follows a sync, as a rule."""


class FakeProcess:
    """A process whose bot has one command, and the readers of what it posts."""

    def __init__(
        self, folder: Path, *guild_ids: int, described: str = "See your videos", may_sync: bool = True
    ) -> None:
        @app_commands.command(name="status", description=described)
        async def status(interaction: discord.Interaction) -> None:
            """A command."""

        self._readers = Readers(READERS.languages)
        self._client = commands.Bot(commands.when_mentioned, intents=discord.Intents.none())
        self._client.tree.add_command(status)
        self.may_sync = may_sync
        self.clock = ScaledClock()
        self._sync = CommandSync(self._client, guild_ids, folder, self.clock, self._readers, self._may_sync)

    async def _may_sync(self) -> bool:
        return self.may_sync

    async def sync(self, chat: Chat, then: Callable[[], Awaitable[None]] = nothing) -> None:
        async with self._client:
            await self._client.login(chat.bot_token)
            await self._sync.sync()
            await then()
            self._sync.stop()

    @property
    def state(self) -> CommandsState:
        """Whether Discord shows the commands of this version."""
        return self._sync.state

    def ids(self, guild_id: int | None = None) -> Mapping[str, int]:
        """The ids of the commands that a message in that server, or in a DM, makes clickable."""
        return self._readers.of("en", None if guild_id is None else GuildId(guild_id)).commands


def syncs(chat: Chat) -> int:
    return sum(request.kind == "command_sync" for request in chat.requests)


async def test_ids_are_known_from_the_first_moment_after_a_restart(chat: Chat, folder: Path) -> None:
    """The next process knows them before it has logged in, and syncs nothing."""
    first = FakeProcess(folder)
    assert first.ids() == {}
    await first.sync(chat)
    (command,) = chat.commands
    assert first.ids() == {"status": int(command["id"])}
    again = FakeProcess(folder)
    assert again.ids() == again.ids(5) == first.ids()
    await again.sync(chat)
    assert (syncs(chat), again.ids()) == (1, first.ids())


async def test_ids_of_a_named_server_hold_there_alone(chat: Chat, folder: Path) -> None:
    """Commands that are synced to one server have no ids elsewhere."""
    guild = chat.add_guild("Named")
    await FakeProcess(folder, guild.id).sync(chat)
    (command,) = chat.commands
    again = FakeProcess(folder, guild.id)
    assert again.ids(guild.id) == {"status": int(command["id"])}
    assert again.ids() == again.ids(5) == {}


async def test_old_ids_hold_while_a_change_can_not_be_synced(chat: Chat, folder: Path) -> None:
    """Discord keeps the id of a command that changes, so it is clickable before and after."""
    first = FakeProcess(folder)
    await first.sync(chat)
    chat.faults.add("command_sync", Fault.status(503), times=10)
    changed = FakeProcess(folder, described="Your videos")
    await changed.sync(chat)
    assert changed.ids() == first.ids() != {}


async def test_a_process_that_may_not_sync_reads_the_ids(chat: Chat, folder: Path, tmp_path: Path) -> None:
    """Of several processes one syncs; the others read what Discord has, everywhere or in the named servers."""
    await FakeProcess(folder).sync(chat)
    guild = chat.add_guild("Named")
    other = FakeProcess(tmp_path, described="Another version", may_sync=False)
    await other.sync(chat)
    assert other.ids() == {"status": int(chat.commands[0]["id"])} == FakeProcess(tmp_path).ids()
    assert chat.commands[0]["description"] == "See your videos"
    assert syncs(chat) == 1
    await FakeProcess(folder, guild.id).sync(chat)
    named = FakeProcess(tmp_path, guild.id, may_sync=False)
    await named.sync(chat)
    assert named.ids(guild.id) == {"status": int(chat.commands[0]["id"])}


async def test_a_process_that_may_sync_later_does(chat: Chat, folder: Path) -> None:
    """Where no other process has synced, it looks again until one has, or it is its turn."""
    process = FakeProcess(folder, may_sync=False)

    async def is_its_turn() -> None:
        assert (process.ids(), syncs(chat)) == ({}, 0)
        process.may_sync = True

        def has_synced() -> bool:
            process.clock.jump(60.0)
            return bool(process.ids())

        await chat.wait_for(has_synced)

    await process.sync(chat, is_its_turn)
    assert syncs(chat) == 1


@pytest.mark.parametrize(
    "note",
    [
        "",
        "no json",
        "[]",
        '{"global": "0"}',
        '{"global": "0", "ids": 3}',
        '{"ids": {"global": []}}',
        '{"ids": {"global": {"status": "7"}}}',
        '{"ids": {"elsewhere": {"status": 7}}}',
    ],
)
async def test_a_damaged_note_is_written_again(chat: Chat, folder: Path, note: str) -> None:
    """Without ids the names of commands aren't clickable; one more sync brings them back."""
    (folder / "commands.json").write_text(note, encoding="utf-8")
    process = FakeProcess(folder)
    assert process.ids() == {}
    await process.sync(chat)
    assert process.ids() == FakeProcess(folder).ids() == {"status": int(chat.commands[0]["id"])}
    assert json.loads((folder / "commands.json").read_text(encoding="utf-8"))["ids"] == {"global": process.ids()}


async def test_whether_discord_shows_the_commands_is_known(chat: Chat, folder: Path) -> None:
    """None at first, those of this version after a sync, older ones while a new version can't sync."""
    refused = Fault.status(400)
    first, second = FakeProcess(folder), FakeProcess(folder)
    chat.faults.add("command_sync", refused)
    await first.sync(chat)
    await second.sync(chat)
    newer, newest = (FakeProcess(folder, described="Look at your videos") for _ in range(2))
    chat.faults.add("command_sync", refused)
    await newer.sync(chat)
    await newest.sync(chat)
    states = [process.state for process in (first, second, newer, newest)]
    in_step = CommandsState.IN_STEP
    assert states == [CommandsState.MISSING, in_step, CommandsState.OLDER, in_step]


async def test_a_process_that_does_not_sync_knows_it_by_the_ids(chat: Chat, folder: Path) -> None:
    """Another process syncs them: this one is in step once each of its commands has an id."""
    before, after = (FakeProcess(folder, may_sync=False) for _ in range(2))
    await before.sync(chat)
    await FakeProcess(folder).sync(chat)
    await after.sync(chat)
    assert (before.state, after.state) == (CommandsState.MISSING, CommandsState.IN_STEP)
