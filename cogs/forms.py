"""Forms that were sent in, understood by their custom ids alone, so that they work after any restart."""

import discord
from discord.ext import commands

from bot.chat import forms
from bot.chat.custom_ids import FormId, FormSource, parse_form
from bot.engine.desk import Desk
from bot.jobs.model import Job, JobId, MessageId, UserId, Via, VideoRequest
from bot.jobs.reasons import Refusal
from cogs.answers import answering, settle
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
        if form is None:
            return
        async with answering(interaction):
            await settle(interaction, await self._take_in(interaction, form, forms.read(interaction.data)))

    async def _take_in(self, interaction: discord.Interaction, form: FormId, answer: forms.FormAnswer) -> Job | Refusal:
        reply_to: MessageId | None = None
        if form.source is FormSource.DRAFT:
            draft = await self._desk.intake.read_draft(form.target, UserId(interaction.user.id))
            if isinstance(draft, Refusal):
                return draft
            request, reply_to = draft.request, draft.reply_to
        else:
            request = VideoRequest("", parent_id=JobId(form.target))
        sight = sight_of(interaction.guild, interaction.user)
        if refusal := await self._desk.lookup.check_parent(request, asker_of(interaction), sight):
            return refusal
        origin = origin_of(interaction, Via.FORM, reply_to=reply_to)
        made = await self._desk.intake.accept(with_answer(request, answer), origin, no_place_of(interaction))
        if reply_to is not None and isinstance(made, Job):
            await self._desk.replies.end_offer(reply_to)
        return made


async def setup(bot: Host) -> None:
    """Let the cog hear forms."""
    await bot.add_cog(Forms(bot.desk))
