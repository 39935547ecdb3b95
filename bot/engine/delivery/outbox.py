"""The outbox dispatcher: posts the due messages of jobs, each once, through the courier.

A row is marked before the first byte is sent. Within the nonce window a retry is deduplicated by Discord. After a
crash, or once the window may have expired, the channel's history is searched before a retry.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from functools import partial

import structlog

from bot.chat import courier, custom_ids
from bot.engine.context import EngineContext
from bot.engine.delivery.compose import Composed, FileRefused, Left, Unlinked, Unpostable, compose
from bot.engine.delivery.undeliverable import belongs_in_dm, settle_undeliverable
from bot.engine.moves import change
from bot.jobs.backoff import full_jitter
from bot.jobs.deadlines import give_up_at
from bot.jobs.denials import REFUSES_FILE, Denial
from bot.jobs.model import Cause, Job, JobId, MessageId, Post, PostKind
from bot.jobs.states import ENDS, Event, State
from bot.jobs.store import finding, moving, posts
from bot.ops.tasks import drain
from bot.videos.provider_faults import PollFailed, PollFault

# Discord honours a nonce for "the past few minutes"; within two of them a retry is surely deduplicated.
NONCE_SURE_SECONDS = 120.0
_UPLOADS_AT_ONCE = 3
_NOTICES_AT_ONCE = 8
_RETRY_SECONDS_MAX = 300.0
_BROKEN_REST_SECONDS = 30.0

_Key = tuple[JobId, PostKind, int]
_log = structlog.stdlib.get_logger(__name__)


class OutboxDispatcher:
    """One loop over all unsent messages; uploads and short messages have separate pools."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._uploads = asyncio.Semaphore(_UPLOADS_AT_ONCE)
        self._notices = asyncio.Semaphore(_NOTICES_AT_ONCE)
        self._busy: dict[_Key, asyncio.Task[None]] = {}
        # When this process first tried, on the monotonic clock.
        self._attempted: dict[_Key, float] = {}
        self._file_refused: dict[_Key, FileRefused] = {}
        self._unlinked: Counter[_Key] = Counter()
        self._broken: set[_Key] = set()

    async def run(self) -> None:
        """Post due messages, until cancelled; running attempts are left to `finish`."""
        signals = self._context.signals
        while True:
            signals.outbox.clear()
            pause_seconds = await self._start_due()
            await signals.wait(signals.outbox, self._context.clock, pause_seconds)

    async def finish(self, within_seconds: float) -> None:
        """Let running attempts finish, then cancel the rest: they are retried safely at the next start."""
        await drain(self._busy.values(), within_seconds)

    async def _start_due(self) -> float:
        now = self._context.clock.now()
        pause_seconds = 60.0
        unsent = await self._context.database.read(posts.find_unsent)
        self._forget_all_but({_key_of(post) for post in unsent} | self._busy.keys())
        if rest_seconds := self._context.courier.rest_seconds():
            await self._give_up_overdue(unsent)
            return min(rest_seconds, pause_seconds)
        for post in unsent:
            key = _key_of(post)
            if key in self._busy:
                continue
            if post.not_before > now:
                pause_seconds = min(pause_seconds, post.not_before - now)
                continue
            task = asyncio.create_task(self._dispatch(key, post))
            self._busy[key] = task
        return pause_seconds

    def _forget_all_but(self, in_hand: set[_Key]) -> None:
        """Forget messages that are no longer unsent."""
        for remembered in (self._attempted, self._unlinked, self._file_refused):
            for key in remembered.keys() - in_hand:
                del remembered[key]
        self._broken &= in_hand

    async def _dispatch(self, key: _Key, post: Post) -> None:
        pool = self._uploads if post.kind is PostKind.VIDEO else self._notices
        try:
            async with pool:
                await self._dispatch_one(key, post)
        except Exception:  # noqa: BLE001  # the loop's one guard
            # One message that can't be composed or stored must not stop all others. It rests, and stays in the pool.
            _log.exception("message failed", job=post.job_id, kind=post.kind)
            self._broken.add(key)
            await self._context.clock.sleep(_BROKEN_REST_SECONDS)
        finally:
            del self._busy[key]
            self._context.signals.outbox.set()

    async def _dispatch_one(self, key: _Key, post_as_listed: Post) -> None:
        context = self._context
        if context.courier.rest_seconds() > 0:
            # Waiting is no try: it doesn't lengthen the backoff.
            return
        # The loop may have read its list just before an earlier attempt for this message ended.
        post = await context.database.read(posts.find_if_unsent, post_as_listed)
        if post is None or post.not_before > context.clock.now():
            return
        job = await context.database.read(finding.get, post.job_id)
        if job is None:
            await context.database.write(posts.withdraw, post)
            return
        if key in self._broken and self._is_overdue(job):
            await self._refused(job, post, Cause.LATE)
            return
        must_search, pointless = self._must_search(key, job, post), _is_pointless(job, post)
        try:
            # A card that may exist is searched for even now, so that it can be deleted.
            if must_search and (not pointless or post.kind is PostKind.CARD) and await self._find(job, post):
                return
            if pointless:
                await context.database.write(posts.withdraw, post)
            else:
                await self._send(key, job, post)
        except courier.Refused as fault:
            _log.warning("message refused", job=job.id, kind=post.kind, code=fault.code, denial=fault.denial)
            if post.kind is PostKind.VIDEO and fault.denial in REFUSES_FILE and key not in self._file_refused:
                self._file_refused[key] = FileRefused(fault.denial)
                await context.database.write(posts.mark_unsent, post, not_before=0.0, known=True)
            else:
                await self._refused(job, post, Cause.PERMISSION, fault.denial)
        except courier.TooLarge:
            if post.kind is not PostKind.VIDEO or key in self._file_refused:
                # It had no file, so every further refusal is the same.
                await self._refused(job, post, Cause.SIZE)
                return
            self._file_refused[key] = FileRefused()
            await context.database.write(posts.mark_unsent, post, not_before=0.0, known=True)
        except courier.CourierFault as fault:
            await self._failed(job, post, fault)

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
        if stands := await self._context.courier.find(job.origin.place.channel_id, after, last) is not None:
            await self._context.database.write(posts.mark_sent, post, None)
        return stands

    def _is_from_before(self, job: Job) -> bool:
        """Whether the database was restored since the job was accepted, so that more may be posted than it contains."""
        return job.accepted_at <= self._context.signals.searched_until

    async def _send(self, key: _Key, job: Job, post: Post) -> None:
        context = self._context
        if belongs_in_dm(job, post):
            await self._refused(job, post, Cause.PLACE)
            return
        if post.kind is PostKind.VIDEO and job.removed_at is not None:
            # It was posted, and deleted by a person, before its response came.
            await self._sent(job, post, None)
            return
        composed = await compose(context, job, post, self._file_refused.get(key))
        if not isinstance(composed, Composed):
            await self._do_instead(job, post, composed)
            return
        now, past = context.clock.now(), context.courier.surely_past()
        if not await context.database.write(posts.begin_sending, post, now, past):
            return
        if post.attempted_at is None or key not in self._attempted:
            self._attempted[key] = context.clock.monotonic()
        message_id = await context.courier.post(
            courier.Parcel(
                channel_id=post.channel_id,
                message=composed.message,
                nonce=post.nonce,
                reply_to=job.origin.reply_to if post.channel_id == job.origin.place.channel_id else None,
                file=composed.file,
                file_name=job.video_name if composed.file is None else await context.fetcher.shown_name(job.video_name),
            )
        )
        await self._sent(job, post, message_id)

    def _must_search(self, key: _Key, job: Job, post: Post) -> bool:
        """Whether an earlier attempt may have posted the message, outside of the nonce window."""
        if post.attempted_at is None:
            # After a second fetch the message may exist under the number before. Any other repeat is a new notice.
            again = post.kind is PostKind.VIDEO and post.number > 1
            return (again or self._is_from_before(job)) and key not in self._attempted
        clock = self._context.clock
        # After a step of the machine's clock one of the two is wrong: both have to be short.
        since_seconds = clock.now() - post.attempted_at
        sure = 0.0 <= since_seconds <= NONCE_SURE_SECONDS
        return not sure or key not in self._attempted or clock.monotonic() - self._attempted[key] > NONCE_SURE_SECONDS

    async def _do_instead(self, job: Job, post: Post, instead: Left | Unlinked | Unpostable) -> None:
        match instead:
            case Left():
                await self._leave(job, post, instead.event)
            case Unlinked():
                await self._ask_later(job, post, instead.fault)
            case Unpostable():
                await self._refused(job, post, instead.cause, instead.denial)

    async def _ask_later(self, job: Job, post: Post, fault: PollFault) -> None:
        """Request the link again later; at the deadline a video that can neither be posted nor linked is kept."""
        context, key = self._context, _key_of(post)
        _log.warning("link not found", job=job.id, fault=str(fault))
        if self._is_overdue(job):
            await self._refused(job, post, Cause.SIZE)
            return
        self._unlinked[key] += 1
        asked_seconds = fault.retry_after_seconds if isinstance(fault, PollFailed) else None
        wait_seconds = max(asked_seconds or 0.0, full_jitter(self._unlinked[key], max_seconds=_RETRY_SECONDS_MAX))
        await context.database.write(
            posts.mark_unsent, post, not_before=context.clock.now() + wait_seconds, known=post.attempted_at is None
        )

    async def _leave(self, job: Job, post: Post, event: Event) -> None:
        now = self._context.clock.now()
        await change(self._context, moving.stop_delivering, job, post, event, now)

    async def _sent(self, job: Job, post: Post, message_id: MessageId | None) -> None:
        context = self._context
        _log.debug("message posted", job=job.id, kind=post.kind)
        if post.kind is not PostKind.VIDEO:
            await context.database.write(posts.mark_sent, post, message_id)
            self._tried(post)
            context.signals.card_touched(job.id)
        else:
            await change(context, moving.deliver, job, post, message_id, context.clock.now())
            if message_id in context.signals.deleted_messages:
                # Another action was quicker.
                await change(context, moving.remove, job, context.clock.now())
            await context.fetcher.forget(job.video_name)

    async def _refused(self, job: Job, post: Post, cause: Cause, denial: Denial | None = None) -> None:
        try:
            await settle_undeliverable(self._context, job, post, cause, denial)
            self._tried(post)
        except courier.CourierFault as fault:
            await self._failed(job, post, fault)

    async def _failed(self, job: Job, post: Post, fault: courier.CourierFault) -> None:
        """Retry later; at its deadline a video is undeliverable, and kept."""
        context = self._context
        now = context.clock.now()
        _log.warning("message not posted", job=job.id, kind=post.kind, fault=str(fault))
        if post.kind is PostKind.VIDEO and self._is_overdue(job):
            await self._refused(job, post, Cause.LATE)
            return
        surely_not = isinstance(fault, courier.NotTaken)
        asked_seconds = fault.retry_after_seconds if isinstance(fault, courier.NotTaken) else 0.0
        wait_seconds = max(asked_seconds, full_jitter(post.tries, max_seconds=_RETRY_SECONDS_MAX))
        await context.database.write(
            posts.mark_unsent, post, not_before=now + wait_seconds, known=surely_not and post.attempted_at is None
        )
        self._tried(post)

    def _tried(self, post: Post) -> None:
        """A try to post the message is over: a job waits until its card was tried."""
        if post.kind is PostKind.CARD:
            self._context.signals.card_tried(post.job_id)

    def _is_overdue(self, job: Job) -> bool:
        in_doubt = self._context.signals.time_in_doubt
        return not in_doubt and self._context.clock.now() > give_up_at(job, self._context.rules.job_give_up_seconds)

    async def _give_up_overdue(self, unsent: list[Post]) -> None:
        """End overdue jobs while nothing can be sent at all; messages without a try of this process wait."""
        tried = self._attempted.keys() - self._busy.keys()
        videos = {post.job_id: post for post in unsent if post.kind is PostKind.VIDEO and _key_of(post) in tried}
        for job in (await self._context.database.read(finding.find_many, list(videos))).values():
            if self._is_overdue(job):
                await self._refused(job, videos[job.id], Cause.LATE)


def _key_of(post: Post) -> _Key:
    return post.job_id, post.kind, post.number


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
