"""The rows of a database that starts as restored: a copy, or one restored from a backup."""

import uuid

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.generation import Generation
from bot.jobs.model import Cause
from bot.jobs.states import Event, State
from bot.jobs.store import moving
from bot.jobs.store.marks import Mark, drop, put, read_database_marks
from bot.jobs.store.rows import job_of, readable
from bot.jobs.tables import jobs

# A data folder that was not used for so many restores counts as one of another database.
_EARLIER_MAX = 20


async def begin_restored(connection: AsyncConnection, now: float, number: int) -> Generation:
    """Begin a new lineage at that number, and end accepted jobs: they may have been sent since the copy."""
    generation = Generation(uuid.uuid4().hex, number)
    before = await read_database_marks(connection)
    earlier = [*([before.generation.lineage] if before.generation else ()), *before.earlier]
    for name, value in (
        (Mark.LINEAGE, generation.lineage),
        (Mark.EARLIER, " ".join(earlier[:_EARLIER_MAX])),
        (Mark.GENERATION, str(generation.number)),
        (Mark.RESTORED, "yes"),
        (Mark.RESTORED_AT, repr(now)),
    ):
        await put(connection, name, value)
    await drop(connection, Mark.COPY)
    waiting = await connection.execute(sa.select(jobs).where(jobs.c.state == State.ACCEPTED))
    for job in readable(waiting, job_of):
        await moving.apply(connection, job, Event.EXPIRE, now=now, cause=Cause.RESTORED)
    return generation


async def mark_copy(connection: AsyncConnection, now: float) -> None:
    """The database went back while processes used it: they pay for nothing, and each start finds a copy."""
    await put(connection, Mark.PAUSED, "yes")
    await put(connection, Mark.COPY, repr(now))


async def end_restored(connection: AsyncConnection) -> None:
    """The owner has checked: the database counts as the original."""
    await drop(connection, Mark.RESTORED)
