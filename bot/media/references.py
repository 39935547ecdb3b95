"""Attached pictures: fetched from Discord once, proven to be whole pictures, and kept without their metadata.

A picture without metadata is kept byte for byte; no pixel of a PNG, JPEG or WebP is touched. HEIC, AVIF, GIF and BMP
become one of these. Of all claims of Discord or a person about a file only a size that is already too large counts.
"""

import asyncio
import unicodedata
from collections.abc import Awaitable, Callable, Collection, Hashable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import aiohttp
import structlog

from bot.jobs.model import REFERENCES_MAX, Reference, Upload
from bot.jobs.reasons import Reason, Refusal
from bot.media.attachments import Attachments, NotGivenError, is_final
from bot.media.disk_space import PICTURE_FLOOR_BYTES, DiskFullError, DiskSpace
from bot.media.ffmpeg import Ffmpeg
from bot.media.ffmpeg_faults import FfmpegFault, NoRoom
from bot.media.folders import PartialFile, PrivateFolder
from bot.media.metadata import Piece, find_pieces, read_pieces
from bot.media.pictures import Suffix, read_header, read_kind
from bot.media.redrawing import RedrawFault, Redrawing, Undrawable, read_foreign
from bot.media.reference_videos import draw_first_frame, is_video
from bot.media.sessions import Deadlines, timed
from bot.media.slots import Slots

# The least rate gives 20 MiB eleven minutes; everything ends within the quarter of an hour in which an interaction can
# be answered.
_DEADLINES = Deadlines(total_seconds=30.0, idle_seconds=15.0, bytes_per_second=32 * 1024, most_seconds=780.0)
# Seconds before the next try; none starts later than a minute after the first.
_WAITS_SECONDS = (1.0, 2.0, 4.0, 8.0, 16.0, 24.0)
_TRY_SECONDS = 60.0
_DOWNLOADS_AT_ONCE = 48
_NAME_MAX_CHARACTERS = 60
_SPARE_SECONDS = 600.0
_log = structlog.stdlib.get_logger(__name__)


T = TypeVar("T")


