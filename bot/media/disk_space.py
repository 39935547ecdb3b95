"""The free disk space that is reserved, so that the database can always store paid results.

The two floors belong together: pictures are refused long before videos, and videos wait long before the database has no
room. A picture can be attached again and a video fetched later; an id that was not stored is lost.
"""

import asyncio
import errno

from bot.media.folders import PrivateFolder

MIB = 1024 * 1024
# The write-ahead log is kept to 16 MiB, and takes as much again while it is copied into the database. The rest is for
# rows and for other programs.
VIDEO_FLOOR_BYTES = 64 * MIB
# Four times that: pictures can't use up the room of finished, paid videos.
PICTURE_FLOOR_BYTES = 256 * MIB


class DiskFullError(OSError):
    """So many more bytes would leave less free space than the floor."""

    def __init__(self) -> None:
        super().__init__(errno.ENOSPC, "The free space is under its floor.")


class DiskSpace:
    """Reserves space in one folder above a floor, so that no space is promised to two downloads."""

    def __init__(self, folder: PrivateFolder, floor_bytes: int) -> None:
        self.folder = folder
        self._floor_bytes = floor_bytes
        self._promised: dict[object, int] = {}

    async def promise(self, whom: object, bytes_to_come: int) -> None:
        """Reserve so much space that is still to be filled, in place of the earlier reservation.

        Raises `DiskFullError` if the disk doesn't have it beside all other reservations, and OSError.
        """
        self._promised[whom] = max(0, bytes_to_come)
        await self.check(sum(self._promised.values()))

    def end(self, whom: object) -> None:
        """End the reservation: it is filled, or not needed any more."""
        self._promised.pop(whom, None)

    async def has_room(self) -> bool:
        """Whether the disk has room above its floor."""
        try:
            await self.check()
        except OSError:
            return False
        return True

    async def check(self, bytes_to_come: int = 0) -> None:
        """Return if the disk has room for so many bytes above its floor. Raises `DiskFullError`, OSError."""
        free_bytes = await asyncio.to_thread(self.folder.free_bytes)
        if free_bytes <= bytes_to_come + self._floor_bytes:
            raise DiskFullError
