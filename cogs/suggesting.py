"""Autocomplete of the option `video`: for each person one look-up at a time, for what they typed last."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import discord
from discord import app_commands

from bot.chat.lists import choice_name
from bot.engine.requests.lookup import Lookup
from bot.engine.services import Services
from bot.jobs.rights import Asker
from bot.jobs.store.finding import Suggestion
from cogs.facts import asker_of, reader_of

Find = Callable[[Asker, str], Awaitable[list[Suggestion]]]
Suggest = Callable[[discord.Interaction, str], Coroutine[Any, Any, list[app_commands.Choice[str]]]]


def suggest_by(services: Services, search: Callable[[Lookup, Asker, str], Awaitable[list[Suggestion]]]) -> Suggest:
    """An autocomplete callback whose choices are found by that search."""
    keystrokes = Keystrokes(lambda asker, typed: search(services.lookup, asker, typed))

    async def suggest(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        found = await keystrokes.find(asker_of(interaction), typed)
        now = interaction.created_at.timestamp()
        reader = reader_of(interaction)
        return [app_commands.Choice(name=choice_name(job, now, reader), value=job.id) for job in found]

    return suggest


class Keystrokes:
    """Merges the look-ups of one person's keystrokes: Discord sends one interaction for each, and shows the last."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._typed: dict[Asker, str] = {}
        self._waiting: dict[Asker, asyncio.Task[list[Suggestion]]] = {}
        self._reading: dict[Asker, asyncio.Task[list[Suggestion]]] = {}

    async def find(self, asker: Asker, typed: str) -> list[Suggestion]:
        """The suggestions for the newest text that the person has typed when their turn comes."""
        self._typed[asker] = typed
        waiting = self._waiting.get(asker)
        if waiting is None:
            waiting = self._waiting[asker] = asyncio.create_task(self._read(asker))
        return await asyncio.shield(waiting)

    async def _read(self, asker: Asker) -> list[Suggestion]:
        if (earlier := self._reading.get(asker)) is not None:
            await asyncio.wait((earlier,))
        self._reading[asker] = self._waiting.pop(asker)
        try:
            return await self._find(asker, self._typed.pop(asker))
        finally:
            del self._reading[asker]
