"""How many jobs of the last time ended badly for a reason that may concern all, and how many went well."""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.states import State
from bot.jobs.tables import UNENDED, jobs


class Share(NamedTuple):
    """Jobs that ended badly, of how many people they are, and jobs that went well."""

    bad: int
    people: int
    good: int


async def count_unposted(connection: AsyncConnection, since: float) -> Share:
    """Of videos that ended since then: those that could not be posted, and those that were."""
    ended = sa.and_(jobs.c.ended_at.is_not(None), jobs.c.ended_at >= since)
    unposted = sa.and_(ended, jobs.c.state == State.UNDELIVERABLE, jobs.c.withheld.is_(sa.false()))
    return await _count(connection, unposted, sa.and_(ended, jobs.c.state == State.DELIVERED))


async def count_uncertain(connection: AsyncConnection, since: float) -> Share:
    """Of requests that were sent since then: those without a clear answer until now, and those that were accepted."""
    sent = sa.and_(UNENDED, jobs.c.submitted_at >= since)
    return await _count(
        connection,
        sa.and_(sent, jobs.c.state == State.UNCERTAIN),
        sa.and_(jobs.c.submitted_at >= since, jobs.c.remote_id.is_not(None), _began(since)),
    )


def _began(since: float) -> sa.ColumnElement[bool]:
    """Only what an index finds: unended jobs, and those that ended since then."""
    return sa.or_(UNENDED, sa.and_(jobs.c.ended_at.is_not(None), jobs.c.ended_at >= since))


async def _count(connection: AsyncConnection, bad: sa.ColumnElement[bool], good: sa.ColumnElement[bool]) -> Share:
    counts = sa.select(sa.func.count(), sa.func.count(jobs.c.user_id.distinct())).where(bad)
    found = (await connection.execute(counts)).one()
    went_well = await connection.scalar(sa.select(sa.func.count()).select_from(jobs).where(good))
    return Share(found[0], found[1], went_well or 0)
