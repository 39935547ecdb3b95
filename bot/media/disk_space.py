"""How much of the disk is left alone, so that the database can always write down what was paid for.

The two floors belong together: pictures are refused long before videos, and videos wait long before the database has
no room. A picture can be attached again and a video fetched later; an id that was not written down is gone.
"""

import asyncio
import errno

from bot.media.folders import PrivateFolder

MIB = 1024 * 1024
# The write-ahead log keeps to 16 MiB, and is copied into the database while it still lies there: twice that, and as
# much again for rows and for what other programs write meanwhile.
VIDEO_FLOOR_BYTES = 64 * MIB
# Four times that: whatever people attach, finished videos that are paid for still find room.
PICTURE_FLOOR_BYTES = 256 * MIB


class DiskFullError(OSError):
    """When taking so many bytes more would leave less free space than the floor."""

    def __init__(self) -> None:
        super().__init__(errno.ENOSPC, "The free space is under its floor.")


class DiskSpace:
    """Promises space in one folder above a floor, so that space which one download was promised goes to no other."""

    def __init__(self, folder: PrivateFolder, floor_bytes: int) -> None:
        self.folder = folder
        self._floor_bytes = floor_bytes
        self._promised: dict[object, int] = {}

    async def promise(self, whom: object, bytes_to_come: int) -> None:
        """Promise so much space that is still to be filled, in place of what was promised before.

        Raises `DiskFullError` if the disk doesn't have it beside all other promises, and OSError.
        """
        self._promised[whom] = max(0, bytes_to_come)
        await self.check(sum(self._promised.values()))

    def end(self, whom: object) -> None:
        """Take the promise back: it is filled, or not needed any more."""
        self._promised.pop(whom, None)

    async def check(self, bytes_to_come: int = 0) -> None:
        """Return if the disk takes so many bytes and still has more than its floor. Raises `DiskFullError`, OSError."""
        free_bytes = await asyncio.to_thread(self.folder.free_bytes)
        if free_bytes <= bytes_to_come + self._floor_bytes:
            raise DiskFullError
