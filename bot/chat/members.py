"""Whether a person may request videos in a server, asked by REST where no interaction of theirs says so: in a DM."""

import asyncio

import discord
import structlog

from bot.chat.guilds import Guilds
from bot.chat.shards import Shards
from bot.jobs.model import Place, UserId
from bot.jobs.reasons import Reason, Refusal

_ASK_SECONDS = 10.0
_UNKNOWN_CHANNEL = 10003
_UNKNOWN_GUILD = 10004
_log = structlog.stdlib.get_logger(__name__)


class Members:
    """The members of the bot's servers, and their rights in a channel."""

    def __init__(self, client: discord.Client, served: Shards) -> None:
        self._client = client
        self._guilds = Guilds(client, served)

    async def refuse(self, place: Place, user_id: UserId) -> Refusal | None:
        """Why that person may request nothing in that channel of a server now; None if they may.

        In a channel that is gone their rights in the whole server count. A time-out takes them away.
        """
        try:
            async with asyncio.timeout(_ASK_SECONDS):
                granted = await self._granted(place, user_id)
        except discord.NotFound as error:
            return Refusal(Reason.NOT_INSTALLED if error.code == _UNKNOWN_GUILD else Reason.SERVER_LEFT)
        except (discord.DiscordException, OSError) as error:
            _log.warning("rights not known", user=user_id, guild=place.guild_id, error=str(error))
            return Refusal(Reason.SERVER_UNCHECKED)
        if granted is None:
            return Refusal(Reason.NOT_INSTALLED if self._client.is_ready() else Reason.SERVER_UNCHECKED)
        may = granted.administrator or granted.use_application_commands
        return None if may else Refusal(Reason.COMMANDS_DENIED)

    async def _granted(self, place: Place, user_id: UserId) -> discord.Permissions | None:
        """The person's permissions there; None if the bot isn't in the server. Raises what discord.py raises."""
        guild = await self._guild(place)
        if guild is None:
            return None
        member = await guild.fetch_member(user_id)
        channel = guild.get_channel_or_thread(place.channel_id)
        try:
            # An archived thread is not in the cache.
            channel = channel or await guild.fetch_channel(place.channel_id)
        except discord.NotFound as error:
            if error.code != _UNKNOWN_CHANNEL:
                raise
            return member.guild_permissions
        return channel.permissions_for(member)

    async def _guild(self, place: Place) -> discord.Guild | None:
        if place.guild_id is None or not self._guilds.is_elsewhere(place.guild_id):
            return self._guilds.cached(place.guild_id)
        try:
            return await self._guilds.fetch_around(place.guild_id, place.channel_id)
        except discord.NotFound as error:
            if error.code != _UNKNOWN_CHANNEL:
                raise
            return await self._guilds.fetch(place.guild_id)
