"""Presses under a private refusal: **Edit** and **Make it public** open the form of its draft."""

from dataclasses import replace

import discord
from discord.ext import commands

from bot.chat.custom_ids import Action, parse_button
from bot.chat.words import refusal as refusal_text
from bot.engine.services import Services
from bot.jobs.model import UserId
from bot.jobs.reasons import Refusal
from cogs.facts import no_right_of, pressed, reader_of
from cogs.host import Host
from cogs.requesting import keep_and_show, show_form
from cogs.responses import is_turned_away, opening_form, respond_at_once


class Drafts(commands.Cog):
    """Presses on stored drafts, so that they work after any restart."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Handle every press; all other buttons are ignored."""
        button = parse_button(pressed(interaction))
        if button is None or button.draft_id is None or await is_turned_away(self._services, interaction):
            return
        async with opening_form(interaction):
            draft = await self._services.drafts.read(button.draft_id, UserId(interaction.user.id))
            if not isinstance(draft, Refusal) and (barred := no_right_of(interaction)):
                draft = barred
            if isinstance(draft, Refusal):
                await respond_at_once(interaction, refusal_text(draft, reader_of(interaction)))
            elif button.action is Action.MAKE_PUBLIC:
                request = replace(draft.request, private=False)
                await keep_and_show(self._services, interaction, replace(draft, request=request))
            else:
                await show_form(self._services, interaction, draft)


async def setup(bot: Host) -> None:
    """Add the cog."""
    await bot.add_cog(Drafts(bot.services))
