"""Fetches a finished video to our disk, from the address in a provider's response; nothing is trusted until it is
whole.

Redirects are followed by hand, each hop through the guard and with the key only while it is at the API's own origin.
The caller decides what a fault means for a job.
"""

import asyncio
import hashlib
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urljoin

import aiohttp
from yarl import URL

from bot.media.address_guard import AddressGuard
from bot.media.data_urls import decode_data_url, is_data_url
from bot.media.disk_space import VIDEO_FLOOR_BYTES, DiskSpace
from bot.media.download import Download, FetchedVideo, kind_of
from bot.media.fetch_faults import (
    FetchFailed,
    FetchFault,
    FetchRefusedByGuard,
    LinkExpired,
    NoRoom,
    NotAVideo,
    TooLarge,
)
from bot.media.folders import FileMark, PrivateFolder, file_mark
from bot.media.json_links import JSON_MAX_BYTES, find_json_link, is_json_like
from bot.media.lanes import Lanes
from bot.media.sessions import PLAIN_HEADERS, Deadlines, is_encoded, plain_session, timed
from bot.media.sniffing import HEADER_BYTES, SNIFF_BYTES, VideoType, ending
from bot.ops.observer import SILENT, Observer

__all__ = [
    "AddressGuard",
    "FetchFailed",
    "FetchFault",
    "FetchRefusedByGuard",
    "FetchedVideo",
    "LinkExpired",
    "NoRoom",
    "NotAVideo",
    "Source",
    "TooLarge",
    "VideoFetcher",
]

# Slower than this it is given up and fetched again later; none takes longer than an hour.
_DEADLINES = Deadlines(total_seconds=120.0, idle_seconds=60.0, bytes_per_second=16 * 1024, most_seconds=3600.0)
_HOPS_MAX = 5
_SPARE_SECONDS = 4500.0  # longer than any fetch takes
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_EXPIRED = frozenset({401, 403, 404, 410})
_OK = 200
_SAID_BYTES = 4 * 1024
# Called with the number of bytes that have arrived.
_Received = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Source:
    """A provider whose videos are fetched: its addresses, and its key for them.

    `key_for` returns the bearer key for URLs of the API's own origin and None for all others.
    """

    guard: AddressGuard
    key_for: Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class _Hop:
    """One hop: the request, the hop before it, and the history so far."""

    source: Source
    target: str
    before: URL | None = None
    number: int = 0
    left_origin: bool = False
    pointed: bool = False


