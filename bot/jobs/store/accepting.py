"""Taking a job in: limits, row and card in one transaction, so that two commands at once cannot both be the last."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.limits import DAY_SECONDS, Limits, Usage, decide
from bot.jobs.model import Job, PostKind, UserId
from bot.jobs.reasons import Refusal
from bot.jobs.states import State
from bot.jobs.store.posts import make_due
from bot.jobs.store.rows import job_of, row_of
from bot.jobs.tables import jobs

_ACTIVE = (State.ACCEPTED, State.SUBMITTING, State.RENDERING)
_NEVER_COUNTED = (State.REFUSED, State.FAILED, State.LOST)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The job that stands for an act; `new` is False when the same act had been accepted before."""

    job: Job
    new: bool


async def accept(connection: AsyncConnection, job: Job, limits: Limits) -> Accepted | Refusal:
    """Store the job and its card, unless its act was accepted before or a limit of its requester says no."""
    known = await connection.execute(
        sa.select(jobs).where(jobs.c.origin_id == job.origin.id, jobs.c.ordinal == 0),
    )
    if row := known.first():
        return Accepted(job_of(row), new=False)
    usage = await measure_usage(connection, job.origin.user_id, job.accepted_at)
    if refusal := decide(usage, limits):
        return refusal
    await connection.execute(sa.insert(jobs).values(row_of(job)))
    await make_due(connection, job, PostKind.CARD)
    return Accepted(job, new=True)


async def measure_usage(connection: AsyncConnection, user_id: UserId, now: float) -> Usage:
    """What the person has under way, and what counts in the 24 hours before `now`.

    Failed jobs do not count, nor does what was cancelled before it was submitted; what was paid for does.
    """
    active = await connection.scalar(
        sa.select(sa.func.count()).where(
            jobs.c.user_id == user_id,
            jobs.c.state.in_(_ACTIVE),
            jobs.c.late_at.is_(None),
        ),
    )
    counted = await connection.scalars(
        sa.select(jobs.c.accepted_at)
        .where(
            jobs.c.user_id == user_id,
            jobs.c.accepted_at > now - DAY_SECONDS,
            jobs.c.state.not_in(_NEVER_COUNTED),
            sa.or_(jobs.c.state != State.CANCELLED, jobs.c.withheld),
        )
        .order_by(jobs.c.accepted_at),
    )
    return Usage(active or 0, tuple(counted))
