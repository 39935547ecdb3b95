"""Accepting a job and marking it as sent: each with its limits in one transaction, so that the last place is given
once.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.attempts import Attempt
from bot.jobs.budgets import Budget
from bot.jobs.limits import (
    DAY_SECONDS,
    REFUSALS_MAX,
    REST_SECONDS,
    Limits,
    Renders,
    Usage,
    decide,
    held_until,
    rest_until,
)
from bot.jobs.limits import find_room as room_of
from bot.jobs.model import Cause, Job, Origin, PostKind, UserId, Via
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.render_times import RenderClass
from bot.jobs.states import AT_PROVIDER, Event, State
from bot.jobs.store import attempts, marks, moving, processes
from bot.jobs.store.budgets import measure_budgets
from bot.jobs.store.finding import find_by_origin
from bot.jobs.store.marks import Mark
from bot.jobs.store.posts import make_due
from bot.jobs.store.processes import Role
from bot.jobs.store.renders import find_latest_of_class
from bot.jobs.store.rows import job_of, row_of
from bot.jobs.tables import UNENDED, blocks, jobs
from bot.jobs.usual_times import usual_time

_ACTIVE = (State.ACCEPTED, State.SUBMITTING, State.RENDERING)
_NEVER_COUNTED = (State.REFUSED, State.FAILED, State.LOST)
# How soon a job is tried again for which no place is free after all.
_AGAIN_SECONDS = 1.0
# So many people are looked at who may rest.
_RESTING_MAX = 20
# Causes that the requester can avoid. Outage, credit, rate, doubt and delivery make no one rest.
_REFUSED_FOR = (Cause.CONTENT, Cause.INPUT, Cause.SIZE, Cause.LENGTH)

# Built once: that costs more than the statement.
_OF_PERSON = jobs.c.user_id == sa.bindparam("person")
_INSERT = sa.insert(jobs)
_LATER = sa.select(jobs).where(
    jobs.c.id == sa.bindparam("wanted"),
    jobs.c.state == sa.bindparam("state"),
    jobs.c.fence == sa.bindparam("fence"),
    jobs.c.not_before > sa.bindparam("now"),
)


def _count(*conditions: sa.ColumnElement[bool], of_person: sa.ColumnElement[bool] = _OF_PERSON) -> sa.ScalarSelect[int]:
    """How many unended jobs, of the person or of all people, those conditions hold for."""
    return sa.select(sa.func.count()).select_from(jobs).where(UNENDED, of_person, *conditions).scalar_subquery()


_COUNTS = sa.select(
    _count(jobs.c.state.in_(_ACTIVE), jobs.c.late_at.is_(None)).label("active"),
    _count(jobs.c.state == State.ACCEPTED, of_person=sa.true()).label("queued"),
    sa.select(blocks.c.blocked_at).where(blocks.c.user_id == sa.bindparam("person")).scalar_subquery().label("blocked"),
)
_COUNTED = (
    sa.select(jobs.c.accepted_at)
    .where(
        _OF_PERSON,
        jobs.c.accepted_at > sa.bindparam("since"),
        jobs.c.state.not_in(_NEVER_COUNTED),
        sa.or_(jobs.c.state != State.CANCELLED, jobs.c.withheld),
    )
    .order_by(jobs.c.accepted_at)
)
_IS_RENDER = sa.and_(
    jobs.c.state == State.FAILED, jobs.c.remote_id.is_not(None), jobs.c.accepted_at > sa.bindparam("since")
)
_DENIED = (
    sa.select(jobs.c.ended_at, jobs.c.cause, _IS_RENDER.label("is_render"))
    .where(
        _OF_PERSON,
        jobs.c.state.in_((State.REFUSED, State.FAILED)),
        jobs.c.submitted_at.is_not(None),
        jobs.c.ended_at.between(sa.bindparam("first"), sa.bindparam("last")),
    )
    .order_by(jobs.c.ended_at)
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The job of an action; `new` is False when the same action had been accepted before.

    `budgets`: the operator's daily ceilings, with this job counted. `others`: with the job a new batch.
    """

    job: Job
    new: bool
    budgets: tuple[Budget, ...] = ()
    others: tuple[Job, ...] = ()


