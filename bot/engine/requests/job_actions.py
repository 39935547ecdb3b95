"""The button actions on a job: cancel, withhold, retry, post, delete; rights are checked each time.

Every button may be pressed twice, by two people, or on a message of last week; the job's state decides, not the button.
"""

from dataclasses import replace
from functools import partial

import structlog

from bot.chat import custom_ids
from bot.chat.courier import CourierFault, Refused
from bot.engine.context import EngineContext, can_stop
from bot.engine.delivery.retry_buttons import find_retry, retry_origin_id
from bot.engine.moves import change, move, remove, revive
from bot.engine.pipeline.preflight import forget_place
from bot.engine.requests.intake import Ask, Intake
from bot.engine.requests.lookup import SeesChannel
from bot.jobs.denials import Denial
from bot.jobs.life_log import log_event
from bot.jobs.model import ChannelId, GuildId, Job, JobId, MessageId, Origin, PostKind, PostState
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.rights import Asker, leaves_usable, may_control, may_post, may_request_again, may_retry
from bot.jobs.states import ENDS, Event, State
from bot.jobs.store import batches, finding, moving, posts

_RACE_TRIES = 3
_DOUBLE_PRESS_SECONDS = 5.0
_UNDER_WAY = frozenset({State.ACCEPTED, State.SUBMITTING, State.RENDERING, State.FETCHING, State.POSTING})
_log = structlog.stdlib.get_logger(__name__)


