"""How long a person waits for the first response to `/video`, with jobs that render and jobs that wait."""

import itertools
from collections.abc import Coroutine, Iterator
from typing import Any

from bot.jobs.states import State
from sandbox.studio import Fault
from tests.bench import peer_process
from tests.bench.report import Report, Scale, count, p50_p99, percentile
from tests.bench.world import BenchWorld, a_world, acks, calm

_COMMANDS = 120
_COMMANDS_OF_PEER = 60
_PER_SECOND = 6.0
# A provider takes about so long to accept a request; the first response must not wait for it.
_CREATE_SECONDS = 1.0
_SLOTS = 20


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


async def _of_bot(scale: Scale, *, rendering: int = 0, queued: int = 0) -> list[float]:
    slots = {"MAX_RENDERING_JOBS": str(_SLOTS)} if queued else {}
    async with a_world(settings=slots) as world:
        world.fill(State.RENDERING, rendering or (_SLOTS if queued else 0))
        world.fill(State.ACCEPTED, queued)
        await world.start()
        await calm(world, scale.seconds(20.0))
        return await _acks(world, scale.times(_COMMANDS))


async def measure(scale: Scale) -> Report:
    """The same commands to a bare client, to a bot that submits first, and to ours among ever more jobs."""
    report = Report()
    bare = await _of_peer("bare_defer", scale.times(_COMMANDS))
    naive = await _of_peer("submit_first", scale.times(_COMMANDS_OF_PEER))
    limit, peer = p50_p99(bare), p50_p99(naive)
    goal = f"{1000 * percentile(bare, 0.5) + 1:.1f} / 15"
    cases = [("no jobs", {})]
    cases += [(f"{count(number)} rendering", {"rendering": number}) for number in scale.counts]
    cases += [(f"{count(scale.most)} queued", {"queued": scale.most})]
    for name, jobs in cases:
        found = await _of_bot(scale, **jobs)
        metric = f"`/video` to its first response, p50 / p99 in ms: {name}"
        report.row(metric, limit=limit, peer=peer, goal=goal, today=p50_p99(found))
        if "queued" not in jobs:
            at = max(jobs.get("rendering", 1), 1)
            for share in (0.5, 0.99):
                report.point("acknowledgement", f"p{100 * share:g}", at, 1000 * percentile(found, share))
    return report
