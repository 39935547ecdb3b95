"""Moving a job: every change is a compare-and-set on the state and the fence that it was decided on."""

from collections.abc import Collection
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningUpdate

from bot.jobs.attempts import Outcome
from bot.jobs.backoff import LONGEST_WAIT_SECONDS
from bot.jobs.charging import charged_after
from bot.jobs.denials import Denial
from bot.jobs.life_log import log_move
from bot.jobs.model import Cause, Job, JobId, MessageId, Post, PostKind, PostState, UserId
from bot.jobs.pending_write import may_share, no_turn, once_stored
from bot.jobs.states import ENDS, STOPPABLE, Announcement, Event, State, move
from bot.jobs.store import attempts
from bot.jobs.store.happened import HAPPENED
from bot.jobs.store.posts import is_open, make_due, mark_refused, mark_sent
from bot.jobs.store.rows import job_of, readable
from bot.jobs.tables import UNENDED, blocks, jobs, offers, posts

_SAID_AS = {
    Announcement.VIDEO: PostKind.VIDEO,
    Announcement.FAILURE: PostKind.FAILURE,
    Announcement.UNSURE: PostKind.UNSURE,
}
_WITHHOLDABLE = (State.SUBMITTING, State.RENDERING, State.FETCHING, State.POSTING, State.UNCERTAIN)
# Built once: that costs more than the statement.
_AS_READ = (
    sa.update(jobs)
    .where(
        jobs.c.id == sa.bindparam("read_id"),
        jobs.c.state == sa.bindparam("read_state"),
        jobs.c.fence == sa.bindparam("read_fence"),
    )
    .returning(*jobs.c)
)
_WITHHELD_AS_READ = _AS_READ.where(jobs.c.withheld)
_TO_STOP_AS_READ = _WITHHELD_AS_READ.where(jobs.c.stop_asked_at.is_not(None), jobs.c.stop_sent_at.is_(None))
_OF_WITHHELD = (Event.KEEP, Event.STOP)
# Only one process submits, and settles what was submitted without a clear answer.
OF_SUBMITTER = (State.ACCEPTED, State.SUBMITTING, State.UNCERTAIN)


async def apply(
    connection: AsyncConnection, job: Job, event: Event, *, now: float, outcome: Outcome | None = None, **changes: Any
) -> Job | None:
    """Move the job and let its message become due, in one transaction.

    Returns the job as it is now, or None if it was moved by someone else since it was read. `changes` are further
    columns to set; `outcome` is what came of the paid request under way, if more is known than the event says. Raises
    `IllegalMoveError` for an event that is impossible in the job's state.
    """
    target = move(job.state, event)
    charged = charged_after(job, event, changes.get("cost_micros"))
    values: dict[str, Any] = {"state": target.state, "charged": charged, "ended_at": None, **changes}
    if target.state in ENDS:
        values |= {"ended_at": now, "owner": None, "waiting_for": None}
    # *Post it* may have been pressed since the job was read: then its video is wanted after all.
    statement = _WITHHELD_AS_READ if event in _OF_WITHHELD else _AS_READ
    moved = await _change_as_read(connection, statement, job, values)
    if moved is None:
        return None
    if job.state is State.SUBMITTING:
        await attempts.end(connection, moved, event, now, outcome)
    elif event is Event.LINK:
        await attempts.link(connection, moved)
    if target.announcement is not Announcement.NOTHING:
        await make_due(connection, moved, _SAID_AS[target.announcement])
    once_stored(partial(log_move, event, job, moved))
    return moved


async def come_back(connection: AsyncConnection, job: Job, *, now: float, **changes: Any) -> Job | None:
    """The provider took nothing, so the job waits again; None as for `apply`.

    If *Don't post* was pressed meanwhile, or its requester was blocked, it is cancelled instead: in one transaction, or
    a crash would let it wait.
    """
    back = await apply(connection, job, Event.POSTPONE, now=now, **changes)
    if back is None:
        return None
    blocked = sa.select(sa.literal(1)).where(blocks.c.user_id == back.origin.user_id)
    if not back.withheld and await connection.scalar(blocked) is None:
        return back
    return await apply(connection, back, Event.CANCEL, now=now, withheld=False, stop_asked_at=None)


