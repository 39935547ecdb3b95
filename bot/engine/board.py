"""Where the loops of the engine leave word for each other; it decides nothing and stores nothing."""

import asyncio
import math
from collections import deque

from bot.jobs.model import JobId, MessageId
from bot.ops.clock import Clock

_DELETED_KEPT = 1_000


class Board:
    """Bells that loops wait for, the cards that need a new look, places in the queue, and what people deleted last."""

    def __init__(self) -> None:
        self.work = asyncio.Event()
        self.talk = asyncio.Event()
        self.paint = asyncio.Event()
        self.offers = asyncio.Event()
        self.doubt = asyncio.Event()
        self.unclaimed = True
        # Whether this process has seen the provider's list of videos, or knows that there is none.
        self.listed = False
        # Jobs accepted up to this time may have said more than the database knows: it was restored.
        self.searched_until = -math.inf
        self.touched: set[JobId] = set()
        self.changed: set[JobId] = set()
        self.positions: dict[JobId, int] = {}
        # The messages that people deleted last: one of ours may go before it is written down that it stands.
        self.deleted: deque[MessageId] = deque(maxlen=_DELETED_KEPT)

    def job_accepted(self) -> None:
        """A job that nobody has claimed is in the store: new, or taken up again after its end."""
        self.unclaimed = True
        self.work.set()
        self.talk.set()

    def job_changed(self, job_id: JobId) -> None:
        """Somebody moved or marked the job: it is read again, messages may be due, its card looks different."""
        self.changed.add(job_id)
        self.work.set()
        self.talk.set()
        self.card_touched(job_id)

    def card_touched(self, job_id: JobId) -> None:
        """Only the card's look may have changed."""
        self.touched.add(job_id)
        self.paint.set()

    def queue_ordered(self, order: list[JobId]) -> None:
        """The queue stands like this now, first one first; cards whose place changed are to be painted again."""
        positions = {job_id: place for place, job_id in enumerate(order, start=1)}
        for job_id, place in positions.items():
            if self.positions.get(job_id) != place:
                self.card_touched(job_id)
        self.positions = positions

    @staticmethod
    async def wait(bell: asyncio.Event, clock: Clock, seconds: float) -> None:
        """Return when the bell rings or after that many seconds, whichever comes first."""
        ring = asyncio.create_task(bell.wait())
        nap = asyncio.create_task(clock.sleep(seconds))
        try:
            await asyncio.wait((ring, nap), return_when=asyncio.FIRST_COMPLETED)
        finally:
            ring.cancel()
            nap.cancel()
