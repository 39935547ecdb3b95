"""Threads on finished videos, in which people go on with them."""

import structlog

from bot.chat.courier import CourierFault, Refused
from bot.chat.escape import plain
from bot.chat.threads import NAME_MAX_CHARACTERS
from bot.engine.context import EngineContext
from bot.engine.requests.lookup import Lookup, SeesChannel
from bot.jobs.denials import Denial
from bot.jobs.model import ChannelId, Job, JobId, MessageId, PostKind
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.rights import Asker, may_see
from bot.jobs.store import posts

_log = structlog.stdlib.get_logger(__name__)


class VideoThreads:
    """Opens threads on videos; the one that is there already is as good."""

    def __init__(self, context: EngineContext, lookup: Lookup) -> None:
        self._context = context
        self._lookup = lookup

    async def open(
        self,
        job_id: JobId,
        message_id: MessageId,
        asker: Asker,
        sees_channel: SeesChannel,
        barred: Refusal | None = None,
    ) -> ChannelId | Refusal:
        """The thread on that message, which shows the job's video in the asker's place.

        `barred`: why no thread can be opened there, if so.
        """
        job = await self._shown(job_id, message_id, asker, sees_channel)
        if isinstance(job, Refusal):
            return job
        if barred is not None:
            return barred
        try:
            return await self._open(job, asker.place.channel_id, message_id)
        except CourierFault as fault:
            _log.warning("thread not opened", job=job.id, fault=str(fault))
            return Refusal(Reason.THREAD_FAILED)

    async def _shown(
        self, job_id: JobId, message_id: MessageId, asker: Asker, sees_channel: SeesChannel
    ) -> Job | Refusal:
        job = await self._lookup.get(job_id)
        if job is None:
            return Refusal(Reason.VIDEO_UNKNOWN)
        job = await self._lookup.settled(job)
        shown_in = await self._lookup.find_place(job)
        sees = shown_in == asker.place or await sees_channel(shown_in.channel_id)
        if refusal := may_see(job, asker, shown_in, sees_channel=sees):
            return refusal
        post = await self._context.database.read(posts.find_by_message, message_id)
        is_it = post is not None and (post.job_id, post.kind, post.channel_id) == (
            job.id, PostKind.VIDEO, asker.place.channel_id,
        )  # fmt: skip
        return job if is_it else Refusal(Reason.VIDEO_UNKNOWN)

    async def _open(self, job: Job, channel_id: ChannelId, message_id: MessageId) -> ChannelId:
        name = plain(job.request.prompt, NAME_MAX_CHARACTERS)
        try:
            return await self._context.courier.open_thread(channel_id, message_id, name)
        except Refused as fault:
            if fault.denial is not Denial.AUTOMOD:
                raise
            # The server's rules for names are stricter than those for messages.
            return await self._context.courier.open_thread(channel_id, message_id, job.id)
