"""On which database the bot or the engine of a test runs: a SQLite file, or a fresh PostgreSQL database.

`pytest --database postgresql` runs every test on PostgreSQL; without it, those marked `both_databases` run on each. The
harnesses open their databases here, and what tests read or change past the bot goes through here, too.
"""

import itertools
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.jobs.backends import PostgresBackend, SQLiteBackend
from bot.jobs.database import Database, open_database, open_shared_database
from bot.jobs.generation import Generation, generation_path, read_generation, write_generation
from bot.jobs.migrating import migrate
from bot.jobs.store import processes
from bot.jobs.store.processes import Role
from sandbox.stage import Stage
from tests.postgres import Databases
from tests.server_link import LINK

SQLITE, POSTGRESQL = "sqlite", "postgresql"
Row = Mapping[str, Any]
"""A row by the names of its columns; of either database, and nothing else of it is used."""
_BUSY_SECONDS = 10.0


class _Chosen:
    """What this process's tests run on now; None is SQLite."""

    server: Databases | None = None
    engines: ClassVar[dict[str, sa.Engine]] = {}


def choose(server: Databases | None) -> None:
    """From now on tests run on databases of that server; on SQLite files if there is none."""
    _Chosen.server = server
    LINK.close()


@contextmanager
def a_database_url() -> Iterator[sa.URL | None]:
    """The address of a database that exists for as long as the context lasts; None if the test runs on SQLite."""
    server = _Chosen.server
    if server is None:
        yield None
        return
    url = server.new()
    try:
        yield url
    finally:
        server.release(url)


@contextmanager
def database_settings() -> Iterator[dict[str, str]]:
    """The settings of a bot whose database exists for as long as the context lasts; none if the test runs on SQLite."""
    with a_database_url() as url:
        yield {} if url is None else {"DATABASE_URL": url.render_as_string(hide_password=False)}


@asynccontextmanager
async def a_database(folder: Path, process: str = "machine") -> AsyncIterator[Database]:
    """A fresh database, open for the process of that name; what lies beside it, and its file, are in the folder.

    The process is the one that submits; no heartbeat runs.
    """
    with a_database_url() as url:
        if url is None:
            build_file(folder / "bot.db")
        database = open_in(folder, url, process)
        try:
            if url is not None:
                await _join(database, process)
            yield database
        finally:
            await database.close()


@asynccontextmanager
async def database_of(stage: Stage) -> AsyncIterator[Database]:
    """The database of that stage's bot, which isn't running, with the rights of a bot; made if it isn't there yet."""
    url = stage.settings.get("DATABASE_URL")
    stage.bot.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = stage.bot.data_dir / "bot.db"
    if url is None and path.exists():
        migrate(path)
    elif url is None:
        build_file(path)
    database = open_in(stage.bot.data_dir, None if url is None else sa.make_url(url), "test")
    try:
        yield database
    finally:
        await database.close()


def build_file(path: Path) -> None:
    """Put a new SQLite database there, with the file beside it, as `migrate` does; each is another bot's.

    The migrations run once in this process.
    """
    built, lineage = _built_file()
    another = uuid4().hex
    path.touch(0o600, exist_ok=False)
    path.write_bytes(built.replace(lineage.encode(), another.encode()))
    write_generation(generation_path(path), Generation(another, 0))


@cache
def _built_file() -> tuple[bytes, str]:
    """What the migrations build, and the lineage in it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bot.db"
        migrate(path)
        generation = read_generation(generation_path(path))
        assert generation is not None
        built = path.read_bytes()
    assert built.count(generation.lineage.encode()) == 1
    return built, generation.lineage


async def _join(database: Database, process: str) -> None:
    await database.write(processes.enter, process, "{}")
    database.entered()
    assert await database.write(processes.take_role, Role.SUBMITTER, process)


def open_in(folder: Path, url: sa.URL | None = None, process: str = "machine") -> Database:
    """Open the database at that address for the process of that name, or else the built file in the folder."""
    with shared_statements():
        if url is None:
            return open_database(folder / "bot.db")
        return open_shared_database(url, process, folder / "bot.generation")


@contextmanager
def shared_statements() -> Iterator[None]:
    """Let each database that is opened meanwhile share what this process has compiled with those before it."""
    opens = {kind: kind.open for kind in (SQLiteBackend, PostgresBackend)}

    def open_sharing(backend: SQLiteBackend | PostgresBackend) -> AsyncEngine:
        engine = opens[type(backend)](backend)
        _share_statements(engine.sync_engine)
        return engine

    with pytest.MonkeyPatch.context() as patch:
        for kind in opens:
            patch.setattr(kind, "open", open_sharing)
        yield


def _share_statements(engine: sa.Engine) -> None:
    """Let it use what earlier engines of this process have compiled, a third of a short test's work.

    SQLAlchemy keeps it by the dialect object, which knows its server once an engine has connected.
    """
    first = _Chosen.engines.get(engine.name)
    if first is None or first.dialect.server_version_info is None:
        _Chosen.engines[engine.name] = engine
        return
    engine.dialect = first.dialect
    engine._compiled_cache = first._compiled_cache


def read_rows(data_dir: Path, url: str | None, query: str, *values: object) -> list[Row]:
    """The rows of a query in the bot's database, past the bot, whether it runs or not. Each `?` is one of the values.

    `url` is its DATABASE_URL, None for the SQLite file in the data folder.
    """
    if url is not None:
        return run_on_server(url, query, *values)
    with closing(sqlite3.connect(f"file:{data_dir / 'bot.db'}?mode=ro", uri=True, timeout=_BUSY_SECONDS)) as file:
        file.row_factory = sqlite3.Row
        return file.execute(query, values).fetchall()


def rows_of(stage: Stage, query: str, *values: object) -> list[Row]:
    """The rows of a query in the database of that stage's bot."""
    return read_rows(stage.bot.data_dir, stage.settings.get("DATABASE_URL"), query, *values)


def change_rows(stage: Stage, statement: str, *values: object) -> None:
    """Change the database of that stage's bot, past the bot."""
    url = stage.settings.get("DATABASE_URL")
    if url is not None:
        run_on_server(url, statement, *values)
        return
    with closing(sqlite3.connect(stage.bot.data_dir / "bot.db", timeout=_BUSY_SECONDS)) as file, file:
        file.execute(statement, values)


def run_on_server(url: str, statement: str, *values: object) -> list[Row]:
    """The rows of a statement in a PostgreSQL database; `url` is a DATABASE_URL. Each `?` is one of the values."""
    numbers = itertools.count(1)
    numbered = re.sub(r"\?", lambda _: f"${next(numbers)}", statement) if values else statement
    return LINK.run(url, numbered, *values)
