"""How many `/video` a second get from the command to the provider, and how many transactions one takes."""

import asyncio

from bot.jobs.states import State
from tests.bench.acknowledgement import commands
from tests.bench.report import Report, Scale, count
from tests.bench.world import BenchWorld, a_world, acks, calm, until

_BURST = 300
_BURST_PER_SECOND = 150.0
_BURST_SECONDS = 20.0
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
    """Creates and cards a second of a burst, and CPU seconds for one command with all that follows."""
    times = scale.times(_BURST)
    world.forget_requests()
    began_with, began_at = world.cpu_seconds(), world.stage.clock.now()
    burst = asyncio.create_task(acks(world, commands(world), times, _BURST_PER_SECOND))
    await until(lambda: min(len(_create_times(world)), len(_card_times(world))) >= times, _BURST_SECONDS)
    cpu = world.cpu_seconds() - began_with
    await burst
    created, cards = _create_times(world), _card_times(world)
    return _rate(created, began_at, times), _rate(cards, began_at, times), cpu / max(len(created), 1)


def _card_times(world: BenchWorld) -> list[float]:
    return [one.at for one in world.stage.chat.requests if one.kind == "message_create"]


def _rate(done_at: list[float], began_at: float, times: int) -> float:
    """How many a second, until nine of ten were there or the time was over."""
    most = min(len(done_at), round(0.9 * times))
    last = sorted(done_at)[most - 1] if most >= 0.9 * times else began_at + _BURST_SECONDS
    return most / (last - began_at)


async def measure(scale: Scale) -> Report:
    """One command at a time, then three hundred within two seconds; the latter also among jobs that render."""
    report = Report()
    async with a_world(wanted="transactions") as world:
        world.make_database()
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
            await calm(world, scale.seconds(15.0))
            per_second, cards, cpu = await _burst(world, scale)
        beside = f"{count(number)} rendering" if number else "no jobs"
        today = f"{per_second:.0f}, {cards:.0f}"
        report.row(f"commands carried to the provider, and cards, a second, {beside}", goal="100, 100", today=today)
        report.row(f"CPU for one `/video` and its card, ms, {beside}", goal="10", today=f"{1000 * cpu:.0f}")
    return report
