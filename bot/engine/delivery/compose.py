"""Composes a job's message, or decides what happens instead of posting it."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

from bot.chat import cards
from bot.chat.views import JobView
from bot.engine.context import EngineContext, can_stop, reader_of
from bot.engine.delivery.batch_cards import message_of
from bot.engine.delivery.ladder import Climb, note_of, plan_next
from bot.engine.delivery.links import PublicLink, find_link, find_parent_link, view_of
from bot.jobs.denials import Denial, stored_denial
from bot.jobs.model import Cause, Job, Post, PostKind
from bot.jobs.rungs import Rung
from bot.jobs.states import Event, State
from bot.jobs.store import batches
from bot.media.delivery_plan import DeliveryFacts, DeliveryStep
from bot.videos.provider_faults import PollFault


@dataclass(frozen=True, slots=True)
class Composed:
    """A message, ready to be posted; a video's with its file, or as a link."""

    message: cards.Message
    file: Path | None = None
    file_name: str = ""
    file_bytes: int = 0
    posted_as: Rung | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """The job continues without this message: its video is kept, or has to be fetched again."""

    event: Event


@dataclass(frozen=True, slots=True)
class Unlinked:
    """Only a link can be posted, and the provider did not answer about one."""

    fault: PollFault


@dataclass(frozen=True, slots=True)
class Unmade:
    """ffmpeg has to make the file first, of at most `most_bytes`."""

    step: DeliveryStep
    most_bytes: int


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The message has to go to another place."""

    step: DeliveryStep


@dataclass(frozen=True, slots=True)
class Unpostable:
    """Neither the video nor a link to it can be posted."""

    cause: Cause
    denial: Denial | None = None


Outcome = Composed | Skipped | Unlinked | Unmade | Elsewhere | Unpostable


async def compose(context: EngineContext, job: Job, post: Post, climb: Climb) -> Outcome:
    """The message as it is now; `climb` is what this process knows of a video's way."""
    reader = reader_of(context, job.origin)
    match post.kind:
        case PostKind.CARD:
            return Composed(cards.card(view_of(context, job, await find_parent_link(context, job)), reader))
        case PostKind.BATCH:
            found = await context.database.read(batches.find_batch, job.origin.id)
            return Composed(message_of(context, found, post.number))
        case PostKind.FAILURE:
            link = await _link_to_kept(context, job)
            url, expires_at = (None, None) if link is None else (link.url, link.expires_at)
            return Composed(cards.failure(job, reader, post.number, link=url, expires_at=expires_at))
        case PostKind.LATE:
            return Composed(cards.late(job, reader, post.number, can_stop=can_stop(context, job)))
        case PostKind.SLOW:
            return Composed(cards.slow(job, reader, post.number))
        case PostKind.UNSURE:
            return Composed(cards.unsure(job, reader, post.number))
        case PostKind.VIDEO:
            return await _compose_video(context, job, post, climb)


async def compose_elsewhere(
    context: EngineContext, job: Job, post: Post, climb: Climb, denial: Denial
) -> Elsewhere | Unpostable:
    """Where the video goes since Discord refuses every message in its place."""
    step, _ = await plan_next(context, job, post, climb, denial)
    return _unpostable(post, denial) if step.rung is Rung.KEEP else Elsewhere(step)


async def _compose_video(context: EngineContext, job: Job, post: Post, climb: Climb) -> Outcome:
    if job.withheld:
        return Skipped(Event.KEEP)
    if job.video_sha256 is None or not await context.fetcher.verify(job.video_name, job.video_sha256):
        return Skipped(Event.REFETCH)
    step, facts = await plan_next(context, job, post, climb)
    if step.rung is Rung.LINK:
        try:
            link = await _find_link(context, job)
        except PollFault as fault:
            return Unlinked(fault)
        if link is not None:
            return await _linked(context, job, post, step, facts, link)
        climb.may_link = False
        step, facts = await plan_next(context, job, post, climb)
    if step.posts_file:
        return await _attached(context, job, post, step, facts)
    match step.rung:
        case Rung.PARENT | Rung.DM:
            return Elsewhere(step)
        case Rung.KEEP:
            return _unpostable(post, post.file_denial)
        case _:
            return Unmade(step, min(facts.limit.safe_bytes, facts.most_bytes))


async def _attached(context: EngineContext, job: Job, post: Post, step: DeliveryStep, facts: DeliveryFacts) -> Composed:
    view, reader = await _view_of_video(context, job, post), reader_of(context, job.origin)
    message = cards.video(view, reader, post.number, await note_of(context, job, post, step, facts))
    if step.is_made:
        path, size_bytes = context.fetcher.path(job.fitted_name), facts.made_bytes or 0
        return Composed(message, path, job.video_name, size_bytes, step.rung)
    shown_name = await context.fetcher.shown_name(job.video_name)
    return Composed(message, context.fetcher.path(job.video_name), shown_name, facts.size_bytes, step.rung)


async def _linked(
    context: EngineContext, job: Job, post: Post, step: DeliveryStep, facts: DeliveryFacts, link: PublicLink
) -> Composed:
    view, reader = await _view_of_video(context, job, post), reader_of(context, job.origin)
    note = replace(await note_of(context, job, post, step, facts), expires_at=link.expires_at)
    return Composed(cards.video_link(view, reader, post.number, link.url, note), posted_as=step.rung)


async def _view_of_video(context: EngineContext, job: Job, post: Post) -> JobView:
    view = view_of(context, job, await find_parent_link(context, job))
    known = context.courier.takes_threads(job.origin.place_of(post.channel_id))
    in_thread = job.origin.thread_of is not None and post.channel_id == job.origin.place.channel_id
    return replace(view, takes_thread=not in_thread if known is None else known)


def _unpostable(post: Post, denial: Denial | None) -> Unpostable:
    """The end with the reason of the place where the video was requested, also after others have refused it."""
    first = denial if post.moved_for is None else stored_denial(post.moved_for)
    return Unpostable(Cause.SIZE if first is None else Cause.PERMISSION, first)


async def _find_link(context: EngineContext, job: Job) -> PublicLink | None:
    """A link that works now; while the clock is in doubt, every link counts as one."""
    now = -math.inf if context.signals.time_in_doubt else context.clock.now()
    return await find_link(context.providers, job, now)


async def _link_to_kept(context: EngineContext, job: Job) -> PublicLink | None:
    """The link to a finished video that can't be posted, if the provider has one now."""
    if job.state is not State.UNDELIVERABLE or job.cause is not Cause.PERMISSION:
        return None
    try:
        return await _find_link(context, job)
    except PollFault:
        return None
