"""Presses under a private response about a draft: **Edit** and **Make it public** open its form; **Use this**, **Use
mine** and **Show all of it** make its video.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import discord
from discord.ext import commands

from bot.chat.custom_ids import Action, parse_button
from bot.chat.words import Key
from bot.chat.words import refusal as refusal_text
from bot.engine.requests.drafts import origin_id
from bot.engine.services import Services
from bot.jobs.drafts import Draft, with_improved
from bot.jobs.model import UserId, Via
from bot.jobs.reasons import Refusal
from cogs.facts import is_private, no_right_of, origin_of, pressed, reader_of
from cogs.host import Host
from cogs.requesting import find_made, keep_and_show, make_of_draft, show_form
from cogs.responses import deferring, is_turned_away, opening_form, respond_at_once, respond_to_action

# What becomes of the draft that is made.
_MAKING: Mapping[Action, Callable[[Draft], Draft]] = {
    Action.USE_IMPROVED: with_improved,
    Action.USE_MINE: lambda draft: draft,
    Action.SHOW_ALL: lambda draft: replace(draft, request=replace(draft.request, fit="contain")),
}


class Drafts(commands.Cog):
    """Presses on stored drafts, so that they work after any restart."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Handle every press; all other buttons are ignored."""
        button = parse_button(pressed(interaction))
        if button is None or button.draft_id is None or await is_turned_away(self._services, interaction):
            return
        if button.action in _MAKING:
            await self._make(interaction, button.draft_id, button.action)
            return
        async with opening_form(interaction):
            draft = await self._services.drafts.read(button.draft_id, UserId(interaction.user.id))
            if not isinstance(draft, Refusal) and (barred := no_right_of(interaction)):
                draft = barred
            if isinstance(draft, Refusal):
                await respond_at_once(interaction, refusal_text(draft, reader_of(interaction)))
            elif button.action is Action.MAKE_PUBLIC:
                request = replace(draft.request, private=False)
                await keep_and_show(self._services, interaction, replace(draft, request=request))
            elif button.action is Action.EDIT_IMPROVED:
                await show_form(self._services, interaction, with_improved(draft))
            else:
                await show_form(self._services, interaction, draft)

    async def _make(self, interaction: discord.Interaction, draft_id: str, action: Action) -> None:
        async with deferring(interaction, in_place=is_private(interaction)):
            draft = await self._services.drafts.read(draft_id, UserId(interaction.user.id))
            if isinstance(draft, Refusal):
                await respond_to_action(interaction, draft)
            elif made := await find_made(self._services, draft):
                await respond_to_action(interaction, made, Key.ANSWER_MADE_BEFORE)
            else:
                origin = replace(
                    origin_of(interaction, Via.BUTTON, reply_to=draft.reply_to, private=draft.request.private),
                    id=origin_id(draft.id),
                )
                await make_of_draft(self._services, interaction, _MAKING[action](draft), origin)


async def setup(bot: Host) -> None:
    """Add the cog."""
    await bot.add_cog(Drafts(bot.services))
