"""Time, as the bot is told it: the one seam by which tests and the sandbox make hours pass; it knows nothing of jobs.

Every stored time is a float of seconds since the Unix epoch, UTC (names end in `_at`), so that it can be compared and
added to on any database. Nothing in `bot` asks the operating system or the database for the time.
"""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """What the bot needs to know of time."""

    def now(self) -> float:
        """Seconds since the epoch, UTC: for what is stored. May jump when the machine's clock is set."""
        ...

    def monotonic(self) -> float:
        """Seconds that only ever go forward: for what is measured inside one process."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds of this clock."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since an arbitrary start, never going back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds."""
        await asyncio.sleep(max(0.0, seconds))
