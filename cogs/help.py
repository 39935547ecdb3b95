"""`/help`, privately; and the first message in a new server's system channel, where the bot may post there."""

from typing import Any, cast

import discord
from discord import app_commands
from discord.ext import commands

from bot.chat.command_texts import description
from bot.chat.help import help_text
from bot.engine.services import Services
from bot.jobs.model import ChannelId, GuildId, Place
from cogs.facts import reader_of
from cogs.host import Host
from cogs.responses import deferring, respond

AnyCommand = app_commands.Command[Any, ..., None]


def build(services: Services) -> AnyCommand:
    """The command."""

    @app_commands.command(name="help", description=description("help", services.readers))
    async def help_(interaction: discord.Interaction) -> None:
        async with deferring(interaction):
            await respond(interaction, help_text(reader_of(interaction), improves=services.improving.is_offered))

    return cast("AnyCommand", help_)


class Welcome(commands.Cog):
    """Passes new servers on to the engine."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """The bot was invited; servers that it was in at start come as another event."""
        channel = guild.system_channel
        if channel is None:
            return
        granted = channel.permissions_for(guild.me)
        if granted.view_channel and granted.send_messages and guild.me.joined_at is not None:
            place, joined_at = Place(ChannelId(channel.id), GuildId(guild.id)), guild.me.joined_at.timestamp()
            await self._services.welcome.greet(place, guild.preferred_locale.value, joined_at)


async def setup(bot: Host) -> None:
    """Add the command and the cog."""
    bot.tree.add_command(build(bot.services))
    await bot.add_cog(Welcome(bot.services))
