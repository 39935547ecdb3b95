"""Questions whose answers may take long, such as one to a disk: asked once at a time, and waited for briefly. While an
answer is fresh, the question isn't asked again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, NamedTuple, TypeVar

from bot.jobs.database import StoreUnavailableError
from bot.ops.clock import Clock

# However often the pages are read, what they show is found once in that time.
FRESH_SECONDS = 1.0
T = TypeVar("T")


class Answer(NamedTuple, Generic[T]):
    """The answer; without one `fault` says why, in a sentence for the operator."""

    value: T | None
    fault: str | None = None


class Probe(Generic[T]):
    """`ask` returns the answer; while the previous question is still open no other is asked."""

    def __init__(self, what: str, ask: Callable[[], Awaitable[T]], within_seconds: float) -> None:
        """`what` begins the sentence of a fault, such as "The database"."""
        self._what = what
        self._ask = ask
        self._within_seconds = within_seconds
        self._open: asyncio.Task[Answer[T]] | None = None

    async def ask(self) -> Answer[T]:
        """The answer, after that many seconds at the latest."""
        if self._open is None or self._open.done():
            self._open = asyncio.create_task(self._find())
        open_now = self._open
        await asyncio.wait((open_now,), timeout=self._within_seconds)
        if open_now.done():
            return open_now.result()
        return Answer(None, f"{self._what} hasn't answered for {self._within_seconds:g} s.")

    async def end(self) -> None:
        """Wait for no answer any more."""
        if self._open is not None:
            self._open.cancel()
            await asyncio.gather(self._open, return_exceptions=True)

    async def _find(self) -> Answer[T]:
        try:
            return Answer(await self._ask())
        except StoreUnavailableError as error:
            return Answer(None, str(error))
        except OSError as error:
            return Answer(None, f"{self._what} can't be used: {error.strerror or type(error).__name__}.")


class Fresh(Generic[T]):
    """What `find` returns, found again when it is older than so many seconds; concurrent readers share one search."""

    def __init__(self, find: Callable[[], Awaitable[T]], clock: Clock, seconds: float = FRESH_SECONDS) -> None:
        self._find = find
        self._clock = clock
        self._seconds = seconds
        self._search: asyncio.Task[T] | None = None
        self._began_at = 0.0

    async def get(self) -> T:
        """The latest result. Raises what the search raises."""
        now = self._clock.monotonic()
        if self._search is None or (self._search.done() and now - self._began_at >= self._seconds):
            self._search, self._began_at = asyncio.ensure_future(self._find()), now
        return await asyncio.shield(self._search)

    async def end(self) -> None:
        """Search no more."""
        if self._search is not None:
            self._search.cancel()
            await asyncio.gather(self._search, return_exceptions=True)
