"""Signals between the loops of the engine: events that wake them, and dirty sets."""

import asyncio
import math
from collections import deque

from bot.jobs.model import JobId, MessageId
from bot.ops.clock import Clock

_DELETED_KEPT = 1_000
# Cards of the first few in the queue are always exact; further back they are edited again when their place has halved,
# or after a while.
_EXACT_PLACES = 3
_REPAINT_SECONDS = 300.0


class Signals:
    """Events that loops wait for, jobs and cards that changed, places in the queue, and the latest deleted messages."""

    def __init__(self) -> None:
        self.work = asyncio.Event()
        self.outbox = asyncio.Event()
        self.cards = asyncio.Event()
        self.offers = asyncio.Event()
        self.reconcile = asyncio.Event()
        self.has_unclaimed = True
        # Whether this process has read the provider's list of videos, or found that there is none.
        self.list_was_read = False
        # While the clock has just jumped ahead, nothing ends by time (docs/decisions/0011-clock-steps.md).
        self.time_in_doubt = False
        # Jobs accepted up to this time may have posted more than the database contains: it was restored.
        self.searched_until = -math.inf
        self.dirty_cards: set[JobId] = set()
        self.dirty_jobs: set[JobId] = set()
        self.queue_positions: dict[JobId, int] = {}
        # Which place each card showed last, and since when.
        self._painted: dict[JobId, tuple[int, float]] = {}
        # The latest deleted messages: one of ours may be deleted before its id is stored.
        self.deleted_messages: deque[MessageId] = deque(maxlen=_DELETED_KEPT)

    def job_accepted(self) -> None:
        """A job without an owner is in the store: new, or reopened after its end."""
        self.has_unclaimed = True
        self.work.set()
        self.outbox.set()

    def job_changed(self, job_id: JobId) -> None:
        """The job was moved or marked: it is read again, messages may be due, its card may change."""
        self.dirty_jobs.add(job_id)
        self.work.set()
        self.outbox.set()
        self.card_touched(job_id)

    def card_touched(self, job_id: JobId) -> None:
        """Only the card may have changed."""
        self.dirty_cards.add(job_id)
        self.cards.set()

    def queue_ordered(self, order: list[JobId], now: float) -> None:
        """The queue's order now (monotonic), first one first; cards with a wrong place are edited."""
        self.queue_positions = {job_id: place for place, job_id in enumerate(order, start=1)}
        painted = self._painted
        self._painted = {}
        for job_id, place in self.queue_positions.items():
            before, at = painted.get(job_id, (0, now))
            near = place != before and (place <= _EXACT_PLACES or place <= before // 2 or before == 0)
            if near or (place != before and now - at >= _REPAINT_SECONDS):
                self.card_touched(job_id)
                before, at = place, now
            self._painted[job_id] = (before, at)

    @staticmethod
    async def wait(event: asyncio.Event, clock: Clock, seconds: float) -> None:
        """Return when the event is set or after that many seconds, whichever comes first."""
        woken = asyncio.create_task(event.wait())
        nap = asyncio.create_task(clock.sleep(seconds))
        try:
            await asyncio.wait((woken, nap), return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()
            nap.cancel()
