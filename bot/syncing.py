"""Syncs the slash commands with Discord, each time they have changed.

Syncs are limited per day (docs/facts/discord.md), so the synced state is stored in the data folder. When a sync fails,
the bot serves with the old commands, and retries with a backoff. One of several processes syncs; others read the ids.
"""

import asyncio
import hashlib
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum, auto
from pathlib import Path
from typing import Any, NamedTuple, Protocol, cast

import aiohttp
import discord
import structlog
from discord.ext import commands

from bot.chat.global_limit import free_global_limit
from bot.chat.words import Readers
from bot.jobs.backoff import full_jitter
from bot.jobs.model import GuildId
from bot.ops.clock import Clock

NOTE = "commands.json"
_IDS = "ids"
_SYNC_SECONDS = 30.0
_BACKOFF_SECONDS_MAX = 1800.0
_Command = discord.app_commands.Command[Any, ..., Any] | discord.app_commands.ContextMenu | discord.app_commands.Group
MaySync = Callable[[], Awaitable[bool]]
_log = structlog.stdlib.get_logger(__name__)


async def always() -> bool:
    """A `MaySync`: the only process syncs."""
    return True


class CommandsState(Enum):
    """Whether Discord shows the commands of this version."""

    IN_STEP = auto()
    OLDER = auto()  # it shows those of an earlier one
    MISSING = auto()  # it has never confirmed some of them


class _Request(Protocol):
    """A request that returns the commands of a server, or of everywhere."""

    async def __call__(self, *, guild: discord.abc.Snowflake | None) -> list[discord.app_commands.AppCommand]: ...


class Planned(NamedTuple):
    """The commands of one target as they are sent to Discord, and their fingerprint."""

    payloads: list[dict[str, Any]]
    fingerprint: str