class VideoFetcher:
    """The folder of fetched videos and the downloads into it; `sources` by the ids of the providers."""

    def __init__(
        self,
        folder: Path,
        max_bytes: int,
        sources: Mapping[str, Source],
        deadlines: Deadlines = _DEADLINES,
        lanes: Lanes | None = None,
        observer: Observer = SILENT,
    ) -> None:
        self._folder = PrivateFolder(folder)
        self._max_bytes = max_bytes
        self._sources = sources
        self._deadlines = deadlines
        self._lanes = lanes or Lanes()
        self._sessions: set[aiohttp.ClientSession] = set()
        # Shared with all that writes videos, so that no space is promised twice.
        self.space = DiskSpace(self._folder, VIDEO_FLOOR_BYTES)
        # The hash of each video that this process has fetched or hashed, and its file then.
        self._known: dict[str, tuple[str, FileMark]] = {}
        self._closed = False
        self._observer = observer

    async def fetch(self, url: str, name: str, provider_id: str, whose: Hashable = None) -> FetchedVideo:
        """Fetch that provider's video at an http(s) or `data:` URL and keep it under `name`, over an older one.

        `whose` it is: a person's many videos leave room for others'.
        Raises a `FetchFault`; then nothing is left on the disk.
        """
        self._folder.path(name)
        hop: _Hop | FetchedVideo = _Hop(self._sources[provider_id], url)
        arrived_bytes = 0
        try:
            async with self._lanes.take(whose) as transfer, timed(self._deadlines) as timer:
                transfer.end = timer.end

                def received(count: int) -> None:
                    nonlocal arrived_bytes
                    arrived_bytes = count
                    transfer.received(count)
                    timer.received(count)

                while isinstance(hop, _Hop):
                    if hop.number > _HOPS_MAX:
                        raise FetchRefusedByGuard("The video's address redirects too often.")
                    hop = await (self._unfold(hop, name) if self._is_data_url(hop) else self._ask(hop, name, received))
                arrived_bytes = hop.size_bytes
        except TimeoutError as error:
            raise FetchFailed("The video took too long to arrive.") from error
        finally:
            self._observer.video_fetched(arrived_bytes)
        if hop.mark is not None:
            self._known[name] = hop.sha256, hop.mark
        return hop

    def path(self, name: str) -> Path:
        """The path of the video with that name. Raises ValueError for a name that we don't make."""
        return self._folder.path(name)

    async def shown_name(self, name: str) -> str:
        """The name under which the kept video is posted: its extension shows its kind.

        On disk every video ends in `.mp4`: names there outlive a process.
        """

        def ending_of() -> str:
            with self._folder.open(name) as file:
                return ending(file.read(HEADER_BYTES))

        try:
            return str(Path(name).with_suffix(await asyncio.to_thread(ending_of)))
        except OSError:
            return name

    async def verify(self, name: str, sha256: str) -> bool:
        """Whether the video is kept and unchanged: hashed on arrival or here, its file untouched since."""

        def known_or_read() -> tuple[str, FileMark]:
            with self._folder.open(name) as file:
                mark, known = file_mark(file), self._known.get(name)
                if known is not None and known[1] == mark:
                    return known
                return hashlib.file_digest(file, "sha256").hexdigest(), mark

        try:
            self._known[name] = found = await asyncio.to_thread(known_or_read)
        except OSError:
            return False
        return found[0] == sha256

    @property
    def max_bytes(self) -> int:
        """The size of the largest video that is kept."""
        return self._max_bytes

    async def hash_of(self, name: str) -> str:
        """The hash of a kept file that was made here, in hex. Raises OSError."""

        def run() -> tuple[str, FileMark]:
            with self._folder.open(name) as file:
                return hashlib.file_digest(file, "sha256").hexdigest(), file_mark(file)

        self._known[name] = found = await asyncio.to_thread(run)
        return found[0]

    async def forget(self, name: str) -> bool:
        """Delete the video; whether it existed. Raises OSError."""
        path = self._folder.path(name)
        self._known.pop(name, None)
        try:
            await asyncio.to_thread(path.unlink)
        except FileNotFoundError:
            return False
        return True

    async def clear_partials(self) -> int:
        """Delete what an earlier process left half-way; how many files. For the start, before anything is fetched."""
        return await asyncio.to_thread(self._folder.clear_partials)

    async def sweep(self, keep: Collection[str], spare_seconds: float = _SPARE_SECONDS) -> int:
        """Delete the videos that are not in `keep`, and stale partial files; how many.

        Files of the last `spare_seconds` are spared: they may still arrive, or be about to be stored as kept. Raises
        OSError.
        """
        self._known = {name: known for name, known in self._known.items() if name in keep}
        return await asyncio.to_thread(self._folder.sweep, frozenset(keep), spare_seconds)

    async def close(self) -> None:
        """Cancel all downloads (they fail) and start no more."""
        self._closed = True
        for session in tuple(self._sessions):
            await session.close()

    def _is_data_url(self, hop: _Hop) -> bool:
        """A redirect must lead to a web address; only the provider's own response may contain the video itself."""
        return is_data_url(hop.target) and (hop.number == 0 or hop.pointed)

    def _download(self, name: str, kind: VideoType, length_bytes: int) -> Download:
        return Download(self.space, name, self._max_bytes, kind, length_bytes)

    async def _unfold(self, hop: _Hop, name: str) -> FetchedVideo:
        pieces = decode_data_url(hop.target, self._max_bytes)
        first = next(pieces, b"")
        async with self._download(name, kind_of(first), len(hop.target) * 3 // 4) as download:
            await download.add(first)
            for piece in pieces:
                await download.add(piece)
            return await download.finish(None)

    async def _ask(self, hop: _Hop, name: str, received: _Received) -> FetchedVideo | _Hop:
        """The video, or the address that the response points to."""
        guard = hop.source.guard
        url = guard.admit(hop.target, hop.before)
        key = None if hop.left_origin else hop.source.key_for(str(url))
        headers = PLAIN_HEADERS if key is None else {**PLAIN_HEADERS, "Authorization": f"Bearer {key}"}
        gate = guard.gate(url)
        if self._closed:
            raise FetchFailed("Nothing is fetched any more.")
        # Each hop has its own session: nothing from one host can reach the request to another.
        session = plain_session(gate.connector(), self._deadlines)
        self._sessions.add(session)
        try:
            async with session.get(url, headers=headers, allow_redirects=False) as response:
                return await self._answer(response, replace(hop, before=url, left_origin=key is None), name, received)
        except (aiohttp.ClientError, OSError) as error:
            failed = FetchFailed("The video could not be fetched.", detail=type(error).__name__)
            raise gate.refusal or failed from error
        finally:
            self._sessions.discard(session)
            await session.close()

    async def _answer(
        self, response: aiohttp.ClientResponse, here: _Hop, name: str, received: _Received
    ) -> FetchedVideo | _Hop:
        status, location = response.status, response.headers.get("Location")
        if status in _REDIRECTS and location:
            return _onward(here, location, pointed=here.pointed)
        if status in _EXPIRED:
            said = await _refusal(response, here)
            raise LinkExpired("The video's address does not give it out.", status=status, said=said)
        if status != _OK:
            said = await _refusal(response, here)
            raise FetchFailed("The video's address did not answer with a video.", status=status, said=said)
        if is_encoded(response):
            raise FetchFailed("The video came compressed although that was declined.", status=status)
        if response.content_length is not None and response.content_length > self._max_bytes:
            raise TooLarge(self._max_bytes, response.content_length)
        first = await _read_at_least(response, SNIFF_BYTES)
        if is_json_like(first):
            return await self._pointed(response, first, here)
        return await self._land(response, first, name, received)

    async def _pointed(self, response: aiohttp.ClientResponse, first: bytes, here: _Hop) -> _Hop:
        body = first + await _read_at_least(response, JSON_MAX_BYTES)
        link = find_json_link(body) if len(body) <= JSON_MAX_BYTES and not here.pointed else None
        if link is None:
            said = b"" if here.left_origin else body[:_SAID_BYTES]
            raise NotAVideo("JSON came instead of a video.", status=response.status, said=said)
        return _onward(here, link, pointed=True)

    async def _land(
        self, response: aiohttp.ClientResponse, first: bytes, name: str, received: _Received
    ) -> FetchedVideo:
        expected = response.content_length
        async with self._download(name, kind_of(first), expected or 0) as download:
            await download.add(first)
            received(download.size_bytes)
            async for chunk in response.content.iter_any():
                await download.add(chunk)
                received(download.size_bytes)
            if self._closed:  # a body without a length ends like this, too
                raise FetchFailed("The video was not fetched to its end.")
            return await download.finish(expected)


def _onward(here: _Hop, target: str, *, pointed: bool) -> _Hop:
    try:
        absolute = target if is_data_url(target) else urljoin(str(here.before), target)
    except ValueError as error:
        raise FetchRefusedByGuard("The video's address redirects to no address.") from error
    return _Hop(here.source, absolute, here.before, here.number + 1, here.left_origin, pointed)


async def _refusal(response: aiohttp.ClientResponse, here: _Hop) -> bytes:
    """The beginning of a refusal of the API's own origin; bodies of other hosts are not read."""
    if here.left_origin:
        return b""
    try:
        return (await _read_at_least(response, _SAID_BYTES))[:_SAID_BYTES]
    except (aiohttp.ClientError, OSError):
        return b""


async def _read_at_least(response: aiohttp.ClientResponse, count: int) -> bytes:
    """The next bytes of the body: `count` of them or some more, fewer only at its end."""
    read = bytearray()
    while len(read) < count and not response.content.at_eof():
        read += await response.content.readany()
    return bytes(read)
