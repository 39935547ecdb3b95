"""What it costs to have jobs in the queue while nothing moves: all places at the provider are taken."""

import asyncio

from bot.jobs.states import State
from tests.bench.report import Report, Scale, count, median, spread
from tests.bench.world import a_world, calm

_SLOTS = 20
# So long rendering jobs are polled seldom, as all do that are slower than usual.
_AGE_SECONDS = 1_200.0
_SETTLE_SECONDS = 15.0
_SLICE_SECONDS = 2.4
_SLICES = 5
_GOALS = {1_000: 1.0, 10_000: 2.0}


async def measure(scale: Scale) -> Report:
    """CPU of the bot's process over a window in which no job starts or ends."""
    report = Report()
    for number in scale.counts:
        async with a_world(settings={"MAX_RENDERING_JOBS": str(_SLOTS)}) as world:
            world.fill(State.RENDERING, _SLOTS, age_seconds=_AGE_SECONDS)
            world.fill(State.ACCEPTED, number)
            await world.start()
            await calm(world, scale.seconds(_SETTLE_SECONDS))
            polls, edits, shares = world.polls(), world.edits(), []
            seconds, slices = scale.seconds(_SLICE_SECONDS), scale.times(_SLICES)
            for _ in range(slices):
                cpu = world.cpu_seconds()
                await asyncio.sleep(seconds)
                shares.append(100 * (world.cpu_seconds() - cpu) / seconds)
            minutes = seconds * slices / 60.0
            polls, edits = world.polls() - polls, world.edits() - edits
        goal = _GOALS.get(number)
        report.row(
            f"CPU while {count(number)} jobs wait and nothing moves, % of a core",
            limit="0",
            goal="–" if goal is None else f"{goal:g}",
            today=f"{spread(shares, 1)} ({polls / minutes:.0f} polls, {edits / minutes:.0f} edits a minute)",
            reached=None if goal is None else median(shares) <= goal,
            reason="" if goal is None else "2 % of a core while 10,000 wait",
        )
        report.point("waiting", "% of a core", number, median(shares))
    return report
