"""The discord.py client: its intents, its cogs and its error handlers."""

import importlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

import aiohttp
import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.chat import cards, custom_ids, words
from bot.chat.command_texts import CommandTranslator
from bot.chat.forms import typed_prompt
from bot.chat.shards import Shards
from bot.engine.alert_checks import DiscordStanding
from bot.engine.services import Services
from bot.jobs.model import GuildId, UserId
from bot.jobs.reasons import Reason, Refusal, RefusalError
from bot.ops.clock import Clock
from bot.syncing import CommandsState, CommandSync, MaySync, Planned, always

COGS = (
    "cogs.video",
    "cogs.batch",
    "cogs.remix",
    "cogs.menus",
    "cogs.status",
    "cogs.buttons",
    "cogs.drafts",
    "cogs.offers",
    "cogs.pages",
    "cogs.threads",
    "cogs.forms",
    "cogs.replies",
    "cogs.places",
    "cogs.owner",
    "cogs.help",
)
# Longer rate limits are raised to the caller, instead of being slept through inside discord.py.
_RATE_LIMIT_SECONDS = 30.0
_WITH_CUSTOM_ID = (discord.InteractionType.component, discord.InteractionType.modal_submit)
# The person's client has other commands than this version: it is outdated, or the bot was set back.
_STALE = (app_commands.CommandNotFound, app_commands.CommandSignatureMismatch, app_commands.TransformerError)
_TOO_LATE = frozenset({10062, 40060})
_ALL_SHARDS = Shards()
_log = structlog.stdlib.get_logger(__name__)


def quiet_voice_warnings() -> None:
    """The bot never speaks, so discord.py need not warn about missing voice libraries."""
    discord.VoiceClient.warn_nacl = False
    discord.VoiceClient.warn_dave = False


class Connection(Protocol):
    """The connection of a shard to the gateway."""

    @property
    def id(self) -> int:
        """The shard's number."""
        ...

    @property
    def latency_seconds(self) -> float | None:
        """How long the response to the latest heartbeat took; None while it isn't connected."""
        ...


class _Commands(app_commands.CommandTree["VideoBot"]):
    """The slash commands; errors in one are reported and logged by its own guard (`cogs.responses`)."""

    async def interaction_check(self, interaction: "discord.Interaction[VideoBot]", /) -> bool:
        """Refuse commands where the operator does not let the bot work; owners may use theirs."""
        services = self.client.services
        refused = services.intake.closed(interaction.guild_id)
        if refused is None or (
            _is_owners(interaction) and services.owner_actions.refuse(UserId(interaction.user.id)) is None
        ):
            return True
        if interaction.type is discord.InteractionType.application_command:
            await _answer_privately(interaction, refused)
        return False

    async def on_error(
        self, interaction: "discord.Interaction[VideoBot]", error: app_commands.AppCommandError, /
    ) -> None:
        """Log errors that no guard has caught; a command without a valid interaction was not carried out."""
        cause: BaseException = getattr(error, "original", error)
        if _was_not_acknowledged(cause):
            name = interaction.command.name if interaction.command else None
            _log.info("command not acknowledged", command=name, error=repr(cause))
            return
        no = _refusal_for(cause)
        if no is None:
            _log.error("command failed", exc_info=cause)
        else:
            _log.info("command refused", reason=no.reason, error=str(cause)[:200])
        await _answer_privately(interaction, no)


