"""Submitted forms, routed by their custom ids alone, so that they work after any restart."""

from dataclasses import replace

import discord
import structlog
from discord.ext import commands

from bot.chat import cards, forms
from bot.chat.custom_ids import FormId, FormSource, parse_form
from bot.chat.words import Key, refusal
from bot.engine.requests.drafts import origin_id
from bot.engine.requests.intake import Ask
from bot.engine.services import Services
from bot.jobs.database import StoreUnavailableError
from bot.jobs.model import JobId, UserId, Via, VideoRequest
from bot.jobs.reasons import Reason, Refusal
from cogs.facts import origin_of, reader_of
from cogs.host import Host
from cogs.improving import show_improved
from cogs.requesting import draft_of, find_made, make_of_draft
from cogs.responses import deferring, is_turned_away, respond, respond_to_action

_log = structlog.stdlib.get_logger(__name__)


class Forms(commands.Cog):
    """Turns a submitted form and its draft into a request."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Handle every form; those that are not ours are ignored."""
        if interaction.type is not discord.InteractionType.modal_submit or interaction.data is None:
            return
        form = parse_form(str(interaction.data.get("custom_id", "")))
        if form is None or await is_turned_away(self._services, interaction):
            return
        async with deferring(interaction):
            answer = forms.read(interaction.data)
            try:
                await self._accept(interaction, form, answer)
            except StoreUnavailableError:
                _log.exception("form not accepted")
                await self._say_no(interaction, Reason.STORE_UNAVAILABLE, answer)

    async def _accept(self, interaction: discord.Interaction, form: FormId, answer: forms.FormAnswer) -> None:
        user_id = UserId(interaction.user.id)
        if form.source is FormSource.JOB:
            draft = draft_of(interaction, Ask(VideoRequest("", parent_id=JobId(form.target))))
            origin = origin_of(interaction, Via.FORM)
        else:
            # Discord keeps a form open when its response is lost, and people submit it a second time.
            made = await self._services.intake.find_made(origin_id(form.target))
            if made is not None and made.origin.user_id == user_id:
                await respond_to_action(interaction, made, Key.ANSWER_MADE_BEFORE)
                return
            kept = await self._services.drafts.read(form.target, user_id)
            if isinstance(kept, Refusal):
                await self._say_no(interaction, kept.reason, answer)
                return
            draft = kept
            # The question under the same reply may have been confirmed.
            made = await find_made(self._services, draft)
            if made is not None:
                await respond_to_action(interaction, made, Key.ANSWER_MADE_BEFORE)
                return
            origin = replace(
                origin_of(interaction, Via.FORM, reply_to=draft.reply_to, private=draft.request.private),
                id=origin_id(draft.id),
            )
        filled = forms.fill_in(draft, answer)
        if filled.improve:
            await show_improved(self._services, interaction, filled)
            return
        await make_of_draft(self._services, interaction, filled, origin, attached=bool(answer.uploads))

    async def _say_no(self, interaction: discord.Interaction, reason: Reason, answer: forms.FormAnswer) -> None:
        """Return the prompt where no draft can hold it."""
        reader = reader_of(interaction)
        await respond(interaction, cards.private_no(refusal(Refusal(reason), reader), answer.prompt, None, reader))


async def setup(bot: Host) -> None:
    """Add the cog."""
    await bot.add_cog(Forms(bot.services))
