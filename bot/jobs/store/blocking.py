"""Blocked people: rows that the accepting transaction reads."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.backends import insert_new
from bot.jobs.model import Job, UserId
from bot.jobs.states import Event, State
from bot.jobs.store import moving
from bot.jobs.store.rows import job_of, readable
from bot.jobs.tables import blocks, jobs


async def is_blocked(connection: AsyncConnection, user_id: UserId) -> bool:
    """Whether the owner has blocked that person."""
    return await connection.scalar(sa.select(sa.literal(1)).where(blocks.c.user_id == user_id)) is not None


async def block(connection: AsyncConnection, user_id: UserId, by: UserId, now: float) -> list[Job]:
    """Block the person everywhere and cancel their waiting jobs; sent ones are paid for, and continue.

    Returns the cancelled jobs. In one transaction, so that none is accepted in between.
    """
    row = {"user_id": user_id, "blocked_by": by, "blocked_at": now}
    await insert_new(connection, blocks, row)
    waiting = await connection.execute(
        sa.select(jobs).where(jobs.c.user_id == user_id, jobs.c.state == State.ACCEPTED),
    )
    cancelled = [await moving.apply(connection, job, Event.CANCEL, now=now) for job in readable(waiting, job_of)]
    return [job for job in cancelled if job is not None]


async def unblock(connection: AsyncConnection, user_id: UserId) -> bool:
    """Let the person use the bot again; False if they weren't blocked."""
    changed = await connection.execute(sa.delete(blocks).where(blocks.c.user_id == user_id))
    return changed.rowcount == 1
