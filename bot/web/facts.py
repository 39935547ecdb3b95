"""Finds the facts about a running bot: from memory, and by a short question each to its database and its disk."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from bot.client import VideoBot
from bot.engine.engine import Engine
from bot.engine.pipeline.provider_standing import state_of
from bot.jobs.store import marks
from bot.web.probe import Answer, Probe
from bot.web.readiness import Facts, ShardFacts

# However often the pages are read, the facts are found once in that time.
FRESH_SECONDS = 1.0
_ANSWER_SECONDS = 3.0
T = TypeVar("T")


class Fresh(Generic[T]):
    """What `find` returns, found again when it is older than a second; concurrent readers share one search."""

    def __init__(self, find: Callable[[], Awaitable[T]]) -> None:
        self._find = find
        self._search: asyncio.Task[T] | None = None
        self._began_at = 0.0

    async def get(self) -> T:
        """The latest result. Raises what the search raises."""
        now = asyncio.get_running_loop().time()
        if self._search is None or (self._search.done() and now - self._began_at >= FRESH_SECONDS):
            self._search, self._began_at = asyncio.ensure_future(self._find()), now
        return await asyncio.shield(self._search)

    async def end(self) -> None:
        """Search no more."""
        if self._search is not None:
            self._search.cancel()
            await asyncio.gather(self._search, return_exceptions=True)


class FactFinder:
    """For one engine and its client."""

    def __init__(self, engine: Engine, client: VideoBot) -> None:
        self._engine = engine
        self._client = client
        context = engine.context
        folder = context.fetcher.space.folder
        self._database = Probe("The database", lambda: context.database.write(marks.try_out), _ANSWER_SECONDS)
        self._disk = Probe("The data folder", lambda: asyncio.to_thread(folder.free_bytes), _ANSWER_SECONDS)

    async def find(self) -> Facts:
        """The facts of this moment."""
        engine, context = self._engine, self._engine.context
        database, disk = Answer[None](None), Answer[int](None)
        if not engine.is_stopping:
            # Then a question would open the database again that is being closed.
            database, disk = await asyncio.gather(self._database.ask(), self._disk.ask())
        return Facts(
            is_stopping=engine.is_stopping,
            database_fault=database.fault,
            shards=[ShardFacts(shard.id, shard.latency_seconds) for shard in self._client.connections],
            discord_rests_seconds=context.courier.rest_seconds(),
            commands=self._client.commands_state,
            providers=[state_of(context, provider, engine.throttles.of(provider)) for provider in context.providers],
            disk_free_bytes=disk.value,
            disk_fault=disk.fault,
            is_paused=context.kill_switch.is_on(),
            is_restored=context.signals.searched_until == math.inf,
            clock_in_doubt=context.signals.time_in_doubt,
        )

    def hung_loops(self) -> list[str]:
        """The loops of the engine that only a restart helps."""
        return self._engine.hung_loops()

    async def end(self) -> None:
        """Wait for no answer any more."""
        await asyncio.gather(self._database.end(), self._disk.end())
