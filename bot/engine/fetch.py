"""Brings a completed video to our own disk, by whatever way the provider leaves open; it never asks for a new render.

The ways, in this order (docs/facts/media.md): the link of the last look; a fresh link, three times; the
content endpoint; then the same again later. A video that the provider calls completed is failed only when all of them
led to its word that the content rules hold it back or that it has expired. While the provider may not be asked, the
ways that lead there are closed; waiting for it is no try. A full disk is the owner's to mend: it is waited for evenly,
since room comes as soon as another video is posted.
"""

import random

import structlog

from bot.chat.words import Key
from bot.engine.looking import look
from bot.engine.parts import Parts
from bot.engine.steps import Next
from bot.engine.traffic import Traffic
from bot.engine.unfetchable import Latest, cause_of
from bot.jobs.backoff import full_jitter
from bot.jobs.deadlines import give_up_at
from bot.jobs.model import Cause, Job, PostKind
from bot.jobs.states import Event
from bot.jobs.store import moving
from bot.media.fetch import FetchedVideo, FetchFault, NoRoom, TooLarge
from bot.videos.faults import LookFault

_FRESH_LINKS = 3
_TELL_AFTER_TRIES = 5
# The least rate of looks is one in 5 s; whatever takes longer is a pause.
_PATIENCE_SECONDS = 6.0
_BACKOFF_SECONDS_MAX = 300.0
_ROOM_AGAIN_SECONDS = (20.0, 60.0)
_log = structlog.stdlib.get_logger(__name__)


class _Closed(Exception):  # noqa: N818  # what happened, not an error
    """The provider may not be asked for so many seconds."""

    def __init__(self, wait_seconds: float) -> None:
        super().__init__()
        self.wait_seconds = wait_seconds


async def fetch(parts: Parts, traffic: Traffic, job: Job, url: str | None) -> Next:
    """Fetch the job's video and let its message become due. `url` is where the last look found it, if anywhere."""
    if job.video_sha256 is not None and await parts.fetcher.verify(job.video_name, job.video_sha256):
        return await _fetched(parts, job)
    latest = Latest()
    try:
        video = await _by_any_way(parts, traffic, job, url, latest)
    except _Closed as closed:
        return Next(job, parts.clock.now() + closed.wait_seconds)
    except TooLarge as fault:
        _log.warning("video over VIDEO_MAX_BYTES", job=job.id, fault=str(fault))
        return await _move(parts, job, Event.GIVE_UP, cause=Cause.SIZE)
    except (FetchFault, LookFault) as fault:
        _log.warning("video not fetched", job=job.id, tries=job.fetch_tries + 1, fault=str(fault))
        never = cause_of(latest, fault, parts.clock.now())
        if never is not None:
            return await _move(parts, job, Event.RENDER_FAILED, cause=never)
        return await _try_later(parts, job, fault)
    return await _fetched(parts, job, video_sha256=video.sha256, video_bytes=video.size_bytes)


async def _by_any_way(parts: Parts, traffic: Traffic, job: Job, url: str | None, latest: Latest) -> FetchedVideo:
    """Raises the last way's fault when none led to the video, `TooLarge` and `NoRoom` as soon as they show."""
    if job.remote_id is None or job.provider != parts.videos.provider:
        raise LookFault("The video is at a provider that is not set up any more.")
    tried: set[str] = set()
    for _ in range(_FRESH_LINKS):
        if url is None or url in tried:
            url = await _fresh_link(parts, traffic, job, job.remote_id, latest)
        if url is None or url in tried:
            break
        tried.add(url)
        try:
            return await _fetch_from(parts, traffic, url, job)
        except (TooLarge, NoRoom):
            raise
        except FetchFault as fault:
            _log.info("link not usable", job=job.id, fault=str(fault))
    return await _fetch_from(parts, traffic, parts.videos.content_url(job.remote_id), job)


async def _fetch_from(parts: Parts, traffic: Traffic, url: str, job: Job) -> FetchedVideo:
    if parts.videos.key_for(url) is not None:
        await _until_open(parts, traffic)
    return await parts.fetcher.fetch(url, job.video_name)


async def _fresh_link(parts: Parts, traffic: Traffic, job: Job, remote_id: str, latest: Latest) -> str | None:
    """Where the provider says now that the video is; None if it says nothing: then the content endpoint is left."""
    await _until_open(parts, traffic)
    try:
        latest.remote = await look(parts, traffic, job, remote_id)
    except LookFault as fault:
        latest.fault = fault
        return None
    return latest.remote.url


async def _until_open(parts: Parts, traffic: Traffic) -> None:
    """Return when the provider may be asked; raises `_Closed` if that takes longer than the spacing of requests."""
    while (wait_seconds := traffic.seconds_until_look()) > 0:
        if traffic.is_open or wait_seconds > _PATIENCE_SECONDS:
            raise _Closed(wait_seconds)
        await parts.clock.sleep(wait_seconds)


async def _fetched(parts: Parts, job: Job, **changes: object) -> Next:
    if not job.withheld:
        return await _move(parts, job, Event.FETCHED, **changes)
    return await _move(parts, job, Event.KEEP, **changes)


async def _try_later(parts: Parts, job: Job, fault: FetchFault | LookFault) -> Next:
    """Put the next try off; when the job's time is up, the try that has just failed was the last."""
    if not parts.board.time_in_doubt and parts.clock.now() >= give_up_at(job, parts.rules.job_give_up_seconds):
        return await _move(parts, job, Event.GIVE_UP, cause=job.cause or Cause.PROVIDER)
    tries = job.fetch_tries + 1
    if isinstance(fault, NoRoom):
        wait_seconds = random.uniform(*_ROOM_AGAIN_SECONDS)  # noqa: S311  # spreads load, guards nothing
        if tries >= _TELL_AFTER_TRIES:
            parts.alarm.ring(Key.ALARM_ROOM)
    else:
        wait_seconds = full_jitter(tries, max_seconds=_BACKOFF_SECONDS_MAX)
    due_at = parts.clock.now() + wait_seconds
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
