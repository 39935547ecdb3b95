"""Finding a person's earlier jobs, and the remixes of a video. Read-only; each statement reads by an index."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.model import GuildId, Job, JobId, UserId
from bot.jobs.searching import Prompt
from bot.jobs.states import State
from bot.jobs.store.rows import job_of, readable
from bot.jobs.tables import jobs

# From a job up to the first one of its chain; the depth ends a circle, which only a damaged database has.
_LONGEST_CHAIN = 1_000
_LAST = (
    sa.select(jobs.c.prompt, jobs.c.parent_id, sa.literal(0).label("depth"))
    .where(jobs.c.id == sa.bindparam("wanted"))
    .cte("chain", recursive=True)
)
_CHAIN = _LAST.union_all(
    sa.select(jobs.c.prompt, jobs.c.parent_id, _LAST.c.depth + 1).where(
        jobs.c.id == _LAST.c.parent_id, _LAST.c.depth < _LONGEST_CHAIN
    )
)
_PROMPTS = sa.select(_CHAIN.c.prompt).order_by(_CHAIN.c.depth.desc())


async def find_chain(connection: AsyncConnection, job_id: JobId) -> list[str]:
    """The prompts of a chain of remixes, from its first video to that job."""
    return list(await connection.scalars(_PROMPTS, {"wanted": job_id}))


async def find_remixes(connection: AsyncConnection, job_id: JobId, limit: int) -> list[JobId]:
    """The finished videos that are remixes of that one, the newest first."""
    found = await connection.scalars(
        sa.select(jobs.c.id)
        .where(jobs.c.parent_id == job_id, jobs.c.state == State.DELIVERED, jobs.c.removed_at.is_(None))
        .order_by(jobs.c.accepted_at.desc())
        .limit(limit)
    )
    return [JobId(found_id) for found_id in found]


async def find_history(
    connection: AsyncConnection, user_id: UserId, guild_id: GuildId | None, skipped: int, limit: int
) -> list[Job]:
    """The person's finished videos of all servers, or all their jobs of one server; the newest first."""
    found = await connection.execute(_history(sa.select(jobs), user_id, guild_id).offset(skipped).limit(limit))
    return readable(found, job_of)


async def find_prompts(
    connection: AsyncConnection, user_id: UserId, guild_id: GuildId | None, skipped: int, limit: int
) -> list[Prompt]:
    """The prompts of the same jobs, to be searched; an unreadable one is empty."""
    columns = sa.select(jobs.c.id, jobs.c.prompt, jobs.c.channel_id, jobs.c.private)
    found = await connection.execute(_history(columns, user_id, guild_id).offset(skipped).limit(limit))
    return [Prompt(row.id, str(row.prompt or ""), row.channel_id, row.private) for row in found]


def _history(
    columns: sa.Select[*tuple[Any, ...]], user_id: UserId, guild_id: GuildId | None
) -> sa.Select[*tuple[Any, ...]]:
    which = jobs.c.completed_at.is_not(None) if guild_id is None else jobs.c.guild_id == guild_id
    return columns.where(jobs.c.user_id == user_id, which).order_by(jobs.c.accepted_at.desc())
