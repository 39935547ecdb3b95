"""`/video`: a prompt and pictures become a video."""

from typing import Any, cast

import discord
from discord import app_commands

from bot.chat.command_texts import description
from bot.chat.command_texts import options as texts_of
from bot.engine.requests.intake import Ask
from bot.engine.services import Services
from bot.jobs.model import PROMPT_MAX_CHARACTERS, VideoRequest
from cogs.facts import uploads_of
from cogs.host import Host
from cogs.improving import show_improved
from cogs.model_options import chosen_of, left_out, offering_models
from cogs.requesting import accept_request, draft_of, open_form, respond_to_request
from cogs.responses import deferring, opening_form

Prompt = app_commands.Range[str, 1, PROMPT_MAX_CHARACTERS]


def build(services: Services) -> app_commands.Command[Any, ..., None]:
    """The command, with what the models offer."""

    @app_commands.command(name="video", description=description("video", services.readers))
    @app_commands.describe(**texts_of("video", services.readers, left_out(services)))
    @offering_models(services)
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
        *,
        improve: bool = False,
        **chosen: object,
    ) -> None:
        uploads = uploads_of(reference, reference_2, reference_3, reference_4)
        catalogue = services.catalogue
        model = catalogue.named(model) if model else catalogue.default.name
        options = chosen_of(services, chosen)
        ask = Ask(VideoRequest(prompt or "", model, size, seconds, private=private, options=options), uploads)
        if prompt is None:
            async with opening_form(interaction):
                await open_form(services, interaction, draft_of(interaction, ask, improve=improve))
            return
        async with deferring(interaction):
            if improve:
                await show_improved(services, interaction, draft_of(interaction, ask))
                return
            made = await accept_request(services, interaction, ask)
            await respond_to_request(services, interaction, made, draft_of(interaction, ask))

    return cast("app_commands.Command[Any, ..., None]", video)


async def setup(bot: Host) -> None:
    """Add the command."""
    bot.tree.add_command(build(bot.services))
