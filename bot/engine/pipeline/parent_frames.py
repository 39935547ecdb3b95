"""The last frame of a video that is remixed where its provider can't: from our disk, its message, or its provider.

All of it is free, and done before anything is paid for.
"""

import asyncio

import structlog

from bot.chat.courier import CourierFault, Refused
from bot.engine.context import EngineContext
from bot.engine.picture_archive import archive
from bot.engine.pipeline.poll import poll_video
from bot.engine.pipeline.throttles import Throttles
from bot.jobs.model import Job, PostKind, PostState, Reference, UserId
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.store import posts
from bot.media.fetch_faults import FetchFault, LinkExpired
from bot.media.ffmpeg_faults import FfmpegFault
from bot.media.references import ReferenceRefused
from bot.videos.provider_faults import NotFound, PollFailed, PollFault
from bot.videos.providers import Provider

# For all ways together: a person waits for the answer.
_SECONDS = 120.0
_log = structlog.stdlib.get_logger(__name__)


async def draw_parent_frame(
    context: EngineContext, throttles: Throttles, parent: Job, user_id: UserId
) -> Reference | Refusal:
    """The parent's last frame as a kept picture, or why there is none. Raises `StoreUnavailableError`."""
    if not context.ffmpeg.available:
        return Refusal(Reason.REMIX_UNSUPPORTED, {"video": parent.id})
    is_gone = True
    try:
        async with asyncio.timeout(_SECONDS):
            for way in (_from_disk, _from_message, _from_provider):
                try:
                    frame = await way(context, throttles, parent, user_id)
                    if frame is not None:
                        await archive(context, (frame,))
                        return frame
                except (FfmpegFault, ReferenceRefused, CourierFault, FetchFault, PollFault, OSError) as fault:
                    is_gone &= isinstance(fault, Refused | LinkExpired | NotFound)
                    _log.info("last frame not drawn", job=parent.id, way=way.__name__, fault=repr(fault))
    except TimeoutError:
        is_gone = False
    return Refusal(Reason.REMIX_GONE if is_gone else Reason.REMIX_UNDRAWN, {"video": parent.id})


async def knows(context: EngineContext, throttles: Throttles, parent: Job) -> bool:
    """Whether the parent's provider still has it, by a free request."""
    provider = context.providers.of(parent.provider)
    if provider is None or parent.remote_id is None:
        return False
    try:
        await _wait_until_open(context, throttles, provider)
        await poll_video(context, throttles, provider, parent, parent.remote_id)
    except PollFault:
        return False
    return True


async def _from_disk(context: EngineContext, _: Throttles, parent: Job, _whose: UserId) -> Reference | None:
    name = parent.video_name
    if parent.video_sha256 is None or not await context.fetcher.verify(name, parent.video_sha256):
        return None
    return await context.last_frames.of_file(context.fetcher.path(name))


async def _from_message(context: EngineContext, _: Throttles, parent: Job, whose: UserId) -> Reference | None:
    said = await context.database.read(posts.find_posts_of_jobs, [parent.id])
    shown = [post for post in said if post.kind is PostKind.VIDEO and post.state is PostState.SENT]
    for post in reversed(shown):
        if post.message_id is not None:
            upload = await context.courier.find_file(post.channel_id, post.message_id)
            if upload is not None:
                return await context.last_frames.of_attachment(upload, whose)
    return None


async def _from_provider(context: EngineContext, throttles: Throttles, parent: Job, whose: UserId) -> Reference | None:
    provider = context.providers.of(parent.provider)
    if provider is None or parent.remote_id is None:
        return None
    await _wait_until_open(context, throttles, provider)
    remote = await poll_video(context, throttles, provider, parent, parent.remote_id)
    url = remote.url or provider.client.content_url(parent.remote_id)
    return await context.last_frames.of_url(url, provider.id, whose)


async def _wait_until_open(context: EngineContext, throttles: Throttles, provider: Provider) -> None:
    """Return when a poll is allowed; raises `PollFailed` while the provider counts as down."""
    throttle = throttles.of(provider)
    while (wait_seconds := throttle.seconds_until_poll()) > 0:
        if throttle.is_open:
            raise PollFailed(detail="The provider counts as down.")
        await context.clock.sleep(wait_seconds)
