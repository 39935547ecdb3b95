"""What fitting a picture costs: wall time, CPU and memory of drawing large photos and drawings for a video."""

import asyncio
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from bot.media.disk_space import MIB
from bot.media.fit_plan import Redraw
from bot.media.redrawing import Redrawing
from bot.ops.clock import SystemClock
from sandbox.loopback import stay_on_loopback
from tests.bench.report import Report, Scale

_SUFFIXES = {"JPEG": "jpg", "PNG": "png"}
_COVER = Redraw(1920, 1080, "cover")


class Cost(NamedTuple):
    """Of one run: seconds, CPU seconds, and the most memory in MiB."""

    seconds: float
    cpu_seconds: float
    memory_mib: float


class Case(NamedTuple):
    """A picture, and what drawing it may cost in CPU seconds and MiB."""

    name: str
    kind: str
    mode: str
    size: tuple[int, int]
    goal_seconds: float
    goal_mib: float
    options: dict[str, object]


_CASES = (
    Case("fit a photo of a phone", "JPEG", "RGB", (4_000, 3_000), 1.0, 150.0, {"quality": 90}),
    Case("fit the largest photo", "JPEG", "RGB", (9_200, 6_900), 2.0, 400.0, {"quality": 80}),
    Case("fit the largest drawing", "PNG", "RGBA", (9_200, 6_900), 10.0, 900.0, {"compress_level": 1}),
    Case("convert a photo from AVIF", "AVIF", "RGB", (4_000, 3_000), 2.0, 300.0, {"speed": 10}),
)


def _content(case: Case, size: tuple[int, int]) -> Image.Image:
    """Soft noise, about as hard to read as a photo; as a drawing the same in even spots."""
    red, green, blue = (Image.effect_noise((640, 480), 60 + 20 * number) for number in range(3))
    is_drawing = case.mode == "RGBA"
    how = Image.Resampling.NEAREST if is_drawing else Image.Resampling.BILINEAR
    picture = Image.merge("RGB", (red, green, blue)).resize(size, how)
    if is_drawing:
        picture.putalpha(Image.linear_gradient("L").resize(size))
    return picture


async def _cost(case: Case, source: Path) -> Cost:
    """In a process of its own, whose children are this run alone."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.fitting", case.kind, str(source), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    return Cost(*json.loads(said))


async def measure(scale: Scale) -> Report:
    """One picture after the other."""
    report = Report()
    full = scale.share >= 1.0
    for case in _CASES:
        size = case.size if full else (320, 240)
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            source = Path(folder) / "picture"
            await asyncio.to_thread(lambda: _content(case, size).save(source, case.kind, **case.options))  # noqa: B023
            cost, megabytes = await _cost(case, source), source.stat().st_size / 1_000_000
        report.row(
            f"{case.name}: s / CPU s / MiB ({case.kind}, {size[0]}x{size[1]}, {megabytes:.1f} MB)",
            goal=f"– / {case.goal_seconds:g} / {case.goal_mib:g}",
            today=f"{cost.seconds:.2f} / {cost.cpu_seconds:.2f} / {cost.memory_mib:.0f}",
            reached=cost.cpu_seconds <= case.goal_seconds and cost.memory_mib <= case.goal_mib,
            reason="a picture drawn",
        )
    return report


def main(kind: str, source: Path) -> None:
    """Draw it once, and print what that cost."""
    stay_on_loopback()
    redrawing = Redrawing(source.parent / "redraw", SystemClock(), 20 * MIB)
    began_at = time.monotonic()
    if kind in _SUFFIXES:
        asyncio.run(redrawing.redraw(source, _COVER, _SUFFIXES[kind], None))
    else:
        asyncio.run(redrawing.convert(source, kind, None))
    seconds, used = time.monotonic() - began_at, resource.getrusage(resource.RUSAGE_CHILDREN)
    sys.stdout.write(json.dumps(Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
