"""Deleted servers, channels and threads: their unsent jobs end for free."""

import discord
from discord.ext import commands

from bot.engine.services import Services
from bot.jobs.model import ChannelId, GuildId
from cogs.host import Host


class Places(commands.Cog):
    """Passes deleted places on to the engine."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """A deleted channel; its threads come one by one (docs/facts/discord.md, "Threads")."""
        await self._services.job_actions.forget_place(GuildId(channel.guild.id), ChannelId(channel.id))

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, event: discord.RawThreadDeleteEvent) -> None:
        """A deleted thread, also one that the client has not kept."""
        await self._services.job_actions.forget_place(GuildId(event.guild_id), ChannelId(event.thread_id))

    @commands.Cog.listener()
    async def on_thread_remove(self, thread: discord.Thread) -> None:
        """The bot was taken out of a thread, which closes a private one to it."""
        thread.me = None
        if thread.is_private():
            await self._services.job_actions.forget_place(GuildId(thread.guild.id), ChannelId(thread.id))

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """The bot is no member of that server any more, or it is gone; one that only has an outage is another event."""
        await self._services.job_actions.forget_place(GuildId(guild.id))


async def setup(bot: Host) -> None:
    """Add the cog."""
    await bot.add_cog(Places(bot.services))
