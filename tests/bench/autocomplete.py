"""How long a keystroke waits for its suggestions, and how many a second are answered."""

import asyncio
import itertools
from collections.abc import Coroutine, Iterator
from typing import Any

from bot.jobs.states import State
from tests.bench import peer_process
from tests.bench.report import Report, Scale, count, median, p50_p99, spread, within
from tests.bench.world import BenchWorld, a_world, acks, calm

_KEYSTROKES = 100
_PER_SECOND = 12.5
_AT_ONCE = 16
_CEILING_SECONDS = 0.8
_CEILINGS = 5
_TYPISTS = 8
_VIDEOS = (0, 25, 4_000)
_GOAL_PER_SECOND = 300


def keystrokes(world: BenchWorld) -> Iterator[Coroutine[Any, Any, Any]]:
    """A few people type into `video` of `/remix`."""
    for number in itertools.count():
        person = world.people[number % _TYPISTS]
        yield person.autocomplete(world.channels[0], "remix", "video", "red"[: number % 4], prompt="At night")


async def _ceiling(world: BenchWorld, scale: Scale) -> float:
    """How many keystrokes a second are answered while sixteen always wait."""
    loop, each, done = asyncio.get_running_loop(), keystrokes(world), 0
    began_at = loop.time()
    end = began_at + scale.seconds(_CEILING_SECONDS)

    async def type_on() -> None:
        nonlocal done
        while loop.time() < end:
            await next(each)
            done += 1

    await asyncio.gather(*(type_on() for _ in range(_AT_ONCE)))
    return done / (loop.time() - began_at)


async def _both(world: BenchWorld, scale: Scale) -> tuple[list[float], list[float]]:
    """How long each waited, and several times how many a second were answered."""
    seconds = await acks(world, keystrokes(world), scale.times(_KEYSTROKES), _PER_SECOND)
    return seconds, [await _ceiling(world, scale) for _ in range(scale.times(_CEILINGS))]


async def measure(scale: Scale) -> Report:
    """Suggestions from memory by a bare client, then ours for people with ever more videos."""
    report = Report()
    async with a_world() as world, peer_process.bot(world, "bare_defer"):
        limit, most = await _both(world, scale)
    for videos in _VIDEOS:
        async with a_world() as world:
            typists = [person.id for person in world.people[:_TYPISTS]]
            number = round(videos * min(1.0, 10 * scale.share)) * _TYPISTS
            world.fill(State.DELIVERED, number, age_seconds=86_400.0, people=typists, card=False)
            await world.start()
            await calm(world, scale.seconds(8.0))
            found, ceilings = await _both(world, scale)
        whose = f"of a person with {count(videos)} videos" if videos else "without any video"
        report.row(
            f"a keystroke {whose}, p50 / p99 in ms",
            limit=p50_p99(limit),
            goal="10 / 30",
            today=p50_p99(found),
            reached=within(found, 10.0, 30.0),
            reason="a keystroke in 10 ms",
        )
        report.row(
            f"keystrokes answered a second, {whose}",
            limit=spread(most),
            goal=f"{_GOAL_PER_SECOND}",
            today=spread(ceilings),
            reached=median(ceilings) >= _GOAL_PER_SECOND,
            reason="300 keystrokes a second",
        )
    return report
