"""Updates cards and questions: edits those whose job has changed, deletes outdated cards.

A signal names the job, mostly with its row: a card that this process has posted is edited without a read. Edits are
throttled by channel (`edit_queue`); deletions are retried until Discord has done them. After a start only cards are
edited whose last edit may have been lost.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from bot.chat import cards
from bot.chat.courier import CourierFault, NotTaken, Refused
from bot.engine.context import EngineContext, reader_of
from bot.engine.delivery.batch_cards import BatchCards
from bot.engine.delivery.card import Card, has_moved, state_of
from bot.engine.delivery.edit_queue import EditQueue
from bot.engine.delivery.links import find_parent_link, view_of
from bot.engine.delivery.outdated import find_outdated, is_answered, is_kept
from bot.engine.delivery.retry_buttons import RetryButtons
from bot.engine.delivery.standing import find_standing, may_be_outdated
from bot.engine.due_queue import DueQueue
from bot.jobs.database import StoreUnavailableError
from bot.jobs.deadlines import slow_at
from bot.jobs.model import Job, JobId, Post, PostKind, PostState, Via
from bot.jobs.states import ENDS, State
from bot.jobs.store import finding, posts
from bot.ops.tasks import drain

_BETWEEN_EDITS_SECONDS = 3.0
# A state that passes by itself is shown if it lasts that long.
_PASSING_SECONDS = 2.0
_PASSING = frozenset({State.SUBMITTING, State.FETCHING, State.POSTING})
# A place far back in the queue is checked that often.
_PLACE_AGAIN_SECONDS = 600.0
_RETRY_SECONDS = 15.0
_AT_ONCE = 8
_READ_AT_ONCE = 100
_log = structlog.stdlib.get_logger(__name__)


class CardUpdater:
    """One loop over the changed cards; one request that hangs at Discord delays no other."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._cards: dict[JobId, Card] = {}
        self._edits = EditQueue()
        self._outdated: dict[str, tuple[Job, Post]] = {}
        self._deletions = DueQueue[str]()
        # When jobs become slower than usual, and when the videos of withheld ones are kept no longer.
        self._moments = DueQueue[JobId]()
        self._settled: dict[JobId, cards.Message] = {}
        # Requests that are running, by the nonce of their message.
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._retries = RetryButtons(context)
        self._batches = BatchCards(context, self._edits.spend)

    async def run(self) -> None:
        """Edit and delete, until cancelled; running requests are left to `finish`."""
        signals = self._context.signals
        await self._retries.learn()
        await self.recover()
        while True:
            signals.cards.clear()
            await signals.wait(signals.cards, self._context.clock, await self._start_due())

    async def finish(self, within_seconds: float) -> None:
        """Let running requests finish, then cancel the rest: it is repeated at the next start, or not needed."""
        await drain([*self._busy.values(), *self._retries.busy.values(), *self._batches.busy.values()], within_seconds)

    async def _start_due(self) -> float:
        looked_at = self._touch_due()
        await self._take_signals()
        if rest_seconds := self._context.courier.rest_seconds():
            # While Discord can't be reached, cards stay marked as changed.
            return rest_seconds
        pauses = self._start_deletions(), self._start_edits(), self._retries.start_due(), self._batches.start_due()
        return 0.0 if self._context.signals.dirty_cards else min(*pauses, self._moments.pause_seconds(looked_at))

    async def recover(self) -> None:
        """Find outdated messages, and the cards of earlier processes; edit those whose last edit may have been lost."""
        context, signals = self._context, self._context.signals
        await self._batches.recover()
        signals.dirty_cards.update(
            dict.fromkeys(await context.database.read(posts.find_outdated, context.kept_since()))
        )
        standing, since = await find_standing(context)
        for card in standing:
            job_id, now, clock = card.post.job_id, context.clock.now(), context.clock.monotonic()
            if card.ended_at is not None:
                self._moments.put(job_id, card.ended_at + context.rules.retention_seconds)
            elif job_id not in self._cards:
                self._cards[job_id] = Card(card.post, edited_at=clock, state_shown=state_of(card, now))
                if card.state is State.ACCEPTED:
                    self._edits.put(job_id, card.post.channel_id, clock + _PLACE_AGAIN_SECONDS, clock)
            if card.slow_at is not None and card.slow_at > now:
                self._moments.put(job_id, card.slow_at)
            if may_be_outdated(card, since, now):
                signals.dirty_cards[job_id] = None
                if (known := self._cards.get(job_id)) is not None:
                    known.state_shown = None
        signals.cards.set()

    async def _take_signals(self) -> None:
        signals, now = self._context.signals, self._context.clock.monotonic()
        while signals.posted_cards:
            post, job, message = signals.posted_cards.popleft()
            self._cards[job.id] = Card(
                post, now, hash(message), hash(message.text_file), state_of(job, self._context.clock.now())
            )
            self._edits.put(job.id, post.channel_id, now + _BETWEEN_EDITS_SECONDS, now)
        self._take_places(now)
        self._take_elsewhere()
        unknown: list[JobId] = []
        while signals.dirty_cards and len(unknown) < _READ_AT_ONCE:
            job_id, job = signals.dirty_cards.popitem(last=False)
            card = self._cards.get(job_id)
            if job is not None and signals.card_was_tried.get(job_id) is False:
                # Its card is still to come.
                self._retries.touch(job)
            elif card is None or job is None or job.state in (State.UNCERTAIN, *ENDS) or job.answered_at is not None:
                unknown.append(job_id)
            else:
                self._retries.touch(job)
                self._show(card, job)
        if unknown:
            try:
                found = await self._context.database.read(posts.find_with_jobs, unknown)
            except StoreUnavailableError:
                # The loop begins again. A row that is handed over until then is newer.
                for job_id in unknown:
                    signals.dirty_cards.setdefault(job_id, None)
                raise
            for job, said in found:
                self._retries.touch(job)
                self._batches.touch(job)
                self._take_messages(job, said)

    def _take_places(self, now: float) -> None:
        """Edit the cards of the jobs that have another place among the first."""
        signals = self._context.signals
        while signals.moved_up:
            if (card := self._cards.get(job_id := signals.moved_up.pop())) is not None:
                # An earlier process showed another place.
                card.place = card.place or 0
                self._edits.put(job_id, card.post.channel_id, card.edited_at + _BETWEEN_EDITS_SECONDS, now)
            elif job_id not in signals.card_was_tried:
                # Another process has posted it.
                signals.dirty_cards.setdefault(job_id, None)

    def _take_elsewhere(self) -> None:
        """Leave the cards of other processes' jobs to them."""
        while (signals := self._context.signals).cards_elsewhere:
            card = self._cards.get(job_id := signals.cards_elsewhere.pop())
            self._batches.touch_elsewhere(job_id)
            if card is not None and card.post.nonce in self._busy:
                # This edit may come after the other process's.
                signals.dirty_cards[job_id] = None
            self._forget(job_id)

    def _take_messages(self, job: Job, said: list[Post]) -> None:
        """Do what is to be done about the job's messages."""
        now = self._context.clock.monotonic()
        outdated = find_outdated(job, said, self._context.kept_since())
        for post in outdated:
            self._outdated[post.nonce] = job, post
            self._deletions.put(post.nonce, now)
        standing = [post for post in said if post.state is PostState.SENT and post not in outdated]
        for post in standing:
            # The job goes on after all.
            self._outdated.pop(post.nonce, None)
            self._deletions.drop(post.nonce)
        card = next((post for post in standing if post.kind is PostKind.CARD), None)
        if card is None or (job.state in ENDS and not is_kept(job, self._context.kept_since())):
            self._forget(job.id)
        else:
            self._show(self._cards.setdefault(job.id, Card(card, edited_at=0.0)), job)
        for post in standing:
            if post.kind is PostKind.UNSURE and is_answered(job) and post.nonce not in self._busy:
                self._start(post.nonce, self._settle(job, post))
        if job.state in ENDS:
            self._settled.pop(job.id, None)

    def _show(self, card: Card, job: Job) -> None:
        """Let the card be edited when it may be."""
        clock = self._context.clock
        card.job, now = job, clock.monotonic()
        due_at = card.edited_at + _BETWEEN_EDITS_SECONDS
        urgent = card.state_shown != state_of(job, clock.now())
        if (passed_at := slow_at(job)) is not None and passed_at > clock.now():
            self._moments.put(job.id, passed_at)
        if urgent and job.state in _PASSING:
            urgent, due_at = False, max(due_at, now + _PASSING_SECONDS)
        self._edits.put(job.id, card.post.channel_id, due_at, now, urgent=urgent)

    def _forget(self, job_id: JobId) -> None:
        card = self._cards.pop(job_id, None)
        if card is not None:
            self._edits.drop(job_id, card.post.channel_id)
            self._moments.drop(job_id)

    def _start(self, nonce: str, work: Coroutine[Any, Any, None]) -> None:
        self._busy[nonce] = asyncio.create_task(self._guard(nonce, work))

    async def _guard(self, nonce: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:  # noqa: BLE001  # the loop's one guard
            _log.exception("card update failed", message=nonce)
            if nonce in self._outdated:
                self._deletions.put(nonce, self._context.clock.monotonic() + _RETRY_SECONDS)
        finally:
            del self._busy[nonce]
            self._context.signals.cards.set()

    def _start_deletions(self) -> float:
        """Delete the cards of ended jobs; that of a cancelled or stopped one stays, without buttons at last."""
        now = self._context.clock.monotonic()
        while len(self._busy) < _AT_ONCE and (nonce := self._deletions.pop(now)) is not None:
            if nonce in self._busy:
                # An edit of it is running.
                self._deletions.put(nonce, now + 1.0)
            else:
                self._start(nonce, self._delete(*self._outdated[nonce]))
        return self._deletions.pause_seconds(now)

    async def _delete(self, job: Job, post: Post) -> None:
        courier = self._context.courier
        try:
            if post.message_id is None:
                pass
            elif job.state in (State.CANCELLED, State.STOPPED):
                message = self._message_of(job, post, await find_parent_link(self._context, job))
                await courier.edit(post.channel_id, post.message_id, message, file=job.origin.via is Via.REPLY)
            else:
                await courier.delete(post.channel_id, post.message_id)
        except Refused as fault:
            _log.info("card can't be deleted", job=job.id, code=fault.code)
        except CourierFault as fault:
            _log.info("card not deleted yet", job=job.id, fault=str(fault))
            self._deletions.put(post.nonce, self._context.clock.monotonic() + _RETRY_SECONDS)
            return
        await self._context.database.write(posts.mark_gone, post)
        self._deletions.drop(post.nonce)
        self._outdated.pop(post.nonce, None)

    def _touch_due(self) -> float:
        """Check the cards that a moment has come for until now, which is returned (epoch seconds)."""
        now = self._context.clock.now()
        while not self._context.signals.time_in_doubt and (job_id := self._moments.pop(now)) is not None:
            self._context.signals.card_touched(job_id)
        return now

    def _start_edits(self) -> float:
        """Edit the cards that may be edited; return in how many seconds the next one may be."""
        now = self._context.clock.monotonic()
        while len(self._busy) < _AT_ONCE and (job_id := self._edits.pop(now)) is not None:
            if (card := self._cards.get(job_id)) is None:
                # It went while an edit of it failed.
                continue
            channel_id = card.post.channel_id
            if card.post.nonce in self._busy:
                self._edits.put(job_id, channel_id, now + 1.0, now, urgent=True)
            elif card.job is None and not has_moved(card, self._context.signals.place_in_queue(job_id)):
                self._edits.put(job_id, channel_id, now + _PLACE_AGAIN_SECONDS, now)
            else:
                self._edits.spend(channel_id, now)
                self._start(card.post.nonce, self._update(job_id, card))
        return self._edits.pause_seconds(now)

    async def _update(self, job_id: JobId, card: Card) -> None:
        context, post = self._context, card.post
        job, card.job = card.job, None
        try:
            job = job or await context.database.read(finding.get, job_id)
            if job is not None and job.request.parent_id is not None and card.parent_link is None:
                card.parent_link = await find_parent_link(context, job)
        except StoreUnavailableError:
            self._again_later(card, job)
            raise
        if job is None or post.message_id is None:
            self._forget(job_id)
            return
        card.state_shown, card.place = state_of(job, context.clock.now()), context.signals.place_in_queue(job_id)
        message, now = self._message_of(job, post, card.parent_link), context.clock.monotonic()
        if card.shown == hash(message):
            self._edits.spend(post.channel_id, now, -1.0)
        else:
            # The prompt of a reply may have been edited since.
            text_file = hash(message.text_file)
            exchange = job.origin.via is Via.REPLY and card.text_file != text_file
            card.edited_at, card.shown, card.text_file = now, None, None
            try:
                exists = await context.courier.edit(post.channel_id, post.message_id, message, file=exchange)
            except CourierFault as fault:
                _log.info("card not edited", job=job.id, fault=str(fault))
                if not isinstance(fault, Refused):
                    wait_seconds = max(
                        _RETRY_SECONDS, fault.retry_after_seconds if isinstance(fault, NotTaken) else 0.0
                    )
                    self._again_later(card, job, wait_seconds)
                return
            if not exists:
                # A person has deleted it: that card is done.
                await context.database.write(posts.mark_gone, post)
                self._forget(job_id)
                return
            card.shown, card.text_file = hash(message), text_file
        if job.state in ENDS:
            self._forget(job_id)
            self._moments.put(job_id, (job.ended_at or 0.0) + context.rules.retention_seconds)
        elif job.state is State.ACCEPTED:
            self._plan(job, card)

    def _again_later(self, card: Card, job: Job | None, wait_seconds: float = _RETRY_SECONDS) -> None:
        """An edit failed: repeat it, with the job as it is by then."""
        card.job, now = card.job or job, self._context.clock.monotonic()
        self._edits.put(card.post.job_id, card.post.channel_id, now + wait_seconds, now, urgent=True)

    def _plan(self, job: Job, card: Card) -> None:
        """When a waiting job's card changes by itself: at the end of its grace period, or with its place."""
        now, wait_seconds = self._context.clock.monotonic(), job.not_before - self._context.clock.now()
        if wait_seconds > 0:
            card.job = card.job or job
        else:
            wait_seconds = _PLACE_AGAIN_SECONDS
        self._edits.put(job.id, card.post.channel_id, now + wait_seconds, now)

    async def _settle(self, job: Job, post: Post) -> None:
        """Remove the question from the notice, also from one that was answered before its id was known."""
        message = cards.unsure(job, reader_of(self._context, job.origin), post.number)
        if post.message_id is None or self._settled.get(job.id) == message:
            return
        if job.state not in ENDS:
            self._settled[job.id] = message
        try:
            await self._context.courier.edit(post.channel_id, post.message_id, message)
        except CourierFault as fault:
            # Only its look is wrong: a press on its buttons is refused.
            _log.info("notice not updated", job=job.id, fault=str(fault))

    def _message_of(self, job: Job, post: Post, parent_link: str | None) -> cards.Message:
        view = view_of(self._context, job, parent_link)
        return cards.card(view, reader_of(self._context, job.origin), post.number)
