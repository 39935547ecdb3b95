"""The folder of first frames: a small JPEG of each finished video, where one was drawn."""

import asyncio
from pathlib import Path

from bot.jobs.model import JobId
from bot.media.folders import PrivateFolder

# A JPEG of 320 pixels has some 20 KB; anything larger is not sent along.
_BYTES_MAX = 256 * 1024


class FirstFrames:
    """Reads the kept frames. A missing one is no fault: without ffmpeg, or in another process, none was drawn."""

    def __init__(self, folder: Path) -> None:
        self._folder = PrivateFolder(folder)

    def path(self, job_id: JobId) -> Path:
        """Where the frame of that job's video is kept."""
        return self._folder.path(_name(job_id))

    async def read(self, job_id: JobId) -> bytes | None:
        """The JPEG of that job's video; None if there is none."""
        return await asyncio.to_thread(self._read, job_id)

    def _read(self, job_id: JobId) -> bytes | None:
        try:
            with self._folder.open(_name(job_id)) as file:
                content = file.read(_BYTES_MAX + 1)
        except OSError:
            return None
        return content if 0 < len(content) <= _BYTES_MAX else None


def _name(job_id: JobId) -> str:
    return f"frame-{job_id}.jpg"
