"""The outbox: the messages of jobs, due, being sent or sent. Stored beside the jobs so that each is posted once."""

from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.deadlines import end_of_usual
from bot.jobs.denials import Denial
from bot.jobs.model import PRIVATE_CAUSES, Cause, ChannelId, Job, JobId, MessageId, Post, PostKind, PostState
from bot.jobs.rungs import Rung, Why
from bot.jobs.states import ENDS, State
from bot.jobs.store import marks
from bot.jobs.store.rows import Row, job_of, post_of, readable
from bot.jobs.tables import jobs, posts

SHOW_PROMPT = (PostKind.LATE, PostKind.SLOW, PostKind.UNSURE)
_UNSENT = posts.c.state.in_((PostState.DUE, PostState.SENDING))
# The card of such an ended job stays as long as a video is kept, or may turn up to be kept.
_STANDS = sa.or_(jobs.c.state == State.STOPPED, sa.and_(jobs.c.state == State.CANCELLED, jobs.c.withheld))


async def make_due(connection: AsyncConnection, job: Job, kind: PostKind) -> None:
    """Let one more message of that kind become due where the job posts; earlier ones keep their numbers."""
    last = await connection.scalar(
        sa.select(sa.func.max(posts.c.number)).where(posts.c.job_id == job.id, posts.c.kind == kind),
    )
    await connection.execute(
        sa.insert(posts).values(
            job_id=job.id,
            kind=kind,
            number=(last or 0) + 1,
            state=PostState.DUE,
            channel_id=job.origin.posts_in.channel_id,
            tries=0,
            not_before=0.0,
        ),
    )


async def find_all_unsent_jobs(connection: AsyncConnection, process: str | None = None) -> list[JobId]:
    """The jobs with a message that is due or whose sending has an unknown outcome, oldest first.

    `process`: without those messages that other processes try.
    """
    found = await connection.scalars(
        sa.select(posts.c.job_id)
        .outerjoin(jobs, jobs.c.id == posts.c.job_id)
        .where(_UNSENT, *_not_of_others(process))
        .order_by(jobs.c.accepted_at)
    )
    return [JobId(job_id) for job_id in found]


async def find_unsent_of_jobs(
    connection: AsyncConnection, job_ids: Collection[JobId], process: str | None = None
) -> list[tuple[Post, Job | None]]:
    """The unsent messages of those jobs, each with its job; None if the job doesn't exist or is unreadable.

    `process`: without those that other processes try.
    """
    these = sa.select(posts).where(posts.c.job_id.in_(job_ids), _UNSENT, *_not_of_others(process))
    found = await connection.execute(these)
    unsent = readable(found, post_of)
    owners = await connection.execute(sa.select(jobs).where(jobs.c.id.in_({post.job_id for post in unsent})))
    by_id = {job.id: job for job in readable(owners, job_of)}
    return [(post, by_id.get(post.job_id)) for post in unsent]


async def awaits_card(connection: AsyncConnection, job_id: JobId) -> bool:
    """Whether the job's card was not tried yet, or its first try is running."""
    first = sa.select(posts.c.job_id).where(_is_card_of(job_id), _UNSENT, posts.c.not_before == 0.0)
    return (await connection.execute(first)).first() is not None


def _is_card_of(job_id: JobId) -> sa.ColumnElement[bool]:
    """Whether the message is the job's card, or that of its batch."""
    first = jobs.alias()
    own_card = sa.and_(posts.c.job_id == job_id, posts.c.kind == PostKind.CARD)
    action = sa.select(jobs.c.origin_id).where(jobs.c.id == job_id).scalar_subquery()
    first_id = sa.select(first.c.id).where(first.c.origin_id == action, first.c.ordinal == 0).scalar_subquery()
    return sa.or_(own_card, sa.and_(posts.c.job_id == first_id, posts.c.kind == PostKind.BATCH))


