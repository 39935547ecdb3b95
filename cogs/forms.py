"""Forms that were sent in, understood by their custom ids alone, so that they work after any restart."""

from dataclasses import replace

import discord
from discord.ext import commands

from bot.chat import forms
from bot.chat.custom_ids import FormId, FormSource, parse_form
from bot.engine.desk import Desk
from bot.engine.drafts import origin_id
from bot.engine.intake import Ask
from bot.jobs.model import Draft, Job, JobId, UserId, Via, VideoRequest
from bot.jobs.reasons import Reason, Refusal
from cogs.answers import answering, settle, turned_away
from cogs.asking import with_answer
from cogs.facts import asker_of, no_place_of, origin_of, sight_of
from cogs.host import Host


class Forms(commands.Cog):
    """Turns a filled-in form and what was kept for it into a request."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Hear every form; those that are not ours are left alone."""
        if interaction.type is not discord.InteractionType.modal_submit or interaction.data is None:
            return
        form = parse_form(str(interaction.data.get("custom_id", "")))
        if form is None or await turned_away(self._desk, interaction):
            return
        async with answering(interaction):
            await settle(interaction, await self._take_in(interaction, form, forms.read(interaction.data)))

    async def _take_in(self, interaction: discord.Interaction, form: FormId, answer: forms.FormAnswer) -> Job | Refusal:
        user_id = UserId(interaction.user.id)
        if form.source is FormSource.JOB:
            return await self._accept(
                interaction, Ask(VideoRequest(answer.prompt, parent_id=JobId(form.target)), answer.uploads), None
            )
        # Discord keeps a form open whose answer got lost, and people send it a second time.
        made = await self._desk.intake.find_made(origin_id(form.target))
        if made is not None:
            return made if made.origin.user_id == user_id else Refusal(Reason.DRAFT_GONE)
        draft = await self._desk.drafts.read(form.target, user_id)
        if isinstance(draft, Refusal):
            return draft
        made = await self._accept(interaction, with_answer(draft, answer), draft)
        if isinstance(made, Refusal) and made.reason is Reason.REFERENCE_UNREADABLE and not answer.uploads:
            return Refusal(Reason.UPLOADS_GONE)
        if draft.reply_to is not None and isinstance(made, Job):
            await self._desk.replies.end_offer(draft.reply_to)
        return made

    async def _accept(self, interaction: discord.Interaction, ask: Ask, draft: Draft | None) -> Job | Refusal:
        sight = sight_of(interaction.guild, interaction.user)
        if refusal := await self._desk.lookup.check_parent(ask.request, asker_of(interaction), sight):
            return refusal
        origin = origin_of(interaction, Via.FORM, reply_to=draft.reply_to if draft else None)
        if draft is not None:
            origin = replace(origin, id=origin_id(draft.id))
        return await self._desk.intake.accept(ask, origin, no_place_of(interaction))


async def setup(bot: Host) -> None:
    """Let the cog hear forms."""
    await bot.add_cog(Forms(bot.desk))
