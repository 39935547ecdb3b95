"""Ids as Discord makes them, from the clock and strictly growing."""

from datetime import UTC, datetime

from bot.ops.clock import Clock

EPOCH_SECONDS = 1_420_070_400
_TIME_SHIFT = 22


class Snowflakes:
    """Hands out ids whose upper bits are the milliseconds of the clock since Discord's epoch."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> int:
        """A fresh id, larger than all before, even when the clock stops or goes back."""
        milliseconds = int((self._clock.now() - EPOCH_SECONDS) * 1000)
        self._last = max(milliseconds << _TIME_SHIFT, self._last + 1)
        return self._last


def created_at(snowflake: int) -> float:
    """Seconds since the epoch at which that id was made."""
    return (snowflake >> _TIME_SHIFT) / 1000 + EPOCH_SECONDS


def iso(at: float) -> str:
    """A time of day as Discord writes it."""
    return datetime.fromtimestamp(at, UTC).isoformat()
