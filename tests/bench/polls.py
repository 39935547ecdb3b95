"""What it costs to wait for jobs that render: CPU per poll, memory per job."""

import asyncio

from bot.jobs.states import State
from tests.bench import peer_process
from tests.bench.report import Report, Scale, count
from tests.bench.world import a_world, calm

_SETTLE_SECONDS = 25.0
_WINDOW_SECONDS = 25.0
_BARE_POLLS = 3_000
_LOOP_SECONDS = 11.0
_PEER_JOBS = 1_000


async def _idle_mib(scale: Scale) -> float:
    """The memory of a bot without jobs."""
    async with a_world() as world:
        world.make_database()
        await world.start()
        await asyncio.sleep(scale.seconds(8.0))
        return world.memory_mib()


async def _peers(scale: Scale) -> tuple[float, float, float]:
    """CPU per thousand polls of bare requests and of a loop per job, and the latter's memory per thousand jobs."""
    number = min(_PEER_JOBS, scale.most)
    async with a_world() as world:
        ids = [render.id for render in world.fill(State.RENDERING, number)]
        bare = await peer_process.run(world, "bare_polls", 60.0, ids=ids, polls=scale.times(_BARE_POLLS))
        loops = await peer_process.run(world, "poll_loops", 60.0, ids=ids, seconds=scale.seconds(_LOOP_SECONDS))
        own = await peer_process.run(
            world, "poll_loops", 60.0, ids=ids, seconds=scale.seconds(_LOOP_SECONDS), own_session=True
        )
    per_thousand = [1_000 * one["cpu_seconds"] / max(one["polls"], 1) for one in (bare, loops)]
    return per_thousand[0], per_thousand[1], 1_000 * own["memory_mib"] / number


async def measure(scale: Scale) -> Report:
    """Peers with a thousand jobs, then ours with a hundred to ten thousand."""
    report = Report()
    bare, loop, own_mib = await _peers(scale)
    idle_mib = await _idle_mib(scale)
    for number in scale.counts:
        async with a_world() as world:
            world.fill(State.RENDERING, number)
            await world.start()
            await calm(world, scale.seconds(_SETTLE_SECONDS))
            polls, cpu = world.polls(), world.cpu_seconds()
            await asyncio.sleep(scale.seconds(_WINDOW_SECONDS))
            polls, cpu = world.polls() - polls, world.cpu_seconds() - cpu
            mib = 1_000 * (world.memory_mib() - idle_mib) / number
        per_thousand = 1_000 * cpu / max(polls, 1)
        rate = polls / scale.seconds(_WINDOW_SECONDS)
        report.row(
            f"CPU s per 1,000 polls, {count(number)} rendering (polls a second)",
            limit=f"{bare:.2f}",
            peer=f"{loop:.2f}",
            goal="0.5",
            today=f"{per_thousand:.2f} ({rate:.0f})",
        )
        report.point("cost", "this bot", number, per_thousand)
        report.point("cost", "a loop of 5 s per job", number, loop)
        report.point("cost", "limit", number, bare)
        if number >= 1_000 or number == scale.most:
            metric = f"memory per 1,000 pending, MiB, {count(number)} rendering"
            report.row(metric, limit="0.8", peer=f"{own_mib:.1f}", goal="1.5", today=f"{mib:.1f}")
    return report
