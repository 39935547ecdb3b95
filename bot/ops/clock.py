"""The bot's clock: the one seam by which tests and the sandbox make hours pass.

Every stored time is a float of seconds since the Unix epoch, UTC (names end in `_at`), so that it can be compared and
added to on any database. Nothing else in the running bot reads the machine's time, except for the ages of files, and no
statement asks the database for it.
"""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, Protocol

# The remaining difference after a clock step is made up for at that share of the time that passes.
_CORRECTION_SHARE = 0.05
NEVER_RIGHT_SECONDS = 86_400.0
# On Linux the ordinary one stops while the machine is suspended; elsewhere it goes on.
_GOES_ON = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock(Protocol):
    """The interface of a clock."""

    def now(self) -> float:
        """Seconds since the epoch, UTC: for stored times."""
        ...

    def monotonic(self) -> float:
        """Seconds that only ever go forward: for durations inside one process."""
        ...

    def sleep(self, seconds: float) -> Coroutine[Any, Any, None]:
        """Return after that many seconds of this clock."""
        ...


class SystemClock:
    """The machine's own time; `now` jumps when the clock is set."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since an arbitrary start, never going back; those of a suspended machine count."""
        return time.clock_gettime(_GOES_ON)

    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds."""
        await asyncio.sleep(max(0.0, seconds))


class SteadyClock:
    """Another clock without its steps (docs/decisions/0011-clock-steps.md).

    Time passes as it does for the other's `monotonic`. Where `now` would jump, it catches up by a twentieth of the time
    that passes. A difference of more than a day changes nothing until its owner decides. For the event loop's thread.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._now, self._ticks = clock.now(), clock.monotonic()

    def now(self) -> float:
        """Seconds since the epoch, UTC, never going back but by `go_back_to`."""
        ticks, wall = self._clock.monotonic(), self._clock.now()
        passed_seconds = max(0.0, ticks - self._ticks)
        expected = self._now + passed_seconds
        correction_seconds = wall - expected
        if abs(correction_seconds) <= NEVER_RIGHT_SECONDS:
            bound_seconds = passed_seconds * _CORRECTION_SHARE
            expected += max(-bound_seconds, min(bound_seconds, correction_seconds))
        self._now, self._ticks = expected, ticks
        return self._now

    def machine_now(self) -> float:
        """The other clock's time."""
        return self._clock.now()

    def go_on_from(self, least: float) -> None:
        """Be at that time at least."""
        self._now = max(self.now(), least)

    def take_over(self) -> None:
        """Adopt the other clock's time, if that is later."""
        self.go_on_from(self._clock.now())

    def go_back_to(self, earlier: float) -> None:
        """The time was wrong: continue from an earlier one."""
        self._now = min(self.now(), earlier)

    def monotonic(self) -> float:
        """Seconds since an arbitrary start, never going back."""
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> Coroutine[Any, Any, None]:
        """Return after that many seconds."""
        return self._clock.sleep(seconds)
