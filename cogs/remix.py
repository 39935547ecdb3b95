"""`/remix`: a finished video and a prompt become the next video."""

from dataclasses import replace
from typing import Any, cast

import discord
from discord import app_commands

from bot.chat.command_texts import description
from bot.chat.command_texts import options as texts_of
from bot.chat.words import refusal as refusal_text
from bot.engine.requests.intake import Ask
from bot.engine.requests.lookup import Lookup
from bot.engine.services import Services
from bot.jobs.model import Job, VideoRequest
from bot.jobs.reasons import Refusal
from cogs.facts import asker_of, reader_of, sight_by, uploads_of
from cogs.host import Host
from cogs.improving import show_improved
from cogs.model_options import chosen_of, left_out, offering_models
from cogs.requesting import accept_request, draft_of, open_form, respond_to_request
from cogs.responses import deferring, opening_form, respond_at_once
from cogs.suggesting import suggest_by
from cogs.video import Prompt


def build(services: Services) -> app_commands.Command[Any, ..., None]:
    """The command, with what the models offer and the asker's videos to complete from."""

    async def find(interaction: discord.Interaction, video: str | None) -> Job | Refusal:
        sight = sight_by(interaction)
        return await services.lookup.find_to_remix(video, asker_of(interaction), sight)

    async def remix_of(parent: Job, request: VideoRequest, interaction: discord.Interaction) -> VideoRequest:
        """The request as a remix of that video: in its DM a private video's remix is private, too."""
        private = request.private or (interaction.guild_id is None and parent.request.private)
        return await services.lookup.remix_of(parent, replace(request, private=private))

    @app_commands.command(name="remix", description=description("remix", services.readers))
    @app_commands.describe(**texts_of("remix", services.readers, left_out(services)))
    @offering_models(services, inherits=True)
    @app_commands.autocomplete(video=suggest_by(services, Lookup.suggest_finished_in_place))
    async def remix(
        interaction: discord.Interaction,
        prompt: Prompt | None = None,
        video: str | None = None,
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
        model = services.catalogue.named(model) if model else None
        options = chosen_of(services, chosen)
        request = VideoRequest(prompt or "", model, size, seconds, private=private, options=options)
        if prompt is None:
            async with opening_form(interaction):
                parent = await find(interaction, video)
                if isinstance(parent, Refusal):
                    await respond_at_once(interaction, refusal_text(parent, reader_of(interaction)))
                    return
                ask = Ask(await remix_of(parent, request, interaction), uploads)
                draft = draft_of(interaction, ask, home=parent.origin.place, improve=improve)
                await open_form(services, interaction, draft)
            return
        async with deferring(interaction):
            made = parent = await find(interaction, video)
            ask, home = Ask(request, uploads), None
            if isinstance(parent, Job):
                ask, home = Ask(await remix_of(parent, request, interaction), uploads), parent.origin.place
                if improve:
                    await show_improved(services, interaction, draft_of(interaction, ask, home=home))
                    return
                made = await accept_request(services, interaction, ask, home)
            await respond_to_request(services, interaction, made, draft_of(interaction, ask, home=home))

    return cast("app_commands.Command[Any, ..., None]", remix)


async def setup(bot: Host) -> None:
    """Add the command."""
    bot.tree.add_command(build(bot.services))
