"""The discord.py client: what it hears, which cogs it loads, when it syncs commands. It must not know what a job is."""

import asyncio
import hashlib
import json
import os
import sys
from pathlib import Path
from typing import cast

import aiohttp
import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.chat.courier import free_global_limit
from bot.engine.desk import Desk

COGS = ("cogs.video", "cogs.remix", "cogs.status", "cogs.buttons", "cogs.forms", "cogs.replies", "cogs.owner")
_SYNC_NOTE = "commands.json"
_SYNC_SECONDS = 30.0
# Longer rests that Discord asks for come to whoever asked, instead of being slept through inside discord.py.
_RATE_LIMIT_SECONDS = 30.0
_TOO_LATE = frozenset({10062, 40060})
_log = structlog.stdlib.get_logger(__name__)


def quiet_voice_warnings() -> None:
    """The bot never speaks: discord.py need not warn that it could not."""
    discord.VoiceClient.warn_nacl = False
    discord.VoiceClient.warn_dave = False


class _Commands(app_commands.CommandTree["VideoBot"]):
    """The slash commands; what breaks in one is told and logged by its own guard (`cogs.answers`)."""

    async def on_error(
        self, interaction: "discord.Interaction[VideoBot]", error: app_commands.AppCommandError, /
    ) -> None:
        """Log what no guard has caught; a command that Discord no longer lets us answer was not carried out."""
        cause = getattr(error, "original", error)
        if _was_not_acknowledged(cause):
            name = interaction.command.name if interaction.command else None
            _log.info("command not acknowledged", command=name, error=repr(cause))
        else:
            _log.error("command failed", exc_info=cause)


class VideoBot(commands.Bot):
    """Hears guilds, their messages and DMs (all unprivileged), pings nobody unless told to, and keeps no cache."""

    def __init__(self, guild_ids: tuple[int, ...], data_dir: Path) -> None:
        intents = discord.Intents.none()
        intents.guilds = intents.guild_messages = intents.dm_messages = True
        super().__init__(
            command_prefix=commands.when_mentioned,
            tree_cls=_Commands,
            help_command=None,
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            max_ratelimit_timeout=_RATE_LIMIT_SECONDS,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=False),
        )
        self._guilds_to_sync = tuple(discord.Object(guild_id) for guild_id in guild_ids)
        self._sync_note = data_dir / _SYNC_NOTE
        self._desk: Desk | None = None

    @property
    def desk(self) -> Desk:
        """What the cogs ask of the engine; set before the client logs in."""
        if self._desk is None:
            raise RuntimeError("The desk is set before the client logs in.")
        return self._desk

    @desk.setter
    def desk(self, desk: Desk) -> None:
        self._desk = desk

    async def setup_hook(self) -> None:
        """Load the cogs, then tell Discord of the commands if they are not those it was told of last."""
        for name in COGS:
            await self.load_extension(name)
        await self._sync_if_changed()

    async def on_message(self, message: discord.Message, /) -> None:
        """Run no prefix commands: replies are heard by their own cog."""

    async def on_error(self, event_method: str, /, *_args: object, **_named: object) -> None:
        """Log what broke in a listener; a press that Discord no longer lets us answer was not carried out."""
        error = sys.exc_info()[1]
        if error is not None and _was_not_acknowledged(error):
            _log.info("press not acknowledged", handler=event_method, error=repr(error))
        else:
            _log.error("listener failed", handler=event_method, exc_info=error)

    async def _sync_if_changed(self) -> None:
        """Sync only what changed, since syncs are limited per day; after a failed one the old commands serve on."""
        for guild in self._guilds_to_sync:
            self.tree.copy_global_to(guild=guild)
        if self._guilds_to_sync:
            self.tree.clear_commands(guild=None)
        wanted = self._fingerprints()
        known = self._read_note()
        for target, fingerprint in wanted.items():
            if known.get(target) == fingerprint:
                continue
            try:
                async with asyncio.timeout(_SYNC_SECONDS):
                    await self.tree.sync(guild=None if target == "global" else discord.Object(int(target)))
            except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
                if isinstance(error, TimeoutError):
                    free_global_limit(self)
                _log.warning("commands not synced", target=target, error=repr(error))
            else:
                known[target] = fingerprint
                self._write_note(known)

    def _fingerprints(self) -> dict[str, str]:
        """What each target's commands are now; servers synced once and not named any more are to be emptied."""
        application = str(self.application_id)
        targets: dict[str, discord.abc.Snowflake | None] = {"global": None}
        targets |= {str(guild.id): guild for guild in self._guilds_to_sync}
        targets |= {name: discord.Object(int(name)) for name in self._read_note() if name not in targets}
        return {
            name: hashlib.sha256(
                json.dumps(
                    [application, [command.to_dict(self.tree) for command in self.tree.get_commands(guild=guild)]]
                ).encode()
            ).hexdigest()
            for name, guild in targets.items()
        }

    def _write_note(self, known: dict[str, str]) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            with os.fdopen(os.open(self._sync_note, flags, 0o600), "w", encoding="utf-8") as note:
                json.dump(known, note)
        except OSError as error:
            # Without it they are synced once more at the next start.
            _log.warning("commands not noted", error=str(error))

    def _read_note(self) -> dict[str, str]:
        try:
            note: object = json.loads(self._sync_note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            # Never synced from here, or the note is damaged: one more sync mends it.
            return {}
        return cast("dict[str, str]", note) if isinstance(note, dict) else {}


def _was_not_acknowledged(error: BaseException) -> bool:
    """Whether Discord had given the interaction up, had it acknowledged before, or could not be asked.

    Nothing has been done then: the acknowledgement comes first (`cogs.answers`).
    """
    if isinstance(error, discord.HTTPException):
        return error.code in _TOO_LATE or error.status >= 500
    return isinstance(error, aiohttp.ClientError | ConnectionError | TimeoutError)
