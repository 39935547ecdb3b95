"""`/video`: a prompt and pictures become a video."""

from typing import Any, cast

import discord
from discord import app_commands

from bot.chat.choices import length_name, model_name, size_name
from bot.chat.command_texts import choices, description, options
from bot.engine.requests.intake import Ask
from bot.engine.services import Services
from bot.jobs.model import PROMPT_MAX_CHARACTERS, VideoRequest
from cogs.facts import uploads_of
from cogs.host import Host
from cogs.requesting import accept_request, draft_of, open_form, respond_to_request
from cogs.responses import deferring, opening_form

Prompt = app_commands.Range[str, 1, PROMPT_MAX_CHARACTERS]


def models(services: Services) -> list[app_commands.Choice[str]]:
    """The offered models, of which the first is the default."""
    catalogue = services.catalogue
    default = catalogue.default_model
    return choices(
        catalogue.models, lambda model, reader: model_name(model, reader, default=model == default), services.readers
    )


def build(services: Services) -> app_commands.Command[Any, ..., None]:
    """The command, with the choices of the catalogue."""

    @app_commands.command(name="video", description=description("video", services.readers))
    @app_commands.describe(**options("video", services.readers))
    @app_commands.choices(
        model=models(services),
        size=choices(services.catalogue.sizes, size_name, services.readers),
        seconds=choices(services.catalogue.seconds, length_name, services.readers),
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
        private: bool = False,
    ) -> None:
        uploads = uploads_of(reference, reference_2, reference_3, reference_4)
        model = model or services.catalogue.default_model
        ask = Ask(VideoRequest(prompt or "", model, size, seconds, private=private), uploads)
        if prompt is None:
            async with opening_form(interaction):
                await open_form(services, interaction, ask)
            return
        async with deferring(interaction):
            made = await accept_request(services, interaction, ask)
            await respond_to_request(services, interaction, made, draft_of(interaction, ask))

    return cast("app_commands.Command[Any, ..., None]", video)


async def setup(bot: Host) -> None:
    """Add the command."""
    bot.tree.add_command(build(bot.services))
