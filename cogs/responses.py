"""Private responses: acknowledged at once, then a sentence or nothing."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import aiohttp
import discord
import structlog

from bot.chat import cards
from bot.chat.forms import typed_prompt
from bot.chat.words import Key, charge, refusal, say
from bot.engine.services import Services
from bot.jobs.model import Job
from bot.jobs.reasons import Refusal, RefusalError
from cogs.facts import reader_of

_REFUSES_FILES = frozenset({400, 403, 413})
_log = structlog.stdlib.get_logger(__name__)


@asynccontextmanager
async def deferring(interaction: discord.Interaction, *, in_place: bool = False) -> AsyncGenerator[None]:
    """Acknowledge privately before anything is done; later errors are logged and shown to the person.

    A typed prompt is returned with the error. `in_place`: the press of a button on a private response, which is then
    edited instead of followed by another one. If Discord no longer accepts the acknowledgement, `discord.HTTPException`
    is raised and nothing has been done.
    """
    await interaction.response.defer(ephemeral=True, thinking=not in_place)
    # Every log line because of it has the person; a malformed event has none.
    who = structlog.contextvars.bound_contextvars(by=getattr(interaction.user, "id", None))
    try:
        with who:
            yield
    except RefusalError as no:
        await respond(interaction, _refusal_message(interaction, refusal(no.refusal, reader_of(interaction))))
    except Exception:  # noqa: BLE001  # the guard of all commands, buttons and forms: no action stays unanswered
        _log.exception("interaction failed", kind=interaction.type.name)
        await respond(interaction, _refusal_message(interaction, say(Key.UNEXPECTED, reader_of(interaction))))


@asynccontextmanager
async def opening_form(interaction: discord.Interaction) -> AsyncGenerator[None]:
    """For an action that may open a form, the first response: errors are logged and shown to the person."""
    try:
        yield
    except RefusalError as no:
        if not interaction.response.is_done():
            await respond_at_once(interaction, refusal(no.refusal, reader_of(interaction)))
    except Exception:  # noqa: BLE001  # as in `deferring`
        _log.exception("interaction failed", kind=interaction.type.name)
        if not interaction.response.is_done():
            await respond_at_once(interaction, say(Key.UNEXPECTED, reader_of(interaction)))


async def is_turned_away(services: Services, interaction: discord.Interaction) -> bool:
    """Whether the operator doesn't let the bot work here; the person then gets that answer."""
    refused = services.intake.closed(interaction.guild_id)
    if refused is not None:
        await respond_at_once(interaction, _refusal_message(interaction, refusal(refused, reader_of(interaction))))
    return refused is not None


def _refusal_message(interaction: discord.Interaction, sentence: str) -> cards.Message:
    prompt = typed_prompt(cast("Mapping[str, Any] | None", interaction.data))
    return cards.private_no(sentence, prompt, None, reader_of(interaction))


async def respond(interaction: discord.Interaction, message: str | cards.Message) -> None:
    """Show the private response to an acknowledged interaction."""
    shown = cards.Message(content=message) if isinstance(message, str) else message
    if _edits_layout(interaction):
        shown = cards.as_layout(shown)
    try:
        await interaction.edit_original_response(**cards.to_discord(shown), attachments=cards.files_of(shown))
    except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
        bare = cards.without_pictures(shown)
        if bare != shown and isinstance(error, discord.HTTPException) and error.status in _REFUSES_FILES:
            # One picture that Discord's filter blocks must not take the text with it.
            await respond(interaction, bare)
            return
        # The token has expired or Discord is away; the action is done or not, in any case.
        _log.info("private response not shown", error=str(error))


def _edits_layout(interaction: discord.Interaction) -> bool:
    """Whether the response edits a message in blocks: that can't become another kind (docs/facts/discord.md)."""
    in_place = interaction.response.type is discord.InteractionResponseType.deferred_message_update
    return in_place and interaction.message is not None and interaction.message.flags.components_v2


async def respond_at_once(interaction: discord.Interaction, message: str | cards.Message) -> None:
    """Respond privately to an interaction that was not acknowledged yet, where a form would have been shown."""
    shown = cards.Message(content=message) if isinstance(message, str) else message
    arguments = {name: value for name, value in cards.to_discord(shown).items() if value is not None}
    await interaction.response.send_message(**arguments, files=cards.files_of(shown), ephemeral=True)


async def respond_to_action(interaction: discord.Interaction, result: Job | Refusal, done: Key | None = None) -> None:
    """Show the refusal; or show `done`; or delete the private response, when the result is in sight."""
    reader = reader_of(interaction)
    if isinstance(result, Refusal):
        await respond(interaction, refusal(result, reader))
    elif done is not None:
        await respond(interaction, say(done, reader, video=result.id, charge=charge(result, reader)))
    elif result.origin.dm_channel_id not in (None, interaction.channel_id):
        link = f"https://discord.com/channels/@me/{result.origin.dm_channel_id}"
        await respond(interaction, say(Key.ANSWER_PRIVATE, reader, video=result.id, link=link))
    else:
        await delete_response(interaction)


async def delete_response(interaction: discord.Interaction) -> None:
    """Delete the private response."""
    try:
        await interaction.delete_original_response()
    except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
        _log.info("private response not deleted", error=str(error))
