"""Renders and costs, by server and person, for the owner."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.model import Charged, GuildId, UserId
from bot.jobs.tables import jobs


@dataclass(frozen=True, slots=True)
class UsageLine:
    """One person in one server (None: in DMs), as far as their jobs have that currency.

    `cost_micros` is the cost that the provider reported, None if it never did. `estimated_micros` is that of the jobs
    without such a report which were or may be charged. Without a currency it is the provider's own.
    """

    guild_id: GuildId | None
    user_id: UserId
    jobs: int
    renders: int
    charged: int
    maybe_charged: int
    cost_micros: int | None
    estimated_micros: int | None = None
    currency: str | None = None


async def find_usage_since(connection: AsyncConnection, since: float) -> list[UsageLine]:
    """All jobs accepted since then, by person and currency, those with the most first.

    A render is a video that was completed.
    """
    count = sa.func.count()
    unreported = sa.and_(jobs.c.cost_micros.is_(None), jobs.c.charged != Charged.NO)
    found = await connection.execute(
        sa.select(
            jobs.c.guild_id,
            jobs.c.user_id,
            count,
            sa.func.count(jobs.c.completed_at),
            count.filter(jobs.c.charged == Charged.YES),
            count.filter(jobs.c.charged == Charged.UNKNOWN),
            # PostgreSQL sums whole numbers to a decimal one.
            sa.cast(sa.func.sum(jobs.c.cost_micros), sa.BigInteger),
            sa.cast(sa.func.sum(jobs.c.price_micros).filter(unreported), sa.BigInteger),
            jobs.c.currency,
        )
        .where(jobs.c.accepted_at > since)
        .group_by(jobs.c.guild_id, jobs.c.user_id, jobs.c.currency)
        .order_by(count.desc(), jobs.c.guild_id, jobs.c.user_id, jobs.c.currency),
    )
    return [UsageLine(*row) for row in found]
