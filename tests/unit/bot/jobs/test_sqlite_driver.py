"""Each statement is one call into the connection's thread; a transaction for reading waits for nothing else."""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.database import Database, StoreUnavailableError
from bot.jobs.limits import Limits
from bot.jobs.states import Event, State
from bot.jobs.store import accepting, finding, moving
from bot.jobs.tables import jobs
from tests.unit.bot.jobs.samples import a_job, put

pytestmark = pytest.mark.sqlite_only("its driver")


@pytest.fixture
async def calls(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The calls into the threads of connections that exist already."""
    await database.read(finding.find_all_unended_ids)
    made: list[object] = []
    execute = aiosqlite.Connection._execute

    def count(self: aiosqlite.Connection, function: object, *args: Any) -> Awaitable[Any]:
        made.append(function)
        return execute(self, function, *args)

    monkeypatch.setattr(aiosqlite.Connection, "_execute", count)
    return made


async def test_a_read_is_one_call_for_each_statement(database: Database, calls: list[object]) -> None:
    """Neither its beginning nor its end is a call of its own."""
    job = a_job()
    await database.write(put, job)
    calls.clear()
    assert await database.read(finding.get, job.id) == job
    assert len(calls) == 1


GIVEN = [a_job(), a_job(State.RENDERING)]


async def note(connection: AsyncConnection) -> object:
    return await moving.note(connection, GIVEN[1], progress=7)


async def submit(connection: AsyncConnection) -> object:
    return await accepting.begin_submit(connection, GIVEN[0], 2_000.0)


async def complete(connection: AsyncConnection) -> object:
    return await moving.apply(connection, GIVEN[1], Event.COMPLETE, now=2_000.0)


async def fail(connection: AsyncConnection) -> object:
    return await moving.apply(connection, GIVEN[1], Event.RENDER_FAILED, now=2_000.0)


async def take_in(connection: AsyncConnection) -> object:
    return await accepting.accept(connection, a_job(), Limits(3, 25))


@pytest.mark.parametrize(
    ("work", "statements"),
    [
        (take_in, 7),
        (note, 1),
        (submit, 5),
        (complete, 1),
        (fail, 3),
    ],
)
async def test_how_many_statements_a_change_takes(
    database: Database, calls: list[object], work: Callable[[AsyncConnection], Awaitable[Any]], statements: int
) -> None:
    """And two more calls: to begin the transaction, and to commit it."""
    await database.write(put, *GIVEN)
    calls.clear()
    assert await database.write(work) is not None
    assert len(calls) == statements + 2


async def test_a_read_ends(database: Database, file: Path) -> None:
    """No reader stays behind, who would keep the log from being taken in."""
    await database.write(put, a_job())
    for _ in range(3):
        await database.read(finding.find_all_unended_ids)
    # The connection's next call comes after the end of the read before.
    async with database._engine.connect() as connection:
        await connection.get_raw_connection()
        await connection.exec_driver_sql("SELECT 1")
        await connection.commit()
    with closing(sqlite3.connect(file)) as other:
        assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0


async def test_a_read_that_fails_leaves_nothing_open(database: Database) -> None:
    """At its first statement, or before it; the connection is used again."""

    async def misspell(connection: AsyncConnection) -> None:
        await connection.execute(sa.text("SELECT a FROM nowhere"))

    async def raise_at_once(_connection: AsyncConnection) -> None:
        raise LookupError

    for _ in range(3):
        with pytest.raises(StoreUnavailableError, match="no such table"):
            await database.read(misspell)
        with pytest.raises(LookupError):
            await database.read(raise_at_once)
    job = a_job()
    await database.write(put, job)
    assert await database.read(finding.get, job.id) == job


async def test_many_rows_of_values_are_stored(database: Database) -> None:
    """One statement for several rows tells how many it has changed."""

    async def change(connection: AsyncConnection) -> int:
        one = sa.update(jobs).where(jobs.c.id == sa.bindparam("wanted")).values(progress=3)
        return (await connection.execute(one, [{"wanted": job.id} for job in given])).rowcount

    given = [a_job() for _ in range(3)]
    await database.write(put, *given)
    assert await database.write(change) == 3
