"""How many `/video` a second get from the command to the provider, and how many transactions one takes."""

import asyncio

from bot.jobs.states import State
from tests.bench import peer_process
from tests.bench.acknowledgement import commands
from tests.bench.report import Report, Scale, count, median, spread
from tests.bench.world import BenchWorld, a_world, acks, calm, until

_BURST = 60
_BURSTS = 3
_BURST_PER_SECOND = 150.0
_BURST_SECONDS = 15.0
_SINGLE = 10
_GOAL_TRANSACTIONS = 10
_GOAL_PER_SECOND = 100
_GOAL_MS = 10


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


def _card_times(world: BenchWorld) -> list[float]:
    return [one.at for one in world.stage.chat.requests if one.kind == "message_create"]


async def _burst(world: BenchWorld, scale: Scale, pid: int, *, has_cards: bool = True) -> tuple[float, float, float]:
    """Creates and cards a second of a burst, and CPU seconds for one command with all that follows."""
    times = scale.times(_BURST)
    world.forget_requests()
    began_with, began_at = world.cpu_seconds(pid), world.stage.clock.now()
    burst = asyncio.create_task(acks(world, commands(world), times, _BURST_PER_SECOND))

    def done() -> int:
        return min(_creates(world), len(_card_times(world)) if has_cards else times)

    await until(lambda: done() >= times, _BURST_SECONDS)
    cpu = world.cpu_seconds(pid) - began_with
    await burst
    created, cards = _create_times(world), _card_times(world)
    return _rate(created, began_at, times), _rate(cards, began_at, times), cpu / max(len(created), 1)


def _rate(done_at: list[float], began_at: float, times: int) -> float:
    """How many a second, until nine of ten were there or the time was over."""
    most = min(len(done_at), round(0.9 * times))
    last = sorted(done_at)[most - 1] if most >= 0.9 * times else began_at + _BURST_SECONDS
    return most / (last - began_at)


async def _transactions(scale: Scale, report: Report) -> None:
    async with a_world(wanted="transactions") as world:
        world.make_database()
        await world.start()
        await calm(world, 5.0)
        reads, writes = await _one_by_one(world, scale)
    report.row(
        "transactions for one `/video`, from command to rendering: all (of them reads)",
        goal=f"{_GOAL_TRANSACTIONS}",
        today=f"{reads + writes:.1f} ({reads:.1f})",
        reached=reads + writes <= _GOAL_TRANSACTIONS,
        reason="10 transactions for one command",
    )


async def _of_peer(scale: Scale) -> list[tuple[float, float, float]]:
    async with a_world(people=100) as world, peer_process.bot(world, "submit_first") as pid:
        return [await _burst(world, scale, pid, has_cards=False) for _ in range(scale.times(_BURSTS))]


async def measure(scale: Scale) -> Report:
    """One command at a time, then bursts of sixty; the latter also among jobs that render."""
    report = Report()
    await _transactions(scale, report)
    naive = await _of_peer(scale)
    for number in (0, scale.most):
        found: list[tuple[float, float, float]] = []
        async with a_world(people=100) as world:
            world.fill(State.RENDERING, number)
            await world.start()
            await calm(world, scale.seconds(12.0))
            for _ in range(scale.times(_BURSTS)):
                found.append(await _burst(world, scale, world.pid))
                await calm(world, scale.seconds(4.0), scale.seconds(1.0))
        created, cards, cpu = zip(*found, strict=True)
        beside = f"{count(number)} rendering" if number else "no jobs"
        report.row(
            f"commands carried to the provider a second, {beside}",
            peer=spread([one[0] for one in naive]),
            goal=f"{_GOAL_PER_SECOND}",
            today=spread(created),
            reached=median(created) >= _GOAL_PER_SECOND,
            reason="100 commands a second",
        )
        report.row(
            f"cards posted a second, {beside}",
            goal=f"{_GOAL_PER_SECOND}",
            today=spread(cards),
            reached=median(cards) >= _GOAL_PER_SECOND,
            reason="100 commands a second",
        )
        report.row(
            f"CPU for one `/video` and its card, ms, {beside}",
            peer=f"{1000 * median([one[2] for one in naive]):.0f}, no card",
            goal=f"{_GOAL_MS}",
            today=spread([1000 * one for one in cpu]),
            reached=1000 * median(cpu) <= _GOAL_MS,
            reason="100 commands a second",
        )
    return report
