"""Places for downloads: so many in all, and so many for each person, whose slow files then wait for their own only."""

import asyncio
from collections.abc import AsyncGenerator, Hashable
from contextlib import asynccontextmanager


class Places:
    """Whoever has all places of their own in use waits before the common line, so that others don't wait behind."""

    def __init__(self, in_all: int, each: int) -> None:
        self._all = asyncio.Semaphore(in_all)
        self._each = each
        self._own: dict[Hashable, tuple[asyncio.Semaphore, int]] = {}

    @asynccontextmanager
    async def take(self, whom: Hashable) -> AsyncGenerator[None]:
        """Hold a place of that person's; waits for one."""
        own, users = self._own.get(whom, (asyncio.Semaphore(self._each), 0))
        self._own[whom] = own, users + 1
        try:
            async with own, self._all:
                yield
        finally:
            own, users = self._own[whom]
            if users == 1:
                del self._own[whom]
            else:
                self._own[whom] = own, users - 1