async def find_outdated(connection: AsyncConnection, kept_since: float) -> list[JobId]:
    """The jobs with a message that may be outdated: they ended with a card or a telling notice, or they are uncertain.

    Not those of stopped jobs, and of withheld ones, that ended after `kept_since`.
    """
    kept = sa.and_(_STANDS, jobs.c.ended_at > kept_since)
    card = sa.and_(posts.c.kind == PostKind.CARD, jobs.c.state.in_((State.UNCERTAIN, *ENDS)), ~kept)
    notice = sa.and_(posts.c.kind.in_(SHOW_PROMPT), jobs.c.cause.in_(PRIVATE_CAUSES))
    found = await connection.scalars(
        sa.select(posts.c.job_id)
        .join(jobs, jobs.c.id == posts.c.job_id)
        .where(posts.c.state == PostState.SENT, sa.or_(card, notice))
        .distinct()
    )
    return [JobId(job_id) for job_id in found]


async def has_card(connection: AsyncConnection, job_id: JobId) -> bool:
    """Whether the card of an unended job was posted, also if it was deleted since."""
    posted = sa.select(posts.c.job_id).where(
        posts.c.job_id == job_id,
        posts.c.kind == PostKind.CARD,
        posts.c.state.in_((PostState.SENT, PostState.GONE)),
    )
    return (await connection.execute(posted)).first() is not None


class StandingCard(NamedTuple):
    """The card of a job that has not ended, that was stopped, or whose video is kept."""

    post: Post
    state: State
    withheld: bool
    stop_asked_at: float | None
    waiting_for: Cause | None
    late_at: float | None
    # The latest change of what the card shows, as far as it has a time.
    changed_at: float
    ended_at: float | None
    # From when on it is slower than usual.
    slow_at: float | None


async def find_standing_cards(connection: AsyncConnection, after: JobId | None, limit: int) -> list[StandingCard]:
    """Some of the cards of unended and stopped jobs and kept videos, by the jobs' ids, after that one."""
    standing = sa.or_(jobs.c.state.not_in((State.UNCERTAIN, *ENDS)), _STANDS)
    found = await connection.execute(
        sa.select(
            posts,
            jobs.c.state.label("job_state"),
            *(jobs.c.withheld, jobs.c.stop_asked_at, jobs.c.waiting_for, jobs.c.late_at, jobs.c.submitted_at),
            *(jobs.c.ended_at, jobs.c.usual_high_seconds),
        )
        .join(jobs, jobs.c.id == posts.c.job_id)
        .where(posts.c.kind == PostKind.CARD, posts.c.state == PostState.SENT, standing, posts.c.job_id > (after or ""))
        .order_by(posts.c.job_id)
        .limit(limit)
    )
    return readable(found, _standing_card_of)


def _standing_card_of(row: Row) -> StandingCard:
    cause = None if row.waiting_for is None else Cause(row.waiting_for)
    changed_at = row.ended_at or row.submitted_at or 0.0
    state = State(row.job_state)
    slow_at = end_of_usual(state, row.submitted_at, row.usual_high_seconds)
    shown = (row.withheld, row.stop_asked_at, cause, row.late_at)
    return StandingCard(post_of(row), state, *shown, changed_at, row.ended_at, slow_at)


async def find_with_jobs(connection: AsyncConnection, job_ids: Collection[JobId]) -> list[tuple[Job, list[Post]]]:
    """Those jobs, each with all its messages; jobs that don't exist or are unreadable are left out."""
    owners = await connection.execute(sa.select(jobs).where(jobs.c.id.in_(job_ids)))
    by_id: dict[JobId, tuple[Job, list[Post]]] = {job.id: (job, []) for job in readable(owners, job_of)}
    for post in await find_posts_of_jobs(connection, by_id.keys()):
        by_id[post.job_id][1].append(post)
    return list(by_id.values())


async def find_posts_of_jobs(connection: AsyncConnection, job_ids: Collection[JobId]) -> list[Post]:
    """Every message of those jobs."""
    found = await connection.execute(sa.select(posts).where(posts.c.job_id.in_(job_ids)).order_by(posts.c.number))
    return readable(found, post_of)


async def find_video_by_message(connection: AsyncConnection, message_id: MessageId) -> JobId | None:
    """The job whose finished video that message shows; None for any other message, also for cards and notices."""
    return await connection.scalar(
        sa.select(posts.c.job_id).where(posts.c.message_id == message_id, posts.c.kind == PostKind.VIDEO),
    )


