"""Private answers: acknowledged at once, then a sentence or nothing. It must not know what was asked."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import aiohttp
import discord
import structlog

from bot.chat import cards
from bot.chat.forms import typed_prompt
from bot.chat.words import Key, refusal, say
from bot.engine.services import Services
from bot.jobs.model import Job
from bot.jobs.reasons import Refusal, RefusalError
from cogs.facts import reader_of

_log = structlog.stdlib.get_logger(__name__)


@asynccontextmanager
async def deferring(interaction: discord.Interaction, *, in_place: bool = False) -> AsyncGenerator[None]:
    """Acknowledge privately before anything is done; whatever then breaks is logged and the person is told.

    A prompt that was typed is given back with it.
    `in_place`: the press of a button on a private answer, which is then changed instead of followed by another one.
    If Discord no longer takes the acknowledgement, `discord.HTTPException` is raised and nothing has been done.
    """
    await interaction.response.defer(ephemeral=True, thinking=not in_place)
    # All that is logged because of it names who did it; of a malformed event discord.py knows nobody.
    who = structlog.contextvars.bound_contextvars(by=getattr(interaction.user, "id", None))
    try:
        with who:
            yield
    except RefusalError as no:
        await respond(interaction, _refusal_message(interaction, refusal(no.refusal, reader_of(interaction))))
    except Exception:  # noqa: BLE001  # the guard of all commands, buttons and forms: nobody waits in silence
        _log.exception("interaction failed", kind=interaction.type.name)
        await respond(interaction, _refusal_message(interaction, say(Key.UNEXPECTED, reader_of(interaction))))


@asynccontextmanager
async def opening_form(interaction: discord.Interaction) -> AsyncGenerator[None]:
    """For what may end in a form, which must be the first answer: whatever breaks is logged and the person is told."""
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
    """Whether the bot does not work here by the operator's word; the person is then told so."""
    refused = services.intake.closed(interaction.guild_id)
    if refused is not None:
        await respond_at_once(interaction, _refusal_message(interaction, refusal(refused, reader_of(interaction))))
    return refused is not None


def _refusal_message(interaction: discord.Interaction, sentence: str) -> cards.Message:
    prompt = typed_prompt(cast("Mapping[str, Any] | None", interaction.data))
    return cards.private_no(sentence, prompt, None, reader_of(interaction))


async def respond(interaction: discord.Interaction, message: str | cards.Message) -> None:
    """Show the private answer to an acknowledged interaction."""
    shown = cards.Message(content=message) if isinstance(message, str) else message
    try:
        await interaction.edit_original_response(**cards.to_discord(shown), attachments=cards.text_files(shown))
    except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
        # The token has died or Discord is away; what was asked for is done or not, whoever is told.
        _log.info("private answer not shown", error=str(error))


async def respond_at_once(interaction: discord.Interaction, message: str | cards.Message) -> None:
    """Answer privately an interaction that was not acknowledged yet, where a form would have been shown."""
    shown = cards.Message(content=message) if isinstance(message, str) else message
    arguments = {name: value for name, value in cards.to_discord(shown).items() if value is not None}
    await interaction.response.send_message(**arguments, files=cards.text_files(shown), ephemeral=True)


async def respond_to_action(interaction: discord.Interaction, result: Job | Refusal, done: Key | None = None) -> None:
    """Say why not; or say `done`; or, when what follows is seen by all, let the private answer go."""
    reader = reader_of(interaction)
    if isinstance(result, Refusal):
        await respond(interaction, refusal(result, reader))
    elif done is not None:
        await respond(interaction, say(done, reader, video=result.id))
    else:
        await delete_response(interaction)


async def delete_response(interaction: discord.Interaction) -> None:
    """Let the private answer go."""
    try:
        await interaction.delete_original_response()
    except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
        _log.info("private answer not taken away", error=str(error))
