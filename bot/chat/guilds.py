"""Servers as the courier needs them: from the gateway's cache, or by REST where another process has their shard."""

import asyncio
from collections.abc import Iterable
from itertools import islice

import aiohttp
import discord

from bot.chat.permissions import takes_threads
from bot.chat.shards import Shards
from bot.jobs.model import ChannelId, GuildId, Place

_FETCHED_MAX = 10
_NAME_SECONDS = 5.0


async def names_of(client: discord.Client, guild_ids: Iterable[GuildId]) -> dict[GuildId, str]:
    """The names of servers: those in the cache, and by REST those of the first few others, in their order.

    What the bot has left, or what isn't answered within five seconds, is missing.
    """
    ids = list(guild_ids)
    names = {guild_id: guild.name for guild_id in ids if (guild := client.get_guild(guild_id)) is not None}

    async def fetch(guild_id: GuildId) -> None:
        try:
            async with asyncio.timeout(_NAME_SECONDS):
                names[guild_id] = (await client.fetch_guild(guild_id, with_counts=False)).name
        except (discord.HTTPException, aiohttp.ClientError, OSError):
            return

    elsewhere = [guild_id for guild_id in ids if guild_id not in names]
    await asyncio.gather(*map(fetch, islice(elsewhere, _FETCHED_MAX)))
    return names


class Guilds:
    """The servers that the bot is in. Methods that fetch raise what discord.py raises."""

    def __init__(self, client: discord.Client, served: Shards) -> None:
        self._client = client
        self._served = served

    def cached(self, guild_id: GuildId | None) -> discord.Guild | None:
        """The server in the cache; None before the gateway has sent it, and where another process has its shard."""
        return None if guild_id is None else self._client.get_guild(guild_id)

    def is_elsewhere(self, guild_id: GuildId) -> bool:
        """Whether the server is one of another process's shards, so that it has to be fetched."""
        return self.cached(guild_id) is None and not self._served.serve(guild_id)

    def public_parent(self, guild_id: GuildId | None, channel_id: ChannelId) -> ChannelId | None:
        """The channel above that public thread, if the cache has it: everybody who sees one may see the other."""
        guild = self.cached(guild_id)
        thread = None if guild is None else guild.get_thread(channel_id)
        return None if thread is None or thread.is_private() else ChannelId(thread.parent_id)

    def takes_threads(self, place: Place) -> bool | None:
        """Whether a thread can be opened on a message there; None if the cache doesn't have that channel."""
        if place.guild_id is None:
            return False
        guild = self.cached(place.guild_id)
        channel = None if guild is None else guild.get_channel_or_thread(place.channel_id)
        return None if channel is None else takes_threads(channel.type)

    async def fetch(self, guild_id: GuildId) -> discord.Guild:
        """The server with its roles, without channels and members."""
        return await self._client.fetch_guild(guild_id, with_counts=False)

    async def fetch_around(self, guild_id: GuildId, channel_id: ChannelId) -> discord.Guild:
        """The server with that channel or thread, the channel above it, and the bot's member, as if it were cached."""
        guild = await self.fetch(guild_id)
        if self._client.user is not None:
            guild._add_member(await guild.fetch_member(self._client.user.id))  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # there is no other way
        channel = await guild.fetch_channel(channel_id)
        if isinstance(channel, discord.Thread):
            guild._add_thread(channel)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # there is no other way
            channel = await guild.fetch_channel(channel.parent_id)
        if not isinstance(channel, discord.Thread):
            guild._add_channel(channel)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # there is no other way
        return guild

    async def named_in(self, guild_id: GuildId | None, text: str) -> discord.Guild | None:
        """The server with the names of the roles and channels that the text mentions; None if there is none to read."""
        if guild_id is None or not self.is_elsewhere(guild_id) or not ("<#" in text or "<@&" in text):
            return self.cached(guild_id)
        guild = await self.fetch(guild_id)
        for channel in await guild.fetch_channels():
            guild._add_channel(channel)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # there is no other way
        return guild

    async def may_read_history(self, channel_id: ChannelId) -> bool | None:
        """Whether the bot may read that channel's history; None while the gateway has not sent its server."""
        channel = self._client.get_channel(channel_id) or await self._client.fetch_channel(channel_id)
        if isinstance(channel, discord.abc.PrivateChannel):
            return True
        guild_id = GuildId(channel.guild.id)
        if self.is_elsewhere(guild_id):
            channel = (await self.fetch_around(guild_id, channel_id)).get_channel_or_thread(channel_id) or channel
        me = channel.guild.get_member(self._client.user.id) if self._client.user else None
        try:
            return None if me is None else channel.permissions_for(me).read_message_history
        except discord.ClientException:
            # A thread below a channel that discord.py doesn't have: a message that may be read shows the right.
            newest = await anext(self._client.get_partial_messageable(channel_id).history(limit=1), None)
            return None if newest is None else True
