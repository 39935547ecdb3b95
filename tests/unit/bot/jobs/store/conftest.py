"""Each test of the store runs on both databases: a fresh SQLite file, and a fresh database of a PostgreSQL server."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.jobs.database import Database
from tests.databases import open_in
from tests.postgres import Databases


@pytest.fixture(params=["sqlite", "postgresql"])
async def open_another(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Callable[[], Database]]:
    """Opens the test's database, each time as another process would."""
    opened: list[Database] = []
    if request.param == "sqlite":
        file: Path = request.getfixturevalue("file")

        def open_it() -> Database:
            opened.append(open_in(file.parent))
            return opened[-1]

        yield open_it
    else:
        postgres: Databases = request.getfixturevalue("postgres")
        url = postgres.new()

        def open_it() -> Database:
            opened.append(open_in(tmp_path, url, f"process {len(opened)}"))
            return opened[-1]

        yield open_it
    for database in opened:
        await database.close()
    if request.param != "sqlite":
        postgres.release(url)


@pytest.fixture
async def database(open_another: Callable[[], Database]) -> Database:
    return open_another()
