"""`/status`: a person's own jobs, or one of them; `/history`: their old videos. Both privately."""

from typing import Any, cast

import discord
from discord import app_commands

from bot.chat import details
from bot.chat.command_texts import description, options
from bot.chat.custom_ids import SEARCH_MAX_CHARACTERS, PageId, PageKind, searchable
from bot.chat.words import refusal as refusal_text
from bot.engine.requests.lookup import Lookup
from bot.engine.services import Services
from bot.jobs.model import UserId
from bot.jobs.reasons import Refusal
from cogs.facts import asker_of, reader_of, sight_by
from cogs.host import Host
from cogs.pages import page_of
from cogs.responses import deferring, respond
from cogs.suggesting import suggest_by

Search = app_commands.Range[str, 1, SEARCH_MAX_CHARACTERS]
AnyCommand = app_commands.Command[Any, ..., None]


def build(services: Services) -> AnyCommand:
    """`/status`, with the asker's jobs to complete from."""

    @app_commands.command(name="status", description=description("status", services.readers))
    @app_commands.describe(**options("status", services.readers))
    @app_commands.autocomplete(video=suggest_by(services, Lookup.suggest_own_everywhere))
    async def status(interaction: discord.Interaction, video: str | None = None) -> None:
        async with deferring(interaction):
            if video is None:
                await respond(interaction, await page_of(services, interaction, PageId(PageKind.STATUS)))
                return
            reader = reader_of(interaction)
            shown = await services.details.find_named(video, asker_of(interaction), sight_by(interaction))
            if isinstance(shown, Refusal):
                await respond(interaction, refusal_text(shown, reader))
                return
            await respond(interaction, details.details(shown, reader))

    return cast("AnyCommand", status)


def build_history(services: Services) -> AnyCommand:
    """`/history`; a member is looked for by people who manage the server."""

    @app_commands.command(name="history", description=description("history", services.readers))
    @app_commands.describe(**options("history", services.readers))
    async def history(
        interaction: discord.Interaction, search: Search | None = None, member: discord.User | None = None
    ) -> None:
        async with deferring(interaction):
            whose = None if member is None or member.id == interaction.user.id else UserId(member.id)
            page = PageId(PageKind.HISTORY, member=whose, search=searchable(search or ""))
            await respond(interaction, await page_of(services, interaction, page))

    return cast("AnyCommand", history)


async def setup(bot: Host) -> None:
    """Add the commands."""
    bot.tree.add_command(build(bot.services))
    bot.tree.add_command(build_history(bot.services))
