"""What requests share, however they are made: the form with the options kept, and the private no with **Edit**."""

from dataclasses import replace

import discord

from bot.chat import cards, forms
from bot.chat.custom_ids import FormId, FormPurpose, FormSource
from bot.chat.words import Key
from bot.chat.words import refusal as refusal_text
from bot.engine.desk import Desk
from bot.engine.drafts import new_draft_id, revised
from bot.engine.intake import Ask
from bot.jobs.model import Draft, Job, JobId, UserId, Via
from bot.jobs.reasons import Reason, Refusal
from cogs.answers import settle, tell, tell_at_once
from cogs.facts import no_place_of, origin_of, place_of, prompt_of, reader_of

# Nothing that is written into a form changes these.
_NOT_EDITABLE = frozenset(
    {
        Reason.DRAFT_GONE,
        Reason.NOT_ALLOWED,
        Reason.TOO_LATE_TO_CANCEL,
        Reason.SETTLED,
        Reason.NOTHING_TO_SEND,
        Reason.COMMANDS_DENIED,
    }
)


async def take_in(desk: Desk, interaction: discord.Interaction, ask: Ask) -> Job | Refusal:
    """Hand a whole request to the engine."""
    ask = replace(ask, request=replace(ask.request, prompt=prompt_of(interaction, ask.request.prompt)))
    return await desk.intake.accept(ask, origin_of(interaction, Via.COMMAND), no_place_of(interaction))


def draft_of(interaction: discord.Interaction, ask: Ask, *, retry_of: JobId | None = None) -> Draft:
    """A new draft of what the person asks for."""
    return Draft(
        new_draft_id(),
        UserId(interaction.user.id),
        place_of(interaction),
        ask.request,
        None,
        interaction.created_at.timestamp(),
        uploads=ask.uploads,
        retry_of=retry_of,
    )


async def open_form(desk: Desk, interaction: discord.Interaction, ask: Ask) -> None:
    """Ask for the prompt by a form; the options given are kept until it is sent in."""
    draft = draft_of(interaction, ask)
    refusal = (
        desk.intake.closed(interaction.guild_id, request=True)
        or no_place_of(interaction)
        or desk.intake.check(ask, UserId(interaction.user.id))
    )
    if refusal is not None:
        await tell_at_once(interaction, await no_with_edit(desk, interaction, refusal, draft))
        return
    await keep_and_show(desk, interaction, draft)


async def keep_and_show(desk: Desk, interaction: discord.Interaction, draft: Draft) -> None:
    """Store a new draft and open its form."""
    if refusal := await desk.drafts.keep(draft):
        reader = reader_of(interaction)
        shown = cards.private_no(refusal_text(refusal, reader), draft.request.prompt, None, reader)
        await tell_at_once(interaction, shown)
        return
    await show_form(desk, interaction, draft)


async def show_form(desk: Desk, interaction: discord.Interaction, draft: Draft) -> None:
    """Open the form of a draft that is stored."""
    purpose = FormPurpose.VIDEO if draft.request.parent_id is None else FormPurpose.REMIX
    form = FormId(purpose, FormSource.DRAFT, draft.id)
    offered = forms.Offered(desk.catalogue.models, desk.catalogue.sizes, desk.catalogue.seconds)
    await interaction.response.send_modal(forms.build(form, reader_of(interaction), draft, offered))


async def no_with_edit(desk: Desk, interaction: discord.Interaction, no: Refusal, draft: Draft) -> cards.Message:
    """Why nothing was accepted, with the prompt as it was typed, and **Edit** if its form could help."""
    reader = reader_of(interaction)
    kept: Draft | None = None
    if no.reason not in _NOT_EDITABLE:
        kept = revised(draft, no, desk.catalogue)
        if await desk.drafts.keep(kept) is not None:
            kept = None
    return cards.private_no(refusal_text(no, reader), draft.request.prompt, kept.id if kept else None, reader)


async def settle_request(
    desk: Desk, interaction: discord.Interaction, result: Job | Refusal, draft: Draft, done: Key | None = None
) -> None:
    """As `settle`, for what makes a video: the no brings the prompt back, and **Edit**."""
    if isinstance(result, Refusal):
        await tell(interaction, await no_with_edit(desk, interaction, result, draft))
    else:
        await settle(interaction, result, done)
