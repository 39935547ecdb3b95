"""Transactions on a real SQLite file: whole or not there, with cancelled callers, a full disk or a lock."""

import asyncio
import itertools
import random
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from bot.jobs.backends import SQLiteBackend, prepare
from bot.jobs.database import Database, StoreConflictError, StoreUnavailableError, open_database
from bot.jobs.model import Job
from bot.jobs.store import finding
from bot.jobs.tables import jobs
from bot.ops.observer import Observer
from tests.figures import figure
from tests.unit.bot.jobs.samples import a_job, put

pytestmark = pytest.mark.sqlite_only("its locks and connections")


async def count(connection: AsyncConnection) -> int:
    return await connection.scalar(sa.select(sa.func.count()).select_from(jobs)) or 0


async def stored_ids(connection: AsyncConnection) -> set[str]:
    return set(await connection.scalars(sa.select(jobs.c.id)))


@pytest.fixture
async def impatient(file: Path) -> AsyncIterator[Database]:
    """The database as the bot opens it, but waiting only a moment for a lock."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{file}", connect_args={"timeout": 0.05})
    prepare(engine.sync_engine)
    database = Database(engine, SQLiteBackend())
    yield database
    await database.close()


@pytest.mark.parametrize(("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)])
async def test_every_connection_is_durable(database: Database, pragma: str, value: object) -> None:
    """Write-ahead log, a full sync at each commit, and foreign keys, for reads as for writes."""

    async def ask(connection: AsyncConnection) -> object:
        return await connection.scalar(sa.text(f"PRAGMA {pragma}"))

    assert await database.write(ask) == value
    assert await database.read(ask) == value


async def test_a_write_waits_for_another_writer(database: Database, file: Path) -> None:
    """While another program writes, a write waits for its turn instead of failing."""
    job = a_job()
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        write = asyncio.create_task(database.write(put, job))
        assert await database.read(count) == 0
        assert not write.done()
        other.execute("COMMIT")
    await write
    assert await database.read(stored_ids) == {job.id}


async def test_a_failing_write_undoes_everything(database: Database) -> None:
    """Exceptions of the work roll back and propagate."""

    async def store_then_break(connection: AsyncConnection, job: Job) -> None:
        await put(connection, job)
        raise LookupError("half-way")

    with pytest.raises(LookupError, match="half-way"):
        await database.write(store_then_break, a_job())
    assert await database.read(count) == 0


async def test_a_broken_rule_of_the_schema_undoes_everything(database: Database) -> None:
    """Two jobs of one act in one transaction: neither is stored, and the caller hears one sentence."""
    with pytest.raises(StoreUnavailableError, match="UNIQUE"):
        await database.write(put, a_job(origin_id="same"), a_job(origin_id="same"))
    assert await database.read(count) == 0


async def test_a_read_sees_one_moment(database: Database) -> None:
    """What is written while a read goes on is not seen half-way through it."""

    async def look_twice(connection: AsyncConnection) -> tuple[int, int]:
        before = await count(connection)
        await database.write(put, a_job())
        return before, await count(connection)

    assert await database.read(look_twice) == (0, 0)
    assert await database.read(count) == 1


async def test_a_read_never_waits_for_a_writer(impatient: Database, file: Path) -> None:
    """A program that holds the write lock does not stop the bot from reading."""
    await impatient.write(put, a_job())
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert await impatient.read(count) == 1


async def test_a_locked_database_is_unavailable(impatient: Database, file: Path) -> None:
    """When the lock is not given in time, the write says so and works again afterwards."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailableError, match="locked"):
            await impatient.write(put, a_job())
        other.execute("ROLLBACK")
    await impatient.write(put, a_job())
    assert await impatient.read(count) == 1


def heed_tries(database: Database, before_try: Callable[[int], None]) -> None:
    """Call that with its number before each try of a write to begin."""
    numbers = itertools.count(1)

    def before(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement == "BEGIN IMMEDIATE":
            before_try(next(numbers))

    event.listen(database._engine.sync_engine, "before_cursor_execute", before)


@pytest.mark.parametrize("let_go_at", [2, 3])
async def test_a_lock_that_outlasts_a_try_is_waited_for(impatient: Database, file: Path, let_go_at: int) -> None:
    """Another program lets go while the second or the third try is about to begin: the write is there, once."""
    begins = 0
    job = a_job()
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        def before_try(begins_now: int) -> None:
            nonlocal begins
            begins = begins_now
            if begins == let_go_at:
                other.execute("COMMIT")

        heed_tries(impatient, before_try)
        await impatient.write(put, job)
        assert begins == let_go_at
    assert await impatient.read(stored_ids) == {job.id}


async def test_a_write_gives_up_after_three_tries(impatient: Database, file: Path) -> None:
    """A lasting lock is raised after three tries, in which none of the work has run."""
    tries: list[int] = []
    runs = 0

    async def work(_connection: AsyncConnection) -> None:
        nonlocal runs
        runs += 1

    heed_tries(impatient, tries.append)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailableError, match="locked"):
            await impatient.write(work)
        other.execute("ROLLBACK")
    assert (tries, runs) == ([1, 2, 3], 0)


