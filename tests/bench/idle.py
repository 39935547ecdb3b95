"""What it costs to have jobs in the queue while nothing moves: all places at the provider are taken."""

import asyncio

from bot.jobs.states import State
from tests.bench.report import Report, Scale, count
from tests.bench.world import a_world, calm

_SLOTS = 20
# So long rendering jobs are polled seldom, as all do that are slower than usual.
_AGE_SECONDS = 1_200.0
_SETTLE_SECONDS = 40.0
_WINDOW_SECONDS = 20.0
_GOALS = {1_000: "1", 10_000: "2"}


async def measure(scale: Scale) -> Report:
    """CPU of the bot's process over a window in which no job starts or ends."""
    report = Report()
    for number in scale.counts:
        async with a_world(settings={"MAX_RENDERING_JOBS": str(_SLOTS)}) as world:
            world.fill(State.RENDERING, _SLOTS, age_seconds=_AGE_SECONDS)
            world.fill(State.ACCEPTED, number)
            await world.start()
            await calm(world, scale.seconds(_SETTLE_SECONDS))
            polls, edits, cpu = world.polls(), world.edits(), world.cpu_seconds()
            seconds = scale.seconds(_WINDOW_SECONDS)
            await asyncio.sleep(seconds)
            share = 100 * (world.cpu_seconds() - cpu) / seconds
            polls, edits = world.polls() - polls, world.edits() - edits
        beside = f"{60 * polls / seconds:.0f} polls, {60 * edits / seconds:.0f} edits a minute"
        report.row(
            f"CPU while {count(number)} jobs wait and nothing moves, % of a core",
            limit="0",
            goal=_GOALS.get(number, "–"),
            today=f"{share:.1f} ({beside})",
        )
        report.point("waiting", "% of a core", number, share)
    return report
