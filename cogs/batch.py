"""`/batch`: several prompts, one per line of a form, become as many videos with one card."""

from typing import Any, cast

import discord
from discord import app_commands
from discord.ext import commands

from bot.chat.command_texts import description
from bot.chat.command_texts import options as texts_of
from bot.chat.custom_ids import Action, parse_button
from bot.chat.words import Key, say
from bot.engine.requests.batches import BATCH_MIN
from bot.engine.requests.intake import Ask
from bot.engine.services import Services
from bot.jobs.model import JobId, Via, VideoRequest
from bot.jobs.reasons import Reason, Refusal
from cogs.facts import asker_of, origin_of, pressed, reader_of, uploads_of
from cogs.host import Host
from cogs.model_options import chosen_of, left_out, offering_models
from cogs.requesting import draft_of, open_form, refusal_with_edit
from cogs.responses import (
    deferring,
    is_turned_away,
    opening_form,
    respond,
    respond_at_once,
    respond_to_action,
)


def build(services: Services) -> app_commands.Command[Any, ..., None]:
    """The command, with what the models offer."""

    @app_commands.command(name="batch", description=description("batch", services.readers))
    @app_commands.describe(**texts_of("batch", services.readers, left_out(services)))
    @offering_models(services)
    async def batch(
        interaction: discord.Interaction,
        model: str | None = None,
        size: str | None = None,
        seconds: str | None = None,
        reference: discord.Attachment | None = None,
        reference_2: discord.Attachment | None = None,
        reference_3: discord.Attachment | None = None,
        reference_4: discord.Attachment | None = None,
        **chosen: object,
    ) -> None:
        uploads = uploads_of(reference, reference_2, reference_3, reference_4)
        catalogue = services.catalogue
        model = catalogue.named(model) if model else catalogue.default.name
        ask = Ask(VideoRequest("", model, size, seconds, options=chosen_of(services, chosen)), uploads)
        async with opening_form(interaction):
            draft = draft_of(interaction, ask, is_batch=True)
            room = await services.intake.find_room(origin_of(interaction, Via.BATCH))
            if not isinstance(room, Refusal) and room < BATCH_MIN:
                room = Refusal(Reason.BATCH_NO_ROOM, {"room": room, "given": BATCH_MIN})
            if isinstance(room, Refusal):
                await respond_at_once(interaction, await refusal_with_edit(services, interaction, room, draft))
                return
            await open_form(services, interaction, draft)

    return cast("app_commands.Command[Any, ..., None]", batch)


class Batches(commands.Cog):
    """Presses of **Cancel all** on the card of a batch."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Handle those presses; all others are ignored."""
        button = parse_button(pressed(interaction))
        if button is None or button.action is not Action.CANCEL_ALL or button.job_id is None:
            return
        if not await is_turned_away(self._services, interaction):
            await self._cancel_all(interaction, button.job_id)

    async def _cancel_all(self, interaction: discord.Interaction, job_id: JobId) -> None:
        async with deferring(interaction):
            done = await self._services.job_actions.cancel_all(job_id, asker_of(interaction))
            if isinstance(done, Refusal):
                await respond_to_action(interaction, done)
                return
            free, withheld = (sum(job.withheld is kept for job in done) for kept in (False, True))
            answer = say(Key.ANSWER_ALL_STOPPED, reader_of(interaction), free=free, withheld=withheld)
            await respond(interaction, answer)


async def setup(bot: Host) -> None:
    """Add the command and the cog."""
    bot.tree.add_command(build(bot.services))
    await bot.add_cog(Batches(bot.services))
