"""Works on videos with ffmpeg: repacks, makes smaller, draws the first or last frame; confined, with a deadline.

What is relied on: docs/facts/media.md, "ffmpeg" and "Encoding".
"""

import asyncio
import errno
import importlib
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex
from typing import TypeVar

from bot.media.confined import Confined, KilledError, Limits, OverdueError, supervise
from bot.media.container import Container, read_container
from bot.media.disk_space import MIB, DiskSpace
from bot.media.encode_plan import EncodePlan, rates, within
from bot.media.ffmpeg_arguments import (
    copying,
    copying_seconds,
    drawing,
    drawing_last,
    encoding,
    encoding_seconds,
    reading,
)
from bot.media.ffmpeg_faults import Crashed, Missing, NoRoom, TimedOut, TooPoor, Unreadable, fault_of
from bot.media.folders import PrivateFolder
from bot.media.stream_lines import complete_from, is_complete
from bot.ops.clock import Clock

FRAME_SIDE = 320
# As large as the largest videos are.
LAST_FRAME_SIDE = 2048
# Every frame of them is decoded, so that the last one is found where a container says less of its length.
_END_SECONDS = 1.5
# More than any video of a provider takes: docs/facts/media.md, "ffmpeg".
_ADDRESS_BYTES = 3 * 1024 * MIB
_SHORT_SECONDS = 30.0
# With two threads and those that read and write; the deadline comes first.
_CORES_MAX = 4
_SPARE_BYTES = MIB
_PICTURE_BYTES = 8 * MIB
# Shorter than that share of the source, and by more than so many seconds: cut off.
_WHOLE_SHARE, _WHOLE_SECONDS = 0.95, 0.5
_JPEG = b"\xff\xd8\xff"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Run:
    """One run: the command and the file that it makes, how long it may take, and how large that file may be."""

    command: Sequence[str]
    output: str
    seconds: float
    most_bytes: int

    @property
    def limits(self) -> Limits:
        return Limits(int(self.seconds * _CORES_MAX) + 1, _ADDRESS_BYTES, self.most_bytes)


def find_ffmpeg() -> Path | None:
    """The program: the machine's, else that of the extra `ffmpeg`; None if there is neither. Blocks."""
    found = shutil.which("ffmpeg")
    if found is not None:
        return Path(found).absolute()
    try:
        program = Path(importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe())
    except (ImportError, RuntimeError, OSError):
        return None
    return program if os.access(program, os.X_OK) else None


