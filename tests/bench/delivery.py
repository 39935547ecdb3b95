"""Ten videos of 25 MiB at once, from the provider to the channel: throughput, memory, lag of the event loop."""

from typing import Any

from bot.jobs.states import State
from sandbox.studio.state import Render, RenderState
from tests.bench import meters, peer_process
from tests.bench.report import Report, Scale, median, spread
from tests.bench.world import BenchWorld, a_world, calm, until

_VIDEOS = 10
_MIB = 25
_MEGABYTES = _MIB * 1.048576
_SECONDS = 90.0
_RUNS = 3
_GOAL_MB = 350
_GOAL_MIB = 16
_GOAL_LAG_MS = 25


def _total_mb(scale: Scale) -> float:
    return _VIDEOS * megabytes(scale)


def megabytes(scale: Scale) -> float:
    return _MEGABYTES if scale.share >= 1.0 else 1.0


def _finish(world: BenchWorld, renders: list[Render]) -> None:
    for render in renders:
        render.state = RenderState.COMPLETED
        render.ended_at = world.stage.clock.now()


async def draw(world: BenchWorld, renders: list[Render]) -> None:
    """Have the file, which all share, on the disk before it is fetched."""
    await world.stage.studio.video(renders[0])


async def _of_peer(name: str, scale: Scale) -> dict[str, Any]:
    async with a_world(megabytes=megabytes(scale)) as world:
        renders = world.fill(State.RENDERING, _VIDEOS)
        _finish(world, renders)
        await draw(world, renders)
        links, now = world.stage.studio._links, world.stage.clock.now()
        urls = [links.signed(render.id, now + 3_600.0) for render in renders]
        return await peer_process.run(world, name, _SECONDS, urls=urls, channel=world.channels[0].id)


async def _of_bot(scale: Scale) -> dict[str, float]:
    async with a_world(megabytes=megabytes(scale), wanted="lag") as world:
        renders = world.fill(State.RENDERING, _VIDEOS, channels=world.channels[:1])
        await draw(world, renders)
        await world.start()
        await calm(world, scale.seconds(15.0))
        before = world.memory_mib()
        world.reset_peak()
        world.forget_requests()
        meters.reset_lag(world.meters_file)
        _finish(world, renders)
        # All are polled at once.
        world.stage.jump(120.0)
        began_at = await _first_file(world)

        await until(lambda: world.videos_posted() >= _VIDEOS, _SECONDS)
        return {
            "seconds": world.stage.clock.now() - began_at,
            "memory_mib": world.peak_mib() - before,
            "lag_seconds": world.meters().lag_seconds,
        }


async def _first_file(world: BenchWorld) -> float:
    requests = world.stage.studio.requests
    await until(lambda: any(one.operation == "file" for one in requests), _SECONDS)
    return next((one.at for one in requests if one.operation == "file"), world.stage.clock.now())


def _rates(found: list[dict[str, float]], scale: Scale) -> list[float]:
    return [_total_mb(scale) / one["seconds"] for one in found]


def _each(name: str, found: list[dict[str, float]]) -> list[float]:
    return [one[name] for one in found]


async def measure(scale: Scale) -> Report:
    """By disk without any check, from memory, and ours."""
    report = Report()
    disk, memory, ours = [], [], []
    # Turn by turn, so that all meet the same machine.
    for _ in range(scale.times(_RUNS)):
        disk.append(await _of_peer("deliver_by_disk", scale))
        memory.append(await _of_peer("deliver_in_memory", scale))
        ours.append(await _of_bot(scale))
    what = f"{_VIDEOS} x {_MIB} MiB delivered"
    report.row(
        f"{what}, MB/s",
        limit=spread(_rates(disk, scale)),
        peer=spread(_rates(memory, scale)),
        goal=f"{_GOAL_MB}",
        today=spread(_rates(ours, scale)),
        reached=median(_rates(ours, scale)) >= _GOAL_MB,
        reason="350 MB/s delivered",
    )
    report.row(
        f"{what}: extra memory, MiB",
        limit=spread(_each("memory_mib", disk)),
        peer=spread(_each("memory_mib", memory)),
        goal=f"{_GOAL_MIB}",
        today=spread(_each("memory_mib", ours)),
        reached=median(_each("memory_mib", ours)) <= _GOAL_MIB,
        reason="16 MiB for ten deliveries",
    )
    lags = [[1_000 * one for one in _each("lag_seconds", found)] for found in (disk, memory, ours)]
    report.row(
        f"{what}: longest stop of the event loop, ms",
        limit=spread(lags[0]),
        peer=spread(lags[1]),
        goal=f"{_GOAL_LAG_MS}",
        today=spread(lags[2]),
        reached=median(lags[2]) <= _GOAL_LAG_MS,
        reason="no stop of the event loop over 25 ms",
    )
    return report