async def deliver(
    connection: AsyncConnection,
    job: Job,
    post: Post,
    message_id: MessageId | None,
    now: float,
    *,
    process: str | None = None,
) -> Job | None:
    """Store that the video is posted and that the job has ended so, both or neither.

    Without an id the message was deleted already. A deletion that was stored before stays. None as for `apply`, and if
    another process than `process` sends the message or has found it, too.
    """
    if not await is_open(connection, post, process):
        return None
    await mark_sent(connection, post, message_id)
    current = await _as_it_is(connection, job)
    removed_at = now if message_id is None and current.removed_at is None else current.removed_at
    return await apply(connection, current, Event.POSTED, now=now, removed_at=removed_at)


async def stop_delivering(
    connection: AsyncConnection,
    job: Job,
    post: Post,
    event: Event,
    now: float,
    *,
    process: str | None = None,
    **changes: Any,
) -> Job | None:
    """Store that this video message will not be posted, and move the job by that event, both or neither.

    None as for `apply`, and if another process than `process` tries the message or has settled it.
    """
    if not await is_open(connection, post, process):
        return None
    moved = await apply(connection, await _as_it_is(connection, job), event, now=now, **changes)
    if moved is not None:
        await mark_refused(connection, post)
    return moved


async def end_for_place(
    connection: AsyncConnection, job_id: JobId, denial: Denial, now: float, card: Post | None = None
) -> Job | None:
    """End an unsent job because its place accepts no messages; `card` is the refused message.

    None if the job was sent meanwhile, or has ended.
    """
    if card is not None:
        await mark_refused(connection, card)
    job = await _locked(connection, job_id)
    if job.state is not State.ACCEPTED:
        return None
    return await apply(connection, job, Event.EXPIRE, now=now, cause=Cause.PLACE, field=denial.value)


@may_share
async def note(connection: AsyncConnection, job: Job, **changes: Any) -> Job | None:
    """Set further columns without a move; None if the job was moved since it was read."""
    return await _change_as_read(connection, _AS_READ, job, changes)


@may_share
async def note_late(connection: AsyncConnection, job: Job, kind: PostKind, **changes: Any) -> Job | None:
    """Set columns and let a message of that kind become due, without a move; None if the job was moved meanwhile."""
    noted = await note(connection, job, **changes)
    if noted is not None:
        await make_due(connection, noted, kind)
    return noted


async def withhold(connection: AsyncConnection, job: Job, stop_asked_at: float | None = None) -> Job | None:
    """*Don't post*: the video will be fetched and kept, not posted. None if its message is being sent already.

    With `stop_asked_at` (*Stop*) the provider is to stop it as well, if it can be stopped yet.
    """
    on_the_way = sa.exists().where(
        posts.c.job_id == job.id, posts.c.kind == PostKind.VIDEO, posts.c.state == PostState.SENDING
    )
    these = sa.update(jobs).where(jobs.c.id == job.id, jobs.c.state.in_(_WITHHOLDABLE), ~on_the_way)
    asked: dict[str, object] = {}
    if stop_asked_at is not None:
        can_be = sa.and_(jobs.c.state.in_(STOPPABLE), jobs.c.stop_sent_at.is_(None))
        since = sa.func.coalesce(jobs.c.stop_asked_at, stop_asked_at)
        asked["stop_asked_at"] = sa.case((can_be, since), else_=jobs.c.stop_asked_at)
    return await _changed(connection, these.values(withheld=True, **asked))


async def begin_stop(connection: AsyncConnection, job: Job, now: float) -> Job | None:
    """Mark that the provider is asked to stop the job, which is done once.

    None if that was marked before, if it is not wanted any more, or if the job was moved since it was read.
    """
    return await _change_as_read(connection, _TO_STOP_AS_READ, job, {"stop_sent_at": now})


async def answer(connection: AsyncConnection, job: Job, now: float) -> Job | None:
    """End the question of an uncertain job (*Request again*, *Dismiss*); None if it was answered or settled before."""
    asked = sa.update(jobs).where(jobs.c.id == job.id, jobs.c.state == State.UNCERTAIN, jobs.c.answered_at.is_(None))
    return await _changed(connection, asked.values(answered_at=now))


async def remove(connection: AsyncConnection, job: Job, now: float, by: UserId | None = None) -> Job | None:
    """Forbid remixing a video whose message was deleted; `by` a person other than its requester, if any."""
    changes = {"removed_at": sa.func.coalesce(jobs.c.removed_at, now)}
    if by is not None and by != job.origin.user_id:
        changes["removed_by"] = sa.func.coalesce(jobs.c.removed_by, by)
    return await _changed(connection, sa.update(jobs).where(jobs.c.id == job.id).values(changes))


