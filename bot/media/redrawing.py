"""Redraws pictures with Pillow, one at a time, in a confined process: a hostile one takes no more than its limits.

What Pillow reads and writes: docs/facts/media.md, "Pillow".
"""

import asyncio
import shutil
import sys
from collections.abc import Hashable
from importlib.util import find_spec
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from bot.media import redraw_script
from bot.media.confined import Confined, KilledError, Limits, OverdueError, supervise
from bot.media.disk_space import MIB
from bot.media.fit_plan import Redraw
from bot.media.folders import PrivateFolder
from bot.media.pictures import AREA_MAX_PIXELS
from bot.media.slots import Slots
from bot.ops.clock import Clock

# A picture of 64 megapixels takes some seconds on a slow core: docs/performance.md.
_SECONDS = 60.0
# That picture with four channels, turned, and its parts on the way to sRGB.
_ADDRESS_BYTES = 2048 * MIB
# A person waits for it, unlike for an encoder.
_NICENESS = 5
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1"})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_BMP_HEADERS = frozenset({12, 40, 52, 56, 64, 108, 124})
_SNIFF_BYTES = 64
_READERS = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}


class RedrawFault(Exception):  # noqa: N818 - the tree is named after what happened
    """The picture was not drawn, and nothing is left of it. `detail` is for the log."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("The picture could not be drawn.")
        self.detail = detail


class Undrawable(RedrawFault):
    """The file is no picture of its kind, or a broken one."""


class TooHeavy(RedrawFault):
    """Drawing it takes too many pixels, too much memory or time, or its file would be too large."""


class Redrawing:
    """Draws one picture at a time, of several people in turn. Its working folder is on the disk of the pictures."""

    def __init__(self, folder: Path, clock: Clock, max_bytes: int) -> None:
        """No result has more than `max_bytes`. `clock` times the processes."""
        self._folder = folder
        self._clock = clock
        self._max_bytes = max_bytes
        self._slots = Slots(1, 1)

    async def clear(self) -> None:
        """Delete what an earlier process left. For the start, before anything is drawn. Raises OSError."""

        def run() -> None:
            if self._folder.exists():
                shutil.rmtree(self._folder)

        await asyncio.to_thread(run)

    async def redraw(self, source: Path, how: Redraw, suffix: str, whose: Hashable) -> bytes:
        """The kept picture, redrawn as a PNG or JPEG. Raises `RedrawFault`, OSError."""
        return await self._drawn(source, (_READERS[suffix], str(how.width), str(how.height), how.mode), whose)

    async def convert(self, source: Path, reader: str, whose: Hashable) -> bytes:
        """A picture of another kind as a PNG or JPEG of its own size; raises like `redraw`.

        `reader` is that of `read_foreign`.
        """
        return await self._drawn(source, (reader, "0", "0", "keep"), whose)

    async def _drawn(self, source: Path, how: tuple[str, ...], whose: Hashable) -> bytes:
        folder = self._folder / token_hex(8)
        limits = Limits(int(_SECONDS), _ADDRESS_BYTES, self._max_bytes, _NICENESS)

        def work(process: Confined) -> bytes:
            PrivateFolder(folder).make()
            try:
                target = folder / "out"
                script = str(Path(redraw_script.__file__).resolve())
                most = (str(AREA_MAX_PIXELS), str(self._max_bytes))
                command = [sys.executable, "-I", script, str(source.absolute()), str(target), *how, *most]
                ended = process.run(command, folder, limits)
                if ended.code:
                    raise _fault_of(ended.code, ended.said)
                return target.read_bytes()
            finally:
                shutil.rmtree(folder, ignore_errors=True)

        async with self._slots.take(whose):
            try:
                return await supervise(work, _SECONDS, self._clock)
            except (OverdueError, KilledError) as error:
                raise TooHeavy(f"ended after {_SECONDS:.0f} s") from error


def _fault_of(code: int, said: str) -> RedrawFault:
    detail = f"ended with {code}: {said[-300:].strip()}"
    return Undrawable(detail) if code == redraw_script.DAMAGED else TooHeavy(detail)


def read_foreign(file: BinaryIO) -> str | None:
    """Pillow's reader for a file of a kind that no provider takes but that becomes a PNG or JPEG; None if it is none.

    HEIC is one where the extra `heic` is installed.
    """
    file.seek(0)
    first = file.read(_SNIFF_BYTES)
    if first.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if first.startswith(b"BM") and int.from_bytes(first[14:18], "little") in _BMP_HEADERS:
        return "BMP"
    if first[4:8] != b"ftyp":
        return None
    box = first[: int.from_bytes(first[:4])]
    # The major brand and, behind its version, the compatible ones.
    brands = {box[8:12], *(box[at : at + 4] for at in range(16, len(box) - 3, 4))}
    if brands & _AVIF_BRANDS:
        return "AVIF"
    return "HEIF" if brands & _HEIC_BRANDS and find_spec("pillow_heif") is not None else None