async def accept(
    connection: AsyncConnection,
    job: Job,
    limits: Limits,
    taking: int = 0,
    owner: str | None = None,
    others: Collection[Job] = (),
) -> Accepted | Refusal:
    """Store the job and its card, unless its action was accepted before or a limit of its requester refuses it.

    With `others` it is a batch: all of one action, stored all or none, with one card. `taking`: as for `find_room`.
    `owner`: the process that owns the jobs from the start.
    """
    if known := await find_by_origin(connection, job.origin.id):
        return Accepted(known, new=False)
    wanted = (job, *others)
    room = await find_room(connection, job.origin, job.accepted_at, limits, taking)
    if isinstance(room, Refusal):
        return room
    if room < len(wanted):
        return Refusal(Reason.BATCH_NO_ROOM, {"room": room, "given": len(wanted)})
    await connection.execute(_INSERT, [{**row_of(one), "owner": owner} for one in wanted])
    await make_due(connection, job, PostKind.BATCH if job.origin.via is Via.BATCH else PostKind.CARD)
    budgets = await measure_budgets(connection, job.origin.place, job.accepted_at, limits)
    first, *more = (replace(one, owner=owner) for one in wanted)
    return Accepted(first, new=True, budgets=tuple(budgets), others=tuple(more))


async def find_room(
    connection: AsyncConnection, origin: Origin, now: float, limits: Limits, taking: int = 0
) -> int | Refusal:
    """How many more jobs that person may have at that place now; why not one, if so.

    `taking`: how many more of their requests are being accepted.
    """
    if refusal := limits.allowlist.refuse_request(origin.place.guild_id):
        return refusal
    measured = await measure_usage(connection, origin.user_id, now)
    usage = replace(measured, active_jobs=measured.active_jobs + taking)
    if refusal := decide(usage, limits):
        return refusal
    budgets = await measure_budgets(connection, origin.place, now, limits)
    full = next((refusal for budget in budgets if (refusal := budget.refuse()) is not None), None)
    return full or min([room_of(usage, limits), *(budget.room for budget in budgets)])


async def measure_usage(connection: AsyncConnection, user_id: UserId, now: float) -> Usage:
    """The person's unfinished jobs, and those that count in the 24 hours before `now`.

    Failed jobs do not count, nor do jobs that were cancelled before submission; paid ones do.
    """
    of_person = {"person": user_id, "since": now - DAY_SECONDS}
    counts = (await connection.execute(_COUNTS, of_person)).one()
    counted = await connection.scalars(_COUNTED, of_person)
    refusals, failed_at = await _denials(connection, user_id, now)
    rests_until = rest_until([at for at, _ in refusals], now, await _renders(connection, user_id, failed_at, now))
    return Usage(counts.active, tuple(counted), rests_until, counts.queued, is_blocked=counts.blocked is not None)


async def find_resting(connection: AsyncConnection, now: float) -> list[UserId]:
    """The people who rest now because of refusals or failed renders; at most twenty."""
    lately = jobs.c.ended_at.between(now - 3 * REST_SECONDS, now)
    denied = sa.and_(lately, jobs.c.state.in_((State.REFUSED, State.FAILED)), jobs.c.submitted_at.is_not(None))
    count = sa.func.count()
    often = sa.select(jobs.c.user_id).where(denied).group_by(jobs.c.user_id).having(count >= REFUSALS_MAX)
    found: list[UserId] = []
    for user_id in (await connection.scalars(often.order_by(count.desc()).limit(_RESTING_MAX))).all():
        refusals, failed_at = await _denials(connection, user_id, now)
        if rest_until([at for at, _ in refusals], now, await _renders(connection, user_id, failed_at, now)) is not None:
            found.append(user_id)
    return found


@dataclass(frozen=True, slots=True)
class Submitter:
    """The process that submits, where others share the database; `places`: how many jobs may be at the provider."""

    process: str
    places: int