async def bring_to_now(connection: AsyncConnection, now: float) -> None:
    """At a start: move future times of unended jobs to now, and end waits longer than any we make.

    The machine's clock may have been set back between two processes (docs/decisions/0011-clock-steps.md).
    """
    stops = (jobs.c.stop_asked_at, jobs.c.stop_sent_at)
    for happened in (jobs.c.accepted_at, jobs.c.completed_at, jobs.c.late_at, jobs.c.revived_at, *stops):
        await connection.execute(
            sa.update(jobs).where(happened > now, UNENDED).values({happened: now}),
        )
    # For an uncertain job this time is used to search the provider's list, where it may be right.
    await connection.execute(
        sa.update(jobs)
        .where(jobs.c.submitted_at > now, UNENDED, jobs.c.state == State.RENDERING)
        .values(submitted_at=now),
    )
    for waits_until, among in (
        (jobs.c.not_before, UNENDED),
        (posts.c.not_before, posts.c.state.in_((PostState.DUE, PostState.SENDING))),
        (offers.c.delete_at, sa.true()),
    ):
        too_long = waits_until > now + LONGEST_WAIT_SECONDS
        await connection.execute(sa.update(waits_until.table).where(too_long, among).values({waits_until: now}))


async def bring_back(connection: AsyncConnection, now: float) -> None:
    """Move all stored future times to now, ended jobs included: the clock that they came from was wrong."""
    for happened in HAPPENED:
        await connection.execute(sa.update(happened.table).where(happened > now).values({happened: now}))
    await bring_to_now(connection, now)


async def find_unclaimed(connection: AsyncConnection, *, submits: bool) -> list[JobId]:
    """The unended jobs without an owner, sent ones first; `submits`: also those that only the submitter takes."""
    found = await connection.scalars(
        sa.select(jobs.c.id)
        .where(*_unclaimed(submits=submits))
        .order_by(jobs.c.submitted_at.is_(None), jobs.c.submitted_at, jobs.c.accepted_at)
    )
    return [JobId(job_id) for job_id in found]


@no_turn
async def claim(
    connection: AsyncConnection, owner: str, job_ids: Collection[JobId] | None = None, *, submits: bool = True
) -> list[Job]:
    """Claim the unended jobs without an owner, or those of `job_ids` among them; the fence shuts out old owners.

    What another process claims or changes at this moment is passed over.
    """
    of_these = () if job_ids is None else (jobs.c.id.in_(job_ids),)
    free = sa.select(jobs.c.id).where(*_unclaimed(submits=submits), *of_these).with_for_update(skip_locked=True)
    claimed = sa.update(jobs).where(jobs.c.id.in_(free)).values(owner=owner, fence=jobs.c.fence + 1)
    return readable(await connection.execute(claimed.returning(*jobs.c)), job_of)


def _unclaimed(*, submits: bool) -> tuple[sa.ColumnElement[bool], ...]:
    free = (UNENDED, jobs.c.owner.is_(None))
    return free if submits else (*free, jobs.c.state.not_in(OF_SUBMITTER))


async def _changed(connection: AsyncConnection, statement: sa.Update) -> Job | None:
    """The job as it is after the statement; None if that found none."""
    row = (await connection.execute(statement.returning(*jobs.c))).first()
    return None if row is None else job_of(row)


async def _as_it_is(connection: AsyncConnection, job: Job) -> Job:
    """The job as this transaction finds it, for facts that hold for any owner: the outcome of its message.

    At a start it may have been read before it was claimed, so that its fence is another by now.
    """
    return await _locked(connection, job.id)


async def _locked(connection: AsyncConnection, job_id: JobId) -> Job:
    """The job as it is until the end of this transaction."""
    return job_of((await connection.execute(sa.select(jobs).where(jobs.c.id == job_id).with_for_update())).one())


async def _change_as_read(
    connection: AsyncConnection, statement: ReturningUpdate[Any], job: Job, changes: dict[str, Any]
) -> Job | None:
    """Set those columns of the job as it was read; None if it was moved since."""
    read = {"read_id": job.id, "read_state": job.state, "read_fence": job.fence}
    row = (await connection.execute(statement, {**changes, **read})).first()
    return None if row is None else job_of(row)
