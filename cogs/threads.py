"""**Open thread** under a video. Its custom id alone says which video, so that it works after any restart."""

import discord
from discord.ext import commands

from bot.chat.custom_ids import Action, parse_button
from bot.chat.permissions import no_thread
from bot.chat.words import Key, say
from bot.chat.words import refusal as refusal_text
from bot.engine.services import Services
from bot.jobs.model import JobId, MessageId
from bot.jobs.reasons import Reason, Refusal
from cogs.facts import asker_of, pressed, reader_of, sight_by
from cogs.host import Host
from cogs.responses import deferring, is_turned_away, respond


class Threads(commands.Cog):
    """Opens threads on videos; rights are checked each time."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Handle every press; all other buttons are ignored."""
        button = parse_button(pressed(interaction))
        if button is None or button.job_id is None or button.action is not Action.THREAD:
            return
        if not await is_turned_away(self._services, interaction):
            await self._open(interaction, button.job_id)

    async def _open(self, interaction: discord.Interaction, job_id: JobId) -> None:
        async with deferring(interaction):
            message, reader = interaction.message, reader_of(interaction)
            if message is None:
                await respond(interaction, refusal_text(Refusal(Reason.THREAD_UNSUITABLE), reader))
                return
            barred = _no_thread_of(interaction)
            if barred is not None and barred.reason is not Reason.THREAD_UNSUITABLE and message.flags.has_thread:
                # That it is there already needs no right to open one.
                barred = None
            opened = await self._services.threads.open(
                job_id, MessageId(message.id), asker_of(interaction), sight_by(interaction), barred
            )
            if isinstance(opened, Refusal):
                await respond(interaction, refusal_text(opened, reader))
                return
            link = f"https://discord.com/channels/{interaction.guild_id}/{opened}"
            await respond(interaction, say(Key.ANSWER_THREAD, reader, link=link))


def _no_thread_of(interaction: discord.Interaction) -> Refusal | None:
    if interaction.guild_id is None:
        return Refusal(Reason.THREAD_UNSUITABLE)
    kind = getattr(interaction.channel, "type", None)
    return no_thread(interaction.permissions, interaction.app_permissions, kind)


async def setup(bot: Host) -> None:
    """Add the cog."""
    await bot.add_cog(Threads(bot.services))
