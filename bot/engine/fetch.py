"""Brings a completed video to our own disk, by whatever way the provider leaves open; it never asks for a new render.

The ways, in this order (docs/facts/media.md): the link of the last look; a fresh link, three times; the
content endpoint; then the same again later. A video that the provider calls completed is never failed.
"""

import structlog

from bot.engine.parts import Parts
from bot.engine.steps import Next
from bot.jobs.backoff import full_jitter
from bot.jobs.deadlines import give_up_at
from bot.jobs.model import Cause, Job, PostKind
from bot.jobs.states import Event
from bot.jobs.store import moving
from bot.media.fetch import FetchedVideo, FetchFault, NoRoom, TooLarge
from bot.videos.faults import LookFault

_FRESH_LINKS = 3
_TELL_AFTER_TRIES = 5
_BACKOFF_SECONDS_MAX = 300.0
_log = structlog.stdlib.get_logger(__name__)


async def fetch(parts: Parts, job: Job, url: str | None) -> Next:
    """Fetch the job's video and let its message become due. `url` is where the last look found it, if anywhere."""
    now = parts.clock.now()
    if now >= give_up_at(job, parts.rules.job_give_up_seconds):
        return await _move(parts, job, Event.GIVE_UP, cause=job.cause or Cause.PROVIDER)
    if job.video_sha256 is not None and await parts.fetcher.verify(job.video_name, job.video_sha256):
        return await _fetched(parts, job)
    try:
        video = await _by_any_way(parts, job, url)
    except TooLarge as fault:
        _log.warning("video over VIDEO_MAX_BYTES", job=job.id, fault=str(fault))
        return await _move(parts, job, Event.GIVE_UP, cause=Cause.SIZE)
    except (FetchFault, LookFault) as fault:
        _log.warning("video not fetched", job=job.id, tries=job.fetch_tries + 1, fault=str(fault))
        return await _try_later(parts, job)
    return await _fetched(parts, job, video_sha256=video.sha256, video_bytes=video.size_bytes)


async def _by_any_way(parts: Parts, job: Job, url: str | None) -> FetchedVideo:
    """Raises the last way's fault when none led to the video, `TooLarge` and `NoRoom` as soon as they show."""
    if job.remote_id is None or job.provider != parts.videos.provider:
        raise LookFault("The video is at a provider that is not set up any more.")
    tried: set[str] = set()
    for _ in range(_FRESH_LINKS):
        if url is None or url in tried:
            url = (await parts.videos.look(job.remote_id)).url
        if url is None or url in tried:
            break
        tried.add(url)
        try:
            return await parts.fetcher.fetch(url, job.video_name)
        except (TooLarge, NoRoom):
            raise
        except FetchFault as fault:
            _log.info("link not usable", job=job.id, fault=str(fault))
    return await parts.fetcher.fetch(parts.videos.content_url(job.remote_id), job.video_name)


async def _fetched(parts: Parts, job: Job, **changes: object) -> Next:
    if not job.withheld:
        return await _move(parts, job, Event.FETCHED, **changes)
    return await _move(parts, job, Event.KEEP, **changes)


async def _try_later(parts: Parts, job: Job) -> Next:
    tries = job.fetch_tries + 1
    due_at = parts.clock.now() + full_jitter(tries, max_seconds=_BACKOFF_SECONDS_MAX)
    if tries == _TELL_AFTER_TRIES and not job.withheld:
        noted = await parts.database.write(moving.note_late, job, PostKind.SLOW, fetch_tries=tries, not_before=due_at)
    else:
        noted = await parts.database.write(moving.note, job, fetch_tries=tries, not_before=due_at)
    parts.board.job_changed(job.id)
    return Next(noted, due_at)


async def _move(parts: Parts, job: Job, event: Event, **changes: object) -> Next:
    moved = await parts.database.write(moving.apply, job, event, now=parts.clock.now(), **changes)
    parts.board.job_changed(job.id)
    return Next(moved)
