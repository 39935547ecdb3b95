"""`/status`: a person's own jobs, or one of them, privately."""

from typing import Any, cast

import discord
from discord import app_commands

from bot.chat import details, lists
from bot.chat.command_texts import description, options
from bot.chat.words import refusal as refusal_text
from bot.engine.requests.lookup import Lookup
from bot.engine.services import Services
from bot.jobs.reasons import Refusal
from cogs.facts import asker_of, reader_of, sight_of
from cogs.host import Host
from cogs.responses import deferring, respond
from cogs.suggesting import suggest_by


def build(services: Services) -> app_commands.Command[Any, ..., None]:
    """The command, with the asker's jobs to complete from."""

    @app_commands.command(name="status", description=description("status", services.readers))
    @app_commands.describe(**options("status", services.readers))
    @app_commands.autocomplete(video=suggest_by(services, Lookup.suggest_own_everywhere))
    async def status(interaction: discord.Interaction, video: str | None = None) -> None:
        reader = reader_of(interaction)
        async with deferring(interaction):
            if video is None:
                views = await services.lookup.list_own_everywhere(asker_of(interaction))
                await respond(interaction, lists.running_and_latest(views, reader))
                return
            sight = sight_of(interaction.guild, interaction.user)
            shown = await services.details.find_named(video, asker_of(interaction), sight)
            if isinstance(shown, Refusal):
                await respond(interaction, refusal_text(shown, reader))
                return
            await respond(interaction, details.details(shown, reader))

    return cast("app_commands.Command[Any, ..., None]", status)


async def setup(bot: Host) -> None:
    """Add the command."""
    bot.tree.add_command(build(bot.services))
