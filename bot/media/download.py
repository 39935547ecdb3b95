"""Bounded download of a video to our disk: hashed and judged while it arrives, kept only when it is whole."""

import errno
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from bot.media.disk_space import DiskSpace
from bot.media.fetch_faults import FetchFailed, NoRoom, NotAVideo, TooLarge
from bot.media.folders import FileMark, PartialFile
from bot.media.sniffing import SNIFF_BYTES, VideoType, mp4_fault, sniff

_LOOK_EVERY_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FetchedVideo:
    """A whole video on our disk."""

    path: Path
    sha256: str
    size_bytes: int
    content_type: VideoType
    mark: FileMark | None = None


class Download:
    """Collects the chunks of one video by `add`, after its first bytes have proven its kind; `finish` keeps it."""

    def __init__(
        self, space: DiskSpace, name: str, max_bytes: int, content_type: VideoType, length_bytes: int = 0
    ) -> None:
        """`length_bytes` is the announced length; 0 if it is unknown."""
        self._name = name
        self._max_bytes = max_bytes
        self._content_type: VideoType = content_type
        self._partial = PartialFile(space.folder)
        self._space = space
        self._length_bytes = length_bytes

    async def __aenter__(self) -> Self:
        """Raises `NoRoom` unless the disk has room for it beside all videos that are still arriving."""
        try:
            await self._find_room(self._length_bytes)
        except BaseException:
            # Also when cancelled: `__aexit__` isn't called for what was not entered.
            self._space.end(self)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._space.end(self)
        with disk_faults():
            await self._partial.__aexit__(kind, error, traceback)

    @property
    def size_bytes(self) -> int:
        """How many bytes have arrived."""
        return self._partial.size_bytes

    async def add(self, chunk: bytes) -> None:
        """Add the next chunk. Raises `TooLarge` before the limit is passed, `NoRoom`, `FetchFailed`."""
        size_bytes = self.size_bytes + len(chunk)
        if size_bytes > self._max_bytes:
            raise TooLarge(self._max_bytes)
        if size_bytes // _LOOK_EVERY_BYTES > self.size_bytes // _LOOK_EVERY_BYTES:
            await self._find_room(self._length_bytes - self.size_bytes)
        with disk_faults():
            await self._partial.add(chunk)

    async def finish(self, expected_bytes: int | None) -> FetchedVideo:
        """Keep the video under its name. Raises `FetchFailed` for a wrong length, `NotAVideo` for a broken file."""
        size_bytes = self.size_bytes
        if expected_bytes is not None and size_bytes != expected_bytes:
            raise FetchFailed("The video did not arrive whole.", detail=f"{size_bytes} of {expected_bytes} bytes")

        def fault(file: BinaryIO) -> str | None:
            return mp4_fault(file, size_bytes)

        with disk_faults():
            if self._content_type == "video/mp4" and (broken := await self._partial.examine(fault)):
                raise NotAVideo("What arrived is not a whole video.", detail=broken)
            sha256 = await self._partial.sha256()
            path, mark = await self._partial.keep_as(self._name)
        return FetchedVideo(path, sha256, size_bytes, self._content_type, mark)

    async def _find_room(self, bytes_to_come: int) -> None:
        with disk_faults():
            await self._space.promise(self, bytes_to_come)


def kind_of(first: bytes) -> VideoType:
    """The kind of video that starts with these bytes. Raises `NotAVideo`."""
    if not first:
        raise NotAVideo("The answer was empty instead of a video.")
    kind = sniff(first)
    if kind is None:
        raise NotAVideo("What arrived is not a video.", detail=repr(first[:SNIFF_BYTES]))
    return kind


@contextmanager
def disk_faults() -> Generator[None]:
    """Turns errors of our own disk into fetch faults: `NoRoom` when it is full, `FetchFailed` otherwise."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise NoRoom from error
        raise FetchFailed("The video could not be written to our disk.", detail=str(error)) from error
