"""How many transactions a request costs: all loops run, Discord is SimCord's, and the provider is on loopback."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from bot.jobs.states import State
from bot.videos.client import VideosClient
from bot.videos.dialects.openai import OpenAIDialect
from bot.videos.spending import SpendGuard
from bot.videos.values import Endpoint
from tests.simcord.world import SimWorld
from tests.unit.bot.videos.fake_provider import FakeProvider, serve

WAIT_SECONDS = 20.0
QUIET_TURNS = 100
# The figure only falls.
FIGURE = 6


class Transactions(list[str]):
    """The names of the store's functions that were run, in order."""

    def __init__(self, world: SimWorld) -> None:
        super().__init__()
        self._database = world.engine.context.database

    def count(self, patch: pytest.MonkeyPatch) -> "Transactions":  # pyright: ignore[reportIncompatibleMethodOverride]
        """Count from now on."""
        for name in ("read", "write"):
            patch.setattr(self._database, name, self._counting(getattr(self._database, name)))
        return self

    def _counting(self, run: Callable[..., Any]) -> Callable[..., Any]:
        async def counting(work: Callable[..., Any], *args: Any, **changes: Any) -> Any:
            self.append(work.__name__)
            return await run(work, *args, **changes)

        return counting

    async def are_done(self) -> None:
        """Wait until no loop has anything to store or to read any more."""
        quiet_turns = 0
        async with asyncio.timeout(WAIT_SECONDS):
            while quiet_turns < QUIET_TURNS:
                quiet_turns = 0 if self._database._under_way else quiet_turns + 1
                await asyncio.sleep(0)


@pytest_asyncio.fixture
async def running(world: SimWorld) -> AsyncIterator[SimWorld]:
    """The world with all loops running, and a provider that takes every job and then renders for ever."""
    provider = FakeProvider().reply(200, {"id": "video_1", "status": "queued"})
    runner = await serve(provider)
    context = world.engine.context
    videos = VideosClient(
        Endpoint(provider.base_url, "sk-test"), OpenAIDialect(), SpendGuard(10, context.clock), context.clock
    )
    (known,) = context.providers
    object.__setattr__(known, "client", videos)
    logged_in = asyncio.Event()
    logged_in.set()
    world.engine.start(logged_in)
    yield world
    await world.engine.stop()
    await videos.close()
    await runner.cleanup()


async def test_a_request_costs_few_transactions(running: SimWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """`/video`, until its card shows that it renders: no loop reads what another has just stored."""
    transactions = Transactions(running)
    await transactions.are_done()
    transactions.count(monkeypatch)
    await running.ada.slash(running.channel, "video", prompt="a red fox")
    jobs = running.engine.scheduler._owned.jobs
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            if [job.state for job in jobs.values()] == [State.RENDERING]:
                break
            await asyncio.sleep(0.01)
    await transactions.are_done()
    assert len(transactions) <= FIGURE, transactions
