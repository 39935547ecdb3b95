"""A better version of a prompt, shown privately: the person chooses which one makes the video."""

from dataclasses import replace

import discord

from bot.chat import cards
from bot.chat.words import refusal as refusal_text
from bot.engine.requests.improving import ABOUT_IMPROVING
from bot.engine.services import Services
from bot.jobs.drafts import Draft
from bot.jobs.model import Via
from cogs.facts import asker_of, no_place_of, origin_of, prompt_of, reader_of, sight_by
from cogs.requesting import refusal_with_edit
from cogs.responses import respond


async def show_improved(services: Services, interaction: discord.Interaction, draft: Draft) -> None:
    """Show both versions of a whole draft's prompt, or why there is no better one; makes nothing."""
    request, reader = draft.request, reader_of(interaction)
    draft = replace(draft, request=replace(request, prompt=prompt_of(interaction, request.prompt)))
    origin = replace(origin_of(interaction, Via.FORM, private=request.private), place=draft.place)
    improved = (
        await services.lookup.check_parent(request, asker_of(interaction), sight_by(interaction))
        or no_place_of(interaction, private=request.private)
        or await services.improving.improve(draft, origin)
    )
    if isinstance(improved, Draft):
        shown = cards.prompt_choice(improved, reader)
    elif improved.reason in ABOUT_IMPROVING:
        shown = cards.prompt_choice(draft, reader, refusal_text(improved, reader))
    else:
        shown = await refusal_with_edit(services, interaction, improved, draft)
    await respond(interaction, shown)
