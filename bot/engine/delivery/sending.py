"""One attempt at one message: it is posted, its file is made, it goes to another place, or it is settled otherwise.

A row is marked before the first byte is sent. Within the nonce window a retry is deduplicated by Discord. After a
crash, or once the window may have expired, the channel's history is searched before a retry, and before the message
goes to another channel.
"""

from dataclasses import dataclass, field, replace
from functools import partial

import structlog

from bot.chat import courier
from bot.chat.cards import Message
from bot.engine.context import EngineContext
from bot.engine.delivery.compose import (
    Composed,
    Elsewhere,
    Skipped,
    Unlinked,
    Unmade,
    Unpostable,
    compose,
    compose_elsewhere,
)
from bot.engine.delivery.fitting import make_file
from bot.engine.delivery.history_search import find_posted, is_outdone, must_search
from bot.engine.delivery.ladder import Climb, learn_size, move_on
from bot.engine.delivery.outdated import goes_at_end
from bot.engine.delivery.undeliverable import belongs_in_dm, keep_video, settle_refused
from bot.engine.moves import change, remove
from bot.jobs.backoff import full_jitter
from bot.jobs.deadlines import give_up_at
from bot.jobs.denials import REFUSES_FILE, Denial
from bot.jobs.model import Cause, Job, MessageId, Post, PostKind
from bot.jobs.states import ENDS, State
from bot.jobs.store import moving, posts
from bot.jobs.store.processes import SEND_WITHIN_SECONDS
from bot.jobs.upload_limits import after_acceptance, after_refusal
from bot.videos.provider_faults import PollFailed, PollFault

_RETRY_SECONDS_MAX = 300.0
_log = structlog.stdlib.get_logger(__name__)


@dataclass(slots=True)
class Tries:
    """What this process knows of its tries at one message."""

    # When it first tried, on the monotonic clock.
    attempted_at: float | None = None
    climb: Climb = field(default_factory=Climb)
    # Whether ffmpeg has to make its file first; that is tried in a pool of its own.
    is_unmade: bool = False


