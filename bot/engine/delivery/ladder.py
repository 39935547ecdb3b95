"""One video's way down the delivery ladder: gathers the facts for the plan, learns from Discord's answers, and moves
its message to another place.

What one needs to know after a restart is stored; `Climb` is the rest (docs/decisions/0025-delivery-ladder.md).
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import structlog

from bot.chat import courier
from bot.chat.courier import DEFAULT_UPLOAD_LIMIT_BYTES
from bot.chat.views import DeliveryNote
from bot.engine.context import EngineContext
from bot.jobs.denials import Denial
from bot.jobs.model import ChannelId, GuildId, Job, Post
from bot.jobs.rungs import Rung, Why
from bot.jobs.store import posts
from bot.jobs.store.upload_limits import find_limit, learn_limit
from bot.jobs.upload_limits import LearnedLimit, judge_limit
from bot.media.container import Container, read_container
from bot.media.delivery_plan import DeliveryFacts, DeliveryStep, plan_delivery

_LINKS_ASKED = 3
_Learns = Callable[..., LearnedLimit]
_log = structlog.stdlib.get_logger(__name__)


@dataclass(slots=True)
class Climb:
    """What this process has found out about one video's way."""

    # False once the provider has answered that there is no public link; and how often it has not answered.
    may_link: bool = True
    links_unanswered: int = 0
    # False once Discord has refused direct messages to the requester.
    takes_dms: bool = True
    planned: tuple[DeliveryStep, ...] = ()
    # What the video is made of, once it was read.
    container: Container | None = None

    def ask_later(self) -> None:
        """The provider has not answered about the link. Where the video can go to a DM, that isn't waited for long."""
        self.links_unanswered += 1
        has_dm = any(step.rung is Rung.DM for step in self.planned)
        self.may_link = not (has_dm and self.links_unanswered >= _LINKS_ASKED)


async def plan_next(
    context: EngineContext, job: Job, post: Post, climb: Climb, place_denial: Denial | None = None
) -> tuple[DeliveryStep, DeliveryFacts]:
    """The next step of the video whose message that is, and the facts behind it.

    `place_denial`: why Discord refuses every message where it goes now.
    """
    facts = await _find_facts(context, job, post, climb, place_denial)
    plan = plan_delivery(facts)
    if plan != climb.planned:
        climb.planned = plan
        steps = [f"{step.rung}: {step.why}" for step in plan]
        # An ordinary upload is in the line of its end.
        level = logging.DEBUG if plan[0].why is Why.FITS else logging.INFO
        _log.log(
            level, "delivery planned", job=job.id, bytes=facts.size_bytes, limit=facts.limit.safe_bytes, steps=steps
        )
    return plan[0], facts


async def move_on(context: EngineContext, job: Job, post: Post, step: DeliveryStep, climb: Climb) -> bool:
    """Redirect the message to the step's place; False if that turns out to be closed. Raises `CourierFault`."""
    target = job.origin.thread_of
    if step.rung is Rung.DM:
        target = await _open_dm(context, job)
    if target is None or target == post.channel_id:
        climb.takes_dms = False
        return False
    await context.database.write(posts.redirect, post, target, post.moved_for or step.why)
    return True


async def learn_size(context: EngineContext, job: Job, channel_id: ChannelId, size_bytes: int, after: _Learns) -> None:
    """Store what Discord's answer to a file of that size means there, unless that is nothing new.

    `after`: `after_acceptance` or `after_refusal`.
    """
    guild_id = job.origin.place_of(channel_id).guild_id
    learned = await context.database.read(find_limit, guild_id)
    hint_bytes = await context.courier.upload_limit_bytes(guild_id)
    learn = partial(after, hint_bytes=hint_bytes, size_bytes=size_bytes, now=context.clock.now())
    if learn(learned) != learned:
        await context.database.write(learn_limit, guild_id, learn)


async def note_of(
    context: EngineContext, job: Job, post: Post, step: DeliveryStep, facts: DeliveryFacts
) -> DeliveryNote:
    """What the video's message says about its way."""
    made = None
    if step.rung is Rung.SMALLER:
        made = await asyncio.to_thread(read_container, context.fetcher.path(job.fitted_name))
    known = facts.limit.safe_bytes if facts.size_bytes > facts.limit.safe_bytes >= DEFAULT_UPLOAD_LIMIT_BYTES else None
    return DeliveryNote(
        rung=step.rung,
        why=step.why,
        moved_for=post.moved_for,
        in_parent=post.moved_for is not None and post.channel_id == job.origin.thread_of,
        pixels=(made.width, made.height) if made is not None and made.width and made.height else None,
        limit_bytes=known,
    )


async def _find_facts(
    context: EngineContext, job: Job, post: Post, climb: Climb, place_denial: Denial | None
) -> DeliveryFacts:
    guild_id = job.origin.place_of(post.channel_id).guild_id
    size_bytes, user_id, now = job.video_bytes or 0, job.origin.user_id, context.clock.now()
    learned = await context.database.read(find_limit, guild_id)
    hint_bytes = await _find_hint(context, guild_id, size_bytes, learned)
    limit = judge_limit(learned, hint_bytes, user_id, now)
    is_taken = place_denial is None and post.file_denial is None and limit.takes(size_bytes)
    direct_limit = None
    if guild_id is not None and climb.takes_dms and not is_taken:
        in_dms = await context.database.read(find_limit, None)
        direct_limit = judge_limit(in_dms, DEFAULT_UPLOAD_LIMIT_BYTES, user_id, now)
    if climb.container is None:
        climb.container = await asyncio.to_thread(read_container, context.fetcher.path(job.video_name))
    return DeliveryFacts(
        size_bytes=size_bytes,
        limit=limit,
        direct_limit=direct_limit,
        container=climb.container,
        has_ffmpeg=context.ffmpeg.available,
        most_bytes=context.fetcher.max_bytes,
        begun=job.fit_step,
        made_bytes=await _find_made(context, job),
        file_denial=post.file_denial,
        place_denial=place_denial,
        may_link=climb.may_link,
        is_thread=job.origin.thread_of is not None and post.channel_id == job.origin.place.channel_id,
    )


async def _find_made(context: EngineContext, job: Job) -> int | None:
    """The size of the file that ffmpeg has made, if it is whole."""
    if job.fitted_sha256 is None or not await context.fetcher.verify(job.fitted_name, job.fitted_sha256):
        return None
    return job.fitted_bytes


async def _find_hint(
    context: EngineContext, guild_id: GuildId | None, size_bytes: int, learned: LearnedLimit
) -> int | None:
    """Discord's own number for that server; it is asked for only where it matters."""
    unrefused = learned.refused_bytes is None and learned.doubted_bytes is None
    if size_bytes <= DEFAULT_UPLOAD_LIMIT_BYTES and unrefused:
        return DEFAULT_UPLOAD_LIMIT_BYTES
    return await context.courier.upload_limit_bytes(guild_id)


async def _open_dm(context: EngineContext, job: Job) -> ChannelId | None:
    try:
        return await context.courier.open_dm(job.origin.user_id)
    except courier.Refused:
        return None
