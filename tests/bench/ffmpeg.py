"""What ffmpeg costs: wall time, CPU and memory of repacking, converting, fitting and drawing real videos."""

import asyncio
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from bot.media.container import read_container
from bot.media.disk_space import MIB, DiskSpace
from bot.media.encode_plan import EncodePlan, smaller
from bot.media.ffmpeg import Ffmpeg, find_ffmpeg
from bot.media.folders import PrivateFolder
from bot.ops.clock import SystemClock
from sandbox.loopback import stay_on_loopback
from tests.bench.report import Report, Scale
from tests.encoded_videos import encoded

_MEGABYTE = 1_000_000
_MOST_BYTES = 500 * MIB


class Cost(NamedTuple):
    """Of one run: seconds, CPU seconds, the most memory in MiB, and the size of the result."""

    seconds: float
    cpu_seconds: float
    memory_mib: float
    made_bytes: int


class Case(NamedTuple):
    """What is done to which kind of video, and how many CPU seconds we want it to cost: per MB, or in all if drawn."""

    name: str
    act: str
    kind: str
    goal: float
    reason: str
    noise: int = 8
    seconds: float = 2.0

    @property
    def is_drawn(self) -> bool:
        return self.act in ("frame", "last frame")


_REPACK, _CONVERT, _FIT = "a video repacked", "a video converted", "a video fitted into a limit"
_LAST = "a last frame drawn"
_CASES = (
    Case("repack (index to the front)", "repack", "index-last-with-sound.mp4", 0.02, _REPACK),
    Case("convert HEVC at its own size", "repack", "hevc.mp4", 3.0, _CONVERT),
    Case("convert AV1 at its own size", "repack", "av1.mp4", 3.0, _CONVERT),
    Case("convert VP9 at its own size", "repack", "vp9.webm", 3.0, _CONVERT),
    Case("fit into 10 MiB at its own size", "fit", "plays-with-sound.mp4", 1.5, _FIT),
    Case("fit into 2 MiB at 720 lines", "smaller", "plays-with-sound.mp4", 1.0, _FIT),
    Case("draw the first frame", "frame", "plays-with-sound.mp4", 0.3, "a frame drawn"),
    Case("draw the last frame", "last frame", "plays-with-sound.mp4", 2.0, _LAST),
    Case(
        "draw the last frame of a long video", "last frame", "plays-with-sound.mp4", 2.0, "a last frame drawn", 0, 60.0
    ),
)


async def _act(act: str, source: Path, target: Path) -> None:
    work = PrivateFolder(source.parent / "work")
    ffmpeg = Ffmpeg(find_ffmpeg(), source.parent / "work", DiskSpace(work, 0), SystemClock(), _MOST_BYTES)
    found = read_container(source)
    assert found is not None
    assert found.width and found.height  # noqa: PT018 - one question: is the size known
    match act:
        case "repack":
            await ffmpeg.repack(source, target)
        case "fit":
            await ffmpeg.encode(source, target, EncodePlan(10 * MIB, found.width, found.height, 0.0))
        case "smaller":
            await ffmpeg.encode(source, target, EncodePlan(2 * MIB, *smaller(found.width, found.height, 720), 0.0))
        case "last frame":
            await ffmpeg.last_frame(source, target)
        case _:
            await ffmpeg.first_frame(source, target)


async def _cost(act: str, source: Path) -> Cost:
    """In a process of its own, whose children are this run alone."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.ffmpeg", act, str(source), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    return Cost(*json.loads(said))


async def measure(scale: Scale) -> Report:
    """One run after the other, each on its own video."""
    report = Report()
    full = scale.share >= 1.0
    size, rate = ("1920x1080", 30) if full else ("320x180", 25)
    # A run that only has to show that it works does each thing once.
    cases = _CASES if full else {case.act: case for case in _CASES}.values()
    for case in cases:
        seconds = case.seconds if full else 1.0
        content = await asyncio.to_thread(
            encoded, case.kind, size=size, seconds=seconds, rate=rate, noise=case.noise if full else 0
        )
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            source = Path(folder) / case.kind
            source.write_bytes(content)
            cost = await _cost(case.act, source)
        megabytes = len(content) / _MEGABYTE
        made = "" if case.is_drawn else f", {megabytes:.1f} MB to {cost.made_bytes / _MEGABYTE:.1f}"
        judged = cost.cpu_seconds if case.is_drawn else cost.cpu_seconds / megabytes
        figures = (f"{cost.seconds:.2f}", f"{cost.cpu_seconds:.2f}", f"{cost.cpu_seconds / megabytes:.3f}")
        report.row(
            f"{case.name}: s / CPU s / CPU s per MB / MiB ({size}, {seconds:g} s{made})",
            goal=f"– / {case.goal:g} / – / –" if case.is_drawn else f"– / – / {case.goal:g} / –",
            today=f"{' / '.join(figures)} / {cost.memory_mib:.0f}",
            reached=judged <= case.goal,
            reason=case.reason,
        )
    return report


def main(act: str, source: Path) -> None:
    """Do it once, and print what it cost."""
    stay_on_loopback()
    target, began_at = source.with_suffix(".made"), time.monotonic()
    asyncio.run(_act(act, source, target))
    seconds, used = time.monotonic() - began_at, resource.getrusage(resource.RUSAGE_CHILDREN)
    cost = Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, target.stat().st_size)
    sys.stdout.write(json.dumps(cost))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
