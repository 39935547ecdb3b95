"""Pictures that people attach: fetched from Discord once, proven to be whole pictures, and kept without their metadata.

One that has none is kept byte for byte as it came; no pixel of any is touched.

Nothing that Discord or a person claims about a file is believed but a size that is already too large. It must not know
who attached the picture or what it is for.
"""

import asyncio
import unicodedata
from collections.abc import Collection, Sequence
from pathlib import Path

import aiohttp
import structlog
from yarl import URL

from bot.jobs.model import REFERENCES_MAX, Reference, Upload
from bot.jobs.reasons import Reason, Refusal
from bot.media.folders import PartialFile, PrivateFolder
from bot.media.metadata import Piece, find_pieces, read_pieces
from bot.media.pictures import Suffix, read_header
from bot.media.sessions import PLAIN_HEADERS, Deadlines, is_encoded, plain_session

_DEADLINES = Deadlines(total_seconds=30.0, idle_seconds=10.0)
# docs/facts/media.md, "Discord's files"
_CDN_ORIGINS = frozenset({URL("https://cdn.discordapp.com"), URL("https://media.discordapp.net")})
_NAME_MAX_CHARACTERS = 60
_SPARE_SECONDS = 600.0
_OK = 200
_log = structlog.stdlib.get_logger(__name__)


class ReferenceRefused(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """When an attachment is not taken; `refusal` is why, `str()` the same in one plain sentence."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"The attached file was not taken: {refusal.reason}.")
        self.refusal = refusal


class ReferenceShelf:
    """The folder of kept pictures, each under the hash of its bytes, so that the same picture is kept once."""

    def __init__(self, folder: Path, max_bytes: int, discord_api_base: str, deadlines: Deadlines = _DEADLINES) -> None:
        self._folder = PrivateFolder(folder)
        self._max_bytes = max_bytes
        self._origins = _CDN_ORIGINS | {URL(discord_api_base).origin()}
        self._deadlines = deadlines
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def keep(self, upload: Upload) -> Reference:
        """Fetch one attachment and keep it. Raises `ReferenceRefused`."""
        self._judge_claims(upload)
        try:
            async with asyncio.timeout(self._deadlines.total_seconds), PartialFile(self._folder) as partial:
                await self._receive(upload, partial)
                return await self._shelve(upload, partial)
        except (aiohttp.ClientError, TimeoutError) as error:
            _log.info("attachment not fetched", fault=type(error).__name__)
            raise _refused(upload, Reason.REFERENCE_UNREADABLE) from error
        except OSError as error:
            _log.exception("attachment not kept")
            raise ReferenceRefused(Refusal(Reason.STORE_UNAVAILABLE)) from error

    async def keep_all(self, uploads: Sequence[Upload]) -> tuple[Reference, ...]:
        """Fetch all at the same time and keep them, in the order given.

        Raises `ReferenceRefused` for more than four, and for the first in order that is not taken; then the other
        downloads are ended.
        """
        if len(uploads) > REFERENCES_MAX:
            raise ReferenceRefused(Refusal(Reason.REFERENCES_TOO_MANY, {"limit": REFERENCES_MAX}))
        for upload in uploads:
            self._judge_claims(upload)
        tasks = [asyncio.create_task(self.keep(upload)) for upload in uploads]
        try:
            return tuple([await task for task in tasks])
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def path(self, reference: Reference) -> Path:
        """Where the picture lies, if it is kept."""
        return self._folder.path(reference.file_name)

    def holds(self, reference: Reference) -> bool:
        """Whether the picture is (still) kept, with the right size."""
        return self._folder.size_bytes(reference.file_name) == reference.size_bytes

    async def clear_partials(self) -> int:
        """Delete what an earlier process left half-way; how many files. For the start, before anything is fetched.

        Raises OSError.
        """
        return await asyncio.to_thread(self._folder.clear_partials)

    async def sweep(self, keep: Collection[str], spare_seconds: float = _SPARE_SECONDS) -> int:
        """Delete the files that `keep` doesn't name, and stale partial ones; how many.

        What was kept in the last `spare_seconds` is spared: the job that it belongs to may be about to be stored.
        Raises OSError.
        """
        return await asyncio.to_thread(self._folder.sweep, frozenset(keep), spare_seconds)

    async def close(self) -> None:
        """End what is being fetched (it is refused as unreadable) and fetch nothing more."""
        self._closed = True
        if self._session is not None:
            await self._session.close()

    def _judge_claims(self, upload: Upload) -> None:
        if upload.size_bytes <= 0:
            raise _refused(upload, Reason.REFERENCE_EMPTY)
        if upload.size_bytes > self._max_bytes:
            raise self._too_large(upload)

    def _too_large(self, upload: Upload) -> ReferenceRefused:
        return _refused(upload, Reason.REFERENCE_TOO_LARGE, limit_bytes=self._max_bytes)

    async def _receive(self, upload: Upload, partial: PartialFile) -> None:
        url = self._admit(upload.url)
        async with self._open_session().get(url, headers=PLAIN_HEADERS, allow_redirects=False) as response:
            if response.status != _OK or is_encoded(response):
                raise aiohttp.ClientPayloadError(f"Status {response.status}, or an encoded body.")
            if (response.content_length or 0) > self._max_bytes:
                raise self._too_large(upload)
            async for chunk in response.content.iter_any():
                if partial.size_bytes + len(chunk) > self._max_bytes:
                    raise self._too_large(upload)
                await partial.add(chunk)
            if self._closed:  # a body without a length ends like this, too
                raise aiohttp.ClientConnectionError("Closed while fetching.")
        if not partial.size_bytes:
            raise _refused(upload, Reason.REFERENCE_EMPTY)

    async def _shelve(self, upload: Upload, partial: PartialFile) -> Reference:
        picture = await partial.examine(read_header)
        if picture is None:
            raise _refused(upload, Reason.REFERENCE_TYPE)
        if picture.too_big:
            raise _refused(upload, Reason.REFERENCE_DIMENSIONS)
        pieces = await partial.examine(lambda file: find_pieces(file, picture.suffix))
        if pieces is None:
            raise _refused(upload, Reason.REFERENCE_TYPE)
        if pieces == (range(partial.size_bytes),):
            return await _store(partial, picture.suffix)
        async with PartialFile(self._folder) as cleaned:
            await _copy(partial, pieces, cleaned)
            return await _store(cleaned, picture.suffix)

    def _admit(self, text: str) -> URL:
        """The URL if it lies on a host of Discord's. Raises `aiohttp.InvalidURL` otherwise."""
        try:
            # As it stands: the signature in the query must not be quoted anew.
            url = URL(text, encoded=text.isascii() and text.isprintable() and " " not in text)
            foreign = url.user is not None or url.password is not None or url.origin() not in self._origins
        except ValueError as error:
            raise aiohttp.InvalidURL("", "unreadable") from error
        if foreign:
            raise aiohttp.InvalidURL(url.origin(), "not at Discord")
        return url

    def _open_session(self) -> aiohttp.ClientSession:
        if self._closed:
            raise aiohttp.ClientConnectionError("No more attachments are fetched.")
        if self._session is None:
            # A body that lies about its length would spoil the next request on a kept-alive connection.
            self._session = plain_session(aiohttp.TCPConnector(force_close=True), self._deadlines)
        return self._session


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
