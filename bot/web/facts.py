"""Finds what is known about a running bot: in memory, and by short questions to its database and its disk."""

import asyncio
import math

from bot.client import VideoBot
from bot.engine.engine import Engine
from bot.engine.pipeline.provider_standing import state_of
from bot.engine.snapshot import Snapshot
from bot.jobs.store import accepting, budgets, marks
from bot.web.probe import Answer, Fresh, Probe
from bot.web.reading import Facts, Figures, ShardFacts

_ANSWER_SECONDS = 3.0
# Counted in the database, which has more urgent work.
_FIGURES_SECONDS = 10.0


class FactFinder:
    """For one engine and its client."""

    def __init__(self, engine: Engine, client: VideoBot) -> None:
        self._engine = engine
        self._client = client
        context = engine.context
        folder = context.fetcher.space.folder
        self._database = Probe("The database", lambda: context.database.write(marks.try_out), _ANSWER_SECONDS)
        self._disk = Probe("The data folder", lambda: asyncio.to_thread(folder.free_bytes), _ANSWER_SECONDS)
        self._figures = Fresh(Probe("The database", self._count, _ANSWER_SECONDS).ask, context.clock, _FIGURES_SECONDS)

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

    async def find_figures(self) -> Figures | None:
        """The latest counts; None if they couldn't be made."""
        return None if self._engine.is_stopping else (await self._figures.get()).value

    def take_snapshot(self) -> Snapshot:
        """What the engine holds at this moment."""
        return self._engine.take_snapshot()

    def hung_loops(self) -> list[str]:
        """The loops of the engine that only a restart helps."""
        return self._engine.hung_loops()

    async def end(self) -> None:
        """Wait for no answer any more."""
        await asyncio.gather(self._database.end(), self._disk.end(), self._figures.end())

    async def _count(self) -> Figures:
        context = self._engine.context
        now, ceiling = context.clock.now(), context.rules.limits.all_jobs_per_day
        resting = await context.database.read(accepting.find_resting, now)
        used = await context.database.read(budgets.count_spent, now) / ceiling if ceiling else None
        return Figures(len(resting), used)