class JobActions:
    """One method per button. Each returns the job after it, or why not."""

    def __init__(self, context: EngineContext, intake: Intake) -> None:
        self._context = context
        self._intake = intake

    async def cancel(self, job_id: JobId, asker: Asker, *, may_stop: bool = True) -> Job | Refusal:
        """Cancel, *Stop* and *Don't post*: a queued job ends and costs nothing; any other's video is withheld.

        Unless its provider stops it (not with `may_stop` False: *Don't post*), it is fetched and kept all the same. It
        may have been paid, and counts.
        """
        for _ in range(_RACE_TRIES):
            job = await self._controlled(job_id, asker)
            if isinstance(job, Refusal):
                return job
            if job.state in ENDS:
                break
            if stopped := await self._stop(job, may_stop=may_stop):
                return stopped
        return Refusal(Reason.TOO_LATE_TO_CANCEL)

    async def cancel_all(self, job_id: JobId, asker: Asker) -> list[Job] | Refusal:
        """The same for each job of a batch; those that it stopped, or why none, for its first one."""
        job = await self._controlled(job_id, asker)
        if isinstance(job, Refusal):
            return job
        batch = await self._context.database.read(batches.find_batch, job.origin.id)
        done = [await self.cancel(one.id, asker) for one, _ in batch if one.state not in ENDS and not one.withheld]
        stopped = [one for one in done if isinstance(one, Job)]
        return stopped or Refusal(Reason.TOO_LATE_TO_CANCEL)

    async def post_it(self, job_id: JobId, asker: Asker) -> Job | Refusal:
        """*Post it*: post a video that was withheld or could not be posted; nothing is generated."""
        for _ in range(_RACE_TRIES):
            job = await self._controlled(job_id, asker)
            if isinstance(job, Refusal):
                return job
            if not may_post(job):
                break
            if changed := await self._want_again(job):
                return changed
        return Refusal(Reason.NOTHING_TO_SEND)

    async def retry(
        self,
        job_id: JobId,
        asker: Asker,
        origin: Origin,
        sees_channel: SeesChannel,
        no_place: Refusal | None = None,
        edited: Ask | None = None,
    ) -> Job | Refusal:
        """Retry after a failure, of the same request or `edited`: one success, however often either is pressed."""
        job = await self.find_retryable(job_id, asker)
        if isinstance(job, Refusal):
            return job
        if edited is None and not may_retry(job):
            return Refusal(Reason.TOO_LATE_TO_CANCEL)
        made = await self._make_retry(job, asker, origin, sees_channel, no_place, edited)
        if may_request_again(job) and not isinstance(made, Refusal):
            await self._end_asking(job)
        return made

    async def find_retryable(self, job_id: JobId, asker: Asker) -> Job | Refusal:
        """The failed or uncertain job, for its requester alone: a retry counts on the presser's limits."""
        job = await self._controlled(job_id, asker)
        if isinstance(job, Refusal):
            return job
        if job.origin.user_id != asker.user_id:
            return Refusal(Reason.NOT_YOURS)
        return job if may_retry(job) or may_request_again(job) else Refusal(Reason.TOO_LATE_TO_CANCEL)

    async def find_retry(self, job: Job) -> Job | None:
        """The job of an earlier Retry, unless it was cancelled for free."""
        return (await find_retry(self._context, job))[1]

    async def request_again(
        self,
        job_id: JobId,
        asker: Asker,
        origin: Origin,
        sees_channel: SeesChannel,
        no_place: Refusal | None = None,
    ) -> Job | Refusal:
        """*Request again* for an uncertain job: a new job, which may be charged a second time; the question ends."""
        job = await self._controlled(job_id, asker)
        if isinstance(job, Refusal):
            return job
        if not may_request_again(job):
            return Refusal(Reason.SETTLED)
        made = await self._make_retry(job, asker, origin, sees_channel, no_place)
        if not isinstance(made, Refusal):
            await self._end_asking(job)
        return made

    async def dismiss(self, job_id: JobId, asker: Asker) -> Job | Refusal:
        """*Dismiss*: only the question ends; if the video turns up after all, it is posted."""
        job = await self._controlled(job_id, asker)
        if isinstance(job, Refusal):
            return job
        if not may_request_again(job):
            return Refusal(Reason.SETTLED)
        if await self._end_asking(job):
            log_event("dismissed", job)
        return job

    async def may_delete(self, job_id: JobId, asker: Asker) -> Job | Refusal:
        """Whether that person may delete the video; checked again when they confirm."""
        return await self._controlled(job_id, asker)

    async def delete(self, job_id: JobId, asker: Asker, message_id: MessageId | None = None) -> Job | Refusal:
        """Delete: the pressed message goes, and the video can't be remixed any more.

        `message_id` is that message, in the asker's place. It may exist before its id is stored. Without it the stored
        messages go.
        """
        job = await self._controlled(job_id, asker)
        if isinstance(job, Refusal):
            return job
        try:
            messages = await self._video_messages(job, asker, message_id)
            if message_id is not None and not messages:
                return Refusal(Reason.VIDEO_UNKNOWN)
            # First of all, for the outbox, which may be about to store that it was posted, or to post it again.
            self._context.signals.deleted_messages.extend(pressed for _, pressed in messages)
            await remove(self._context, job, asker.user_id)
            log_event("deleted", job, by=asker.user_id)
            for channel_id, pressed in messages:
                await self._take_down(job, channel_id, pressed)
        except CourierFault as fault:
            _log.warning("video not deleted", job=job_id, fault=str(fault))
            return Refusal(Reason.NOT_DELETED)
        return job

    async def make_another(
        self, video: Job, asker: Asker, origin: Origin, sees_channel: SeesChannel, no_place: Refusal | None = None
    ) -> Job | Refusal:
        """Make the same request again: one at a time for each person and video, so a second press finds the first's.

        The origin id is numbered, so that two presses at once are one.
        """
        act = f"again:{video.id}:{asker.user_id}:"
        earlier = await self._context.database.read(finding.find_by_origin_prefix, act)
        if earlier and _goes_on(earlier[0], self._context.clock.now()):
            return earlier[0]
        origin = replace(origin, id=f"{act}{len(earlier) + 1:05}")
        return await self._intake.repeat(video, origin, asker, sees_channel, no_place)

    async def forget_message(self, message_id: MessageId) -> None:
        """A message was deleted: a reply's waiting job is cancelled, a video can't be remixed any more."""
        # First of all, for the outbox, which may not have stored yet that it is posted.
        self._context.signals.deleted_messages.append(message_id)
        job = await self._context.database.read(finding.find_by_origin, str(message_id))
        if job is not None and job.state is State.ACCEPTED:
            await move(self._context, job, Event.CANCEL)
        video_id = await self._context.database.read(posts.find_video_by_message, message_id)
        video = None if video_id is None else await self._context.database.read(finding.get, video_id)
        if video is not None and video.removed_at is None:
            await remove(self._context, video)
            log_event("deleted", video)

    async def forget_place(self, guild_id: GuildId, channel_id: ChannelId | None = None) -> None:
        """A server, or one channel or thread of it, is gone: its unsent jobs end for free."""
        await forget_place(self._context, guild_id, channel_id)

    async def _video_messages(
        self, job: Job, asker: Asker, message_id: MessageId | None
    ) -> list[tuple[ChannelId, MessageId]]:
        """The video's messages to delete; a custom id alone proves nothing (decision 6)."""
        said = await self._context.database.read(posts.find_posts_of_jobs, [job.id])
        known = [
            (post.channel_id, post.message_id)
            for post in said
            if post.kind is PostKind.VIDEO and post.message_id is not None and post.state is PostState.SENT
        ]
        if message_id is None:
            return known
        pressed = (asker.place.channel_id, message_id)
        is_ours = partial(custom_ids.belongs_to, job_id=job.id, kind=PostKind.VIDEO, number=None)
        return [pressed] if pressed in known or await self._context.courier.shows(*pressed, is_ours) else []

    async def _take_down(self, job: Job, channel_id: ChannelId, message_id: MessageId) -> None:
        try:
            await self._context.courier.delete(channel_id, message_id)
        except Refused as fault:
            if fault.denial is not Denial.GONE:
                raise
        await self._context.database.write(posts.mark_message_gone, job.id, message_id)

    async def _controlled(self, job_id: JobId, asker: Asker) -> Job | Refusal:
        job = await self._context.database.read(finding.get, job_id)
        if job is None:
            return Refusal(Reason.VIDEO_UNKNOWN)
        return may_control(job, asker) or job

    async def _stop(self, job: Job, *, may_stop: bool) -> Job | None:
        """None if the job was moved meanwhile, or if its message is being sent."""
        if job.state is State.ACCEPTED:
            return await move(self._context, job, Event.CANCEL)
        asked_at = self._context.clock.now() if may_stop and can_stop(self._context, job) else None
        withheld = await change(self._context, moving.withhold, job, asked_at)
        if withheld is not None:
            log_event("withheld", job, to_be_stopped=withheld.stop_asked_at is not None or None)
        return withheld

    async def _want_again(self, job: Job) -> Job | None:
        """Store that the video is to be posted after all; None if the job was moved meanwhile."""
        if job.state not in ENDS:
            return await change(self._context, moving.note, job, withheld=False, stop_asked_at=None)
        fresh = {"fetch_tries": 0, "not_before": 0.0, "revived_at": self._context.clock.now()}
        return await revive(self._context, job, Event.POST_IT, withheld=False, cause=None, **fresh)

    async def _make_retry(
        self,
        job: Job,
        asker: Asker,
        origin: Origin,
        sees_channel: SeesChannel,
        no_place: Refusal | None,
        edited: Ask | None = None,
    ) -> Job | Refusal:
        """Make a new job of the same request, or of `edited`, or return the one of an earlier press.

        One that failed has a notice with its own button.
        """
        job, earlier = await find_retry(self._context, job)
        if earlier is not None:
            return earlier
        origin = replace(origin, id=retry_origin_id(job), retry_of=job.id)
        made = await self._intake.repeat(job, origin, asker, sees_channel, no_place, edited)
        if isinstance(made, Job):
            log_event("retried", job, retry=made.id)
        return made

    async def _end_asking(self, job: Job) -> bool:
        """Whether the question was still open."""
        # The card updater removes the question from the notice.
        return await change(self._context, moving.answer, job, self._context.clock.now()) is not None


def _goes_on(job: Job, now: float) -> bool:
    """Whether a second press of *Make another* means this one: it is running, or was made a moment ago."""
    if leaves_usable(job) or job.withheld:
        return False
    return job.state in _UNDER_WAY or 0.0 <= now - job.accepted_at < _DOUBLE_PRESS_SECONDS
