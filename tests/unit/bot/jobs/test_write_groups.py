"""Notes that wait for the writer share a transaction; money keeps its own, and one that fails harms no other."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.contextvars import bound_contextvars, get_contextvars

from bot.jobs import database as database_module
from bot.jobs.backends import READING
from bot.jobs.database import Database, StoreConflictError, StoreUnavailableError
from bot.jobs.generation import Generation, read_generation
from bot.jobs.model import Job
from bot.jobs.pending_write import may_share, once_stored
from bot.jobs.states import State
from bot.jobs.store import finding, marks, moving
from tests.unit.bot.jobs.samples import a_job, put


def heed(database: Database) -> list[str]:
    """The beginnings and ends of its transactions for writing, as they come."""
    seen: list[str] = []
    engine = database._engine.sync_engine

    def begun(connection: sa.Connection) -> None:
        if not connection.get_execution_options().get(READING, False):
            seen.append("begin")

    event.listen(engine, "begin", begun)
    event.listen(engine, "commit", lambda _connection: seen.append("commit"))
    event.listen(engine, "rollback", lambda _connection: seen.append("rollback"))
    return seen


async def while_another_writes(database: Database, *begin: Callable[[], Awaitable[Any]]) -> list[Any]:
    """Begin them while the writer is busy, and return what each returned or raised."""
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def hold(_connection: AsyncConnection) -> None:
        inside.set()
        await go_on.wait()

    holding = asyncio.create_task(database.write(hold))
    await inside.wait()
    waiting = [asyncio.ensure_future(each()) for each in begin]
    await asyncio.sleep(0)
    go_on.set()
    await holding
    return await asyncio.gather(*waiting, return_exceptions=True)


def noting(database: Database, job: Job, percent: int) -> Callable[[], Awaitable[Any]]:
    return lambda: database.write(moving.note, job, progress=percent)


async def rendering(database: Database, count: int) -> list[Job]:
    given = [a_job(State.RENDERING) for _ in range(count)]
    await database.write(put, *given)
    return given


async def test_notes_that_wait_share_a_transaction(database: Database) -> None:
    """Thirty notes behind a busy writer are one more transaction, and each caller gets its own row."""
    given = await rendering(database, 30)
    seen = heed(database)
    noted = await while_another_writes(database, *(noting(database, job, n) for n, job in enumerate(given)))
    assert [(job.id, job.progress) for job in noted] == [(job.id, n) for n, job in enumerate(given)]
    assert seen == ["begin", "commit"] * 2
    stored = await database.read(finding.find_by_ids, [job.id for job in given])
    assert [stored[job.id].progress for job in given] == list(range(30))


async def test_a_group_has_a_limit(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Money behind a group waits for a bounded one."""
    monkeypatch.setattr(database_module, "_GROUP_MAX", 4)
    given = await rendering(database, 10)
    seen = heed(database)
    noted = await while_another_writes(database, *(noting(database, job, n) for n, job in enumerate(given)))
    assert [job.progress for job in noted] == list(range(10))
    assert seen.count("commit") == 1 + 3


async def test_money_shares_with_no_note(database: Database) -> None:
    """A write of its own is committed alone, in its turn between two groups."""
    first, second = await rendering(database, 2)
    seen = heed(database)
    paid = a_job()
    await while_another_writes(
        database, noting(database, first, 1), lambda: database.write(put, paid), noting(database, second, 2)
    )
    # The note that came first took the other one along.
    assert seen == ["begin", "commit"] * 3
    assert await database.read(finding.get, paid.id) == paid


async def test_a_failing_note_fails_alone(database: Database) -> None:
    """What the group had done is rolled back, then each runs on its own: all others are stored, once."""
    given = await rendering(database, 3)
    known = a_job(origin_id="same")
    await database.write(put, known)

    @may_share
    async def put_shared(connection: AsyncConnection, job: Job) -> None:
        await put(connection, job)

    async def fail() -> None:
        await database.write(put_shared, a_job(origin_id="same"))

    seen = heed(database)
    done = await while_another_writes(
        database, noting(database, given[0], 1), fail, noting(database, given[1], 2), noting(database, given[2], 3)
    )
    assert [type(one) for one in done] == [Job, StoreConflictError, Job, Job]
    assert seen.count("rollback") == 2
    stored = await database.read(finding.find_by_ids, [job.id for job in given])
    assert [stored[job.id].progress for job in given] == [1, 2, 3]


async def test_what_follows_a_note_happens_once(database: Database) -> None:
    """Only after its commit, also when its group had to be repeated, and with what its own caller logs."""
    followed: list[tuple[str, dict[str, Any]]] = []

    @may_share
    async def note(_connection: AsyncConnection, name: str) -> str:
        once_stored(lambda: followed.append((name, get_contextvars())))
        if name == "broken":
            raise LookupError(name)
        return name

    async def call(name: str) -> str:
        with bound_contextvars(detail=name):
            return await database.write(note, name)

    done = await while_another_writes(database, lambda: call("first"), lambda: call("broken"), lambda: call("second"))
    assert [str(one) for one in done] == ["first", "broken", "second"]
    assert followed == [("first", {"detail": "first"}), ("second", {"detail": "second"})]


@pytest.mark.sqlite_only("how its writes begin")
async def test_a_group_that_cannot_begin_fails_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each caller gets the error, without waiting for the lock one after the other."""
    given = await rendering(database, 3)
    seen = heed(database)
    inside = 0

    def refuse(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        nonlocal inside
        if statement == "BEGIN IMMEDIATE":
            inside += 1
            if inside > 1:
                raise sa.exc.OperationalError(statement, {}, Exception("disk I/O error"))

    event.listen(database._engine.sync_engine, "before_cursor_execute", refuse)
    done = await while_another_writes(database, *(noting(database, job, 1) for job in given))
    assert [type(one) for one in done] == [StoreUnavailableError] * 3
    assert (inside, seen.count("commit")) == (2, 1)


async def test_notes_of_cancelled_callers_are_stored(database: Database) -> None:
    """Also that of the one whose turn stores the others."""
    given = await rendering(database, 5)
    tasks: list[asyncio.Future[Any]] = []

    def cancelled(job: Job) -> Callable[[], Awaitable[Any]]:
        async def call() -> None:
            task = asyncio.ensure_future(noting(database, job, 7)())
            tasks.append(task)
            await asyncio.sleep(0)
            task.cancel()
            await task

        return call

    done = await while_another_writes(database, *(cancelled(job) for job in given))
    assert [type(one) for one in done] == [asyncio.CancelledError] * 5
    stored = await database.read(finding.find_by_ids, [job.id for job in given])
    while any(job.progress != 7 for job in stored.values()):
        stored = await database.read(finding.find_by_ids, [job.id for job in given])


async def test_each_count_of_a_group_is_stored_beside_the_database(database: Database, file: Path) -> None:
    """What was counted up in a group is in the file before any of its callers goes on."""

    @may_share
    async def count(connection: AsyncConnection) -> None:
        await marks.advance(connection)

    async def send() -> Generation | None:
        await database.write(count)
        return read_generation(file.with_suffix(".generation"))

    kept = await while_another_writes(database, send, send, send)
    assert [one.number for one in kept] == [3, 3, 3]