async def begin_submit(
    connection: AsyncConnection,
    job: Job,
    now: float,
    *,
    attempt: Attempt | None = None,
    sent_prompt: str | None = None,
    submitter: Submitter | None = None,
) -> Job | None:
    """Mark the job as being sent by that attempt, and how long such renders usually take, unless its requester has to
    rest.

    The provider may be another than when it was accepted. Without an attempt it is the same. `sent_prompt`
    is what is sent in place of the request's own prompt, if it is another.
    With `submitter`, only if that process still submits, a place is free and the owner has paused neither all spending
    nor that provider.
    Returns the job as it is then: still accepted, with a later `not_before`, if it has to wait; None if it was moved by
    someone else.
    """
    if submitter is not None and not await processes.holds_role(connection, Role.SUBMITTER, submitter.process):
        return None
    provider = job.provider if attempt is None else attempt.provider
    if submitter is not None and await _must_wait(connection, submitter, provider):
        return replace(job, not_before=now + _AGAIN_SECONDS)
    as_read = {"wanted": job.id, "state": job.state, "fence": job.fence, "now": now}
    if (waiting := (await connection.execute(_LATER, as_read)).first()) is not None:
        # Its reply was edited since the job was read: its grace period has started again.
        return job_of(waiting)
    user_id = job.origin.user_id
    refusals, failed_at = await _denials(connection, user_id, now)
    refused_at = [at for at, _ in refusals]
    resting = rest_until(refused_at, now, await _renders(connection, user_id, failed_at, now))
    # For content a render may be refused yet, for anything else only a job that is being sent.
    for_content = any(cause == Cause.CONTENT for _, cause in refusals)
    may_follow = AT_PROVIDER if for_content else (State.SUBMITTING,)
    under_way = sa.select(_count(jobs.c.state.in_(may_follow), jobs.c.late_at.is_(None)))
    followed_by = await connection.scalar(under_way, {"person": user_id}) if refusals else 0
    held = resting or held_until(refused_at, followed_by or 0, now)
    if held is None:
        sent: dict[str, Any] = {"submitted_at": now, "waiting_for": None, "provider": provider}
        sent |= await _usual(connection, provider, job)
        if attempt is not None:
            sent |= {"attempts": attempt.ordinal + 1, "sent_prompt": sent_prompt}
        marked = await moving.apply(connection, job, Event.SUBMIT, now=now, **sent)
        if marked is not None and attempt is not None:
            await attempts.begin(connection, attempt)
        if marked is not None:
            await marks.advance(connection)
        return marked
    if resting is None:
        # Only until another one of theirs is answered: not worth a row's change.
        return replace(job, not_before=held)
    return await moving.note(connection, job, not_before=held, waiting_for=Cause.CONTENT)


async def _usual(connection: AsyncConnection, provider: str, job: Job) -> dict[str, int | None]:
    """How long such renders take, for the job's row: with it every process shows the same, also after a restart."""
    usual = usual_time(await find_latest_of_class(connection, provider, RenderClass.of(job.request)))
    low_seconds, high_seconds = usual or (None, None)
    return {"usual_low_seconds": low_seconds, "usual_high_seconds": high_seconds}


async def _must_wait(connection: AsyncConnection, submitter: Submitter, provider: str) -> bool:
    at_provider = sa.select(_count(jobs.c.state.in_(AT_PROVIDER), jobs.c.late_at.is_(None), of_person=sa.true()))
    is_full = (await connection.scalar(at_provider) or 0) >= submitter.places
    is_paused = await marks.has(connection, Mark.PAUSED) or await marks.is_provider_paused(connection, provider)
    return is_full or is_paused


async def _denials(
    connection: AsyncConnection, user_id: UserId, now: float
) -> tuple[list[tuple[float, str]], list[float]]:
    """Of the person's sent videos, oldest first: when and why they were refused for their request in twenty minutes,
    and when renders of the last day failed otherwise, in thirty.
    """
    within = {"person": user_id, "since": now - DAY_SECONDS, "first": now - 3 * REST_SECONDS, "last": now}
    denied = (await connection.execute(_DENIED, within)).all()
    lately = now - 2 * REST_SECONDS
    refusals: list[tuple[float, str]] = [
        (row.ended_at, row.cause) for row in denied if row.cause in _REFUSED_FOR and row.ended_at >= lately
    ]
    return refusals, [row.ended_at for row in denied if row.is_render and row.cause not in (None, *_REFUSED_FOR)]


async def _renders(connection: AsyncConnection, user_id: UserId, failed_at: list[float], now: float) -> Renders | None:
    """The recent renders; None if too few of the person's failed to matter."""
    if len(failed_at) < REFUSALS_MAX:
        return None
    lately = sa.and_(jobs.c.user_id != user_id, jobs.c.accepted_at > now - DAY_SECONDS)
    others = await connection.scalars(
        sa.select(jobs.c.ended_at)
        .where(
            lately,
            jobs.c.ended_at.between(now - 3 * REST_SECONDS, now),
            jobs.c.state == State.FAILED,
            jobs.c.remote_id.is_not(None),
            jobs.c.cause.not_in(_REFUSED_FOR),
        )
        .order_by(jobs.c.ended_at)
    )
    completed = await connection.scalars(
        sa.select(jobs.c.completed_at).where(lately, jobs.c.completed_at.between(now - 3 * REST_SECONDS, now)),
    )
    return Renders(tuple(failed_at), tuple(others), tuple(completed))
