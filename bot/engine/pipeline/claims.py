"""Claims unowned jobs and reloads rows, in pieces: each occupies the event loop for some milliseconds.

A database in trouble is retried, and the owner is alerted.
"""

import random
from collections.abc import Collection
from itertools import islice

import structlog

from bot.engine.context import EngineContext
from bot.jobs.database import StoreUnavailableError
from bot.jobs.model import Job, JobId
from bot.jobs.store import finding, moving

RETRY_SECONDS = 5.0
AT_ONCE = 200
# Small pieces at random spread them over all processes.
SHARED_AT_ONCE = 20
_log = structlog.stdlib.get_logger(__name__)


class Claims:
    """One reader for one scheduler."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._unclaimed: list[JobId] = []

    async def read_changed(self) -> Collection[Job]:
        """Some of the jobs whose row has to be read again, as they are now. Raises `StoreUnavailableError`."""
        signals = self._context.signals
        dirty = frozenset(islice(signals.dirty_jobs, AT_ONCE))
        if not dirty:
            return ()
        # A change during the read is read once more.
        signals.dirty_jobs -= dirty
        try:
            return (await self._context.database.read(finding.find_by_ids, dirty)).values()
        except StoreUnavailableError:
            signals.dirty_jobs |= dirty
            raise

    async def claim(self) -> Collection[Job]:
        """Some of the unended jobs without an owner; this process owns them now. Raises `StoreUnavailableError`."""
        signals, database = self._context.signals, self._context.database
        if not signals.has_unclaimed:
            return ()
        # What is stored meanwhile is found by the next read.
        signals.has_unclaimed = False
        try:
            if not self._unclaimed:
                self._unclaimed = await database.read(moving.find_unclaimed, submits=signals.submits)
                if signals.shares_work:
                    # All processes take up a dead one's jobs at the same moment.
                    random.shuffle(self._unclaimed)
            these = self._unclaimed[: SHARED_AT_ONCE if signals.shares_work else AT_ONCE]
            claimed = await database.write(moving.claim, self._context.process, these, submits=signals.submits)
        except StoreUnavailableError:
            signals.has_unclaimed = True
            raise
        del self._unclaimed[: len(these)]
        signals.has_unclaimed |= bool(self._unclaimed)
        return claimed

    def report_store_trouble(self, wanted: str, error: StoreUnavailableError) -> None:
        """Log that the store failed, and alert the owner."""
        _log.error("database not available", wanted=wanted, error=str(error))
        self._context.owner_alerts.alert_store(error)
