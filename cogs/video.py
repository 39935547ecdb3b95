"""`/video`: a prompt and pictures become a video."""

from typing import Any, cast

import discord
from discord import app_commands

from bot.chat.custom_ids import FormPurpose
from bot.engine.desk import Desk
from bot.engine.intake import Ask
from bot.jobs.model import PROMPT_MAX_CHARACTERS, VideoRequest
from cogs.answers import answering, opening, settle
from cogs.asking import open_form, take_in
from cogs.facts import uploads_of
from cogs.host import Host

Prompt = app_commands.Range[str, 1, PROMPT_MAX_CHARACTERS]


def choices(values: tuple[str, ...]) -> list[app_commands.Choice[str]]:
    """What an option offers; Discord shows at most 25."""
    return [app_commands.Choice(name=value, value=value) for value in values[:25]]


def build(desk: Desk) -> app_commands.Command[Any, ..., None]:
    """The command, with the choices of the catalogue."""

    @app_commands.command(name="video", description="Make a video from a prompt and pictures")
    @app_commands.describe(
        prompt="What the video should show; leave it out to write in a large field",
        model="Which model makes it",
        size="Width and height in pixels",
        seconds="How long it should be",
        reference="A picture to start from (PNG, JPEG or WebP)",
        reference_2="A second picture",
        reference_3="A third picture",
        reference_4="A fourth picture",
    )
    @app_commands.choices(
        model=choices(desk.catalogue.models),
        size=choices(desk.catalogue.sizes),
        seconds=choices(desk.catalogue.seconds),
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
                await open_form(desk, interaction, ask, FormPurpose.VIDEO)
            return
        async with answering(interaction):
            await settle(interaction, await take_in(desk, interaction, ask))

    return cast("app_commands.Command[Any, ..., None]", video)


async def setup(bot: Host) -> None:
    """Register the command."""
    bot.tree.add_command(build(bot.desk))
