"""Fetches a completed video to our own disk; it never requests a new render.

The ways, in this order (docs/facts/media.md): the link of the last poll; a fresh link, three times; the content
endpoint; then the same again later. A completed video is failed only when all of them led to the provider's response
that the content rules withhold it or that it has expired. While the provider is throttled, its own ways are closed;
waiting for it is no try. A full disk is waited for evenly, since room comes as soon as another video is posted.
"""

import asyncio
import random
from functools import partial

import structlog

from bot.engine.context import EngineContext
from bot.engine.moves import change, move
from bot.engine.pipeline.fetch_failure import LatestPoll, permanent_cause
from bot.engine.pipeline.poll import poll_video
from bot.engine.pipeline.steps import StepResult
from bot.engine.pipeline.throttle import ProviderThrottle
from bot.engine.pipeline.throttles import Throttles
from bot.jobs.alerts import AlertKind
from bot.jobs.backoff import full_jitter
from bot.jobs.deadlines import give_up_at
from bot.jobs.model import Cause, Job, PostKind
from bot.jobs.settings_made import as_column, made_as, measured, split_measured
from bot.jobs.states import Event
from bot.jobs.store import moving
from bot.media.container import read_container
from bot.media.video_fetcher import FetchedVideo, FetchFault, NoRoom, TooLarge
from bot.videos.provider_faults import PollFault
from bot.videos.providers import Provider

_FRESH_LINKS = 3
_TELL_AFTER_TRIES = 5
# The least rate of polls is one in 5 s; a longer wait is a pause.
_PATIENCE_SECONDS = 6.0
_BACKOFF_SECONDS_MAX = 300.0
_ROOM_AGAIN_SECONDS = (20.0, 60.0)
_log = structlog.stdlib.get_logger(__name__)


class _Closed(Exception):  # noqa: N818  # what happened, not an error
    """The provider is throttled for so many seconds."""

    def __init__(self, wait_seconds: float) -> None:
        super().__init__()
        self.wait_seconds = wait_seconds


async def fetch(context: EngineContext, throttles: Throttles, job: Job, url: str | None) -> StepResult:
    """Fetch the job's video and let its message become due. `url` is the link of the last poll, if any."""
    if job.video_sha256 is not None and await context.fetcher.verify(job.video_name, job.video_sha256):
        return await _fetched(context, job)
    latest = LatestPoll()
    try:
        video = await _by_any_way(context, throttles, job, url, latest)
    except _Closed as closed:
        return StepResult(job, context.clock.now() + closed.wait_seconds)
    except TooLarge as fault:
        _log.warning("video over VIDEO_MAX_BYTES", job=job.id, fault=str(fault))
        return StepResult(await move(context, job, Event.GIVE_UP, cause=Cause.SIZE))
    except (FetchFault, PollFault) as fault:
        _log.warning("video not fetched", job=job.id, tries=job.fetch_tries + 1, fault=str(fault))
        never = permanent_cause(latest, fault, context.clock.now())
        if never is not None:
            return StepResult(await move(context, job, Event.RENDER_FAILED, cause=never))
        return await _try_later(context, job, fault)
    unreported = await _measure(context, job)
    return await _fetched(context, job, video_sha256=video.sha256, video_bytes=video.size_bytes, **unreported)


async def _by_any_way(
    context: EngineContext, throttles: Throttles, job: Job, url: str | None, latest: LatestPoll
) -> FetchedVideo:
    """Raises the last way's fault when none led to the video, `TooLarge` and `NoRoom` at once."""
    provider = context.providers.of(job.provider)
    if job.remote_id is None or provider is None:
        raise PollFault(detail="The video is at a provider that is not set up any more.")
    tried: set[str] = set()
    for _ in range(_FRESH_LINKS):
        if url is None or url in tried:
            url = await _fresh_link(context, throttles, provider, job, latest)
        if url is None or url in tried:
            break
        tried.add(url)
        try:
            return await _fetch_from(context, throttles, provider, url, job)
        except (TooLarge, NoRoom):
            raise
        except FetchFault as fault:
            _log.info("link not usable", job=job.id, fault=str(fault))
    return await _fetch_from(context, throttles, provider, provider.client.content_url(job.remote_id), job)


async def _fetch_from(
    context: EngineContext, throttles: Throttles, provider: Provider, url: str, job: Job
) -> FetchedVideo:
    if provider.client.key_for(url) is not None:
        await _wait_until_open(context, throttles.of(provider))
    return await context.fetcher.fetch(url, job.video_name, provider.id, job.origin.user_id)


async def _fresh_link(
    context: EngineContext, throttles: Throttles, provider: Provider, job: Job, latest: LatestPoll
) -> str | None:
    """The video's fresh link at the provider; None if it doesn't answer: then the content endpoint is left."""
    await _wait_until_open(context, throttles.of(provider))
    try:
        latest.remote = await poll_video(context, throttles, provider, job, job.remote_id or "")
    except PollFault as fault:
        latest.fault = fault
        return None
    return latest.remote.url


async def _wait_until_open(context: EngineContext, throttle: ProviderThrottle) -> None:
    """Return when a poll is allowed; raises `_Closed` if that takes longer than the spacing of requests."""
    while (wait_seconds := throttle.seconds_until_poll()) > 0:
        if throttle.is_open or wait_seconds > _PATIENCE_SECONDS:
            raise _Closed(wait_seconds)
        await context.clock.sleep(wait_seconds)


async def _fetched(context: EngineContext, job: Job, **changes: object) -> StepResult:
    context.first_frames.draw(job.id, context.fetcher.path(job.video_name))
    if not job.withheld:
        return StepResult(await move(context, job, Event.FETCHED, **changes))
    return StepResult(await move(context, job, Event.KEEP, **changes))


async def _measure(context: EngineContext, job: Job) -> dict[str, object]:
    """The size and length of the file, if the provider chose one of them and didn't report it."""
    request, made = job.request, made_as(job.reported)
    if (request.size or made.size) is not None and (request.seconds or made.seconds) is not None:
        return {}
    found = await asyncio.to_thread(read_container, context.fetcher.path(job.video_name))
    if found is None:
        return {}
    from_provider, _ = split_measured(job.reported)
    in_file = measured(found.width, found.height, found.duration_seconds)
    return {"reported": as_column((*from_provider, *in_file))}


async def _try_later(context: EngineContext, job: Job, fault: FetchFault | PollFault) -> StepResult:
    """Schedule the next try; after the deadline the try that has just failed was the last."""
    if not context.signals.time_in_doubt and context.clock.now() >= give_up_at(job, context.rules.job_give_up_seconds):
        return StepResult(await move(context, job, Event.GIVE_UP, cause=job.cause or Cause.PROVIDER))
    tries = job.fetch_tries + 1
    if isinstance(fault, NoRoom):
        wait_seconds = random.uniform(*_ROOM_AGAIN_SECONDS)  # noqa: S311  # spreads load, guards nothing
        if tries >= _TELL_AFTER_TRIES:
            context.owner_alerts.alert_here(AlertKind.ROOM)
    else:
        wait_seconds = full_jitter(tries, max_seconds=_BACKOFF_SECONDS_MAX)
    due_at = context.clock.now() + wait_seconds
    if tries == _TELL_AFTER_TRIES and not job.withheld:
        work = partial(moving.note_late, kind=PostKind.SLOW)
    else:
        work = moving.note
    return StepResult(await change(context, work, job, fetch_tries=tries, not_before=due_at), due_at)
