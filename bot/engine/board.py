"""Where the loops of the engine leave word for each other; it decides nothing and stores nothing."""

import asyncio
import math
from collections import deque

from bot.jobs.model import JobId, MessageId
from bot.ops.clock import Clock

_DELETED_KEPT = 1_000
# Cards of the first few in the queue are always exact; further back they are painted again when their place has
# halved, or after a while.
_EXACT_PLACES = 3
_REPAINT_SECONDS = 300.0


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
        # While the clock has just leapt ahead, nothing ends by time (docs/decisions/0011-clock-steps.md).
        self.time_in_doubt = False
        # Jobs accepted up to this time may have said more than the database knows: it was restored.
        self.searched_until = -math.inf
        self.touched: set[JobId] = set()
        self.changed: set[JobId] = set()
        self.positions: dict[JobId, int] = {}
        # Which place each card was last painted for, and when.
        self._painted: dict[JobId, tuple[int, float]] = {}
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

    def queue_ordered(self, order: list[JobId], now: float) -> None:
        """The queue stands like this now (monotonic), first one first; cards that are too far off are repainted."""
        self.positions = {job_id: place for place, job_id in enumerate(order, start=1)}
        painted = self._painted
        self._painted = {}
        for job_id, place in self.positions.items():
            before, at = painted.get(job_id, (0, now))
            near = place != before and (place <= _EXACT_PLACES or place <= before // 2 or before == 0)
            if near or (place != before and now - at >= _REPAINT_SECONDS):
                self.card_touched(job_id)
                before, at = place, now
            self._painted[job_id] = (before, at)

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
