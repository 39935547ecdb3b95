"""`/video`: a prompt and pictures become a video."""

from typing import Any, cast

import discord
from discord import app_commands

from bot.chat.command_texts import description
from bot.chat.command_texts import options as texts_of
from bot.engine.requests.intake import Ask
from bot.engine.services import Services
from bot.jobs.model import PROMPT_MAX_CHARACTERS, VideoRequest
from bot.jobs.offered_models import Frames
from bot.jobs.reasons import Reason, Refusal
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
        last_picture: discord.Attachment | None = None,
        loop: bool = False,
        improve: bool = False,
        **chosen: object,
    ) -> None:
        uploads = uploads_of(reference, reference_2, reference_3, reference_4, last_picture)
        catalogue = services.catalogue
        model = catalogue.named(model) if model else catalogue.default.name
        options = chosen_of(services, chosen)
        frames = _frames_of(last_picture, loop=loop)
        request = VideoRequest(prompt or "", model, size, seconds, private=private, options=options, frames=frames)
        ask = Ask(request, uploads)
        if loop and last_picture is not None:
            async with deferring(interaction):
                draft = draft_of(interaction, ask, improve=improve)
                await respond_to_request(services, interaction, Refusal(Reason.LOOP_WITH_LAST), draft)
            return
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


def _frames_of(last_picture: discord.Attachment | None, *, loop: bool) -> Frames | None:
    if last_picture is not None:
        return "pair"
    return "loop" if loop else None


async def setup(bot: Host) -> None:
    """Add the command."""
    bot.tree.add_command(build(bot.services))