async def test_work_that_has_begun_is_not_repeated(database: Database) -> None:
    """A fault after the start of a transaction is raised at once, also if it reads like a lock."""
    runs = 0

    async def work(connection: AsyncConnection) -> None:
        nonlocal runs
        runs += 1
        await put(connection, a_job())
        raise sa.exc.OperationalError("COMMIT", {}, sqlite3.OperationalError("database is locked"))

    with pytest.raises(StoreUnavailableError, match="locked"):
        await database.write(work)
    assert runs == 1
    assert await database.read(count) == 0


@pytest.mark.parametrize("how", ["read", "write"])
async def test_a_wholly_locked_database_is_unavailable(impatient: Database, file: Path, how: str) -> None:
    """Another program that holds the file for itself alone makes reads and writes fail with our own error."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("CREATE TABLE held (what TEXT)")
        with pytest.raises(StoreUnavailableError, match="locked"):
            await (impatient.read(count) if how == "read" else impatient.write(put, a_job()))


async def test_a_full_disk_is_unavailable(database: Database) -> None:
    """No room left: the write says so, leaves nothing behind, and works again when there is room."""

    async def store_without_room(connection: AsyncConnection) -> None:
        pages = await connection.scalar(sa.text("PRAGMA page_count"))
        await connection.execute(sa.text(f"PRAGMA max_page_count = {pages}"))
        for _ in range(50):
            await put(connection, a_job(prompt="x" * 4_000))

    async def make_room(connection: AsyncConnection) -> None:
        await connection.execute(sa.text("PRAGMA max_page_count = 1000000"))

    with pytest.raises(StoreUnavailableError, match="full"):
        await database.write(store_without_room)
    await database.write(make_room)
    assert await database.read(count) == 0
    await database.write(put, a_job())
    assert await database.read(count) == 1


@pytest.mark.reliability
@pytest.mark.parametrize("seed", range(figure(3, 50)))
async def test_cancelled_callers_lose_no_write_and_leave_no_transaction(file: Path, seed: int) -> None:
    """Callers cancelled at random points: every write that was begun is stored, and no lock is held afterwards."""
    dice = random.Random(seed)
    database = open_database(file)
    begun: set[str] = set()

    async def write() -> None:
        job = a_job()
        begun.add(job.id)
        await database.write(put, job)

    async def read() -> None:
        await database.read(stored_ids)

    tasks = [asyncio.create_task(dice.choice((write, read))()) for _ in range(60)]
    while unfinished := [task for task in tasks if not task.done()]:
        dice.choice(unfinished).cancel()
        for _ in range(dice.randrange(12)):
            await asyncio.sleep(0)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError | None) for result in results)
    assert sum(isinstance(result, asyncio.CancelledError) for result in results) > 30
    await asyncio.wait_for(database.write(put, a_job(origin_id="afterwards")), 10)
    await database.close()
    with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        stored = {row[0] for row in other.execute("SELECT id FROM jobs WHERE origin_id != 'afterwards'")}
        other.execute("COMMIT")
        # The whole log can be checkpointed only without readers and writers.
        assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    assert begun
    assert stored == begun


async def test_closing_waits_for_writes_under_way(file: Path) -> None:
    """A write whose caller is gone is finished before the last connection closes."""
    database = open_database(file)
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def write_slowly(connection: AsyncConnection, job: Job) -> None:
        inside.set()
        await go_on.wait()
        await put(connection, job)

    task = asyncio.create_task(database.write(write_slowly, a_job()))
    await asyncio.wait_for(inside.wait(), 10)
    task.cancel()
    closing_down = asyncio.create_task(database.close())
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not closing_down.done()
    go_on.set()
    await asyncio.wait_for(closing_down, 10)
    with closing(sqlite3.connect(file)) as other:
        assert other.execute("SELECT count(*) FROM jobs").fetchone() == (1,)


async def test_two_processes_share_a_file(database: Database, open_another: Callable[[], Database]) -> None:
    """What one has written the other reads."""
    job = a_job()
    await database.write(put, job)
    assert await open_another().read(finding.get, job.id) == job


@pytest.mark.parametrize("name", ["a b", "a?b", "a%20b", "a#b", "ä"])
async def test_any_folder_name_will_do(built_file: Path, tmp_path: Path, name: str) -> None:
    """Characters that mean something in addresses mean nothing in the path of the database."""
    folder = tmp_path / name
    folder.mkdir()
    (folder / "bot.db").write_bytes(built_file.read_bytes())
    database = open_database(folder / "bot.db")
    await database.write(put, a_job())
    await database.close()
    with closing(sqlite3.connect(folder / "bot.db")) as other:
        assert other.execute("SELECT count(*) FROM jobs").fetchone() == (1,)


class Written(Observer):
    """Notes each write and whether it was stored."""

    def __init__(self) -> None:
        self.stored: list[bool] = []

    def write_ended(self, seconds: float, *, is_stored: bool) -> None:
        assert seconds >= 0
        self.stored.append(is_stored)


async def test_each_write_is_reported_and_whether_the_database_could_store_it(file: Path) -> None:
    """One that breaks a rule of ours, or of the schema, is no fault of the database."""
    heard = Written()
    database = open_database(file, heard)
    job = a_job()
    await database.write(put, job)
    with pytest.raises(StoreConflictError):
        await database.write(put, job)
    with pytest.raises(ValueError, match="ours"):
        await database.write(_breaks)
    database.leave()
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailableError):
            await database.write(put, a_job())
    await database.close()
    assert heard.stored == [True, True, True, False]


async def _breaks(_connection: AsyncConnection) -> None:
    raise ValueError("a rule of ours")
