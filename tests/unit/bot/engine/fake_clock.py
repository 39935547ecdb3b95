"""Clocks that stand still until a test moves them."""

import asyncio


class FakeClock:
    """Implements `bot.ops.clock.Clock` for code that reads times and never sleeps."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def now(self) -> float:
        """Seconds since the epoch, far from the monotonic ones, so that a mix-up is noticed."""
        return self.seconds + 1_700_000_000.0

    def monotonic(self) -> float:
        """Seconds since some start."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Not for the code under test."""
        raise AssertionError(f"nobody sleeps here (asked for {seconds} s)")


class FakeSkippingClock(FakeClock):
    """Sleeping moves it on at once, so that no test waits."""

    async def sleep(self, seconds: float) -> None:
        """Let that much time pass."""
        self.seconds += seconds
        await asyncio.sleep(0)
