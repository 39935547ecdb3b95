"""How often cards are edited in one channel: while the queue moves, and after a restart when nothing has changed."""

import asyncio

from bot.jobs.states import State
from tests.bench.report import Report, Scale, count
from tests.bench.world import a_world

_SLOTS = 20
_QUEUED = 100
_RENDER_SECONDS = 60.0
_WINDOW_SECONDS = 40.0
_SETTLE_SECONDS = 6.0
_RESTART_SECONDS = 15.0
_LOOP_SECONDS = 5.0
_GOAL = 30


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


def _row(report: Report, metric: str, peer: str, edits: float) -> None:
    reached = edits <= _GOAL
    reason = "30 edits a minute in one channel"
    report.row(metric, limit="0", peer=peer, goal=f"{_GOAL}", today=f"{edits:.0f}", reached=reached, reason=reason)


async def measure(scale: Scale) -> Report:
    """Edits a minute in a single channel. Instead, each card would be edited after each poll of a loop of 5 s."""
    report = Report()
    at_each_poll = count(round(_SLOTS * 60.0 / _LOOP_SECONDS))
    moving = await _while_it_moves(scale)
    what = f"edits a minute in one channel, {_SLOTS} rendering with progress, {_QUEUED} queued"
    _row(report, what, at_each_poll, moving)
    restarted = await _after_a_restart(scale, scale.most)
    what = f"the same after a restart with {count(scale.most)} queued, nothing having changed"
    _row(report, what, at_each_poll, restarted)
    return report
