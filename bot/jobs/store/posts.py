"""The outbox: the messages of jobs, due, being sent or sent. Stored beside the jobs so that each is posted once."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.model import PRIVATE_CAUSES, ChannelId, Job, JobId, MessageId, Post, PostKind, PostState
from bot.jobs.states import ENDS, State
from bot.jobs.store import marks
from bot.jobs.store.rows import job_of, post_of, readable
from bot.jobs.tables import jobs, posts

_SHOW_PROMPT = (PostKind.LATE, PostKind.SLOW, PostKind.UNSURE)
_REFUSED = (State.REFUSED, State.FAILED)
_UNSENT = posts.c.state.in_((PostState.DUE, PostState.SENDING))


async def make_due(connection: AsyncConnection, job: Job, kind: PostKind) -> None:
    """Let one more message of that kind become due in the job's channel; earlier ones keep their numbers."""
    last = await connection.scalar(
        sa.select(sa.func.max(posts.c.number)).where(posts.c.job_id == job.id, posts.c.kind == kind),
    )
    await connection.execute(
        sa.insert(posts).values(
            job_id=job.id,
            kind=kind,
            number=(last or 0) + 1,
            state=PostState.DUE,
            channel_id=job.origin.place.channel_id,
            tries=0,
            not_before=0.0,
        ),
    )


async def find_unsent_jobs(connection: AsyncConnection) -> list[JobId]:
    """The jobs with a message that is due or whose sending has an unknown outcome, oldest first."""
    found = await connection.scalars(
        sa.select(posts.c.job_id)
        .outerjoin(jobs, jobs.c.id == posts.c.job_id)
        .where(_UNSENT)
        .order_by(jobs.c.accepted_at)
    )
    return [JobId(job_id) for job_id in found]


async def find_unsent(connection: AsyncConnection, job_ids: Collection[JobId]) -> list[tuple[Post, Job | None]]:
    """The unsent messages of those jobs, each with its job; None if the job doesn't exist or is unreadable."""
    found = await connection.execute(sa.select(posts).where(posts.c.job_id.in_(job_ids), _UNSENT))
    unsent = readable(found, post_of)
    owners = await connection.execute(sa.select(jobs).where(jobs.c.id.in_({post.job_id for post in unsent})))
    by_id = {job.id: job for job in readable(owners, job_of)}
    return [(post, by_id.get(post.job_id)) for post in unsent]


async def awaits_card(connection: AsyncConnection, job_id: JobId) -> bool:
    """Whether the job's card was not tried yet, or its first try is running."""
    first = sa.select(posts.c.job_id).where(
        posts.c.job_id == job_id, posts.c.kind == PostKind.CARD, _UNSENT, posts.c.not_before == 0.0
    )
    return (await connection.execute(first)).first() is not None


async def find_stale_cards(connection: AsyncConnection, kept_since: float) -> list[tuple[Post, Job]]:
    """Outdated cards: their job has ended and its last message is posted, or a notice asks in their place.

    The card of a withheld job goes only with its kept video: if it ended before `kept_since`.
    After a refusal that is private the notices before the last message are among them: they show the prompt.
    """
    last_word = posts.alias()
    # A refused video is not the last message: the failure notice is still to come.
    said = sa.exists().where(
        last_word.c.job_id == posts.c.job_id,
        sa.or_(
            last_word.c.state == PostState.SENT,
            sa.and_(last_word.c.state == PostState.REFUSED, last_word.c.kind == PostKind.FAILURE),
        ),
        last_word.c.kind.in_((PostKind.VIDEO, PostKind.FAILURE)),
    )
    # An uncertain outcome is one message: the notice has the card's facts, and the question.
    asked = sa.exists().where(
        last_word.c.job_id == posts.c.job_id,
        last_word.c.state == PostState.SENT,
        last_word.c.kind == PostKind.UNSURE,
    )
    stale_card = sa.and_(
        posts.c.kind == PostKind.CARD,
        sa.or_(
            sa.and_(jobs.c.state == State.CANCELLED, sa.or_(~jobs.c.withheld, jobs.c.ended_at <= kept_since)),
            sa.and_(jobs.c.state.in_(ENDS), jobs.c.state != State.CANCELLED, said),
            sa.and_(jobs.c.state == State.UNCERTAIN, asked),
        ),
    )
    telling_notice = sa.and_(
        posts.c.kind.in_(_SHOW_PROMPT), jobs.c.state.in_(_REFUSED), jobs.c.cause.in_(PRIVATE_CAUSES), said
    )
    found = await connection.execute(
        sa.select(posts)
        .join(jobs, jobs.c.id == posts.c.job_id)
        .where(posts.c.state == PostState.SENT, sa.or_(stale_card, telling_notice)),
    )
    cards = readable(found, post_of)
    owners = await connection.execute(sa.select(jobs).where(jobs.c.id.in_([card.job_id for card in cards])))
    by_id = {job.id: job for job in readable(owners, job_of)}
    return [(card, by_id[card.job_id]) for card in cards if card.job_id in by_id]


