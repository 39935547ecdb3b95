"""Download slots: a total, and a number for each person, whose slow files delay no other person's."""

import asyncio
from collections.abc import AsyncGenerator, Hashable
from contextlib import asynccontextmanager


class Slots:
    """A person whose own slots are all in use waits for one of those first, and takes no common one meanwhile."""

    def __init__(self, in_all: int, each: int) -> None:
        self._all = asyncio.Semaphore(in_all)
        self._each = each
        self._own: dict[Hashable, tuple[asyncio.Semaphore, int]] = {}

    @asynccontextmanager
    async def take(self, whom: Hashable) -> AsyncGenerator[None]:
        """Hold a slot of that person's; waits for one."""
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
