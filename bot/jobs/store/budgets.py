"""The counts for the operator's daily ceilings."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.budgets import Budget
from bot.jobs.limits import DAY_SECONDS, Limits
from bot.jobs.model import Charged, GuildId, Place
from bot.jobs.tables import UNENDED, jobs


async def measure_budgets(connection: AsyncConnection, place: Place, now: float, limits: Limits) -> list[Budget]:
    """The ceilings that are set for a job at that place, each with its count."""
    budgets: list[Budget] = []
    if limits.guild_jobs_per_day and place.guild_id is not None:
        spent_at = await _spent_at(connection, now, place.guild_id)
        budgets.append(Budget(place.guild_id, limits.guild_jobs_per_day, spent_at))
    if limits.all_jobs_per_day:
        budgets.append(Budget(None, limits.all_jobs_per_day, await _spent_at(connection, now, None)))
    return budgets


async def count_spent(connection: AsyncConnection, now: float) -> int:
    """How many jobs count towards the ceiling of the whole bot."""
    return len(await _spent_at(connection, now, None))


async def _spent_at(connection: AsyncConnection, now: float, guild_id: GuildId | None) -> list[float]:
    """When each job that was or may be charged was submitted, oldest first, in the 24 hours before `now`.

    A job that isn't submitted yet counts as of now for as long as it waits: else many accepted at once would exceed the
    ceiling. One that ended without a charge doesn't count.
    """
    waits = sa.and_(UNENDED, jobs.c.submitted_at.is_(None))
    may_cost = sa.or_(UNENDED, jobs.c.charged != Charged.NO)
    counted = sa.or_(waits, sa.and_(jobs.c.submitted_at > now - DAY_SECONDS, may_cost))
    query = sa.select(jobs.c.submitted_at).where(counted)
    if guild_id is not None:
        query = query.where(jobs.c.guild_id == guild_id)
    return sorted(now if when is None else min(when, now) for when in await connection.scalars(query))
