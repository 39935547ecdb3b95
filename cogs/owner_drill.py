"""`/owner drill`, and the presses of its message's buttons, which do nothing."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.chat import cards
from bot.chat.command_texts import description
from bot.chat.custom_ids import MessageKind, parse_button
from bot.chat.words import Key, say
from bot.chat.words import refusal as refusal_text
from bot.engine.services import Services
from bot.jobs.model import Via
from bot.jobs.reasons import Refusal
from cogs.facts import no_place_of, origin_of, pressed, reader_of
from cogs.responses import deferring, respond, respond_at_once


def add_drill(group: app_commands.Group, services: Services) -> None:
    """The command."""

    @group.command(name="drill", description=description("owner drill", services.readers))
    async def drill(interaction: discord.Interaction) -> None:
        async with deferring(interaction):
            report = await services.drill.run(origin_of(interaction, Via.COMMAND), no_place_of(interaction))
            reader = reader_of(interaction)
            shown = refusal_text(report, reader) if isinstance(report, Refusal) else cards.drill_report(report, reader)
            await respond(interaction, shown)


class DrillButtons(commands.Cog):
    """Presses of a drill's buttons; also after restarts, as nothing of it is looked up."""

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Say that this was a drill; all other buttons are ignored."""
        button = parse_button(pressed(interaction))
        if button is not None and button.kind is MessageKind.DRILL:
            await respond_at_once(interaction, say(Key.DRILL_PRESSED, reader_of(interaction)))
