"""Last frames of videos as pictures for requests: drawn with ffmpeg, and kept like pictures that people attached.

The videos come from our own disk, from an attachment of a message, or from a provider.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Hashable
from contextlib import asynccontextmanager
from pathlib import Path
from secrets import token_hex

from bot.jobs.model import Reference, Upload
from bot.media.ffmpeg import Ffmpeg
from bot.media.folders import PartialFile
from bot.media.references import ReferenceShelf
from bot.media.video_fetcher import VideoFetcher


class LastFrames:
    """Draws last frames. What is fetched for one is in the folder of the videos, and deleted afterwards."""

    def __init__(self, fetcher: VideoFetcher, shelf: ReferenceShelf, ffmpeg: Ffmpeg) -> None:
        self._fetcher = fetcher
        self._shelf = shelf
        self._ffmpeg = ffmpeg

    async def of_file(self, video: Path) -> Reference:
        """The last frame of that video. Raises `FfmpegFault`, OSError."""
        async with self._borrowed("jpg") as name:
            target = self._fetcher.path(name)
            await self._ffmpeg.last_frame(video, target)
            content = await asyncio.to_thread(target.read_bytes)
            frame = Reference(hashlib.sha256(content).hexdigest(), "jpg", len(content))
            await self._shelf.space.check(frame.size_bytes)
            await self._shelf.put_back(frame, content)
        return frame

    async def of_attachment(self, upload: Upload, whose: Hashable) -> Reference:
        """The last frame of a video at Discord. Raises `ReferenceRefused`, `FfmpegFault`, OSError."""
        async with self._borrowed("mp4") as name, PartialFile(self._fetcher.space.folder) as partial:
            await self._fetcher.space.check(upload.size_bytes or 0)
            await self._shelf.fetch_into(upload, partial, self._fetcher.max_bytes, whose)
            path, _ = await partial.keep_as(name)
            return await self.of_file(path)

    async def of_url(self, url: str, provider_id: str, whose: Hashable) -> Reference:
        """The last frame of a video at that provider's address. Raises `FetchFault`, `FfmpegFault`, OSError."""
        async with self._borrowed("mp4") as name:
            await self._fetcher.fetch(url, name, provider_id, whose)
            return await self.of_file(self._fetcher.path(name))

    @asynccontextmanager
    async def _borrowed(self, suffix: str) -> AsyncGenerator[str]:
        """A fresh name in the folder, under which nothing is left; what a kill leaves is swept like any other file."""
        name = f"frame-{token_hex(8)}.{suffix}"
        try:
            yield name
        finally:
            await self._fetcher.forget(name)
