"""The folder of first frames: a small JPEG of each finished video, drawn in the background if there is an ffmpeg."""

import asyncio
import os
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import structlog

from bot.jobs.model import JobId
from bot.media.disk_space import MIB, PICTURE_FLOOR_BYTES, DiskSpace
from bot.media.ffmpeg import Ffmpeg
from bot.media.ffmpeg_faults import FfmpegFault
from bot.media.folders import PrivateFolder

# A JPEG of 320 pixels has some 20 KB; anything larger is not sent along.
_BYTES_MAX = 256 * 1024
# Each holds its video on the disk for the moment: more are not drawn.
_AT_ONCE_MAX = 8
_log = structlog.stdlib.get_logger(__name__)


class FirstFrames:
    """Draws and reads the kept frames. A missing one is no fault: without ffmpeg, or in another process, none is drawn.

    A frame is kept until its video is deleted. Frames are the first to give way when the disk gets full.
    """

    def __init__(self, folder: Path, ffmpeg: Ffmpeg) -> None:
        self._folder = PrivateFolder(folder)
        self._space = DiskSpace(self._folder, PICTURE_FLOOR_BYTES)
        self._ffmpeg = ffmpeg
        self._drawing: dict[JobId, asyncio.Task[None]] = {}

    def path(self, job_id: JobId) -> Path:
        """Where the frame of that job's video is kept."""
        return self._folder.path(_name(job_id))

    async def read(self, job_id: JobId) -> bytes | None:
        """The JPEG of that job's video; None if there is none."""
        return await asyncio.to_thread(self._read, job_id)

    def draw(self, job_id: JobId, video: Path) -> None:
        """Begin to draw the frame of a fetched video, if it has none; nothing is waited for, and nothing raised."""
        if not self._ffmpeg.available or job_id in self._drawing or len(self._drawing) >= _AT_ONCE_MAX:
            return
        try:
            # Opened now: the video may be posted, and deleted, before its turn comes.
            held = os.open(video, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            _log.info("first frame not drawn", job=job_id, fault=str(error))
            return
        task = asyncio.create_task(self._draw(job_id, _path_of(held, video)), name=f"first frame {job_id}")
        self._drawing[job_id] = task
        task.add_done_callback(partial(self._drawn, job_id, held))

    async def forget(self, job_ids: Iterable[JobId]) -> int:
        """Delete the frames of videos that were deleted; how many. A later round deletes what can't be deleted now.

        One that is just being drawn is drawn no further.
        """
        gone = list(job_ids)
        drawing = [self._drawing[job_id] for job_id in gone if job_id in self._drawing]
        for task in drawing:
            task.cancel()
        await asyncio.gather(*drawing, return_exceptions=True)

        def run() -> int:
            deleted = 0
            for job_id in gone:
                try:
                    self.path(job_id).unlink()
                except FileNotFoundError:
                    continue
                except OSError as error:
                    _log.warning("first frame not deleted", job=job_id, fault=str(error))
                else:
                    deleted += 1
            return deleted

        return await asyncio.to_thread(run)

    async def idle(self) -> None:
        """Return once nothing is being drawn."""
        await asyncio.gather(*self._drawing.values(), return_exceptions=True)

    async def close(self) -> None:
        """End what is being drawn."""
        for task in self._drawing.values():
            task.cancel()
        await self.idle()

    async def _draw(self, job_id: JobId, video: Path) -> None:
        try:
            if await asyncio.to_thread(self._folder.size_bytes, _name(job_id)) is None:
                await self._space.check(MIB)
                await self._ffmpeg.first_frame(video, self.path(job_id))
        except (FfmpegFault, OSError) as fault:
            detail = fault.detail if isinstance(fault, FfmpegFault) else ""
            _log.info("first frame not drawn", job=job_id, fault=str(fault), detail=detail)
        except Exception:  # noqa: BLE001 - no task waits for it, and a picture in a list is worth a line in the log
            _log.exception("first frame not drawn", job=job_id)

    def _drawn(self, job_id: JobId, held: int, _task: "asyncio.Task[None]") -> None:
        os.close(held)
        del self._drawing[job_id]

    def _read(self, job_id: JobId) -> bytes | None:
        try:
            with self._folder.open(_name(job_id)) as file:
                content = file.read(_BYTES_MAX + 1)
        except OSError:
            return None
        return content if 0 < len(content) <= _BYTES_MAX else None


def _path_of(held: int, video: Path) -> Path:
    """A path that leads to the open file, also after it was deleted; where there is none, that of the file."""
    by_number = Path(f"/proc/{os.getpid()}/fd/{held}")
    return by_number if by_number.exists() else video


def _name(job_id: JobId) -> str:
    return f"frame-{job_id}.jpg"
