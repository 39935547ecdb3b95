"""`/video`: a prompt and pictures become a video."""

from typing import Any, cast

import discord
from discord import app_commands

from bot.chat.choices import length_name, model_name, size_name
from bot.chat.command_texts import choices, description, options
from bot.engine.desk import Desk
from bot.engine.intake import Ask
from bot.jobs.model import PROMPT_MAX_CHARACTERS, VideoRequest
from cogs.answers import answering, opening
from cogs.asking import draft_of, open_form, settle_request, take_in
from cogs.facts import uploads_of
from cogs.host import Host

Prompt = app_commands.Range[str, 1, PROMPT_MAX_CHARACTERS]


def models(desk: Desk) -> list[app_commands.Choice[str]]:
    """The models on offer, of which the first is the default."""
    catalogue = desk.catalogue
    default = catalogue.default_model
    return choices(
        catalogue.models, lambda model, reader: model_name(model, reader, default=model == default), desk.readers
    )


def build(desk: Desk) -> app_commands.Command[Any, ..., None]:
    """The command, with the choices of the catalogue."""

    @app_commands.command(name="video", description=description("video", desk.readers))
    @app_commands.describe(**options("video", desk.readers))
    @app_commands.choices(
        model=models(desk),
        size=choices(desk.catalogue.sizes, size_name, desk.readers),
        seconds=choices(desk.catalogue.seconds, length_name, desk.readers),
    )
    async def video(
        interaction: discord.Interaction,
        prompt: Prompt | None = None,
        model: str | None = None,
        size: str | None = None,
        seconds: str | None = None,
        reference: discord.Attachment | None = None,
        reference_2: discord.Attachment | None = None,
        reference_3: discord.Attachment | None = None,
        reference_4: discord.Attachment | None = None,
    ) -> None:
        uploads = uploads_of(reference, reference_2, reference_3, reference_4)
        ask = Ask(VideoRequest(prompt or "", model or desk.catalogue.default_model, size, seconds), uploads)
        if prompt is None:
            async with opening(interaction):
                await open_form(desk, interaction, ask)
            return
        async with answering(interaction):
            made = await take_in(desk, interaction, ask)
            await settle_request(desk, interaction, made, draft_of(interaction, ask))

    return cast("app_commands.Command[Any, ..., None]", video)


async def setup(bot: Host) -> None:
    """Register the command."""
    bot.tree.add_command(build(bot.desk))
