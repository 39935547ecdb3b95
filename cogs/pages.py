"""Buttons that show something privately: the details of a video, or why it wasn't made.

Their custom ids alone say what, so that they work after any restart.
"""

import discord
from discord.ext import commands

from bot.chat import details, lists
from bot.chat.custom_ids import SHOWING, Action, parse_button
from bot.chat.words import refusal as refusal_text
from bot.engine.services import Services
from bot.jobs.model import JobId
from bot.jobs.reasons import Refusal
from cogs.facts import asker_of, reader_of, sight_by
from cogs.host import Host
from cogs.responses import deferring, is_turned_away, respond


class Pages(commands.Cog):
    """Presses that change nothing; rights are checked each time."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Handle every press; all other buttons are ignored."""
        if interaction.type is not discord.InteractionType.component or interaction.data is None:
            return
        button = parse_button(str(interaction.data.get("custom_id", "")))
        if button is None or button.action not in SHOWING or button.job_id is None:
            return
        if await is_turned_away(self._services, interaction):
            return
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
