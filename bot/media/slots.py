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
        await self.acquire(whom)
        try:
            yield
        finally:
            self.release(whom)

    async def acquire(self, whom: Hashable) -> None:
        """Take a slot for that person, who has to `release` it; waits for one."""
        own, users = self._own.get(whom, (asyncio.Semaphore(self._each), 0))
        self._own[whom] = own, users + 1
        try:
            await own.acquire()
            try:
                await self._all.acquire()
            except BaseException:
                own.release()
                raise
        except BaseException:
            self._forget(whom)
            raise

    def release(self, whom: Hashable) -> None:
        """Give back a slot of that person's."""
        self._all.release()
        self._own[whom][0].release()
        self._forget(whom)

    def _forget(self, whom: Hashable) -> None:
        own, users = self._own[whom]
        if users == 1:
            del self._own[whom]
        else:
            self._own[whom] = own, users - 1
