"""A clock of any speed, so that an hour of waiting passes in seconds."""

import asyncio
import threading
import time
from collections.abc import Coroutine
from typing import Any


class ScaledClock:
    """Implements `bot.ops.clock.Clock`: `speed` seconds pass per real second, and `jump` lets time pass at once.

    Two processes given the same `anchored_at` (a real time), `started_at`, `speed` and jumps agree on `now()`. `step`
    sets the wall clock alone, as an operator would.
    """

    def __init__(
        self, speed: float = 1.0, *, started_at: float | None = None, anchored_at: float | None = None
    ) -> None:
        self.speed = speed
        self.anchored_at = time.time() if anchored_at is None else anchored_at
        self.started_at = self.anchored_at if started_at is None else started_at
        self._monotonic_zero = time.monotonic() - (time.time() - self.anchored_at)
        self._jumped_seconds = 0.0
        self._stepped_seconds = 0.0
        self._sleepers: set[asyncio.Future[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def now(self) -> float:
        """Seconds since the epoch in this clock's world."""
        return self.started_at + self.monotonic() + self._stepped_seconds

    def monotonic(self) -> float:
        """Seconds of this clock since its anchor."""
        return (time.monotonic() - self._monotonic_zero) * self.speed + self._jumped_seconds

    @property
    def jumped_seconds(self) -> float:
        """How much time has passed in jumps so far."""
        return self._jumped_seconds

    def jump(self, seconds: float) -> None:
        """Let that many seconds pass at once and wake sleepers whose time has come."""
        self._jumped_seconds += seconds
        for sleeper in tuple(self._sleepers):
            # A jump may come from another thread than the sleeping one.
            sleeper.get_loop().call_soon_threadsafe(_wake, sleeper)

    def jump_from_thread(self, seconds: float) -> None:
        """`jump`, from another thread than that of the sleepers, between two steps of their loop.

        Within a step a pause may have been computed already, which would be slept after the jump. Returns when the
        time has passed.
        """
        passed = threading.Event()

        def pass_time() -> None:
            self.jump(seconds)
            passed.set()

        if self._loop is None or self._loop.is_closed():
            self.jump(seconds)
        else:
            self._loop.call_soon_threadsafe(pass_time)
            passed.wait()

    def step(self, seconds: float) -> None:
        """Set `now` forward or back by that much; no time passes, and no sleeper wakes."""
        self._stepped_seconds += seconds

    def sleep(self, seconds: float) -> Coroutine[Any, Any, None]:
        """Return after that many seconds of this clock from this call on, or as soon as a jump has passed them."""
        return self._sleep_until(self.monotonic() + seconds)

    async def _sleep_until(self, due: float) -> None:
        self._loop = loop = asyncio.get_running_loop()
        while due > self.monotonic():
            sleeper = loop.create_future()
            self._sleepers.add(sleeper)
            timer = loop.call_later(max(0.0, due - self.monotonic()) / self.speed, _wake, sleeper)
            try:
                await sleeper
            finally:
                timer.cancel()
                self._sleepers.discard(sleeper)
        await asyncio.sleep(0)


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)