class CommandSync:
    """The commands of one client: in the named servers, or everywhere if none are named.

    While `may_sync` returns False, another process syncs them, and this one only reads their ids.
    """

    def __init__(
        self,
        client: commands.Bot | commands.AutoShardedBot,
        guild_ids: tuple[int, ...],
        data_dir: Path,
        clock: Clock,
        readers: Readers,
        may_sync: MaySync = always,
    ) -> None:
        self._client = client
        self._may_sync = may_sync
        self._tree: discord.app_commands.CommandTree[Any] = client.tree
        self._guilds = tuple(discord.Object(guild_id) for guild_id in guild_ids)
        self._note = data_dir / NOTE
        self._clock = clock
        self._readers = readers
        self._again: asyncio.Task[None] | None = None
        self.state = CommandsState.MISSING
        for target, ids in read_note(self._note)[1].items():
            self._note_ids(target, ids)

    async def sync(self) -> None:
        """Sync the commands, once all cogs are loaded; a failed sync is retried later."""
        self._arrange()
        if not await self._tell_changed():
            self._again = asyncio.create_task(self._tell_later())

    async def plan(self, application_id: int) -> dict[str, Planned]:
        """What `sync` would send for that application, by target; servers synced once are emptied. Sends nothing."""
        self._arrange()
        return await self._plan(str(application_id), read_note(self._note)[0])

    def stop(self) -> None:
        """Stop retrying."""
        if self._again is not None:
            self._again.cancel()

    def _arrange(self) -> None:
        """Move the commands to the named servers, if there are any."""
        for guild in self._guilds:
            self._tree.copy_global_to(guild=guild)
        if self._guilds:
            self._tree.clear_commands(guild=None)

    async def _tell_later(self) -> None:
        tries = 1
        while True:
            await self._clock.sleep(full_jitter(tries, max_seconds=_BACKOFF_SECONDS_MAX))
            if await self._tell_changed():
                return
            tries += 1

    async def _tell_changed(self) -> bool:
        """Sync what has changed; whether Discord has everything now."""
        in_step = await (self._sync_changed() if await self._may_sync() else self._read_ids())
        older = CommandsState.OLDER if self._are_known() else CommandsState.MISSING
        self.state = CommandsState.IN_STEP if in_step else older
        return in_step

    def _are_known(self) -> bool:
        """Whether Discord has given each command an id, perhaps in an earlier form."""
        ids = read_note(self._note)[1]
        return all(self._names(guild) <= ids.get(_target_of(guild), {}).keys() for guild in self._guilds or (None,))

    async def _sync_changed(self) -> bool:
        known, ids = read_note(self._note)
        planned = await self._plan(str(self._client.application_id), known)
        wanted = {target: each.fingerprint for target, each in planned.items()}
        for target, fingerprint in wanted.items():
            if known.get(target) == fingerprint and target in ids:
                continue
            told = await self._ask(target, self._tree.sync, "commands not synced")
            if told is not None:
                known[target], ids[target] = fingerprint, told
                self._write_note(known, ids)
        return all(known.get(target) == fingerprint for target, fingerprint in wanted.items())

    async def _read_ids(self) -> bool:
        """Read the ids of commands that have none yet; whether all have one now."""
        known, ids = read_note(self._note)
        complete = True
        for guild in self._guilds or (None,):
            target, names = _target_of(guild), self._names(guild)
            if not names <= ids.get(target, {}).keys():
                found = await self._ask(target, self._tree.fetch_commands, "commands not read")
                if found is not None:
                    ids[target] = found
                    self._write_note(known, ids)
                complete = complete and names <= ids.get(target, {}).keys()
        return complete

    def _names(self, guild: discord.abc.Snowflake | None) -> set[str]:
        return {command.name for command in self._tree.get_commands(guild=guild)}

    async def _ask(self, target: str, request: _Request, failure: str) -> dict[str, int] | None:
        """Send a request about the commands of that target; returns their ids by name, None if it failed."""
        try:
            async with asyncio.timeout(_SYNC_SECONDS):
                found = await request(guild=None if target == "global" else discord.Object(int(target)))
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            if isinstance(error, TimeoutError):
                free_global_limit(self._client)
            _log.warning(failure, target=target, error=repr(error))
            return None
        ids = {command.name: command.id for command in found}
        self._note_ids(target, ids)
        return ids

    def _note_ids(self, target: str, ids: dict[str, int]) -> None:
        self._readers.note_commands(None if target == "global" else GuildId(int(target)), ids)

    async def _plan(self, application: str, known: Mapping[str, str]) -> dict[str, Planned]:
        """The commands of each target; servers synced once and not named any more are to be emptied."""
        targets: dict[str, discord.abc.Snowflake | None] = {"global": None}
        targets |= {str(guild.id): guild for guild in self._guilds}
        targets |= {name: discord.Object(int(name)) for name in known if name not in targets}
        found: dict[str, Planned] = {}
        for name, guild in targets.items():
            payloads = [await self._payload(command) for command in self._tree.get_commands(guild=guild)]
            fingerprint = hashlib.sha256(json.dumps([application, payloads]).encode()).hexdigest()
            found[name] = Planned(payloads, fingerprint)
        return found

    async def _payload(self, command: _Command) -> dict[str, Any]:
        """The command as it is sent to Discord, in all languages."""
        translator = self._tree.translator
        if translator is None:
            return command.to_dict(self._tree)
        return await command.get_translated_payload(self._tree, translator)

    def _write_note(self, known: dict[str, str], ids: dict[str, dict[str, int]]) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            with os.fdopen(os.open(self._note, flags, 0o600), "w", encoding="utf-8") as note:
                json.dump({**known, _IDS: ids}, note)
        except OSError as error:
            # Without it they are synced once more at the next start.
            _log.warning("commands not noted", error=str(error))


def read_note(file: Path) -> tuple[dict[str, str], dict[str, dict[str, int]]]:
    """The last synced fingerprint of each target, and Discord's ids of the commands, from the file NOTE."""
    try:
        note: object = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # Never synced from here, or the note is damaged: one more sync repairs it.
        return {}, {}
    if not isinstance(note, dict):
        return {}, {}
    noted = cast("dict[str, Any]", note)
    known = {target: told for target, told in noted.items() if _is_target(target)}
    return known, _ids_in(noted.get(_IDS))


def _target_of(guild: discord.abc.Snowflake | None) -> str:
    return "global" if guild is None else str(guild.id)


def _is_target(name: str) -> bool:
    return name == "global" or name.isdecimal()


def _ids_in(note: object) -> dict[str, dict[str, int]]:
    """The ids of commands by their names, of each target; what is damaged is left out, and synced again."""
    if not isinstance(note, dict):
        return {}
    found: dict[str, dict[str, int]] = {}
    for target, ids in cast("dict[str, object]", note).items():
        if _is_target(target) and isinstance(ids, dict):
            named = cast("dict[str, object]", ids)
            found[target] = {name: command_id for name, command_id in named.items() if isinstance(command_id, int)}
    return found
