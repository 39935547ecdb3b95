"""The outbox dispatcher: posts the due messages of jobs, each once, through the courier.

A row is marked before the first byte is sent. Within the nonce window a retry is deduplicated by Discord. After a
crash, or once the window may have expired, the channel's history is searched before a retry.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import structlog

from bot.chat import courier, custom_ids
from bot.chat.cards import Message
from bot.engine.context import EngineContext
from bot.engine.delivery.compose import Composed, FileRefused, Skipped, Unlinked, Unpostable, compose
from bot.engine.delivery.undeliverable import belongs_in_dm, settle_undeliverable
from bot.engine.due_queue import DueQueue
from bot.engine.moves import change
from bot.jobs.backoff import full_jitter
from bot.jobs.deadlines import give_up_at
from bot.jobs.denials import REFUSES_FILE, Denial
from bot.jobs.model import Cause, Job, JobId, MessageId, Post, PostKind
from bot.jobs.states import ENDS, State
from bot.jobs.store import finding, moving, posts
from bot.jobs.store.processes import SEND_WITHIN_SECONDS
from bot.ops.tasks import drain
from bot.videos.provider_faults import PollFailed, PollFault

# Discord honours a nonce for "the past few minutes"; within two of them a retry is surely deduplicated.
NONCE_SURE_SECONDS = 120.0
_IDLE_SECONDS = 60.0
_AT_ONCE = {True: 3, False: 8}  # uploads, and messages without a file
_READ_AT_ONCE = 100
_RETRY_SECONDS_MAX = 300.0
_BROKEN_REST_SECONDS = 30.0

_Key = tuple[JobId, PostKind, int]
_log = structlog.stdlib.get_logger(__name__)


@dataclass(slots=True)
class _Waiting:
    """An unsent message: its row with its job until the first try, and what this process knows of its tries."""

    row: tuple[Post, Job | None] | None
    # When this process first tried, on the monotonic clock.
    attempted_at: float | None = None
    file_refused: FileRefused | None = None
    unlinked: int = 0
    broken: bool = False


class OutboxDispatcher:
    """One loop over the unsent messages by their time; uploads and short messages have separate pools.

    A signal names the job whose messages to read. At a start the store names all jobs with one, oldest first.
    """

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._waiting: dict[_Key, _Waiting] = {}
        self._due: dict[bool, DueQueue[_Key]] = {is_upload: DueQueue() for is_upload in _AT_ONCE}
        self._busy: dict[_Key, asyncio.Task[None]] = {}
        # Tried since rows were read last: those rows are outdated.
        self._outdated: set[_Key] = set()

    async def run(self) -> None:
        """Post due messages, until cancelled; running attempts are left to `finish`."""
        signals = self._context.signals
        await self.recover()
        while True:
            signals.outbox.clear()
            pause_seconds = await self._start_due()
            await signals.wait(signals.outbox, self._context.clock, pause_seconds)

    async def recover(self) -> None:
        """Find the messages that no signal of this process named."""
        unsent = await self._context.database.read(posts.find_all_unsent_jobs, self._context.process)
        self._context.signals.messages_due(unsent)

    async def finish(self, within_seconds: float) -> None:
        """Let running attempts finish, then cancel the rest: they are retried safely at the next start."""
        await drain(self._busy.values(), within_seconds)

    async def _start_due(self) -> float:
        context = self._context
        await self._read_signalled()
        if rest_seconds := context.courier.rest_seconds():
            await self._give_up_overdue()
            return min(rest_seconds, _IDLE_SECONDS)
        now = context.clock.now()
        pause_seconds = 0.0 if context.signals.to_post else _IDLE_SECONDS
        for is_upload, due in self._due.items():
            busy = sum(_is_upload(key) is is_upload for key in self._busy)
            while busy < _AT_ONCE[is_upload] and (key := due.pop(now)) is not None:
                busy += 1
                self._busy[key] = asyncio.create_task(self._dispatch(key, self._waiting[key]))
            pause_seconds = min(pause_seconds, due.pause_seconds(now))
        return pause_seconds

    async def _read_signalled(self) -> None:
        signalled = self._context.signals.to_post
        job_ids = [signalled.popitem(last=False)[0] for _ in range(min(len(signalled), _READ_AT_ONCE))]
        if not job_ids:
            return
        self._outdated.clear()
        for post, job in await self._read_unsent(job_ids):
            key = _key_of(post)
            if key not in self._busy and key not in self._outdated:
                self._waiting.setdefault(key, _Waiting(None)).row = post, job
                self._due[_is_upload(key)].put(key, post.not_before)

    async def _dispatch(self, key: _Key, message: _Waiting) -> None:
        context, due_at = self._context, None
        try:
            due_at = await self._dispatch_one(key, message)
        except Exception:  # noqa: BLE001  # the loop's one guard
            # One message that can't be composed or stored must not stop all others. It rests.
            _log.exception("message failed", job=key[0], kind=key[1])
            message.broken = True
            due_at = context.clock.now() + _BROKEN_REST_SECONDS
        finally:
            del self._busy[key]
            self._outdated.add(key)
            if key[1] is PostKind.CARD and message.row is None:
                # Its job waits until it was tried.
                context.signals.card_tried(key[0])
            if due_at is None:
                del self._waiting[key]
            else:
                self._due[_is_upload(key)].put(key, due_at)
            context.signals.outbox.set()

    async def _dispatch_one(self, key: _Key, message: _Waiting) -> float | None:
        """Try to post the message; return when it is due again, None if it is settled."""
        context = self._context
        if context.courier.rest_seconds() > 0:
            # Waiting is no try: it doesn't lengthen the backoff.
            return context.clock.now()
        row, message.row = message.row or await self._read(key), None
        if row is None or row[0].not_before > context.clock.now():
            return None if row is None else row[0].not_before
        post, job = row[0], row[1] or await context.database.read(finding.get, key[0])
        if job is None:
            return await context.database.write(posts.withdraw, post)
        if message.broken and self._is_overdue(job):
            return await self._refused(job, post, Cause.LATE)
        must_search, pointless = self._must_search(message, job, post), _is_pointless(job, post)
        try:
            # A card that may exist is searched for even now, so that it can be deleted.
            if must_search and (not pointless or post.kind is PostKind.CARD) and await self._find(job, post):
                return None
            if pointless:
                return await context.database.write(posts.withdraw, post)
            return await self._send(message, job, post)
        except courier.Refused as fault:
            _log.warning("message refused", job=job.id, kind=post.kind, code=fault.code, denial=fault.denial)
            if post.kind is not PostKind.VIDEO or fault.denial not in REFUSES_FILE or message.file_refused:
                return await self._refused(job, post, Cause.PERMISSION, fault.denial)
            message.file_refused = FileRefused(fault.denial)
        except courier.TooLarge:
            if post.kind is not PostKind.VIDEO or message.file_refused:
                # It had no file, so every further refusal is the same.
                return await self._refused(job, post, Cause.SIZE)
            message.file_refused = FileRefused()
        except courier.CourierFault as fault:
            return await self._failed(job, post, fault)
        return await context.database.write(posts.mark_unsent, post, not_before=0.0, known=True)

    async def _read(self, key: _Key) -> tuple[Post, Job | None] | None:
        """The message as it is now, with its job; None if it has been sent, refused or withdrawn."""
        return next((row for row in await self._read_unsent([key[0]]) if _key_of(row[0]) == key), None)

    async def _read_unsent(self, job_ids: list[JobId]) -> list[tuple[Post, Job | None]]:
        context = self._context
        return await context.database.read(posts.find_unsent_of_jobs, job_ids, context.process)

    async def _find(self, job: Job, post: Post) -> bool:
        """Whether the message exists, which is then stored; after a restore, also whether the video does."""
        after = job.origin.history_after or MessageId(0)
        if post.attempted_at is not None and not self._is_from_before(job):
            # No attempt before the one with the unknown outcome can have posted it.
            after = max(after, post.attempted_after or after)
        found = await self._context.courier.find(post.channel_id, after, _recogniser(post))
        if found is not None:
            await self._sent(job, post, found)
            return True
        if post.kind in (PostKind.CARD, PostKind.VIDEO) or not self._is_from_before(job):
            return False
        last = partial(_is_final_post, job_id=job.id, notices=post.kind is not PostKind.FAILURE)
        if stands := await self._context.courier.find(job.origin.posts_in.channel_id, after, last) is not None:
            await self._context.database.write(posts.mark_sent, post, None)
        return stands

    def _is_from_before(self, job: Job) -> bool:
        """Whether the database was restored since the job was accepted, so that more may be posted than it contains."""
        return job.accepted_at <= self._context.signals.searched_until

    async def _send(self, message: _Waiting, job: Job, post: Post) -> float | None:
        context = self._context
        if belongs_in_dm(job, post):
            return await self._refused(job, post, Cause.PLACE)
        if post.kind is PostKind.VIDEO and job.removed_at is not None:
            # It was posted, and deleted by a person, before its response came.
            return await self._sent(job, post, None)
        composed = await compose(context, job, post, message.file_refused)
        match composed:
            case Skipped():
                now, me = context.clock.now(), context.process
                left = await change(context, moving.stop_delivering, job, post, composed.event, now, process=me)
                return None if left else now
            case Unlinked():
                return await self._ask_later(message, job, post, composed.fault)
            case Unpostable():
                return await self._refused(job, post, composed.cause, composed.denial)
            case Composed():
                pass
        now, past = context.clock.now(), context.courier.surely_past()
        if not await context.database.write(posts.begin_sending, post, job, now, past, context.process):
            # Something has changed since they were read.
            return now
        if post.attempted_at is None or message.attempted_at is None:
            message.attempted_at = context.clock.monotonic()
        if context.database.is_shared and context.clock.now() - now > SEND_WITHIN_SECONDS:
            # The process was stopped: another one may post it by now.
            return now
        message_id = await context.courier.post(
            courier.Parcel(
                channel_id=post.channel_id,
                message=composed.message,
                nonce=post.nonce,
                reply_to=job.origin.reply_to if post.channel_id == job.origin.posts_in.channel_id else None,
                file=composed.file,
                file_name=job.video_name if composed.file is None else await context.fetcher.shown_name(job.video_name),
            )
        )
        return await self._sent(job, post, message_id, composed.message)

    def _must_search(self, message: _Waiting, job: Job, post: Post) -> bool:
        """Whether an earlier attempt may have posted the message, outside of the nonce window."""
        if post.attempted_at is None:
            # After a second fetch the message may exist under the number before. Any other repeat is a new notice.
            again = post.kind is PostKind.VIDEO and post.number > 1
            return (again or self._is_from_before(job)) and message.attempted_at is None
        clock = self._context.clock
        # After a step of the machine's clock one of the two is wrong: both have to be short.
        since_seconds = clock.now() - post.attempted_at
        sure = message.attempted_at is not None and clock.monotonic() - message.attempted_at <= NONCE_SURE_SECONDS
        return not (sure and 0.0 <= since_seconds <= NONCE_SURE_SECONDS)

    async def _ask_later(self, message: _Waiting, job: Job, post: Post, fault: PollFault) -> float | None:
        """Request the link again later; at the deadline a video that can neither be posted nor linked is kept."""
        context = self._context
        _log.warning("link not found", job=job.id, fault=str(fault))
        if self._is_overdue(job):
            return await self._refused(job, post, Cause.SIZE)
        message.unlinked += 1
        asked_seconds = fault.retry_after_seconds if isinstance(fault, PollFailed) else None
        wait_seconds = max(asked_seconds or 0.0, full_jitter(message.unlinked, max_seconds=_RETRY_SECONDS_MAX))
        return await context.database.write(
            posts.mark_unsent, post, not_before=context.clock.now() + wait_seconds, known=post.attempted_at is None
        )

    async def _sent(self, job: Job, post: Post, message_id: MessageId | None, message: Message | None = None) -> None:
        context = self._context
        _log.debug("message posted", job=job.id, kind=post.kind)
        if post.kind is not PostKind.VIDEO:
            stored = await context.database.write(posts.mark_sent, post, message_id)
            if post.kind is PostKind.CARD and message is not None and message_id is not None:
                context.signals.card_posted(replace(post, message_id=message_id), job, message, stored)
            else:
                context.signals.card_touched(job.id)
        else:
            await change(context, moving.deliver, job, post, message_id, context.clock.now(), process=context.process)
            if message_id in context.signals.deleted_messages:
                # Another action was quicker.
                await change(context, moving.remove, job, context.clock.now())
            await context.fetcher.forget(job.video_name)

    async def _refused(self, job: Job, post: Post, cause: Cause, denial: Denial | None = None) -> float | None:
        try:
            return await settle_undeliverable(self._context, job, post, cause, denial)
        except courier.CourierFault as fault:
            return await self._failed(job, post, fault)

    async def _failed(self, job: Job, post: Post, fault: courier.CourierFault) -> float | None:
        """Retry later; at its deadline a video is undeliverable, and kept."""
        context = self._context
        now = context.clock.now()
        _log.warning("message not posted", job=job.id, kind=post.kind, fault=str(fault))
        if post.kind is PostKind.VIDEO and self._is_overdue(job):
            return await self._refused(job, post, Cause.LATE)
        surely_not = isinstance(fault, courier.NotTaken)
        asked_seconds = fault.retry_after_seconds if isinstance(fault, courier.NotTaken) else 0.0
        wait_seconds = max(asked_seconds, full_jitter(post.tries, max_seconds=_RETRY_SECONDS_MAX))
        return await context.database.write(
            posts.mark_unsent, post, not_before=now + wait_seconds, known=surely_not and post.attempted_at is None
        )

    def _is_overdue(self, job: Job) -> bool:
        in_doubt = self._context.signals.time_in_doubt
        return not in_doubt and self._context.clock.now() > give_up_at(job, self._context.rules.job_give_up_seconds)

    async def _give_up_overdue(self) -> None:
        """End overdue jobs while nothing can be sent at all; messages without a try of this process wait."""
        videos = [key for key, message in self._waiting.items() if _is_upload(key) and message.attempted_at is not None]
        for post, job in await self._read_unsent([key[0] for key in videos]):
            key = _key_of(post)
            if key in videos and key not in self._busy and job is not None and self._is_overdue(job):
                due_at = await self._refused(job, post, Cause.LATE)
                if due_at is None:
                    del self._waiting[key]
                    self._due[True].drop(key)


def _key_of(post: Post) -> _Key:
    return post.job_id, post.kind, post.number


def _is_upload(key: _Key) -> bool:
    return key[1] is PostKind.VIDEO


def _is_pointless(job: Job, post: Post) -> bool:
    """Whether the job has moved on so that this message would only confuse."""
    match post.kind:
        case PostKind.CARD:
            return job.state in ENDS
        case PostKind.LATE | PostKind.SLOW:
            return job.state in ENDS or job.withheld
        case PostKind.UNSURE:
            return job.state is not State.UNCERTAIN
        case PostKind.VIDEO:
            return job.state is not State.POSTING
        case PostKind.FAILURE:
            return job.state not in ENDS


def _is_final_post(custom_id: str, *, job_id: JobId, notices: bool) -> bool:
    """Whether the message with that button is the job's video or, if wanted, its failure notice."""
    kinds = (PostKind.VIDEO, PostKind.FAILURE) if notices else (PostKind.VIDEO,)
    return any(custom_ids.belongs_to(custom_id, job_id=job_id, kind=kind, number=None) for kind in kinds)


def _recogniser(post: Post) -> Callable[[str], bool]:
    # A video is the same under every number; an earlier notice is another one.
    number = None if post.kind is PostKind.VIDEO else post.number
    return partial(custom_ids.belongs_to, job_id=post.job_id, kind=post.kind, number=number)
