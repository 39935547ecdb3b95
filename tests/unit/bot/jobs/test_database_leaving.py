"""The database at the end of the process: nothing is waited for that the next start makes up for."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event
from structlog.testing import capture_logs

from bot.jobs.database import Database, StoreUnavailableError
from tests.unit.bot.jobs.samples import a_job, put

pytestmark = pytest.mark.sqlite_only("locks its file for all")


SECRET = "a prompt that nobody should find in a log"


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold the write lock, as another program may."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


async def test_who_leaves_tries_once_and_hardly_waits(database: Database, file: Path) -> None:
    """Another program has the lock: the write says so after one try of a second instead of three of five."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        said.append(statement)

    event.listen(database._engine.sync_engine, "before_cursor_execute", note)
    database.leave()
    with locked(file), pytest.raises(StoreUnavailableError, match="locked"):
        await database.write(put, a_job())
    assert said == ["PRAGMA busy_timeout=1000", "BEGIN IMMEDIATE"]
    await database.write(put, a_job())


async def test_a_write_without_a_waiting_caller_is_logged_in_one_line(database: Database, file: Path) -> None:
    """Its caller was cancelled, then it failed: the log says so, without the words of a person."""
    unheard: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, about: unheard.append(about))
    database.leave()
    with capture_logs() as log, locked(file):
        write = asyncio.create_task(database.write(put, a_job(prompt=SECRET)))
        while not database._under_way:  # noqa: ASYNC110  # nothing rings when a transaction has begun
            await asyncio.sleep(0)
        write.cancel()
        with pytest.raises(asyncio.CancelledError):
            await write
        await database.close()
    assert [entry["event"] for entry in log] == ["write of a cancelled caller not stored"]
    assert "locked" in log[0]["reason"]
    assert SECRET not in str(log)
    assert unheard == []