class Ffmpeg:
    """The program with its working folder. Its methods raise an `FfmpegFault`; then nothing is left of the work.

    A target appears as a whole or not at all, over an older file; it must be on the disk of the working folder.
    """

    def __init__(self, program: Path | None, folder: Path, space: DiskSpace, clock: Clock, max_bytes: int) -> None:
        """`space` is that of the videos' disk; no result has more than `max_bytes`."""
        self._program = program
        self._path = folder
        self._space = space
        self._clock = clock
        self._max_bytes = max_bytes
        # One video at a time is made; a frame, which takes a moment, neither waits for it nor holds it up.
        self._making, self._drawing = asyncio.Lock(), asyncio.Lock()

    @property
    def available(self) -> bool:
        """Whether there is a program."""
        return self._program is not None

    async def clear(self) -> int:
        """Delete what an earlier process left; how many things. For the start, before anything runs. Raises OSError."""

        def run() -> int:
            PrivateFolder(self._path).make()
            left = list(self._path.iterdir())
            for one in left:
                if one.is_dir() and not one.is_symlink():
                    shutil.rmtree(one)
                else:
                    one.unlink()
            return len(left)

        return await asyncio.to_thread(run)

    async def inspect(self, source: Path) -> Container:
        """What the video is made of; ffmpeg is asked only for what our own reader leaves open."""
        return await self._inspect(source, self._making)

    async def _inspect(self, source: Path, turn: asyncio.Lock) -> Container:
        found = await asyncio.to_thread(read_container, source)
        if found is None:
            raise Unreadable("no container that we know")
        return found if is_complete(found) else await self.list_streams(source, found, turn)

    async def list_streams(self, source: Path, found: Container, turn: asyncio.Lock | None = None) -> Container:
        """The container with what ffmpeg says of the file, where our own reader found nothing."""
        # Without an output it lists the streams, and then ends with an error.
        command = reading(self._found(), source, found.kind, level="info")
        listing = _Run(command, "", _SHORT_SECONDS, _SPARE_BYTES)

        def work(process: Confined, folder: Path) -> str:
            return process.run(command, folder, listing.limits).said

        return complete_from(found, await self._supervised(listing, work, turn or self._making))

    async def repack(self, source: Path, target: Path, max_bytes: int | None = None) -> int:
        """Make an MP4 that plays inline everywhere; its pictures are copied if only the rest is to blame.

        Returns its size.
        Anything but H.264 in yuv420p is encoded at its own size, to fit into `max_bytes`; raises `TooPoor` if it can't.
        """
        found, most = await self.inspect(source), self._max_bytes if max_bytes is None else max_bytes
        if not found.is_copyable:
            if not found.width or not found.height:
                raise Unreadable("size is unknown")
            return await self._encode(found, source, target, EncodePlan(most, found.width, found.height))
        size_bytes = await asyncio.to_thread(_size_bytes, source)
        # The index may grow, and sound that is not AAC.
        room = min(most, self._max_bytes, size_bytes * 11 // 10 + _SPARE_BYTES)
        command = [*reading(self._found(), source, found.kind), *copying(found), "out.mp4"]
        run = _Run(command, "out.mp4", copying_seconds(size_bytes), room)
        return await self._make(run, target, lambda out: _judged(out, found, room))

    async def encode(self, source: Path, target: Path, plan: EncodePlan) -> int:
        """Encode the video as H.264 by that plan, and return its size.

        Raises `TooPoor` if it doesn't fit above the quality floor.
        """
        return await self._encode(await self.inspect(source), source, target, plan)

    async def first_frame(self, source: Path, target: Path, *, large: bool = False) -> None:
        """Draw the first frame as a JPEG of at most `FRAME_SIDE` pixels a side; a `large` one `LAST_FRAME_SIDE`."""
        found = await self._inspect(source, self._drawing)
        if not found.width or not found.height:
            raise Unreadable("size is unknown")
        side, quality, most = (LAST_FRAME_SIDE, 2, _PICTURE_BYTES) if large else (FRAME_SIDE, 4, _SPARE_BYTES)
        shape = within(found.width, found.height, side, side)
        command = [*reading(self._found(), source, found.kind), *drawing(*shape, quality), "out.jpg"]
        run = _Run(command, "out.jpg", _SHORT_SECONDS, most)
        await self._make(run, target, _judged_frame, self._drawing)

    async def last_frame(self, source: Path, target: Path) -> None:
        """Draw the last frame as a JPEG of at most `LAST_FRAME_SIDE` pixels a side."""
        found = await self._inspect(source, self._drawing)
        if not found.width or not found.height:
            raise Unreadable("size is unknown")
        shape = within(found.width, found.height, LAST_FRAME_SIDE, LAST_FRAME_SIDE)

        def drawn_from(last_seconds: float | None) -> _Run:
            command = reading(self._found(), source, found.kind, last_seconds=last_seconds)
            return _Run([*command, *drawing_last(*shape), "out.jpg"], "out.jpg", _SHORT_SECONDS, _PICTURE_BYTES)

        try:
            await self._make(drawn_from(_END_SECONDS), target, _judged_frame, self._drawing)
        except (Crashed, Unreadable):
            # A file whose length isn't known has no end that could be looked for.
            await self._make(drawn_from(None), target, _judged_frame, self._drawing)

    async def _encode(self, found: Container, source: Path, target: Path, plan: EncodePlan) -> int:
        plan = replace(plan, target_bytes=min(plan.target_bytes, self._max_bytes))
        how = rates(found, plan)
        command = [*reading(self._found(), source, found.kind), *encoding(how), "out.mp4"]

        def judged(out: Path) -> int:
            if _size_bytes(out) >= how.stop_bytes:
                raise TooPoor("stopped at its size")
            return _judged(out, found, plan.target_bytes)

        return await self._make(
            _Run(command, "out.mp4", encoding_seconds(found, how), plan.target_bytes), target, judged
        )

    def _found(self) -> Path:
        if self._program is None:
            raise Missing
        return self._program

    async def _make(self, run: _Run, target: Path, judged: Callable[[Path], T], turn: asyncio.Lock | None = None) -> T:
        """Run it, and move what passes the judgement to the target. Returns the judgement."""

        def work(process: Confined, folder: Path) -> T:
            ended = process.run(run.command, folder, run.limits)
            if fault := fault_of(ended.code, ended.said):
                raise fault
            out = folder / run.output
            if not out.is_file():
                raise Crashed(f"made nothing: {ended.said[-200:].strip()}")
            result = judged(out)
            process.unless_killed(lambda: out.replace(target))
            return result

        return await self._supervised(run, work, turn or self._making)

    async def _supervised(self, run: _Run, work: Callable[[Confined, Path], T], turn: asyncio.Lock) -> T:
        """Work in an empty folder of its own, which goes with the work. Turns errors into faults."""
        folder = self._path / token_hex(8)

        def alone(process: Confined) -> T:
            PrivateFolder(folder).make()
            try:
                return work(process, folder)
            finally:
                shutil.rmtree(folder, ignore_errors=True)

        async with turn:
            try:
                await self._space.promise(folder, run.most_bytes)
                return await supervise(alone, run.seconds, self._clock)
            except (OverdueError, KilledError) as error:
                raise TimedOut(f"ended after {run.seconds:.0f} s") from error
            except OSError as error:
                full = error.errno in {errno.ENOSPC, errno.EDQUOT}
                raise (NoRoom if full else Crashed)(str(error)) from error
            finally:
                self._space.end(folder)


def _size_bytes(path: Path) -> int:
    return path.stat().st_size


def _judged(out: Path, source: Container, most_bytes: int) -> int:
    """The size of what was made, if it is a whole video that plays inline and fits."""
    made, size_bytes = read_container(out), _size_bytes(out)
    if size_bytes > most_bytes:
        raise TooPoor(f"{size_bytes} bytes of {most_bytes}")
    if made is None or not made.plays_inline:
        raise Crashed(f"made no MP4 that plays inline: {made}")
    length, wanted = made.duration_seconds or 0.0, source.duration_seconds or 0.0
    if length < min(wanted * _WHOLE_SHARE, wanted - _WHOLE_SECONDS):
        raise Unreadable(f"{length:.1f} s of {wanted:.1f} s")
    return size_bytes


def _judged_frame(out: Path) -> None:
    with out.open("rb") as file:
        if file.read(len(_JPEG)) != _JPEG:
            raise Crashed("drew no JPEG")