class ReferenceRefused(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """An attachment was refused; `refusal` is the reason, `str()` the same in one plain sentence."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"The attached file was not taken: {refusal.reason}.")
        self.refusal = refusal


class ReferenceShelf:
    """The folder of kept pictures, each under the hash of its bytes, so that the same picture is kept once."""

    def __init__(
        self,
        folder: Path,
        max_bytes: int,
        discord_api_base: str,
        deadlines: Deadlines = _DEADLINES,
        waits_seconds: Sequence[float] = _WAITS_SECONDS,
        proxy: str | None = None,
        redrawing: Redrawing | None = None,
        ffmpeg: Ffmpeg | None = None,
    ) -> None:
        """After a failed try the next one starts after so many seconds, as often as there are numbers.

        `proxy` is the address of a proxy for Discord's traffic. `redrawing` makes pictures of other kinds ours, and
        `ffmpeg` the first frames of videos; without them such files are refused.
        """
        self._folder = PrivateFolder(folder)
        self._max_bytes = max_bytes
        self._attachments = Attachments(discord_api_base, deadlines, proxy)
        self._deadlines = deadlines
        self._waits_seconds = waits_seconds
        self._redrawing = redrawing
        self._ffmpeg = ffmpeg
        self._slots = Slots(_DOWNLOADS_AT_ONCE, REFERENCES_MAX)
        self.space = DiskSpace(self._folder, PICTURE_FLOOR_BYTES)

    async def keep(self, upload: Upload, by: Hashable = None) -> Reference:
        """Fetch one attachment and keep it. Raises `ReferenceRefused`.

        `by` is the owner of the file: at most four files of one person are fetched at a time.
        """
        self._judge_claims(upload)
        whose = object() if by is None else by
        try:
            async with asyncio.timeout(self._deadlines.most_seconds), self._slots.take(whose):
                return await self._in_tries(lambda: self._keep_once(upload, whose))
        except (aiohttp.ClientError, TimeoutError) as error:
            _log.info("attachment not fetched", fault=type(error).__name__)
            raise _refused(upload, Reason.REFERENCE_UNREADABLE) from error
        except DiskFullError as error:
            _log.error("attachment not kept", fault=str(error))
            raise ReferenceRefused(Refusal(Reason.DISK_FULL)) from error
        except OSError as error:
            _log.exception("attachment not kept")
            raise ReferenceRefused(Refusal(Reason.STORE_UNAVAILABLE)) from error

    async def keep_all(self, uploads: Sequence[Upload], by: Hashable = None) -> tuple[Reference, ...]:
        """Fetch all at the same time and keep them, in the order given.

        Raises `ReferenceRefused` for more than four, and for the first in order that is refused; then the other
        downloads are cancelled.
        """
        if len(uploads) > REFERENCES_MAX:
            raise ReferenceRefused(Refusal(Reason.REFERENCES_TOO_MANY, {"limit": REFERENCES_MAX}))
        for upload in uploads:
            self._judge_claims(upload)
        tasks = [asyncio.create_task(self.keep(upload, by)) for upload in uploads]
        try:
            return tuple([await task for task in tasks])
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def fetch_into(self, upload: Upload, partial: PartialFile, max_bytes: int, by: Hashable = None) -> None:
        """Fetch an attached file of any kind into that file, which is in another folder. Raises `ReferenceRefused`."""
        whose = object() if by is None else by
        try:
            async with asyncio.timeout(self._deadlines.most_seconds), self._slots.take(whose):
                await self._receive(upload, partial, max_bytes)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            _log.info("attachment not fetched", fault=type(error).__name__)
            raise _refused(upload, Reason.REFERENCE_UNREADABLE) from error

    async def read_text(self, upload: Upload, max_bytes: int, by: Hashable = None) -> str | None:
        """The text of an attached file; None if it is none, or longer. Keeps nothing. Raises `ReferenceRefused`."""
        whose = object() if by is None else by
        try:
            async with asyncio.timeout(self._deadlines.most_seconds), self._slots.take(whose):
                data = await self._in_tries(lambda: self._read_once(upload, max_bytes))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            _log.info("attached text not fetched", fault=type(error).__name__)
            raise _refused(upload, Reason.REFERENCE_UNREADABLE) from error
        try:
            return data.decode("utf-8-sig") if len(data) <= max_bytes else None
        except UnicodeDecodeError:
            return None

    def path(self, reference: Reference) -> Path:
        """The path of the picture, if it is kept."""
        return self._folder.path(reference.file_name)

    def holds(self, reference: Reference) -> bool:
        """Whether the picture is (still) kept, with the right size."""
        return self._folder.size_bytes(reference.file_name) == reference.size_bytes

    async def put_back(self, reference: Reference, content: bytes) -> bool:
        """Keep a picture that was stored elsewhere; False if those are not its bytes. Raises OSError."""
        async with PartialFile(self._folder) as partial:
            await partial.add(content)
            if await partial.sha256() != reference.sha256 or partial.size_bytes != reference.size_bytes:
                return False
            await partial.keep_as(reference.file_name)
            return True

    async def clear_partials(self) -> int:
        """Delete what an earlier process left half-way; how many files. For the start, before anything is fetched.
        Raises OSError.
        """
        return await asyncio.to_thread(self._folder.clear_partials)

    async def sweep(self, keep: Collection[str], spare_seconds: float = _SPARE_SECONDS) -> int:
        """Delete the files that are not in `keep`, and stale partial ones; how many.

        Files of the last `spare_seconds` are spared: their job may be about to be stored. Raises OSError.
        """
        return await asyncio.to_thread(self._folder.sweep, frozenset(keep), spare_seconds)

    async def close(self) -> None:
        """Cancel all downloads (they are refused as unreadable) and start no more."""
        await self._attachments.close()

    def _judge_claims(self, upload: Upload) -> None:
        if upload.size_bytes is None:
            return
        if upload.size_bytes <= 0:
            raise _refused(upload, Reason.REFERENCE_EMPTY)
        if upload.size_bytes > self._max_bytes:
            raise self._too_large(upload, self._max_bytes)

    @staticmethod
    def _too_large(upload: Upload, limit_bytes: int) -> ReferenceRefused:
        return _refused(upload, Reason.REFERENCE_TOO_LARGE, limit_bytes=limit_bytes)

    async def _in_tries(self, fetch: Callable[[], Awaitable[T]]) -> T:
        """The result of a few tries, since Discord's file hosts fail now and then; raises the last fault."""
        now = asyncio.get_running_loop().time
        give_up_at = now() + _TRY_SECONDS
        for wait_seconds in self._waits_seconds:
            try:
                return await fetch()
            except (aiohttp.ClientError, TimeoutError) as error:
                if isinstance(error, NotGivenError):
                    wait_seconds = max(wait_seconds, error.retry_after_seconds)  # the host requested more
                if self._attachments.closed or is_final(error) or now() + wait_seconds > give_up_at:
                    raise
                _log.info("attachment not fetched yet", fault=type(error).__name__, wait=wait_seconds)
            await asyncio.sleep(wait_seconds)
        return await fetch()

    async def _keep_once(self, upload: Upload, whose: Hashable) -> Reference:
        async with AsyncExitStack() as stack:
            await self.space.check()
            partial = await stack.enter_async_context(PartialFile(self._folder))
            stack.callback(self.space.end, partial)
            await self._receive(upload, partial)
            reader = None if self._redrawing is None else await partial.examine(read_foreign)
            if reader is not None and self._redrawing is not None:
                return await self._convert(upload, partial, reader, self._redrawing, whose)
            return await self._shelve(upload, partial)

    async def _read_once(self, upload: Upload, max_bytes: int) -> bytes:
        """The file, or its beginning if it is longer than the limit."""
        data = bytearray()
        async with timed(self._deadlines) as timer, self._attachments.open(upload.url) as response:
            async for chunk in response.content.iter_any():
                data += chunk
                timer.received(len(data))
                if len(data) > max_bytes:
                    break
        return bytes(data)

    async def _receive(self, upload: Upload, partial: PartialFile, max_bytes: int | None = None) -> None:
        most_bytes = self._max_bytes if max_bytes is None else max_bytes
        async with timed(self._deadlines) as timer, self._attachments.open(upload.url) as response:
            length = response.content_length
            if (length or 0) > most_bytes:
                raise self._too_large(upload, most_bytes)
            if max_bytes is None:
                # The file itself, and the same once more without its metadata.
                await self.space.promise(partial, 2 * (most_bytes if length is None else length))
            async for chunk in response.content.iter_any():
                if partial.size_bytes + len(chunk) > most_bytes:
                    raise self._too_large(upload, most_bytes)
                await partial.add(chunk)
                timer.received(partial.size_bytes)
            if self._attachments.closed:  # a body without a length ends like this, too
                raise aiohttp.ClientConnectionError("Closed while fetching.")
        if not partial.size_bytes:
            raise _refused(upload, Reason.REFERENCE_EMPTY)

    async def _shelve(self, upload: Upload, partial: PartialFile) -> Reference:
        picture = await partial.examine(read_header)
        if picture is None:
            kind = await partial.examine(read_kind)
            if kind is None and self._ffmpeg is not None and self._ffmpeg.available and await partial.examine(is_video):
                return await self._draw(upload, partial, self._ffmpeg)
            raise _refused(upload, Reason.REFERENCE_TYPE if kind is None else Reason.REFERENCE_DAMAGED)
        if picture.too_big:
            raise _refused(upload, Reason.REFERENCE_DIMENSIONS)
        pieces = await partial.examine(lambda file: find_pieces(file, picture.suffix))
        if pieces is None:
            raise _refused(upload, Reason.REFERENCE_DAMAGED)
        if pieces == (range(partial.size_bytes),):
            return await _store(partial, picture.suffix)
        async with PartialFile(self._folder) as cleaned:
            await _copy(partial, pieces, cleaned)
            return await _store(cleaned, picture.suffix)

    async def _convert(
        self, upload: Upload, partial: PartialFile, reader: str, redrawing: Redrawing, whose: Hashable
    ) -> Reference:
        """Keep a picture of another kind as a PNG or JPEG."""
        try:
            content = await redrawing.convert(await partial.on_disk(), reader, whose)
        except RedrawFault as fault:
            _log.info("attachment not converted", fault=type(fault).__name__, detail=fault.detail)
            broken = isinstance(fault, Undrawable)
            raise _refused(upload, Reason.REFERENCE_DAMAGED if broken else Reason.REFERENCE_DIMENSIONS) from fault
        async with PartialFile(self._folder) as converted:
            await converted.add(content)
            return await self._shelve(upload, converted)

    async def _draw(self, upload: Upload, partial: PartialFile, ffmpeg: Ffmpeg) -> Reference:
        """Keep the first frame of a video."""
        try:
            content = await draw_first_frame(partial, self._folder, ffmpeg)
        except NoRoom as fault:
            raise ReferenceRefused(Refusal(Reason.DISK_FULL)) from fault
        except FfmpegFault as fault:
            _log.info("first frame not drawn", fault=type(fault).__name__, detail=fault.detail)
            raise _refused(upload, Reason.REFERENCE_VIDEO) from fault
        async with PartialFile(self._folder) as drawn:
            await drawn.add(content)
            return replace(await _store(drawn, "jpg"), of_video=True)


async def _copy(partial: PartialFile, pieces: Sequence[Piece], cleaned: PartialFile) -> None:
    blocks = await partial.examine(lambda file: read_pieces(file, pieces))
    while block := await partial.examine(lambda _file: next(blocks, b"")):
        await cleaned.add(block)


async def _store(partial: PartialFile, suffix: Suffix) -> Reference:
    reference = Reference(await partial.sha256(), suffix, partial.size_bytes)
    await partial.keep_as(reference.file_name)
    return reference


def display_name(file_name: str) -> str:
    """A claimed file name, fit to be shown: no control or direction characters, at most 60 characters, never empty."""
    shown = "".join(letter for letter in file_name if unicodedata.category(letter) not in _UNSHOWN).strip()
    if len(shown) > _NAME_MAX_CHARACTERS:
        shown = shown[: _NAME_MAX_CHARACTERS - 1] + "…"
    return shown or "file"


_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def _refused(upload: Upload, reason: Reason, **named: object) -> ReferenceRefused:
    return ReferenceRefused(Refusal(reason, {"file": display_name(upload.file_name), **named}))
