"""What this process's jobs look like in the store now: claims new ones, reads changed ones, keeps all of them claimed.

It must not know what is done with them. A database in trouble is told to the owner, and asked again.
"""

import asyncio
from collections.abc import Collection

import structlog

from bot.chat.words import Key
from bot.engine.parts import Parts
from bot.jobs.database import StoreUnavailableError
from bot.jobs.model import Job
from bot.jobs.store import finding, moving

RENEW_SECONDS = 20.0
RETRY_SECONDS = 5.0
_LEASE_SECONDS = 60.0
_log = structlog.stdlib.get_logger(__name__)


class News:
    """One reader for one scheduler; `owner` is the name under which this process claims."""

    def __init__(self, parts: Parts, owner: str) -> None:
        self._parts = parts
        self._owner = owner
        self._renew_at = 0.0
        self.renewal: asyncio.Task[None] | None = None

    async def read_changed(self) -> Collection[Job]:
        """The jobs that somebody changed since the last time, as they are now. Raises `StoreUnavailableError`."""
        board = self._parts.board
        changed = frozenset(board.changed)
        if not changed:
            return ()
        # Whatever changes while they are read is read once more.
        board.changed -= changed
        try:
            return (await self._parts.database.read(finding.find_many, changed)).values()
        except StoreUnavailableError:
            board.changed |= changed
            raise

    async def claim(self) -> Collection[Job]:
        """The unended jobs that were nobody's; they are this process's now. Raises `StoreUnavailableError`."""
        board = self._parts.board
        if not board.unclaimed:
            return ()
        board.unclaimed = False
        now = self._parts.clock.now()
        try:
            return await self._parts.database.write(moving.claim, self._owner, now, _LEASE_SECONDS)
        except StoreUnavailableError:
            board.unclaimed = True
            raise

    def start_renewal(self) -> float:
        """Hold all jobs for longer, beside everything else; return in how many seconds to come back."""
        now = self._parts.clock.now()
        if now >= self._renew_at and (self.renewal is None or self.renewal.done()):
            self._renew_at = now + RENEW_SECONDS
            self.renewal = asyncio.create_task(self._renew(now))
        return RENEW_SECONDS

    async def _renew(self, now: float) -> None:
        try:
            await self._parts.database.write(moving.renew, self._owner, now, _LEASE_SECONDS)
        except StoreUnavailableError as error:
            self.tell_trouble("to hold the jobs", error)

    def tell_trouble(self, wanted: str, error: StoreUnavailableError) -> None:
        """Note that the store did not give or take something, and let the owner know."""
        _log.error("store out of reach", wanted=wanted, error=str(error))
        self._parts.alarm.ring(Key.ALARM_STORE)
