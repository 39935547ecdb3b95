"""A circuit breaker: while it is open only one probe at a time is sent. Its owner decides when it opens."""

import math

from bot.ops.clock import Clock

PROBE_SECONDS = 15.0


class CircuitBreaker:
    """One for each other side. All times are monotonic."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._opened_at: float | None = None
        self._probe_at = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the other side counts as down."""
        return self._opened_at is not None

    @property
    def next_probe_at(self) -> float:
        """When a probe may be sent at the earliest."""
        return self._probe_at

    def wait_seconds(self) -> float:
        """0 if a request may be sent now: it is closed, or a probe is due."""
        return max(self._probe_at - self._clock.monotonic(), 0.0) if self.is_open else 0.0

    def open(self, rest_seconds: float = PROBE_SECONDS) -> None:
        """Stay open for so long, then allow one probe every 15 s; a longer pause stays."""
        now = self._clock.monotonic()
        self._opened_at = now
        self._probe_at = max(self._probe_at, now + rest_seconds)

    def take_probe(self) -> bool:
        """Whether a probe is due now; if so the next one is due in 15 s at the earliest."""
        now = self._clock.monotonic()
        if now < self._probe_at:
            return False
        self._probe_at = now + PROBE_SECONDS
        return True

    def close(self, began_at: float = math.inf) -> bool:
        """A request that started then was answered: closed, unless it started before the opening."""
        if self._opened_at is not None and began_at <= self._opened_at:
            return False
        self._opened_at = None
        return True
