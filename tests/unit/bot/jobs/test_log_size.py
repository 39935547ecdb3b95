"""L11: the write-ahead log stays small, with any readers."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from bot.jobs import backends as backends_module
from bot.jobs.backends import SQLiteBackend, prepare
from bot.jobs.database import Database
from bot.jobs.model import Job
from bot.jobs.tables import jobs
from tests.figures import figure
from tests.unit.bot.jobs.samples import a_job, put

pytestmark = [pytest.mark.slow, pytest.mark.sqlite_only("the size of its log")]

SMALL_BYTES = 512 * 1024
# Usually a thirty-second of the real limit, so that a fraction of the writes shows what it does.
LIMIT_BYTES = figure(SMALL_BYTES, backends_module._LOG_BYTES_MAX)
UPDATES = figure(2_000, 1_000_000)
# Of about 5 kB each: a small share of the limit.
UPDATES_PER_WRITE = figure(10, 50)


def log_bytes(file: Path) -> int:
    return file.with_name("bot.db-wal").stat().st_size


@pytest.fixture
async def given(database: Database) -> list[Job]:
    given = [a_job(prompt="x" * 2_000) for _ in range(100)]
    await database.write(put, *given)
    return given


async def update(connection: AsyncConnection, given: list[Job], round_number: int) -> None:
    ids = [given[(round_number * 7 + number) % len(given)].id for number in range(UPDATES_PER_WRITE)]
    one = sa.update(jobs).where(jobs.c.id == sa.bindparam("wanted")).values(progress=round_number)
    await connection.execute(one, [{"wanted": job_id} for job_id in ids])


@pytest.mark.reliability
async def test_readers_who_take_turns_do_not_make_the_log_grow(
    database: Database, file: Path, given: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With always somebody reading, thousands of updates leave a log of at most twice the limit at any time."""
    monkeypatch.setattr(backends_module, "_LOG_BYTES_MAX", LIMIT_BYTES)
    database._backend._log_bytes_max = LIMIT_BYTES
    done, most_bytes, reading, overlaps = False, 0, 0, 0

    async def read_for_a_while(connection: AsyncConnection) -> None:
        nonlocal reading, overlaps
        await connection.scalar(sa.select(sa.func.count()).select_from(jobs))
        reading += 1
        for _ in range(100):
            await asyncio.sleep(0)
        overlaps += reading > 1
        reading -= 1

    async def reader() -> None:
        while not done:
            await database.read(read_for_a_while)

    readers = [asyncio.create_task(reader()) for _ in range(4)]
    for round_number in range(UPDATES // UPDATES_PER_WRITE):
        await database.write(update, given, round_number)
        most_bytes = max(most_bytes, log_bytes(file))
    done = True
    await asyncio.gather(*readers)
    assert overlaps > 20
    assert most_bytes < 2 * LIMIT_BYTES


async def test_one_who_reads_for_long_is_not_waited_for_at_every_write(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another program reads an old state the log must grow: it is tried seldom, and writes don't wait for it.

    Then it is taken in.
    """
    monkeypatch.setattr(backends_module, "_LOG_BYTES_MAX", SMALL_BYTES)
    engine = create_async_engine(f"sqlite+aiosqlite:///{file}", connect_args={"timeout": 5.0})
    prepare(engine.sync_engine)
    database = Database(engine, SQLiteBackend(file))
    given = [a_job(prompt="x" * 2_000) for _ in range(100)]
    await database.write(put, *given)
    bounds: set[int] = set()
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM jobs").fetchone()
        writes = 0
        # Less than two waits of that engine.
        async with asyncio.timeout(8):
            while log_bytes(file) < 4 * SMALL_BYTES:
                await database.write(update, given, writes)
                bounds.add(database._backend._log_bytes_max)
                writes += 1
                assert writes < 200
        other.execute("COMMIT")
    # It was tried once per eighth by which the log had grown.
    assert 2 <= len(bounds) <= 12 < writes // 2
    while log_bytes(file) > SMALL_BYTES:
        assert log_bytes(file) < 6 * SMALL_BYTES
        assert writes < 200
        writes += 1
        await database.write(update, given, writes)
    assert database._backend._log_bytes_max == SMALL_BYTES
    await database.close()
