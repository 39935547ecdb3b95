"""Finding a video, and what a person may see of it. Read-only."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.chat.custom_ids import ButtonId
from bot.chat.views import JobView
from bot.engine.context import EngineContext, can_stop
from bot.engine.delivery.links import jump_link
from bot.engine.pipeline.remix_settings import find_fallback
from bot.jobs.model import (
    ChannelId,
    Job,
    JobId,
    MessageId,
    Place,
    Post,
    PostKind,
    PostState,
    VideoRequest,
    parse_job_id,
)
from bot.jobs.option_values import options_that_fit
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.rights import Asker, may_control, may_see
from bot.jobs.searching import folded, matching
from bot.jobs.settings_made import made_as
from bot.jobs.states import State
from bot.jobs.storable_text import storable
from bot.jobs.store import finding, posts
from bot.jobs.store.finding import Suggestion

# Discord's ids are whole numbers below 2**63, and so is what the database can look for.
_ID = "[1-9][0-9]{0,17}|[1-8][0-9]{18}"
_MESSAGE_LINK = re.compile(
    rf"<?https?://(?:\w+\.)?discord(?:app)?\.com/channels/(?:\d+|@me)/\d+/(?P<message>{_ID})/?>?", re.ASCII
)
_SUGGESTIONS = 25
_POST_KINDS = frozenset(PostKind)
_SETTLING_TRIES = 10
_SETTLING_SECONDS = 0.1

SeesChannel = Callable[[ChannelId], Awaitable[bool]]
SeesPlace = Callable[[Place], Awaitable[bool]]


def place_of_video(job: Job, said: list[Post]) -> Place:
    """Where the job's video is, by its messages; the place that it was requested in while it is nowhere."""
    videos = [post for post in said if post.kind is PostKind.VIDEO and post.state is PostState.SENT]
    return job.origin.place_of(videos[-1].channel_id) if videos else job.origin.posts_in


