"""The hard stop on paid requests: at most so many in any 60 seconds, independent of all other code.

It counts attempts, not successes; a bug elsewhere that sends in a loop is stopped by it.
"""

from collections import deque
from collections.abc import Callable, Iterable

from bot.ops.clock import Clock
from bot.videos.provider_faults import SpendingStopped

WINDOW_SECONDS = 60.0
PAUSED_SECONDS = 5.0


class SpendGuard:
    """Counts paid requests in the last 60 s and refuses one over the limit."""

    def __init__(
        self,
        limit: int,
        clock: Clock,
        submitted_at: Iterable[float] = (),
        is_paused: Callable[[], bool] = lambda: False,
    ) -> None:
        """At most `limit` requests per 60 s, none while `is_paused`; `submitted_at`: epoch times of earlier ones.

        A time in the future (the machine's clock was set back) counts as now. Raises ValueError for a limit below 1.
        """
        if limit < 1:
            raise ValueError("At least one paid request per minute must be allowed.")
        self._limit = limit
        self._clock = clock
        self._is_paused = is_paused
        self._spent = deque[float]()
        self.remember(submitted_at)

    def remember(self, submitted_at: Iterable[float], later_seconds: float = 0.0) -> None:
        """Count requests of other processes, too: their epoch times, instead of all that was counted.

        Each may have been sent up to `later_seconds` after its time.
        """
        now, ticks = self._clock.now(), self._clock.monotonic()
        self._spent = deque(sorted(ticks - max(0.0, now - at - later_seconds) for at in submitted_at))

    def spend(self) -> None:
        """Count one paid request as sent now; raises `SpendingStopped` if the window is full or spending is paused."""
        if self._is_paused():
            # Spending is paused; the file may be gone again soon.
            raise SpendingStopped(retry_after_seconds=PAUSED_SECONDS)
        ticks = self._clock.monotonic()
        while self._spent and self._spent[0] <= ticks - WINDOW_SECONDS:
            self._spent.popleft()
        if len(self._spent) >= self._limit:
            # There is room when fewer than the limit remain in the window.
            last_to_leave = self._spent[len(self._spent) - self._limit]
            raise SpendingStopped(retry_after_seconds=WINDOW_SECONDS - (ticks - last_to_leave))
        self._spent.append(ticks)
