"""Lanes for videos that are downloaded: a few for brisk ones, and more for slow ones, which delay no other.

A download that hardly moves leaves the brisk lanes after a quarter of a minute. It goes on among the slow ones; when
there are too many of those, the slowest is ended, to be fetched again later.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

_BRISK_LANES = 3
_SLOW_LANES = 12
_CHECK_SECONDS = 15.0
# An ordinary video of 8 MB takes a minute so.
_BRISK_BYTES_PER_SECOND = 128 * 1024


class Lanes:
    """All lanes. Whoever fetches says by `Transfer.received` how much has arrived."""

    def __init__(
        self, check_seconds: float = _CHECK_SECONDS, brisk_lanes: int = _BRISK_LANES, slow_lanes: int = _SLOW_LANES
    ) -> None:
        """Every `check_seconds` it is looked whether a download in one of the `brisk_lanes` gets on."""
        self.check_seconds = check_seconds
        self._brisk = asyncio.Semaphore(brisk_lanes)
        self._slow_lanes = slow_lanes
        self._slow: set[Transfer] = set()

    @asynccontextmanager
    async def take(self) -> AsyncGenerator["Transfer"]:
        """Hold a lane for one download; waits for one."""
        await self._brisk.acquire()
        transfer = Transfer(self)
        transfer.watch()
        try:
            yield transfer
        finally:
            transfer.leave()
            if transfer in self._slow:
                self._slow.discard(transfer)
            elif not transfer.gave_up:
                self._brisk.release()

    def slow_down(self, transfer: "Transfer") -> None:
        """Let a download go on among the slow ones; too many of those end the slowest."""
        transfer.gave_up = True
        self._brisk.release()
        self._slow.add(transfer)
        if len(self._slow) > self._slow_lanes:
            slowest = min(self._slow, key=lambda one: one.bytes_per_second)
            self._slow.discard(slowest)
            slowest.end()


class Transfer:
    """One download in a lane. `end` is what ends the download, set by whoever fetches."""

    def __init__(self, lanes: Lanes) -> None:
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
        """So many bytes have arrived in all."""
        self._received_bytes = received_bytes

    def watch(self) -> None:
        """Look after a while whether the download gets on."""
        self._check = self._loop.call_later(self._lanes.check_seconds, self._check_now)

    def leave(self) -> None:
        """Look no more."""
        if self._check is not None:
            self._check.cancel()

    def _check_now(self) -> None:
        moved_bytes = self._received_bytes - self._seen_bytes
        self._seen_bytes = self._received_bytes
        if moved_bytes < _BRISK_BYTES_PER_SECOND * self._lanes.check_seconds:
            self._lanes.slow_down(self)
        else:
            self.watch()
