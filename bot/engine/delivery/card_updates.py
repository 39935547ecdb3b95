"""Updates cards and questions: edits those whose job has changed, deletes outdated cards.

Edits are throttled and may be dropped; deletions are retried until Discord has done them.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.chat import cards
from bot.chat.courier import CourierFault, Refused
from bot.engine.context import EngineContext, reader_of
from bot.engine.delivery.links import card_facts
from bot.engine.delivery.retry_buttons import RetryButtons
from bot.jobs.model import Job, JobId, Post, PostKind, PostState, Via
from bot.jobs.states import ENDS, State
from bot.jobs.store import finding, posts
from bot.ops.tasks import drain

_BETWEEN_EDITS_SECONDS = 3.0
_RETRY_SECONDS = 15.0
_AT_ONCE = 8
_log = structlog.stdlib.get_logger(__name__)

_Work = Callable[[Job, Post], Awaitable[None]]


class CardUpdater:
    """One loop over the changed cards; one request that hangs at Discord delays no other."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._busy: dict[tuple[JobId, PostKind], asyncio.Task[None]] = {}
        self._shown: dict[JobId, cards.Message] = {}
        self._edited_at: dict[JobId, float] = {}
        self._settled: dict[JobId, cards.Message] = {}
        self._rests_until: dict[JobId, float] = {}
        self._retries = RetryButtons(context)

    async def run(self) -> None:
        """Edit and delete, until cancelled; running requests are left to `finish`."""
        signals = self._context.signals
        await self._retries.learn()
        # An edit may have been lost with the process before. A kept video's card has no other one to come.
        signals.dirty_cards |= set(await self._context.database.read(posts.find_kept_cards, self._context.kept_since()))
        while True:
            signals.cards.clear()
            # While Discord can't be reached, cards stay marked as changed.
            pause_seconds = self._context.courier.rest_seconds() or min(
                await self._clear_stale(), await self._update_dirty(), self._retries.start_due()
            )
            await signals.wait(signals.cards, self._context.clock, pause_seconds)

    async def finish(self, within_seconds: float) -> None:
        """Let running requests finish, then cancel the rest: it is repeated at the next start, or not needed."""
        await drain([*self._busy.values(), *self._retries.busy.values()], within_seconds)

    async def _clear_stale(self) -> float:
        """Delete the cards of ended jobs; a cancelled job's card stays, without buttons once no video is kept."""
        context = self._context
        now, pause_seconds = context.clock.now(), 60.0
        for post, job in await context.database.read(posts.find_stale_cards, context.kept_since()):
            rest_seconds = self._rests_until.get(job.id, 0.0) - now
            if rest_seconds > 0:
                pause_seconds = min(pause_seconds, rest_seconds)
            elif (job.id, post.kind) not in self._busy:
                self._start(self._clear_away, job, post)
        return pause_seconds

    def _start(self, work: _Work, job: Job, post: Post) -> None:
        self._busy[job.id, post.kind] = asyncio.create_task(self._guard(work, job, post))

    async def _guard(self, work: _Work, job: Job, post: Post) -> None:
        try:
            async with self._slots:
                await work(job, post)
        except Exception:  # noqa: BLE001  # the loop's one guard
            _log.exception("card update failed", job=job.id)
            self._rests_until[job.id] = self._context.clock.now() + _RETRY_SECONDS
        finally:
            del self._busy[job.id, post.kind]
            self._context.signals.cards.set()

    async def _clear_away(self, job: Job, post: Post) -> None:
        try:
            await self._clear(post, job)
        except Refused as fault:
            _log.info("card can't be deleted", job=job.id, code=fault.code)
        except CourierFault as fault:
            _log.info("card not deleted yet", job=job.id, fault=str(fault))
            self._rests_until[job.id] = self._context.clock.now() + _RETRY_SECONDS
            return
        await self._context.database.write(posts.mark_gone, post)
        self._forget(job.id)

    def _forget(self, job_id: JobId) -> None:
        """Forget jobs whose messages need no update any more."""
        for remembered in (self._shown, self._edited_at, self._settled, self._rests_until):
            remembered.pop(job_id, None)

    async def _clear(self, post: Post, job: Job) -> None:
        if post.message_id is None:
            return
        if job.state is State.CANCELLED:
            message = await self._message_of(job, post)
            exchange = self._may_have_another_prompt(job, message)
            await self._context.courier.edit(post.channel_id, post.message_id, message, file=exchange)
        else:
            await self._context.courier.delete(post.channel_id, post.message_id)

    async def _update_dirty(self) -> float:
        """Edit the changed cards whose pause is over; return in how many seconds the next one may be edited."""
        signals, now = self._context.signals, self._context.clock.now()
        pause_seconds = 60.0
        due: list[JobId] = []
        for job_id in signals.dirty_cards - {busy_id for busy_id, _kind in self._busy}:
            rest_seconds = self._edited_at.get(job_id, 0.0) + _BETWEEN_EDITS_SECONDS - now
            if rest_seconds <= 0:
                due.append(job_id)
            else:
                pause_seconds = min(pause_seconds, rest_seconds)
        signals.dirty_cards.difference_update(due)
        jobs = await self._context.database.read(finding.find_many, due)
        for job in jobs.values():
            self._retries.touch(job)
        for post in await self._context.database.read(posts.find_posts, due):
            job = jobs.get(post.job_id)
            if job is None or job.state in ENDS:
                self._forget(post.job_id)
            if job is None or post.state is not PostState.SENT:
                # The job's row is unreadable, or no message of it exists.
                continue
            if post.kind is PostKind.CARD and (job.state not in ENDS or _is_kept(job)):
                self._start(self._update, job, post)
            elif post.kind is PostKind.UNSURE and _is_answered(job):
                self._start(self._settle, job, post)
        return pause_seconds

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

    async def _update(self, job: Job, post: Post) -> None:
        message = await self._message_of(job, post)
        if post.message_id is None or self._shown.get(job.id) == message:
            return
        exchange = self._may_have_another_prompt(job, message)
        if job.state not in ENDS:
            self._shown[job.id] = message
            self._edited_at[job.id] = self._context.clock.now()
        try:
            stands = await self._context.courier.edit(post.channel_id, post.message_id, message, file=exchange)
        except CourierFault as fault:
            _log.info("card not edited", job=job.id, fault=str(fault))
            if exchange:
                self._shown.pop(job.id, None)
            if job.state in ENDS and not isinstance(fault, Refused):
                # No later change repairs it.
                self._edited_at[job.id] = self._context.clock.now()
                self._context.signals.dirty_cards.add(job.id)
            return
        if not stands:
            # A person has deleted it: that card is done.
            await self._context.database.write(posts.mark_gone, post)
            self._forget(job.id)

    def _may_have_another_prompt(self, job: Job, message: cards.Message) -> bool:
        """Whether the card in the channel may have another `prompt.txt`: that of a reply that was edited since."""
        shown = self._shown.get(job.id)
        return job.origin.via is Via.REPLY and (shown is None or shown.text_file != message.text_file)

    async def _message_of(self, job: Job, post: Post) -> cards.Message:
        reader = reader_of(self._context, job.origin)
        return cards.card(job, await card_facts(self._context, job), reader, number=post.number)


def _is_kept(job: Job) -> bool:
    """Whether the job has ended with a withheld video, which can be posted after all."""
    return job.state is State.CANCELLED and job.withheld


def _is_answered(job: Job) -> bool:
    """Whether the question about an uncertain job is over: a person answered it, or the provider has the video."""
    return job.answered_at is not None or job.remote_id is not None
