"""How long a person waits for the first response to `/video`, with jobs that render, jobs that wait, and deliveries."""

import itertools
from collections.abc import Coroutine, Iterator
from typing import Any, NamedTuple

from bot.jobs.states import State
from sandbox.studio import Fault
from tests.bench import delivery, meters, peer_process
from tests.bench.report import Report, Scale, count, p50_p99, percentile, within
from tests.bench.world import BenchWorld, a_world, acks, calm

_COMMANDS = 100
_COMMANDS_OF_PEER = 50
_PER_SECOND = 8.0
# A provider takes about so long to accept a request; the first response must not wait for it.
_CREATE_SECONDS = 1.0
_SLOTS = 20
_P99_MS = 15.0
_LAG_MS = 50.0
_RENDERING_BESIDE = 1_000
_VIDEOS_BESIDE = 30
_REASON = "an acknowledgement 1 ms over a bare one"


class Case(NamedTuple):
    """What else the bot has to do."""

    name: str
    rendering: int = 0
    queued: int = 0


def commands(world: BenchWorld) -> Iterator[Coroutine[Any, Any, Any]]:
    """`/video` of one person after the other, in one channel after the other."""
    for number in itertools.count():
        person = world.people[number % len(world.people)]
        yield person.slash(world.channels[number % len(world.channels)], "video", prompt="A red fox in snow")


async def _acks(world: BenchWorld, times: int) -> list[float]:
    world.stage.studio.faults.add("paid", Fault.delay(_CREATE_SECONDS), times=100_000)
    return await acks(world, commands(world), times, _PER_SECOND)


async def _of_peer(name: str, times: int) -> list[float]:
    async with a_world() as world, peer_process.bot(world, name):
        return await _acks(world, times)


async def _of_bot(scale: Scale, case: Case) -> list[float]:
    slots = {"MAX_RENDERING_JOBS": str(_SLOTS)} if case.queued else {}
    async with a_world(settings=slots) as world:
        world.fill(State.RENDERING, case.rendering or (_SLOTS if case.queued else 0))
        world.fill(State.ACCEPTED, case.queued)
        await world.start()
        await calm(world, scale.seconds(12.0))
        return await _acks(world, scale.times(_COMMANDS))


async def _beside_deliveries(scale: Scale) -> tuple[list[float], float, int]:
    """The first responses, the longest stop of the event loop in seconds, and how many videos were posted meanwhile."""
    seconds = scale.times(_COMMANDS) / _PER_SECOND
    settle_seconds = scale.seconds(12.0)
    async with a_world(wanted="lag", megabytes=delivery.megabytes(scale)) as world:
        world.fill(State.RENDERING, min(_RENDERING_BESIDE, scale.most))
        # They end one after the other while the commands come.
        took = settle_seconds + seconds
        renders = world.fill(State.RENDERING, scale.times(_VIDEOS_BESIDE), age_seconds=seconds, render_seconds=took)
        await delivery.draw(world, renders)
        await world.start()
        await calm(world, settle_seconds)
        meters.reset_lag(world.meters_file)
        before = world.videos_posted()
        found = await _acks(world, scale.times(_COMMANDS))
        return found, world.meters().lag_seconds, world.videos_posted() - before


async def measure(scale: Scale) -> Report:
    """The same commands to a bare client, to a bot that submits first, and to ours among ever more jobs."""
    report = Report()
    bare = await _of_peer("bare_defer", scale.times(_COMMANDS))
    naive = await _of_peer("submit_first", scale.times(_COMMANDS_OF_PEER))
    limit, peer = p50_p99(bare), p50_p99(naive)
    p50_ms = 1000 * percentile(bare, 0.5) + 1.0
    goal = f"{p50_ms:.1f} / {_P99_MS:.0f}"

    def row(name: str, found: list[float]) -> None:
        metric = f"`/video` to its first response, p50 / p99 in ms: {name}"
        reached = within(found, p50_ms, _P99_MS)
        report.row(metric, limit=limit, peer=peer, goal=goal, today=p50_p99(found), reached=reached, reason=_REASON)

    cases = [Case("no jobs")]
    cases += [Case(f"{count(number)} rendering", rendering=number) for number in scale.counts[-2:]]
    cases.append(Case(f"{count(scale.most)} queued", queued=scale.most))
    for case in cases:
        found = await _of_bot(scale, case)
        row(case.name, found)
        if not case.queued:
            for share in (0.5, 0.99):
                at = max(case.rendering, 1)
                report.point("acknowledgement", f"p{100 * share:g}", at, 1000 * percentile(found, share))
    found, lag_seconds, posted = await _beside_deliveries(scale)
    beside = f"{count(min(_RENDERING_BESIDE, scale.most))} rendering, {posted} videos of 25 MiB posted meanwhile"
    row(beside, found)
    report.row(
        f"longest stop of the event loop in ms: {beside}",
        goal=f"{_LAG_MS:.0f}",
        today=f"{1000 * lag_seconds:.0f}",
        reached=1000 * lag_seconds <= _LAG_MS,
        reason="no stop of the event loop over 50 ms",
    )
    return report