async def find_kept_cards(connection: AsyncConnection, ended_since: float) -> list[JobId]:
    """The withheld jobs that ended since then and whose card stays."""
    kept = sa.and_(jobs.c.state == State.CANCELLED, jobs.c.withheld, jobs.c.ended_at > ended_since)
    card = sa.and_(posts.c.job_id == jobs.c.id, posts.c.kind == PostKind.CARD, posts.c.state == PostState.SENT)
    return [
        JobId(job_id) for job_id in await connection.scalars(sa.select(jobs.c.id).where(kept, sa.exists().where(card)))
    ]


async def find_posts(connection: AsyncConnection, job_ids: Collection[JobId]) -> list[Post]:
    """Every message of those jobs."""
    found = await connection.execute(sa.select(posts).where(posts.c.job_id.in_(job_ids)).order_by(posts.c.number))
    return readable(found, post_of)


async def find_video_by_message(connection: AsyncConnection, message_id: MessageId) -> JobId | None:
    """The job whose finished video that message shows; None for any other message, also for cards and notices."""
    return await connection.scalar(
        sa.select(posts.c.job_id).where(posts.c.message_id == message_id, posts.c.kind == PostKind.VIDEO),
    )


async def find_by_message(connection: AsyncConnection, message_id: MessageId) -> Post | None:
    """The post with that message, in any state."""
    row = (await connection.execute(sa.select(posts).where(posts.c.message_id == message_id).limit(1))).first()
    return None if row is None else post_of(row)


async def begin_sending(
    connection: AsyncConnection, post: Post, job: Job, now: float, after: MessageId | None = None
) -> bool:
    """Store, before the first byte, that an attempt begins; the time of the oldest attempt of unknown outcome stays.

    `after` is an id that is surely older than a message of this attempt. False if it must not be sent as it is: the
    message was tried or settled since it was read, or its job was moved, withheld or wanted after all.
    """
    same_job = sa.exists().where(jobs.c.id == job.id, jobs.c.state == job.state, jobs.c.withheld == job.withheld)
    changed = await connection.execute(
        _this(post)
        .where(_UNSENT, posts.c.tries == post.tries, same_job)
        .values(
            state=PostState.SENDING,
            attempted_at=sa.func.coalesce(posts.c.attempted_at, now),
            attempted_after=sa.case((posts.c.attempted_at.is_(None), after), else_=posts.c.attempted_after),
            tries=posts.c.tries + 1,
        ),
    )
    if changed.rowcount != 1:
        return False
    await marks.advance(connection)
    return True


async def mark_sent(connection: AsyncConnection, post: Post, message_id: MessageId | None) -> None:
    """Store that the message is posted; None when it was deleted since."""
    await connection.execute(_this(post).values(state=PostState.SENT, message_id=message_id, attempted_at=None))


async def mark_unsent(connection: AsyncConnection, post: Post, *, not_before: float, known: bool) -> float:
    """Make the message due again at that time, which it returns; `known`: Discord surely has not accepted it."""
    attempted_at = None if known else posts.c.attempted_at
    await connection.execute(
        _this(post).values(
            state=PostState.DUE if known else PostState.SENDING,
            attempted_at=attempted_at,
            not_before=not_before,
        ),
    )
    return not_before


async def redirect(connection: AsyncConnection, post: Post, channel_id: ChannelId) -> None:
    """Redirect the message to another channel (the requester's DM), since its own refuses it."""
    await connection.execute(
        _this(post).values(state=PostState.DUE, attempted_at=None, channel_id=channel_id, tries=0),
    )


async def mark_refused(connection: AsyncConnection, post: Post) -> None:
    """Store that Discord refuses the message everywhere."""
    await connection.execute(_this(post).values(state=PostState.REFUSED, attempted_at=None))


async def withdraw(connection: AsyncConnection, post: Post) -> None:
    """Store that the message will not be sent; one that has been sent since it was read stays sent."""
    await connection.execute(_this(post).where(_UNSENT).values(state=PostState.GONE))


async def mark_message_gone(connection: AsyncConnection, job_id: JobId, message_id: MessageId) -> None:
    """Store that this message of the job was deleted, if it is stored as posted."""
    await connection.execute(
        sa.update(posts).where(posts.c.job_id == job_id, posts.c.message_id == message_id).values(state=PostState.GONE)
    )


async def mark_gone(connection: AsyncConnection, post: Post) -> None:
    """Store that the message was deleted."""
    await connection.execute(_this(post).values(state=PostState.GONE))


def _this(post: Post) -> sa.Update:
    return sa.update(posts).where(*_key(post))


def _key(post: Post) -> tuple[sa.ColumnElement[bool], ...]:
    return posts.c.job_id == post.job_id, posts.c.kind == post.kind, posts.c.number == post.number
