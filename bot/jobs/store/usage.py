"""Renders and costs, by server and person, for the owner."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.model import Charged, GuildId, UserId
from bot.jobs.tables import jobs


@dataclass(frozen=True, slots=True)
class UsageLine:
    """One person in one server (None: in DMs). `cost_micros` is the cost that the provider reported, None if it never
    did.
    """

    guild_id: GuildId | None
    user_id: UserId
    jobs: int
    renders: int
    charged: int
    maybe_charged: int
    cost_micros: int | None


async def find_usage_since(connection: AsyncConnection, since: float) -> list[UsageLine]:
    """All jobs accepted since then, by person, those with the most first. A render is a video that was completed."""
    count = sa.func.count()
    found = await connection.execute(
        sa.select(
            jobs.c.guild_id,
            jobs.c.user_id,
            count,
            sa.func.count(jobs.c.completed_at),
            count.filter(jobs.c.charged == Charged.YES),
            count.filter(jobs.c.charged == Charged.UNKNOWN),
            sa.func.sum(jobs.c.cost_micros),
        )
        .where(jobs.c.accepted_at > since)
        .group_by(jobs.c.guild_id, jobs.c.user_id)
        .order_by(count.desc(), jobs.c.guild_id, jobs.c.user_id),
    )
    return [UsageLine(*row) for row in found]
