"""Buttons that show something privately: a page of a list, the details of a video, or why it wasn't made.

Their custom ids alone say what, so that they work after any restart.
"""

import discord
from discord.ext import commands

from bot.chat import cards, details, lists
from bot.chat.custom_ids import SHOWING, Action, PageId, PageKind, parse_button, parse_page
from bot.chat.words import refusal as refusal_text
from bot.engine.services import Services
from bot.jobs.model import JobId
from bot.jobs.reasons import Refusal
from cogs.facts import asker_of, is_private, pressed, reader_of, sight_by
from cogs.host import Host
from cogs.responses import deferring, is_turned_away, respond


async def page_of(services: Services, interaction: discord.Interaction, page: PageId) -> str | cards.Message:
    """That page of a list as it is now, for the acting person."""
    reader = reader_of(interaction)
    if page.kind is PageKind.STATUS:
        return lists.running_and_latest(await services.history.find_status(page.number, asker_of(interaction)), reader)
    found = await services.history.find_history(page, asker_of(interaction), sight_by(interaction))
    return refusal_text(found, reader) if isinstance(found, Refusal) else lists.history(found, reader)


class Pages(commands.Cog):
    """Presses that change nothing; rights are checked each time."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Handle every press; all other buttons are ignored."""
        custom_id = pressed(interaction)
        button, page = parse_button(custom_id), parse_page(custom_id)
        shows = button is not None and button.job_id is not None and button.action in SHOWING
        if not (shows or page) or await is_turned_away(self._services, interaction):
            return
        if page is not None:
            # The page takes the place of the one that the button is on, unless others see that.
            async with deferring(interaction, in_place=is_private(interaction)):
                await respond(interaction, await page_of(self._services, interaction, page))
        elif button is not None and button.job_id is not None:
            show = self._why if button.action is Action.WHY else self._details
            await show(interaction, button.job_id)

    async def _details(self, interaction: discord.Interaction, job_id: JobId) -> None:
        async with deferring(interaction):
            reader = reader_of(interaction)
            shown = await self._services.details.find(job_id, asker_of(interaction), sight_by(interaction))
            if isinstance(shown, Refusal):
                await respond(interaction, refusal_text(shown, reader))
                return
            await respond(interaction, details.details(shown, reader))

    async def _why(self, interaction: discord.Interaction, job_id: JobId) -> None:
        async with deferring(interaction):
            job = await self._services.lookup.find_to_explain(job_id, asker_of(interaction))
            reader = reader_of(interaction)
            shown = refusal_text(job, reader) if isinstance(job, Refusal) else lists.why(job, reader)
            await respond(interaction, shown)


async def setup(bot: Host) -> None:
    """Add the cog."""
    await bot.add_cog(Pages(bot.services))
