"""Signals between the loops of the engine: events that wake them, and what has changed for each."""

import asyncio
import math
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterable

from bot.chat.cards import Message
from bot.jobs.model import Job, JobId, MessageId, Post, UserId
from bot.jobs.states import State
from bot.ops.clock import Clock
from bot.ops.tasks import waiting

_DELETED_KEPT = 1_000


class Signals:
    """Events that loops wait for, jobs and cards that changed, places in the queue, and the latest deleted messages."""

    def __init__(self) -> None:
        self.work = asyncio.Event()
        self.outbox = asyncio.Event()
        self.cards = asyncio.Event()
        self.offers = asyncio.Event()
        # One for each provider.
        self._reconcilers: list[asyncio.Event] = []
        self.has_unclaimed = True
        # Whether this process is the one that sends paid requests; whether others share all other work; the jobs at the
        # provider of all of them, once they were read; and whether notices of theirs may have been missed.
        self.submits = True
        self.shares_work = False
        self.at_provider: dict[JobId, UserId] | None = None
        self.missed_notices = False
        # Whether this process owns that job; and whether it matters that another one has stored it in that state.
        self.owns: Callable[[JobId], bool] = lambda _job_id: False
        self.watches: Callable[[JobId, State | None], bool] = lambda _job_id, _state: False
        # Jobs of other processes, which edit their cards.
        self.cards_elsewhere: set[JobId] = set()
        # The providers whose list of videos this process has read, or found that there is none.
        self.lists_read: set[str] = set()
        # The ids of the providers that the owner has paused, and since when.
        self.paused_providers: dict[str, float] = {}
        # While the clock has just jumped ahead, nothing ends by time (docs/decisions/0011-clock-steps.md).
        self.time_in_doubt = False
        # Jobs accepted up to this time may have posted more than the database contains: it was restored.
        self.searched_until = -math.inf
        # Jobs with a message that may be due, in the order of the signals.
        self.to_post = OrderedDict[JobId, None]()
        # Jobs whose card may have changed, with their row as it was stored last, if it is known.
        self.dirty_cards = OrderedDict[JobId, Job | None]()
        # Cards that were just posted, with the job and the message that they show.
        self.posted_cards: deque[tuple[Post, Job, Message]] = deque()
        # The place of a job in the queue now, None if it isn't in it; and all jobs in it.
        self.place_in_queue: Callable[[JobId], int | None] = lambda _job_id: None
        self.queued_jobs: Callable[[], Collection[JobId]] = tuple
        # Jobs that have another place among the first, and the first ones before.
        self.moved_up: set[JobId] = set()
        self._first: dict[JobId, int] | None = None
        # For the scheduler: rows as they were stored last, which of them this process owns from now on, and jobs whose
        # row has to be read again.
        self.moved_jobs: dict[JobId, Job] = {}
        self.owned_jobs: set[JobId] = set()
        self.dirty_jobs: set[JobId] = set()
        # Whether the card of a job that this process accepted was tried; and whose card has just been tried.
        self.card_was_tried: dict[JobId, bool] = {}
        self.ready_jobs: set[JobId] = set()
        # The other jobs of a batch by its first, until its card was tried.
        self._batches: dict[JobId, tuple[JobId, ...]] = {}
        # Offers that were made or hastened.
        self.changed_offers: set[MessageId] = set()
        # The latest deleted messages: one of ours may be deleted before its id is stored.
        self.deleted_messages: deque[MessageId] = deque(maxlen=_DELETED_KEPT)

    def reconciler(self) -> asyncio.Event:
        """The event that wakes one more reconciler."""
        self._reconcilers.append(asyncio.Event())
        return self._reconcilers[-1]

    def reconcile(self) -> None:
        """There are uncertain jobs to look for, or this process is the one that looks for them."""
        for woken in self._reconcilers:
            woken.set()

    def is_provider_paused(self, provider_id: str) -> bool:
        """Whether the owner has paused that provider."""
        return provider_id in self.paused_providers

    async def may_sync(self) -> bool:
        """Whether this process syncs the commands with Discord: one does, the one that submits."""
        return self.submits

    def job_accepted(self, job: Job, *others: Job, owned: bool = True) -> None:
        """A new job, or a batch, is stored; its card is due. Unless this process owns it, another one claims it."""
        if owned:
            for one in (job, *others):
                self.card_was_tried[one.id] = False
                self.job_owned(one)
        if others:
            self._batches[job.id] = tuple(other.id for other in others)
        self.messages_due((job.id,))

    def job_owned(self, job: Job | None) -> None:
        """A job is stored that is owned by this process from now on: new, or reopened after its end."""
        if job is not None:
            self.owned_jobs.add(job.id)
            self.job_moved(job)

    def job_moved(self, job: Job | None) -> None:
        """The job was moved or marked, and is stored so; None if it wasn't, as it had been moved before."""
        if job is None:
            return
        self.moved_jobs[job.id] = job
        self.work.set()
        if _may_announce(job):
            self.messages_due((job.id,))
        self.card_touched(job.id, job)

    def messages_due(self, job_ids: Iterable[JobId]) -> None:
        """Messages of those jobs may be due."""
        self.to_post.update(dict.fromkeys(job_ids))
        self.outbox.set()

    def card_tried(self, job_id: JobId) -> None:
        """The first try to post the job's card is over, with any outcome: the job, or its batch, may be submitted."""
        for ready_id in (job_id, *self._batches.pop(job_id, ())):
            if ready_id in self.card_was_tried:
                self.card_was_tried[ready_id] = True
            self.ready_jobs.add(ready_id)
        self.work.set()

    def card_posted(self, post: Post, job: Job, message: Message, stored: Job | None) -> None:
        """The card is in its channel, and shows that job; `stored` is the job as it is by now."""
        self.posted_cards.append((post, job, message))
        if stored is not None:
            # A row that was handed over meanwhile is not older.
            self.dirty_cards.setdefault(job.id, stored)
        self.cards.set()

    def card_touched(self, job_id: JobId, job: Job | None = None) -> None:
        """The card may have changed. `job` is its row as it was stored last, None if that has to be read."""
        self.dirty_cards[job_id] = job
        self.cards.set()

    def card_touched_elsewhere(self, job_id: JobId) -> None:
        """Another process has stored the job, and edits its card unless this one owns it."""
        if self.owns(job_id):
            self.card_touched(job_id)
        else:
            # Not worth waking the loop for each job of all processes.
            self.cards_elsewhere.add(job_id)

    def queue_ordered(self, first_jobs: Iterable[JobId]) -> None:
        """The first jobs of the queue now, in their order; after a start the cards are taken to show it."""
        first = {job_id: place for place, job_id in enumerate(first_jobs, start=1)}
        if self._first is not None and first != self._first:
            self.moved_up.update(job_id for job_id, place in first.items() if self._first.get(job_id) != place)
            self.cards.set()
        self._first = first

    def time_settled(self, unended: set[JobId], unsent: list[JobId], offers: list[MessageId]) -> None:
        """The clock is in doubt no longer: due times are taken from the store again, where they may have been moved."""
        self.dirty_jobs |= unended
        self.work.set()
        self.messages_due(unsent)
        for offer_id in offers:
            self.offer_changed(offer_id)

    def offer_changed(self, offer_id: MessageId) -> None:
        """The offer's row has changed."""
        self.changed_offers.add(offer_id)
        self.offers.set()

    @staticmethod
    async def wait(event: asyncio.Event, clock: Clock, seconds: float) -> None:
        """Return when the event is set or after that many seconds, whichever comes first."""
        with waiting():
            woken = asyncio.create_task(event.wait())
            nap = asyncio.create_task(clock.sleep(seconds))
            try:
                await asyncio.wait((woken, nap), return_when=asyncio.FIRST_COMPLETED)
            finally:
                woken.cancel()
                nap.cancel()


def _may_announce(job: Job) -> bool:
    """Whether the job's last move may have let a message become due."""
    match job.state:
        case State.ACCEPTED | State.SUBMITTING | State.DELIVERED | State.CANCELLED | State.STOPPED:
            return False
        case State.RENDERING:
            return job.late_at is not None
        case State.FETCHING:
            return job.fetch_tries > 0
        case _:
            return True
