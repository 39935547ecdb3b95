"""How long finished renders took, for the schedule of polls and for what cards show as usual. Read-only."""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.render_times import RenderClass
from bot.jobs.tables import jobs
from bot.jobs.usual_times import RENDERS_MAX, PastRender, UsualTime

_RENDERS_READ = 10_000


class Rendered(NamedTuple):
    """The class and duration of one finished render."""

    kind: RenderClass
    took_seconds: float


async def find_latest_renders(connection: AsyncConnection, per_class: int) -> list[Rendered]:
    """How long the latest finished renders of each class took, oldest first; classes not rendered lately are left out.

    Only the latest 10,000 renders are read, so that a long history delays no start.
    """
    latest = (
        sa.select(jobs.c.model, jobs.c.size, jobs.c.seconds, jobs.c.submitted_at, jobs.c.completed_at)
        .where(jobs.c.completed_at.is_not(None), jobs.c.submitted_at.is_not(None))
        .order_by(jobs.c.completed_at.desc())
        .limit(_RENDERS_READ)
        .subquery()
    )
    newest_first = latest.c.completed_at.desc()
    of_class = (latest.c.model, latest.c.size, latest.c.seconds)
    place = sa.func.row_number().over(partition_by=of_class, order_by=newest_first).label("place")
    ranked = sa.select(latest, place).subquery()
    found = await connection.execute(
        sa.select(ranked).where(ranked.c.place <= per_class).order_by(ranked.c.completed_at)
    )
    return [
        Rendered(RenderClass(row.model, row.size, row.seconds), max(0.0, row.completed_at - row.submitted_at))
        for row in found
        if isinstance(row.completed_at, float) and isinstance(row.submitted_at, float)
    ]


async def find_latest_of_class(connection: AsyncConnection, provider: str, kind: RenderClass) -> list[PastRender]:
    """The latest finished renders of that class at that provider, newest first, as many as `usual_time` wants."""
    found = await connection.execute(
        sa.select(jobs.c.submitted_at, jobs.c.completed_at, jobs.c.usual_low_seconds, jobs.c.usual_high_seconds)
        .where(
            jobs.c.provider == provider,
            # None becomes IS NULL, by which both databases use the index.
            jobs.c.model == kind.model,
            jobs.c.size == kind.size,
            jobs.c.seconds == kind.seconds,
            jobs.c.completed_at.is_not(None),
            jobs.c.submitted_at < jobs.c.completed_at,
        )
        .order_by(jobs.c.completed_at.desc())
        .limit(RENDERS_MAX)
    )
    return [
        PastRender(row.completed_at - row.submitted_at, _shown(row.usual_low_seconds, row.usual_high_seconds))
        for row in found
        if isinstance(row.completed_at, float) and isinstance(row.submitted_at, float)
    ]


def _shown(low_seconds: object, high_seconds: object) -> UsualTime | None:
    if isinstance(low_seconds, int) and isinstance(high_seconds, int):
        return UsualTime(low_seconds, high_seconds)
    return None
