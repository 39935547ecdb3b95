"""The table of learned upload limits: one row per server, and one for all direct messages."""

from collections.abc import Callable
from dataclasses import asdict, fields

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.backends import insert_new
from bot.jobs.model import GuildId
from bot.jobs.tables import upload_limits
from bot.jobs.upload_limits import LearnedLimit

_DIRECT_MESSAGES = GuildId(0)
# In the order of the fields of `LearnedLimit`.
_LEARNED = [upload_limits.columns[field.name] for field in fields(LearnedLimit)]


async def find_limit(connection: AsyncConnection, guild_id: GuildId | None) -> LearnedLimit:
    """What Discord answered in that server; without one, in direct messages."""
    row = (await connection.execute(sa.select(*_LEARNED).where(_place(guild_id)))).first()
    return LearnedLimit() if row is None else LearnedLimit(*row)


async def learn_limit(
    connection: AsyncConnection, guild_id: GuildId | None, learn: Callable[[LearnedLimit], LearnedLimit]
) -> None:
    """Store what `learn` makes of what is known there; other processes wait meanwhile."""
    await insert_new(connection, upload_limits, {"guild_id": guild_id or _DIRECT_MESSAGES})
    row = (await connection.execute(sa.select(*_LEARNED).where(_place(guild_id)).with_for_update())).one()
    learned = learn(LearnedLimit(*row))
    await connection.execute(sa.update(upload_limits).where(_place(guild_id)).values(**asdict(learned)))


def _place(guild_id: GuildId | None) -> sa.ColumnElement[bool]:
    return upload_limits.c.guild_id == (guild_id or _DIRECT_MESSAGES)