class Lookup:
    """Finds jobs; `SeesChannel` returns whether the asker can see a channel (unsure means no)."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context

    async def find_to_remix(self, text: str | None, asker: Asker, sees_channel: SeesChannel) -> Job | Refusal:
        """The finished video with a short id, message link or provider's id; without text the asker's newest."""
        if text is None or not text.strip():
            newest = await self._context.database.read(
                finding.find_newest_finished_in_channel, asker.user_id, asker.place.channel_id
            )
            if newest is None:
                return Refusal(Reason.VIDEO_NONE_HERE)
            # A video that is just being posted may be visible already: an older one is surely not meant.
            return await self.check_remix(newest, asker, sees_channel)
        job = await self.find_by_text(text)
        if job is None:
            return Refusal(Reason.VIDEO_UNKNOWN)
        return await self.check_remix(job, asker, sees_channel)

    async def check_remix(
        self, job: Job, asker: Asker, sees_channel: SeesChannel, *, changes: bool = True
    ) -> Job | Refusal:
        """The job itself, if the asker may remix it, and the operator lets the bot accept requests there.

        Without `changes` the same is to be made again, which needs no provider that can change videos.
        """
        posted_here = job.origin.posts_in == asker.place
        # What leads on from a private video in its DM belongs to the video's server.
        guild_id = (job.origin if posted_here else asker).place.guild_id
        if refusal := self._context.rules.limits.allowlist.refuse_request(guild_id):
            return refusal
        job = await self.settled(job)
        shown_in = await self.find_place(job)
        sees = shown_in == asker.place or await sees_channel(shown_in.channel_id)
        refusal = may_see(job, asker, shown_in, sees_channel=sees)
        if refusal or not changes or self._context.ffmpeg.available:
            return refusal or job
        # Without ffmpeg only the video's own provider can change it.
        fallback = await find_fallback(self._context, VideoRequest(""), job)
        return job if fallback is None else Refusal(Reason.REMIX_UNSUPPORTED, {"video": job.id})

    async def check_parent(self, request: VideoRequest, asker: Asker, sees_channel: SeesChannel) -> Refusal | None:
        """Why that person may not make a stored request now: they may have lost access to its parent."""
        if request.parent_id is None:
            return None
        parent = await self.get(request.parent_id)
        if parent is not None and parent.origin.dm_channel_id == asker.place.channel_id and not request.private:
            # In its DM a private video leads on to private ones of its server.
            return Refusal(Reason.VIDEO_UNKNOWN)
        checked = (
            Refusal(Reason.VIDEO_UNKNOWN) if parent is None else await self.check_remix(parent, asker, sees_channel)
        )
        return checked if isinstance(checked, Refusal) else None

    async def find_inherited_model(self, request: VideoRequest) -> str | None:
        """The model that a remix without one has, that of the video that it changes; None if there is none."""
        if request.parent_id is None or request.model is not None:
            return None
        return await self._context.database.read(finding.find_model, request.parent_id)

    async def find_model_to_remix(self, text: str | None, asker: Asker, sees_channel: SeesChannel) -> str | None:
        """The model of the video that a remix would change, as for `find_to_remix`; None if there is none for them."""
        found = await self.find_to_remix(text, asker, sees_channel)
        return None if isinstance(found, Refusal) else await self._context.database.read(finding.find_model, found.id)

    async def as_made_before(self, request: VideoRequest) -> VideoRequest:
        """The request with the size and length that a remix takes from its video, if they are known."""
        parent = None if request.parent_id is None else await self.get(request.parent_id)
        if parent is None:
            return request
        made = made_as(parent.reported)
        length = None if made.seconds is None else str(round(made.seconds))
        return replace(
            request,
            size=request.size or parent.request.size or made.size,
            seconds=request.seconds or parent.request.seconds or length,
        )

    async def remix_of(self, video: Job, request: VideoRequest) -> VideoRequest:
        """The request as a remix of that video: it keeps the options of the video that its model takes, unless it sets
        them itself.
        """
        remix = replace(request, parent_id=video.id)
        if not video.request.options:
            return remix
        model = self._context.catalogue.find(remix.model, await self.find_inherited_model(remix))
        # With a model that isn't offered any more it is refused, and its form keeps what another one takes.
        kept = video.request.options if model is None else options_that_fit(model, video.request.options)
        return replace(remix, options=tuple(sorted({**dict(kept), **dict(request.options)}.items())))

    async def find_to_explain(self, job_id: JobId, asker: Asker) -> Job | Refusal:
        """A failed job, for its requester and people with Manage Messages there."""
        job = await self.get(job_id)
        return Refusal(Reason.VIDEO_UNKNOWN) if job is None else may_control(job, asker) or job

    async def get(self, job_id: JobId) -> Job | None:
        """The job of that id, for any asker."""
        return await self._context.database.read(finding.get, job_id)

    async def suggest_finished_in_place(self, asker: Asker, typed: str) -> list[Suggestion]:
        """The asker's finished videos of this server, newest first, at most 25."""
        return await self._suggest(typed, finding.suggest_finished_in_place, asker.user_id, asker.place)

    async def suggest_own_everywhere(self, asker: Asker, typed: str) -> list[Suggestion]:
        """The asker's running and latest jobs, at most 25."""
        return await self._suggest(typed, finding.suggest_own_everywhere, asker.user_id)

    async def _suggest(
        self, typed: str, find: Callable[..., Awaitable[list[Suggestion]]], *whose: object
    ) -> list[Suggestion]:
        database = self._context.database
        if typed.isascii():
            # Any database finds that without handing over all of the prompts.
            return await database.read(find, *whose, typed, _SUGGESTIONS)
        newest = await database.read(find, *whose, "", finding.SEARCHED_MAX, whole=True)
        return (await asyncio.to_thread(matching, newest, folded(typed)))[:_SUGGESTIONS]

    async def find_replied(self, message_id: MessageId) -> Job | None:
        """The job whose finished video that message shows."""
        job_id = await self._context.database.read(posts.find_video_by_message, message_id)
        return None if job_id is None else await self.get(job_id)

    async def find_answered(self, message_id: MessageId, shown: ButtonId | None) -> tuple[Job, PostKind] | None:
        """The job of that message and the message's kind; None if it is none of a job's.

        `shown` is a button of the message: it may exist before its id is stored.
        """
        post = await self._context.database.read(posts.find_by_message, message_id)
        if post is not None:
            job_id, kind = post.job_id, post.kind
        elif shown is not None and shown.job_id is not None and shown.kind in _POST_KINDS:
            job_id, kind = shown.job_id, PostKind(shown.kind)
        else:
            return None
        job = await self.get(job_id)
        return None if job is None else (job, kind)

    async def find_newest_in_thread(self, place: Place) -> tuple[Job, PostKind] | None:
        """The newest finished video in the thread of a video, or else that video; None in any other place."""
        first = await self.find_replied(MessageId(place.channel_id))
        if first is None:
            return None
        newest = await self._context.database.read(posts.find_newest_video_in, place.channel_id)
        return (first if newest is None else newest), PostKind.VIDEO

    async def find_place(self, job: Job) -> Place:
        """Where the job's video is: it may be in the channel above its thread, or in a DM."""
        return place_of_video(job, await self._context.database.read(posts.find_posts_of_jobs, [job.id]))

    async def find_first_frame(self, job: Job, asker: Asker, sees: SeesPlace) -> bytes | None:
        """The first frame, for its requester and for all who can see the video itself; a deleted video has none."""
        if job.removed_at is not None:
            return None
        if job.origin.user_id != asker.user_id:
            shown_in = await self.find_place(job)
            if may_see(job, asker, shown_in, sees_channel=await sees(shown_in)):
                return None
        return await self._context.first_frames.read(job.id)

    async def settled(self, job: Job) -> Job:
        """The job, given a moment to be marked as delivered if its message has just been posted."""
        for _ in range(_SETTLING_TRIES):
            if job.state is not State.POSTING:
                break
            await self._context.clock.sleep(_SETTLING_SECONDS)
            job = await self.get(job.id) or job
        return job

    async def find_by_text(self, text: str) -> Job | None:
        """The job of that short id, message link or provider's id, for any asker."""
        text = text.strip()
        if link := _MESSAGE_LINK.fullmatch(text):
            return await self.find_replied(MessageId(int(link["message"])))
        if (job_id := parse_job_id(text)) is not None and (job := await self.get(job_id)) is not None:
            return job
        ids = [stored for provider in self._context.providers for stored in provider.ids]
        return await self._context.database.read(finding.find_by_remote, ids, storable(text))

    async def views_of(self, found: list[Job]) -> list[JobView]:
        """The jobs with what is shown beside them."""
        now, place_of = self._context.clock.now(), self._context.signals.place_in_queue
        kept_since = self._context.kept_since()
        said = await self._context.database.read(posts.find_posts_of_jobs, [job.id for job in found])
        return [
            JobView(
                job,
                now,
                place_of(job.id),
                jump_link(job.origin, job.id, said),
                kept=job.ended_at is None or job.ended_at > kept_since,
                can_stop=can_stop(self._context, job),
            )
            for job in found
        ]