async def find_newest_video_in(connection: AsyncConnection, channel_id: ChannelId) -> Job | None:
    """The finished job whose video is the newest in that channel or thread, without deleted ones."""
    found = await connection.execute(
        sa.select(jobs)
        .join(posts, posts.c.job_id == jobs.c.id)
        .where(
            posts.c.kind == sa.literal_column(f"'{PostKind.VIDEO}'"),
            posts.c.channel_id == channel_id,
            posts.c.state == PostState.SENT,
            jobs.c.removed_at.is_(None),
        )
        .order_by(posts.c.message_id.desc())
        .limit(1)
    )
    return next(iter(readable(found, job_of)), None)


async def find_by_message(connection: AsyncConnection, message_id: MessageId) -> Post | None:
    """The post with that message, in any state."""
    row = (await connection.execute(sa.select(posts).where(posts.c.message_id == message_id).limit(1))).first()
    return None if row is None else post_of(row)


async def begin_sending(
    connection: AsyncConnection,
    post: Post,
    job: Job,
    now: float,
    after: MessageId | None = None,
    process: str | None = None,
    posted_as: Rung | None = None,
) -> bool:
    """Store, before the first byte, that an attempt of that process begins; for a video also as what.

    The time of the oldest attempt of unknown outcome stays. `after` is an id that is surely older than a message of
    this attempt. False if it must not be sent as it is: the message was tried or settled since it was read, another
    process tries it, or its job was moved, withheld or wanted after all.
    """
    same_job = sa.exists().where(jobs.c.id == job.id, jobs.c.state == job.state, jobs.c.withheld == job.withheld)
    changed = await connection.execute(
        _this(post)
        .where(_UNSENT, posts.c.tries == post.tries, same_job, *_not_of_others(process))
        .values(
            state=PostState.SENDING,
            attempted_at=sa.func.coalesce(posts.c.attempted_at, now),
            attempted_after=sa.case((posts.c.attempted_at.is_(None), after), else_=posts.c.attempted_after),
            tries=posts.c.tries + 1,
            owner=process,
        ),
    )
    if changed.rowcount != 1:
        return False
    if posted_as is not None and posted_as is not job.posted_as:
        await connection.execute(sa.update(jobs).where(jobs.c.id == job.id).values(posted_as=posted_as))
    await marks.advance(connection)
    return True


async def is_open(connection: AsyncConnection, post: Post, process: str | None = None) -> bool:
    """Whether the message is unsent still, and no other process than that one tries it."""
    unsent = sa.select(posts.c.job_id).where(*_key(post), _UNSENT, *_not_of_others(process))
    return (await connection.execute(unsent)).first() is not None


async def mark_sent(connection: AsyncConnection, post: Post, message_id: MessageId | None) -> Job | None:
    """Store that the message is posted; None when it was deleted since. Returns its job, if that is readable."""
    await connection.execute(_this(post).values(state=PostState.SENT, message_id=message_id, attempted_at=None))
    found = await connection.execute(sa.select(jobs).where(jobs.c.id == post.job_id))
    return next(iter(readable(found, job_of)), None)


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


async def redirect(
    connection: AsyncConnection, post: Post, channel_id: ChannelId, moved_for: Why | None = None
) -> None:
    """Redirect the message to another channel, since its own refuses it for that reason."""
    elsewhere = {"channel_id": channel_id, "moved_for": moved_for, "file_denial": None}
    await connection.execute(_this(post).values(state=PostState.DUE, attempted_at=None, tries=0, **elsewhere))


async def note_file_denial(connection: AsyncConnection, post: Post, denial: Denial) -> None:
    """Store that Discord refuses the message's file in its channel."""
    await connection.execute(_this(post).values(file_denial=denial))


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


def _not_of_others(process: str | None) -> tuple[sa.ColumnElement[bool], ...]:
    """What a process may send: no living one has tried it, or it has itself."""
    return () if process is None else (sa.or_(posts.c.owner.is_(None), posts.c.owner == process),)


def _this(post: Post) -> sa.Update:
    return sa.update(posts).where(*_key(post))


def _key(post: Post) -> tuple[sa.ColumnElement[bool], ...]:
    return posts.c.job_id == post.job_id, posts.c.kind == post.kind, posts.c.number == post.number
