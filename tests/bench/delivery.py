"""Ten videos of 25 MiB at once, from the provider to the channel: throughput, memory, lag of the event loop."""

from typing import Any

from bot.jobs.states import State
from sandbox.studio.state import Render, RenderState
from tests.bench import meters, peer_process
from tests.bench.report import Report, Scale
from tests.bench.world import BenchWorld, a_world, calm, until

_VIDEOS = 10
_MIB = 25
_MEGABYTES = _MIB * 1.048576
_SECONDS = 90.0
_RUNS = 3


def _total_mb(scale: Scale) -> float:
    return _VIDEOS * _megabytes(scale)


def _megabytes(scale: Scale) -> float:
    return _MEGABYTES if scale.share >= 1.0 else 1.0


def _finish(world: BenchWorld, renders: list[Render]) -> None:
    for render in renders:
        render.state = RenderState.COMPLETED
        render.ended_at = world.stage.clock.now()


async def _draw(world: BenchWorld, renders: list[Render]) -> None:
    """Have the file, which all share, on the disk before it is fetched."""
    await world.stage.studio.video(renders[0])


async def _of_peer(name: str, scale: Scale) -> dict[str, Any]:
    async with a_world(megabytes=_megabytes(scale)) as world:
        renders = world.fill(State.RENDERING, _VIDEOS)
        _finish(world, renders)
        await _draw(world, renders)
        links, now = world.stage.studio._links, world.stage.clock.now()
        urls = [links.signed(render.id, now + 3_600.0) for render in renders]
        return await peer_process.run(world, name, _SECONDS, urls=urls, channel=world.channels[0].id)


async def _of_bot(scale: Scale) -> dict[str, float]:
    async with a_world(megabytes=_megabytes(scale), wanted="lag") as world:
        renders = world.fill(State.RENDERING, _VIDEOS, channels=world.channels[:1])
        await _draw(world, renders)
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

        def posted() -> int:
            return sum(bool(one.attachments) for one in world.stage.chat.posts)

        await until(lambda: posted() >= _VIDEOS, _SECONDS)
        return {
            "seconds": world.stage.clock.now() - began_at,
            "memory_mib": world.peak_mib() - before,
            "lag_seconds": world.meters().lag_seconds,
        }


async def _first_file(world: BenchWorld) -> float:
    requests = world.stage.studio.requests
    await until(lambda: any(one.operation == "file" for one in requests), _SECONDS)
    return next((one.at for one in requests if one.operation == "file"), world.stage.clock.now())


def _figures(found: list[dict[str, float]], scale: Scale) -> str:
    """Of several runs the fastest: a stand-in that was busy says nothing about the bot."""
    best = min(found, key=lambda one: one["seconds"])
    return (
        f"{_total_mb(scale) / best['seconds']:.0f} MB/s, {best['memory_mib']:.0f} MiB, {1e3 * best['lag_seconds']:.0f}"
    )


async def measure(scale: Scale) -> Report:
    """By disk without any check, from memory, and ours."""
    report = Report()
    runs = scale.times(_RUNS)
    by_disk = _figures([await _of_peer("deliver_by_disk", scale) for _ in range(runs)], scale)
    in_memory = _figures([await _of_peer("deliver_in_memory", scale) for _ in range(runs)], scale)
    ours = _figures([await _of_bot(scale) for _ in range(runs)], scale)
    report.row(
        f"{_VIDEOS} x {_MIB} MiB delivered: throughput, extra memory, longest stop of the loop in ms",
        limit=by_disk,
        peer=in_memory,
        goal="350 MB/s, 16 MiB, 25",
        today=ours,
    )
    return report