class VideoBot(commands.AutoShardedBot):
    """Receives guilds, their messages and DMs (all unprivileged), pings no one by default, and keeps no cache."""

    def __init__(
        self,
        guild_ids: tuple[int, ...],
        data_dir: Path,
        clock: Clock,
        readers: words.Readers,
        served: Shards = _ALL_SHARDS,
        may_sync: MaySync = always,
        proxy: str | None = None,
    ) -> None:
        """`guild_ids` get the commands, none for everywhere. `served` are the shards of this process.

        While `may_sync` returns False, another process syncs the commands. `proxy` is that for Discord's traffic.
        """
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
            shard_count=served.count,
            proxy=proxy,
        )
        self.served = served
        self._readers = readers
        self._commands = CommandSync(self, guild_ids, data_dir, clock, readers, may_sync)
        self._services: Services | None = None
        # Those of this process, once their number is known.
        self.connections: Sequence[Connection] = ()

    @property
    def services(self) -> Services:
        """The engine's services for the cogs; set before the client logs in."""
        if self._services is None:
            raise RuntimeError("The services are set before the client logs in.")
        return self._services

    @services.setter
    def services(self, services: Services) -> None:
        self._services = services

    def reader_of(self, interaction: "discord.Interaction[Any]", /) -> words.Reader:
        """The acting person, as the reader of a private response."""
        guild_id = interaction.guild_id
        return self._readers.of(interaction.locale.value, None if guild_id is None else GuildId(guild_id))

    @property
    def commands_state(self) -> CommandsState:
        """Whether the slash commands are those of this version."""
        return self._commands.state

    def begin_shards(self, count: int, shards: Sequence[Connection]) -> None:
        """Be ready for the events of these shards, out of so many; before the first connects."""
        self.connections = shards
        self.shard_count, self.shard_ids = count, [shard.id for shard in shards]
        self._connection.shard_count, self._connection.shard_ids = count, self.shard_ids

    def standing(self) -> DiscordStanding:
        """Whether every shard is connected, and the commands are those of this version."""
        connected = all(shard.latency_seconds is not None for shard in self.connections)
        return DiscordStanding(connected, self.commands_state is CommandsState.IN_STEP)

    def forget_guilds(self, shard_id: int) -> None:
        """Empty the cache of a shard's servers; its next session has all that are left."""
        for guild in self.guilds:
            if guild.shard_id == shard_id:
                self._connection._remove_guild(guild)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # there is no other way

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Wait for nothing: the turn was taken before the connection was opened (`bot.gateway`)."""

    async def setup_hook(self) -> None:
        """Load the cogs, then sync the commands if they have changed."""
        await self._load_cogs()
        await self._commands.sync()

    async def plan_commands(self, application_id: int) -> Mapping[str, Planned]:
        """The commands that a start would sync for that application, by target. Not for a client that logs in."""
        await self._load_cogs()
        return await self._commands.plan(application_id)

    async def _load_cogs(self) -> None:
        for name in COGS:
            # Not as an extension, which discord.py compiles once more and takes apart at the end: none is reloaded.
            await importlib.import_module(name).setup(self)
        translator = CommandTranslator(self._readers)
        if translator.is_needed:
            # discord.py asks it for each text in all of Discord's languages, which is a tenth of a start.
            await self.tree.set_translator(translator)

    async def close(self) -> None:
        """Disconnect, and sync no more."""
        self._commands.stop()
        await super().close()

    async def on_message(self, message: discord.Message, /) -> None:
        """Run no prefix commands: replies have their own cog."""

    async def on_interaction(self, interaction: discord.Interaction, /) -> None:
        """Answer a press or form of ours that this version has no handler for; all others have their own cogs."""
        if interaction.type in _WITH_CUSTOM_ID and interaction.data is not None:
            custom_id = str(interaction.data.get("custom_id", ""))
            if not custom_ids.is_known(custom_id):
                _log.info("unknown component", custom_id=custom_id[:100])
                await _answer_privately(interaction, Refusal(Reason.CLIENT_STALE))

    async def on_error(self, event_method: str, /, *args: object, **_named: object) -> None:
        """Log errors of a listener; a press without a valid interaction was not carried out."""
        error = sys.exc_info()[1]
        if error is not None and _was_not_acknowledged(error):
            _log.info("press not acknowledged", handler=event_method, error=repr(error))
        else:
            _log.error("listener failed", handler=event_method, exc_info=error)
            if event_method == "on_interaction":
                interaction = cast("discord.Interaction[Any]", args[0])
                await _answer_privately(interaction, None if error is None else _refusal_for(error))


def _refusal_for(cause: BaseException) -> Refusal | None:
    """The refusal for an error: a raised one, or a command in an unknown shape."""
    if isinstance(cause, RefusalError):
        return cause.refusal
    return Refusal(Reason.CLIENT_STALE) if isinstance(cause, _STALE) else None


async def _answer_privately(interaction: "discord.Interaction[Any]", no: Refusal | None) -> None:
    """Respond with the refusal or the error, if that interaction still waits for its first response."""
    if interaction.type is discord.InteractionType.autocomplete or interaction.response.is_done():
        return
    reader = cast("VideoBot", interaction.client).reader_of(interaction)
    text = words.say(words.Key.UNEXPECTED, reader) if no is None else words.refusal(no, reader)
    typed = typed_prompt(cast("Mapping[str, Any] | None", interaction.data))
    shown = cards.private_no(text, typed, None, reader)
    try:
        await interaction.response.send_message(shown.content, files=cards.files_of(shown), ephemeral=True)
    except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
        _log.info("private response not shown", error=str(error))


def _is_owners(interaction: discord.Interaction) -> bool:
    command = interaction.command
    return command is not None and command.qualified_name.startswith("owner ")


def _was_not_acknowledged(error: BaseException) -> bool:
    """Whether the interaction was expired, acknowledged before, or unreachable.

    Nothing has been done then: the acknowledgement comes first (`cogs.responses`).
    """
    if isinstance(error, discord.HTTPException):
        return error.code in _TOO_LATE or error.status >= 500
    return isinstance(error, aiohttp.ClientError | ConnectionError | TimeoutError)
