"""Download lanes: a few for fast videos, and more for slow ones, which delay no other.

Of the fast lanes one person has two at most, so that many large videos of theirs leave one to others. A download that
hardly moves leaves the fast lanes after a quarter of a minute. It continues among the slow ones. When there are too
many of those, the slowest is ended, and fetched again later.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Hashable
from contextlib import asynccontextmanager

from bot.media.slots import Slots

_BRISK_LANES = 3
_BRISK_OF_A_PERSON = 2
_SLOW_LANES = 12
_CHECK_SECONDS = 15.0
# At this rate an ordinary video of 8 MB takes a minute.
_BRISK_BYTES_PER_SECOND = 128 * 1024


class Lanes:
    """All lanes. The downloads report by `Transfer.received` how much has arrived."""

    def __init__(
        self, check_seconds: float = _CHECK_SECONDS, brisk_lanes: int = _BRISK_LANES, slow_lanes: int = _SLOW_LANES
    ) -> None:
        """Every `check_seconds` it is checked if a download in one of the `brisk_lanes` moves on."""
        self.check_seconds = check_seconds
        self._brisk = Slots(brisk_lanes, min(_BRISK_OF_A_PERSON, brisk_lanes))
        self._slow_lanes = slow_lanes
        self._slow: set[Transfer] = set()

    @asynccontextmanager
    async def take(self, whom: Hashable) -> AsyncGenerator["Transfer"]:
        """Hold a lane for one download of that person's video; waits for one."""
        await self._brisk.acquire(whom)
        transfer = Transfer(self, whom)
        transfer.watch()
        try:
            yield transfer
        finally:
            transfer.leave()
            if transfer in self._slow:
                self._slow.discard(transfer)
            elif not transfer.gave_up:
                self._brisk.release(whom)

    def slow_down(self, transfer: "Transfer") -> None:
        """Move a download to the slow ones; with too many of those, end the slowest."""
        transfer.gave_up = True
        self._brisk.release(transfer.whom)
        self._slow.add(transfer)
        if len(self._slow) > self._slow_lanes:
            slowest = min(self._slow, key=lambda one: one.bytes_per_second)
            self._slow.discard(slowest)
            slowest.end()


class Transfer:
    """One download in a lane. `end` ends the download; the downloader sets it."""

    def __init__(self, lanes: Lanes, whom: Hashable) -> None:
        self.whom = whom
        self.gave_up = False
        self.end: Callable[[], None] = lambda: None
        self._lanes = lanes
        self._loop = asyncio.get_running_loop()
        self._began_at = self._loop.time()
        self._received_bytes = self._seen_bytes = 0
        self._check: asyncio.TimerHandle | None = None

    @property
    def bytes_per_second(self) -> float:
        """How fast the download has been so far."""
        return self._received_bytes / max(self._loop.time() - self._began_at, 0.001)

    def received(self, received_bytes: int) -> None:
        """So many bytes have arrived in total."""
        self._received_bytes = received_bytes

    def watch(self) -> None:
        """Check after a while if the download moves on."""
        self._check = self._loop.call_later(self._lanes.check_seconds, self._check_now)

    def leave(self) -> None:
        """Stop checking."""
        if self._check is not None:
            self._check.cancel()

    def _check_now(self) -> None:
        moved_bytes = self._received_bytes - self._seen_bytes
        self._seen_bytes = self._received_bytes
        if moved_bytes < _BRISK_BYTES_PER_SECOND * self._lanes.check_seconds:
            self._lanes.slow_down(self)
        else:
            self.watch()
