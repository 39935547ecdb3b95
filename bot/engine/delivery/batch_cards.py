"""Updates the cards of batches: one edit shows the states of all their jobs, as they are stored.

Where several processes share the database, the one that submits does it: the jobs may be other processes'.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable

import structlog

from bot.chat import cards
from bot.chat.courier import CourierFault, Refused
from bot.engine.context import EngineContext, reader_of
from bot.engine.delivery.links import jump_link, view_of
from bot.engine.due_queue import DueQueue
from bot.jobs.model import ChannelId, Job, JobId, Post, PostKind, PostState, Via
from bot.jobs.states import ENDS, State
from bot.jobs.store import batches, posts

_BETWEEN_EDITS_SECONDS = 3.0
# The first change after a card was posted, or the process began, is shown this much sooner.
_SOONER_SECONDS = 2.0
_RETRY_SECONDS = 15.0
_AT_ONCE = 2
_REMEMBERED = 1_000
_LAST = (PostKind.VIDEO, PostKind.FAILURE)
_log = structlog.stdlib.get_logger(__name__)
_Batch = list[tuple[Job, list[Post]]]


class BatchCards:
    """The cards of batches, by their actions; the card updater runs it. `spend` takes an edit from a channel's budget.

    An edit is retried until Discord has done it.
    """

    def __init__(self, context: EngineContext, spend: Callable[[ChannelId, float], None]) -> None:
        self._context = context
        self._spend = spend
        self._due = DueQueue[str]()
        self._edited_at: dict[str, float] = {}
        self._shown = OrderedDict[str, int]()
        # The actions of the jobs of open batches.
        self._actions: dict[JobId, str] = {}
        self.busy: dict[str, asyncio.Task[None]] = {}

    async def recover(self) -> None:
        """Find the cards that are not final: their last edit may have been lost with an earlier process."""
        for action in await self._context.database.read(batches.find_open):
            self._put(action)

    def touch(self, job: Job) -> None:
        """A job, or a message of it, has changed."""
        if job.origin.via is Via.BATCH:
            self._put(job.origin.id)

    def touch_elsewhere(self, job_id: JobId) -> None:
        """Another process has stored the job."""
        if (action := self._actions.get(job_id)) is not None:
            self._put(action)

    def start_due(self) -> float:
        """Edit the due cards; return in how many seconds the next one is due."""
        now = self._context.clock.monotonic()
        while len(self.busy) < _AT_ONCE and (action := self._due.pop(now)) is not None:
            if action in self.busy:
                self._due.put(action, now + 1.0)
            elif self._context.signals.submits:
                self.busy[action] = asyncio.create_task(self._guard(action))
        return self._due.pause_seconds(now)

    def _put(self, action: str) -> None:
        edited_at = self._edited_at.setdefault(action, self._context.clock.monotonic() - _SOONER_SECONDS)
        self._due.put(action, edited_at + _BETWEEN_EDITS_SECONDS)

    async def _guard(self, action: str) -> None:
        try:
            await self._update(action)
        except Exception as error:  # noqa: BLE001  # the loop's one guard
            if isinstance(error, CourierFault):
                _log.info("card of a batch not edited yet", fault=str(error))
            else:
                _log.exception("card of a batch not edited")
            self._due.put(action, self._context.clock.monotonic() + _RETRY_SECONDS)
        finally:
            del self.busy[action]
            self._context.signals.cards.set()

    async def _update(self, action: str) -> None:
        context = self._context
        found = await context.database.read(batches.find_batch, action)
        self._actions.update({job.id: action for job, _ in found})
        card = next((post for _, said in found for post in said if post.kind is PostKind.BATCH), None)
        if card is None or card.state is PostState.REFUSED:
            self._forget(action, found)
            return
        if card.message_id is None:
            # It comes with the states of then.
            return
        message = message_of(context, found, card.number)
        is_final = all(_is_final(job, said) for job, said in found)
        if self._shown.get(action) != hash(message):
            self._edited_at[action] = context.clock.monotonic()
            self._spend(card.channel_id, self._edited_at[action])
            is_final |= not await self._edit(card, message)
            self._shown[action] = hash(message)
            if len(self._shown) > _REMEMBERED:
                self._shown.popitem(last=False)
        if is_final:
            if card.state is PostState.SENT:
                await context.database.write(posts.mark_gone, card)
            self._forget(action, found)

    async def _edit(self, card: Post, message: cards.Message) -> bool:
        """Whether there is a card that can be edited. Raises `CourierFault`."""
        try:
            return card.message_id is not None and await self._context.courier.edit(
                card.channel_id, card.message_id, message
            )
        except Refused as fault:
            _log.info("card of a batch can't be edited", job=card.job_id, code=fault.code)
            return False

    def _forget(self, action: str, found: _Batch) -> None:
        self._edited_at.pop(action, None)
        for job, _ in found:
            self._actions.pop(job.id, None)


def message_of(context: EngineContext, found: _Batch, number: int) -> cards.Message:
    """The card of a batch, as its jobs are stored."""
    views = [view_of(context, job, None, jump_link(job.origin, job.id, _without_card(said))) for job, said in found]
    return cards.batch(views, reader_of(context, found[0][0].origin), number)


def _without_card(said: list[Post]) -> list[Post]:
    return [post for post in said if post.kind is not PostKind.BATCH]


def _is_final(job: Job, said: list[Post]) -> bool:
    """Whether the job has ended, and its last message is posted or won't be."""
    if job.state in (State.CANCELLED, State.STOPPED):
        return True
    settled = (PostState.SENT, PostState.REFUSED, PostState.GONE)
    return job.state in ENDS and any(post.kind in _LAST and post.state in settled for post in said)
