"""A real SQLite file that the migrations have built, fresh for every test."""

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.jobs.database import Database
from bot.jobs.migrating import migrate
from tests.databases import POSTGRESQL, a_database, open_in


@pytest.fixture(scope="session")
def built_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One database as migrations leave it; to be copied, never opened."""
    path = tmp_path_factory.mktemp("built") / "bot.db"
    migrate(path)
    return path


@pytest.fixture
def file(built_file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(built_file, tmp_path / "bot.db"))


@pytest.fixture
async def open_another(file: Path) -> AsyncIterator[Callable[[], Database]]:
    """Opens the same file once more, as another process would."""
    opened: list[Database] = []

    def open_it() -> Database:
        opened.append(open_in(file.parent))
        return opened[-1]

    yield open_it
    for database in opened:
        await database.close()


@pytest.fixture
async def database(request: pytest.FixtureRequest, tmp_path: Path, database_kind: str) -> AsyncIterator[Database]:
    if database_kind == POSTGRESQL:
        async with a_database(tmp_path) as database:
            yield database
        return
    file: Path = request.getfixturevalue("file")
    database = open_in(file.parent)
    yield database
    await database.close()
