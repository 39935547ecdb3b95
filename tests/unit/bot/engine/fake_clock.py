"""A clock that stands until a test moves it."""


class FakeClock:
    """Implements `bot.ops.clock.Clock` for code that reads times and never sleeps."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def now(self) -> float:
        """Seconds since the epoch, far from the monotonic ones, so that nobody mixes the two up."""
        return self.seconds + 1_700_000_000.0

    def monotonic(self) -> float:
        """Seconds since some start."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Not for the code under test."""
        raise AssertionError(f"nobody sleeps here (asked for {seconds} s)")
