"""How many `/video` a second get from the command to the provider, and how many transactions one takes."""

import asyncio

from bot.jobs.states import State
from tests.bench.acknowledgement import commands
from tests.bench.report import Report, Scale, count
from tests.bench.world import BenchWorld, a_world, acks, calm, until

_BURST = 300
_BURST_SECONDS = 60.0
_SINGLE = 15


async def _one_by_one(world: BenchWorld, scale: Scale) -> tuple[float, float]:
    """Transactions that read and that write for one `/video`, from the command until nothing more happens."""
    each, times = commands(world), scale.times(_SINGLE)
    await next(each)
    await calm(world, 20.0, 1.0)
    before = world.meters()
    for number in range(2, times + 2):
        await next(each)
        await until(lambda number=number: _creates(world) >= number, 20.0)
        await calm(world, 20.0, scale.seconds(0.7))
    after = world.meters()
    return (after.reads - before.reads) / times, (after.writes - before.writes) / times


def _creates(world: BenchWorld) -> int:
    return len(_create_times(world))


def _create_times(world: BenchWorld) -> list[float]:
    return [one.at for one in world.stage.studio.requests if one.operation == "create"]


async def _burst(world: BenchWorld, scale: Scale) -> tuple[float, float, float]:
    """Creates a second of a burst, cards a second, and CPU seconds for one command with all that follows."""
    times = scale.times(_BURST)
    world.forget_requests()
    began_with, began_at = world.cpu_seconds(), world.stage.clock.now()
    burst = asyncio.create_task(acks(world, commands(world), times, 1_000.0))
    await until(lambda: _creates(world) >= times, _BURST_SECONDS)
    await burst
    await calm(world, _BURST_SECONDS, 1.0)
    created = _create_times(world)
    cards = [one.at for one in world.stage.chat.requests if one.kind == "message_create"]
    return (
        len(created) / (max(created, default=began_at) - began_at or 1.0),
        len(cards) / (max(cards, default=began_at) - began_at or 1.0),
        (world.cpu_seconds() - began_with) / times,
    )


async def measure(scale: Scale) -> Report:
    """One command at a time, then three hundred at once; the latter also among a thousand jobs that render."""
    report = Report()
    async with a_world(wanted="transactions") as world:
        await world.start()
        await calm(world, 5.0)
        reads, writes = await _one_by_one(world, scale)
    report.row(
        "transactions for one `/video`, from command to rendering: all (of them reads)",
        goal="10",
        today=f"{reads + writes:.1f} ({reads:.1f})",
    )
    for number in (0, *scale.counts[-2:]):
        async with a_world(people=100) as world:
            world.fill(State.RENDERING, number)
            await world.start()
            await calm(world, scale.seconds(20.0))
            per_second, cards, cpu = await _burst(world, scale)
        beside = f"{count(number)} rendering" if number else "no jobs"
        report.row(f"commands carried to the provider a second, {beside}", goal="100", today=f"{per_second:.0f}")
        if not number:
            report.row("cards posted a second meanwhile", goal="100", today=f"{cards:.0f}")
            report.row("CPU for one `/video` and its card, ms", goal="10", today=f"{1000 * cpu:.0f}")
    return report
