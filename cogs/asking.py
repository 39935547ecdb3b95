"""What `/video` and `/remix` share: either take the request in, or open the form with the options kept."""

from dataclasses import replace

import discord

from bot.chat import forms
from bot.chat.custom_ids import FormId, FormPurpose, FormSource
from bot.chat.words import refusal as refusal_text
from bot.engine.desk import Desk
from bot.engine.intake import Ask
from bot.jobs.model import REFERENCES_MAX, Job, UserId, Via, VideoRequest
from bot.jobs.reasons import Refusal
from cogs.answers import tell_at_once
from cogs.facts import no_place_of, origin_of, place_of


async def take_in(desk: Desk, interaction: discord.Interaction, ask: Ask) -> Job | Refusal:
    """Hand a whole request to the engine."""
    return await desk.intake.accept(ask, origin_of(interaction, Via.COMMAND), no_place_of(interaction))


async def open_form(desk: Desk, interaction: discord.Interaction, ask: Ask, purpose: FormPurpose) -> None:
    """Ask for the prompt by a form; the options given are kept until it is sent in."""
    locale = interaction.locale.value
    refusal = no_place_of(interaction) or desk.intake.check(ask)
    if refusal is not None:
        await tell_at_once(interaction, refusal_text(refusal, locale))
        return

    async def show(draft_id: str) -> None:
        form = FormId(purpose, FormSource.DRAFT, draft_id)
        await interaction.response.send_modal(forms.build(form, locale, room=REFERENCES_MAX - len(ask.uploads)))

    refusal = await desk.intake.save_draft(ask, UserId(interaction.user.id), place_of(interaction), show)
    if refusal is None:
        return
    if interaction.response.is_done():
        await interaction.followup.send(refusal_text(refusal, locale), ephemeral=True)
    else:
        await tell_at_once(interaction, refusal_text(refusal, locale))


def with_answer(request: VideoRequest, answer: forms.FormAnswer) -> Ask:
    """The kept request completed by what was filled into the form."""
    return Ask(replace(request, prompt=answer.prompt), answer.uploads)
