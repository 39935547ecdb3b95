"""Composes a job's message, or decides what happens instead of posting it."""

from dataclasses import dataclass
from pathlib import Path

from bot.chat import cards
from bot.chat.courier import DEFAULT_UPLOAD_LIMIT_BYTES
from bot.engine.context import EngineContext, reader_of
from bot.engine.delivery.links import find_link, find_parent_link, view_of
from bot.jobs.denials import Denial
from bot.jobs.model import Cause, Job, Post, PostKind
from bot.jobs.states import Event, State
from bot.videos.provider_faults import PollFault


@dataclass(frozen=True, slots=True)
class Composed:
    """A message, ready to be posted."""

    message: cards.Message
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """The job continues without this message: its video is kept, or has to be fetched again."""

    event: Event


@dataclass(frozen=True, slots=True)
class Unlinked:
    """Only a link can be posted, and the provider did not answer about one."""

    fault: PollFault


@dataclass(frozen=True, slots=True)
class Unpostable:
    """Neither the video nor a link to it can be posted there."""

    cause: Cause
    denial: Denial | None = None


@dataclass(frozen=True, slots=True)
class FileRefused:
    """Discord refused the message's video as a file, with the reason; None if it was too large."""

    denial: Denial | None = None


async def compose(
    context: EngineContext, job: Job, post: Post, refused: FileRefused | None
) -> Composed | Skipped | Unlinked | Unpostable:
    """The message as it is now; `refused` if its file was refused before."""
    reader = reader_of(context, job.origin)
    match post.kind:
        case PostKind.CARD:
            return Composed(cards.card(view_of(context, job, await find_parent_link(context, job)), reader))
        case PostKind.FAILURE:
            return Composed(cards.failure(job, reader, post.number, link=await _link_to_kept(context, job)))
        case PostKind.LATE:
            return Composed(cards.late(job, reader, post.number))
        case PostKind.SLOW:
            return Composed(cards.slow(job, reader, post.number))
        case PostKind.UNSURE:
            return Composed(cards.unsure(job, reader, post.number))
        case PostKind.VIDEO:
            return await _compose_video(context, job, post, refused)


async def _compose_video(
    context: EngineContext, job: Job, post: Post, refused: FileRefused | None
) -> Composed | Skipped | Unlinked | Unpostable:
    if job.withheld:
        return Skipped(Event.KEEP)
    if job.video_sha256 is None or not await context.fetcher.verify(job.video_name, job.video_sha256):
        return Skipped(Event.REFETCH)
    view, reader = view_of(context, job, await find_parent_link(context, job)), reader_of(context, job.origin)
    size_bytes, limit_bytes = job.video_bytes or 0, None
    if size_bytes > DEFAULT_UPLOAD_LIMIT_BYTES:
        limit_bytes = await context.courier.upload_limit_bytes(job.origin.posts_in.guild_id)
    fits = limit_bytes is None or size_bytes <= limit_bytes
    if fits and refused is None:
        return Composed(cards.video(view, reader, post.number), context.fetcher.path(job.video_name))
    denial = None if refused is None else refused.denial
    try:
        link = await find_link(context.videos, job)
    except PollFault as fault:
        return Unlinked(fault)
    if link is None:
        return Unpostable(Cause.SIZE if denial is None else Cause.PERMISSION, denial)
    # Discord refused one within the limit: the real limit there is unknown.
    reason = cards.LinkReason(None if fits else limit_bytes, denial)
    return Composed(cards.video_link(view, reader, post.number, link, reason))


async def _link_to_kept(context: EngineContext, job: Job) -> str | None:
    """The link to a finished video that can't be posted, if the provider has one now."""
    if job.state is not State.UNDELIVERABLE or job.cause is not Cause.PERMISSION:
        return None
    try:
        return await find_link(context.videos, job)
    except PollFault:
        return None
