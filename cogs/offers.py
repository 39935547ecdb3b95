"""Presses under the question below a reply: a yes makes the video, the others change the prompt or decline."""

import discord
from discord.ext import commands

from bot.chat.custom_ids import Action, ButtonId, parse_button
from bot.chat.words import refusal as refusal_text
from bot.engine.services import Services
from bot.jobs.drafts import Draft, Offer
from bot.jobs.model import MessageId
from bot.jobs.reasons import Reason, Refusal
from cogs.facts import asker_of, no_place_of, no_right_of, pressed, reader_of, sight_by
from cogs.host import Host
from cogs.requesting import respond_to_request, show_form
from cogs.responses import deferring, delete_response, is_turned_away, opening_form, respond_at_once, respond_to_action


class Offers(commands.Cog):
    """Presses on stored questions, so that they work after any restart."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Handle every press; all other buttons are ignored."""
        button = parse_button(pressed(interaction))
        if button is None or button.offer_id is None or await is_turned_away(self._services, interaction):
            return
        if button.action is Action.NO_THANKS:
            await self._refuse(interaction, button.offer_id)
        else:
            await self._accept(interaction, button, button.offer_id)

    async def _accept(self, interaction: discord.Interaction, button: ButtonId, offer_id: MessageId) -> None:
        question = await self._take(interaction, button, offer_id)
        if question is None:
            return
        async with deferring(interaction):
            made = await self._services.replies.offers.accept(
                *question, sight_by(interaction), no_place_of(interaction)
            )
            if isinstance(made, Refusal) and made.reason is Reason.REFERENCE_UNREADABLE:
                made = Refusal(Reason.UPLOADS_GONE)
            await respond_to_request(self._services, interaction, made, question[1])

    async def _refuse(self, interaction: discord.Interaction, offer_id: MessageId) -> None:
        async with deferring(interaction):
            refusal = await self._services.replies.offers.refuse(offer_id, asker_of(interaction))
            if refusal is None:
                await delete_response(interaction)
            else:
                await respond_to_action(interaction, refusal)

    async def _take(
        self, interaction: discord.Interaction, button: ButtonId, offer_id: MessageId
    ) -> tuple[Offer, Draft] | None:
        """The confirmed question; None if a form or a refusal was shown instead, or after an error."""
        async with opening_form(interaction):
            taken = await self._services.replies.offers.take(offer_id, asker_of(interaction))
            if not isinstance(taken, Refusal) and (barred := no_right_of(interaction)):
                taken = barred
            if isinstance(taken, Refusal):
                await respond_at_once(interaction, refusal_text(taken, reader_of(interaction)))
                return None
            if button.action is not Action.OPEN_FORM:
                return taken
            _, draft = taken
            await show_form(self._services, interaction, draft)
        return None


async def setup(bot: Host) -> None:
    """Add the cog."""
    await bot.add_cog(Offers(bot.services))
