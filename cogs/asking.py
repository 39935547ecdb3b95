"""What `/video` and `/remix` share: either take the request in, or open the form with the options kept."""

from dataclasses import replace

import discord

from bot.chat import forms
from bot.chat.custom_ids import FormId, FormPurpose, FormSource
from bot.chat.words import refusal as refusal_text
from bot.engine.desk import Desk
from bot.engine.drafts import new_draft_id
from bot.engine.intake import Ask
from bot.jobs.model import REFERENCES_MAX, Draft, Job, UserId, Via
from bot.jobs.reasons import Refusal
from cogs.answers import tell_at_once
from cogs.facts import no_place_of, origin_of, place_of


async def take_in(desk: Desk, interaction: discord.Interaction, ask: Ask) -> Job | Refusal:
    """Hand a whole request to the engine."""
    return await desk.intake.accept(ask, origin_of(interaction, Via.COMMAND), no_place_of(interaction))


async def open_form(desk: Desk, interaction: discord.Interaction, ask: Ask, purpose: FormPurpose) -> None:
    """Ask for the prompt by a form; the options given are kept until it is sent in."""
    locale = interaction.locale.value
    refusal = (
        desk.intake.closed(interaction.guild_id, request=True)
        or no_place_of(interaction)
        or desk.intake.check(ask, UserId(interaction.user.id))
    )
    if refusal is not None:
        await tell_at_once(interaction, refusal_text(refusal, locale))
        return

    await show_form(desk, interaction, draft_of(interaction, ask), purpose)


async def show_form(desk: Desk, interaction: discord.Interaction, draft: Draft, purpose: FormPurpose) -> None:
    """Store the draft and open its form."""
    locale = interaction.locale.value
    if refusal := await desk.drafts.keep(draft):
        await tell_at_once(interaction, refusal_text(refusal, locale))
        return
    form = FormId(purpose, FormSource.DRAFT, draft.id)
    await interaction.response.send_modal(forms.build(form, locale, room=REFERENCES_MAX - len(draft.uploads)))


def draft_of(interaction: discord.Interaction, ask: Ask) -> Draft:
    """A new draft of what the person asks for."""
    return Draft(
        new_draft_id(),
        UserId(interaction.user.id),
        place_of(interaction),
        ask.request,
        None,
        interaction.created_at.timestamp(),
        uploads=ask.uploads,
    )


def with_answer(draft: Draft, answer: forms.FormAnswer) -> Ask:
    """The draft completed by what was filled into the form."""
    return Ask(replace(draft.request, prompt=answer.prompt), draft.uploads + answer.uploads)
