"""Which writes on PostgreSQL are tried again: those that have surely done nothing."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.database import Database, StoreUnavailableError, open_shared_database
from bot.jobs.generation import generation_path
from bot.jobs.store import marks
from bot.jobs.store.marks import Mark
from tests.postgres import Databases


@pytest.fixture
async def database(postgres: Databases, tmp_path: Path) -> AsyncIterator[Database]:
    url = postgres.new()
    database = open_shared_database(url, "one", generation_path(tmp_path / "bot.db"))
    yield database
    await database.close()
    postgres.release(url)


def end_connections(postgres: Databases) -> None:
    postgres.server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'one'")


async def test_a_deadlock_is_tried_again(database: Database) -> None:
    """The server has undone all of it; so are a lock that was not free and a conflict of two views."""
    for code in ("40P01", "55P03", "40001"):
        tries = 0

        async def work(connection: AsyncConnection, code: str = code) -> int:
            nonlocal tries
            tries += 1
            if tries == 1:
                await connection.execute(sa.text(f"DO $$ BEGIN RAISE SQLSTATE '{code}'; END $$"))
            return tries

        assert await database.write(work) == 2
    assert not database.take_doubt()


async def test_a_connection_that_was_lost_before_the_write_is_replaced(database: Database, postgres: Databases) -> None:
    """As after a restart of the server: no caller notices."""
    await database.write(marks.put, Mark.PAUSED, "yes")
    end_connections(postgres)
    await database.write(marks.drop, Mark.PAUSED)
    assert not await database.read(marks.has, Mark.PAUSED)


async def test_a_connection_that_is_lost_in_a_write_leaves_a_doubt(database: Database, postgres: Databases) -> None:
    """It isn't tried again: what was stored can't be known, and is looked for later."""
    tries = 0

    async def work(connection: AsyncConnection) -> None:
        nonlocal tries
        tries += 1
        await marks.put(connection, Mark.PAUSED, "yes")
        await asyncio.to_thread(end_connections, postgres)

    with pytest.raises(StoreUnavailableError):
        await database.write(work)
    assert tries == 1
    assert database.take_doubt()
    assert not database.take_doubt()
    assert not await database.read(marks.has, Mark.PAUSED)
