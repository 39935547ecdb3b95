"""What it costs to wait for jobs that render: CPU and writes per poll, memory per job."""

import asyncio
from typing import NamedTuple

from bot.jobs.states import State
from tests.bench import peer_process
from tests.bench.report import Report, Scale, count, median, spread
from tests.bench.world import BenchWorld, a_world, calm

_SETTLE_SECONDS = 12.0
_SLICE_SECONDS = 2.4
_SLICES = 5
_BARE_POLLS = 3_000
_LOOP_SECONDS = 7.0
_PEER_JOBS = 1_000
_UNCHANGED_SECONDS = 8.0
# About as many as a thousand jobs need.
_PACE = 40
_GOAL_CPU_SECONDS = 0.5
_GOAL_MIB = 1.5
# What the data of a thousand jobs takes at least.
_LEAST_MIB = "0.8"


class Costs(NamedTuple):
    """Of a peer: CPU seconds per 1,000 polls, and MiB per 1,000 jobs."""

    cpu_seconds: float
    memory_mib: float


async def _idle_mib(scale: Scale) -> float:
    """The memory of a bot without jobs."""
    async with a_world() as world:
        world.make_database()
        await world.start()
        await asyncio.sleep(scale.seconds(8.0))
        return world.memory_mib()


async def _peers(scale: Scale) -> tuple[Costs, Costs, Costs, Costs, Costs]:
    """Bare requests at full speed, and at that pace; a task per job with one session, its own, and the package."""
    number = min(_PEER_JOBS, scale.most)
    async with a_world() as world:
        ids = [render.id for render in world.fill(State.RENDERING, number)]
        seconds = scale.seconds(_LOOP_SECONDS)
        found = [
            await peer_process.run(world, "bare_polls", 60.0, ids=ids, polls=scale.times(_BARE_POLLS)),
            await peer_process.run(world, "bare_polls", 60.0, ids=ids, polls=scale.times(5 * _PACE), per_second=_PACE),
            await peer_process.run(world, "poll_loops", 60.0, ids=ids, seconds=seconds),
            await peer_process.run(world, "poll_loops", 60.0, ids=ids, seconds=seconds, own_session=True),
            await peer_process.run(world, "sdk_loops", 90.0, ids=ids, seconds=seconds),
        ]
    bare, paced, loop, own, sdk = (
        Costs(1_000 * one["cpu_seconds"] / max(one["polls"], 1), 1_000 * one.get("memory_mib", 0.0) / number)
        for one in found
    )
    return bare, paced, loop, own, sdk


async def _slices(world: BenchWorld, scale: Scale) -> tuple[list[float], float]:
    """CPU seconds per thousand polls of some seconds at a time, and how many polls there were a second."""
    seconds, number = scale.seconds(_SLICE_SECONDS), scale.times(_SLICES)
    first, costs = world.polls(), []
    for _ in range(number):
        polls, cpu = world.polls(), world.cpu_seconds()
        await asyncio.sleep(seconds)
        costs.append(1_000 * (world.cpu_seconds() - cpu) / max(world.polls() - polls, 1))
    return costs, (world.polls() - first) / (number * seconds)


async def _writes_unchanged(scale: Scale) -> tuple[float, int]:
    """How often the bot writes while so many polls show nothing new."""
    async with a_world(wanted="transactions") as world:
        world.fill(State.RENDERING, min(100, scale.most))
        await world.start()
        await calm(world, scale.seconds(10.0))
        polls, writes = world.polls(), world.meters().writes
        await asyncio.sleep(scale.seconds(_UNCHANGED_SECONDS))
        return world.meters().writes - writes, world.polls() - polls


async def measure(scale: Scale) -> Report:
    """Peers with a thousand jobs, then ours with a hundred to ten thousand."""
    report = Report()
    bare, paced, loop, own, sdk = await _peers(scale)
    idle_mib = await _idle_mib(scale)
    for number in scale.counts:
        async with a_world() as world:
            world.fill(State.RENDERING, number)
            await world.start()
            await calm(world, scale.seconds(_SETTLE_SECONDS))
            costs, rate = await _slices(world, scale)
            mib = 1_000 * (world.memory_mib() - idle_mib) / number
        report.row(
            f"CPU s per 1,000 polls, {count(number)} rendering (polls a second)",
            limit=f"{bare.cpu_seconds:.2f}, at {_PACE} a second {paced.cpu_seconds:.2f}",
            peer=f"{loop.cpu_seconds:.2f}, own session {own.cpu_seconds:.2f}, `openai` {sdk.cpu_seconds:.2f}",
            goal=f"{_GOAL_CPU_SECONDS}",
            today=f"{spread(costs, 2)} ({rate:.0f})",
            reached=median(costs) <= _GOAL_CPU_SECONDS,
            reason="0.5 CPU s per 1,000 polls",
        )
        report.point("cost", "this bot", number, median(costs))
        report.point("cost", "a loop of 5 s per job", number, loop.cpu_seconds)
        report.point("cost", "the package openai", number, sdk.cpu_seconds)
        report.point("cost", "limit", number, bare.cpu_seconds)
        report.point("cost", f"limit at {_PACE} a second", number, paced.cpu_seconds)
        if number >= 1_000 or number == scale.most:
            report.row(
                f"memory per 1,000 pending, MiB, {count(number)} rendering",
                limit=_LEAST_MIB,
                peer=f"own session {own.memory_mib:.1f}, `openai` {sdk.memory_mib:.1f}",
                goal=f"{_GOAL_MIB}",
                today=f"{mib:.1f}",
                reached=mib <= _GOAL_MIB,
                reason="1.5 MiB per 1,000 pending",
            )
    writes, polls = await _writes_unchanged(scale)
    report.row(
        f"writes while {count(polls)} polls show nothing new",
        limit="0",
        peer=f"{count(polls)}",
        goal="0",
        today=f"{writes:.0f}",
        reached=writes == 0,
        reason="no write for a poll that shows nothing new",
    )
    return report