class Sender:
    """Attempts messages. Each method returns when the message is due again, None if it is settled."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context

    async def attempt(self, tries: Tries, job: Job, post: Post) -> float | None:
        """Try to post the message."""
        context = self._context
        to_search, pointless = must_search(context, job, post, tries.attempted_at), _is_pointless(job, post)
        try:
            if pointless:
                # One that would be deleted is searched for even now: no retry will find out if it exists.
                to_search = goes_at_end(job, post.kind) and (to_search or post.attempted_at is not None)
            if to_search and await self._find(job, post):
                return None
            if pointless:
                return await context.database.write(posts.withdraw, post)
            return await self._send(tries, job, post)
        except courier.Refused as fault:
            return await self._unsearchable(tries, job, post, fault.denial)
        except courier.CourierFault as fault:
            return await self._failed(job, post, fault)

    async def give_up(self, job: Job, post: Post, cause: Cause, denial: Denial | None = None) -> float | None:
        """End the tries: a video is kept; a notice may still go by DM."""
        if post.kind is PostKind.VIDEO:
            return await keep_video(self._context, job, post, cause, denial)
        try:
            return await settle_refused(self._context, job, post, denial)
        except courier.CourierFault as fault:
            return await self._failed(job, post, fault)

    def is_overdue(self, job: Job) -> bool:
        """Whether the job's time is up."""
        in_doubt = self._context.signals.time_in_doubt
        return not in_doubt and self._context.clock.now() > give_up_at(job, self._context.rules.job_give_up_seconds)

    async def _find(self, job: Job, post: Post) -> bool:
        """Whether the message exists, which is then stored; after a restore, also whether a later one does."""
        found = await find_posted(self._context, job, post)
        if found is not None:
            await self._sent(job, post, found)
            return True
        if is_there := await is_outdone(self._context, job, post):
            await self._context.database.write(posts.mark_sent, post, None)
        return is_there

    async def _unsearchable(self, tries: Tries, job: Job, post: Post, denial: Denial) -> float | None:
        """Settle a message that may exist in a place that can't be read any more.

        A video that may be there isn't posted elsewhere as well; with its place its message is gone, too.
        """
        wanted = post.attempted_at is None and job.revived_at is not None
        if post.kind is PostKind.VIDEO and not wanted and denial is not Denial.GONE:
            return await self.give_up(job, post, Cause.PERMISSION, denial)
        return await self._refused(tries, job, post, denial)

    async def _send(self, tries: Tries, job: Job, post: Post) -> float | None:
        context = self._context
        if belongs_in_dm(job, post):
            return await self.give_up(job, post, Cause.PLACE)
        if post.kind is PostKind.VIDEO and job.removed_at is not None:
            # It was posted, and deleted by a person, before its response came.
            return await self._sent(job, post, None)
        composed = await compose(context, job, post, tries.climb)
        match composed:
            case Composed():
                tries.is_unmade = False
                return await self._post(tries, job, post, composed)
            case Unmade():
                if tries.is_unmade:
                    await make_file(context, job, composed.step, composed.most_bytes)
                tries.is_unmade = not tries.is_unmade
                return context.clock.now()
            case Elsewhere() | Unpostable():
                return await self._move_on(tries, job, post, composed, None)
            case Unlinked():
                return await self._ask_later(tries, job, post, composed.fault)
            case Skipped():
                now, me = context.clock.now(), context.process
                left = await change(context, moving.stop_delivering, job, post, composed.event, now, process=me)
                return None if left else now

    async def _post(self, tries: Tries, job: Job, post: Post, composed: Composed) -> float | None:
        context = self._context
        now, past, me = context.clock.now(), context.courier.surely_past(), context.process
        if not await context.database.write(posts.begin_sending, post, job, now, past, me, composed.posted_as):
            # Something has changed since they were read.
            return now
        if post.attempted_at is None or tries.attempted_at is None:
            tries.attempted_at = context.clock.monotonic()
        if context.database.is_shared and context.clock.now() - now > SEND_WITHIN_SECONDS:
            # The process was stopped: another one may post it by now.
            return now
        parcel = courier.Parcel(
            channel_id=post.channel_id,
            message=composed.message,
            nonce=post.nonce,
            reply_to=job.origin.reply_to if post.channel_id == job.origin.posts_in.channel_id else None,
            file=composed.file,
            file_name=composed.file_name,
            kind=courier.ParcelKind(post.kind.value),
        )
        try:
            message_id = await context.courier.post(parcel)
        except courier.Refused as fault:
            _log.warning("message refused", job=job.id, kind=post.kind, code=fault.code, denial=fault.denial)
            if composed.file is None or fault.denial not in REFUSES_FILE:
                return await self._refused(tries, job, post, fault.denial)
            await context.database.write(posts.note_file_denial, post, fault.denial)
        except courier.TooLarge:
            if composed.file is None:
                # Every further refusal is the same.
                return await self.give_up(job, post, Cause.SIZE)
            _log.warning("file too large", job=job.id, bytes=composed.file_bytes)
            after = partial(after_refusal, user_id=job.origin.user_id)
            await learn_size(context, job, post.channel_id, composed.file_bytes, after)
        else:
            if composed.file_bytes > courier.DEFAULT_UPLOAD_LIMIT_BYTES:
                await learn_size(context, job, post.channel_id, composed.file_bytes, after_acceptance)
            return await self._sent(job, post, message_id, composed.message)
        # Another attempt, whose outcome is unknown, may still have posted it.
        return await context.database.write(posts.mark_unsent, post, not_before=0.0, known=post.attempted_at is None)

    async def _refused(self, tries: Tries, job: Job, post: Post, denial: Denial) -> float | None:
        """Settle a message that Discord doesn't take in its place: a video goes to the next one."""
        if post.kind is not PostKind.VIDEO:
            return await self.give_up(job, post, Cause.PERMISSION, denial)
        try:
            composed = await compose_elsewhere(self._context, job, post, tries.climb, denial)
            return await self._move_on(tries, job, post, composed, denial)
        except courier.Refused:
            return await self.give_up(job, post, Cause.PERMISSION, denial)
        except courier.CourierFault as fault:
            return await self._failed(job, post, fault)

    async def _move_on(
        self, tries: Tries, job: Job, post: Post, composed: Elsewhere | Unpostable, denial: Denial | None
    ) -> float | None:
        """Let the video go to another place, or keep it. Raises `CourierFault`, `Refused` if it may be here unseen."""
        context = self._context
        may_exist = post.attempted_at is not None and denial is not Denial.GONE
        if isinstance(composed, Elsewhere) and may_exist and await self._find(job, post):
            return None
        while isinstance(composed, Elsewhere):
            if await move_on(context, job, post, composed.step, tries.climb):
                tries.attempted_at, tries.is_unmade = None, False
                return context.clock.now()
            if denial is None:
                # Planned again without that place.
                return context.clock.now()
            composed = await compose_elsewhere(context, job, post, tries.climb, denial)
        return await self.give_up(job, post, composed.cause, composed.denial)

    async def _ask_later(self, tries: Tries, job: Job, post: Post, fault: PollFault) -> float | None:
        """Request the link again later; at the deadline a video that can neither be posted nor linked is kept."""
        context = self._context
        _log.warning("link not found", job=job.id, fault=str(fault))
        if self.is_overdue(job):
            return await self.give_up(job, post, Cause.SIZE)
        tries.climb.ask_later()
        asked_seconds = fault.retry_after_seconds if isinstance(fault, PollFailed) else None
        jitter_seconds = full_jitter(tries.climb.links_unanswered, max_seconds=_RETRY_SECONDS_MAX)
        due_at = context.clock.now() + max(asked_seconds or 0.0, jitter_seconds)
        return await context.database.write(posts.mark_unsent, post, not_before=due_at, known=post.attempted_at is None)

    async def _sent(self, job: Job, post: Post, message_id: MessageId | None, message: Message | None = None) -> None:
        context = self._context
        _log.debug("message posted", job=job.id, kind=post.kind)
        if post.kind is not PostKind.VIDEO:
            stored = await context.database.write(posts.mark_sent, post, message_id)
            if post.kind is PostKind.CARD and message is not None and message_id is not None:
                context.signals.card_posted(replace(post, message_id=message_id), job, message, stored)
            else:
                context.signals.card_touched(job.id)
            return
        await change(context, moving.deliver, job, post, message_id, context.clock.now(), process=context.process)
        if message_id in context.signals.deleted_messages:
            # Another action was quicker.
            await remove(context, job)
        await context.fetcher.forget(job.video_name)
        await context.fetcher.forget(job.fitted_name)

    async def _failed(self, job: Job, post: Post, fault: courier.CourierFault) -> float | None:
        """Retry later; at its deadline a video is undeliverable, and kept."""
        context = self._context
        now = context.clock.now()
        _log.warning("message not posted", job=job.id, kind=post.kind, fault=str(fault))
        if post.kind is PostKind.VIDEO and self.is_overdue(job):
            return await self.give_up(job, post, Cause.LATE)
        surely_not = isinstance(fault, courier.NotTaken)
        asked_seconds = fault.retry_after_seconds if isinstance(fault, courier.NotTaken) else 0.0
        wait_seconds = max(asked_seconds, full_jitter(post.tries, max_seconds=_RETRY_SECONDS_MAX))
        return await context.database.write(
            posts.mark_unsent, post, not_before=now + wait_seconds, known=surely_not and post.attempted_at is None
        )


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
        case PostKind.BATCH:
            # It ends with the links to all videos.
            return False
