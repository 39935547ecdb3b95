"""How often cards are edited in one channel: while the queue moves, and after a restart when nothing has changed."""

import asyncio

from bot.jobs.states import State
from tests.bench.report import Report, Scale, count
from tests.bench.world import a_world

_SLOTS = 20
_QUEUED = 100
_RENDER_SECONDS = 60.0
_WINDOW_SECONDS = 60.0
_SETTLE_SECONDS = 10.0
_RESTART_SECONDS = 30.0


async def _while_it_moves(scale: Scale) -> float:
    slots = {"MAX_RENDERING_JOBS": str(_SLOTS)}
    async with a_world(settings=slots, channels=1, render_seconds=_RENDER_SECONDS, progress="percent") as world:
        world.fill(State.RENDERING, _SLOTS, age_seconds=_RENDER_SECONDS, render_seconds=_RENDER_SECONDS)
        world.fill(State.ACCEPTED, _QUEUED)
        await world.start()
        await asyncio.sleep(scale.seconds(_SETTLE_SECONDS))
        before, seconds = world.edits(world.channels[0]), scale.seconds(_WINDOW_SECONDS)
        await asyncio.sleep(seconds)
        return 60.0 * (world.edits(world.channels[0]) - before) / seconds


async def _after_a_restart(scale: Scale, number: int) -> float:
    async with a_world(settings={"MAX_RENDERING_JOBS": str(_SLOTS)}, channels=1) as world:
        world.fill(State.RENDERING, _SLOTS, age_seconds=_RENDER_SECONDS)
        world.fill(State.ACCEPTED, number)
        await world.start()
        seconds = scale.seconds(_RESTART_SECONDS)
        await asyncio.sleep(seconds)
        return 60.0 * world.edits() / seconds


async def measure(scale: Scale) -> Report:
    """Edits a minute in a single channel."""
    report = Report()
    moving = await _while_it_moves(scale)
    metric = f"edits a minute in one channel, {_SLOTS} rendering with progress, {_QUEUED} queued"
    report.row(metric, limit="0", goal="30", today=f"{moving:.0f}")
    restarted = await _after_a_restart(scale, scale.most)
    metric = f"the same after a restart with {count(scale.most)} queued, nothing having changed"
    report.row(metric, limit="0", goal="30", today=f"{restarted:.0f}")
    return report
