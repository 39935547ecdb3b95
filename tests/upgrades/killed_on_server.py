"""Upgrades of databases on a PostgreSQL server, which end at a chosen statement."""

import asyncio
import itertools
import json
import os
import signal
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from bot.jobs import migrating
from bot.jobs.database import StoreUnavailableError
from bot.jobs.migrating_shared import migrate_shared
from sandbox.postgres import PostgresServer
from tests.server_link import LINK
from tests.unit.bot.forked import BOUND_SECONDS, FORKS
from tests.upgrades.dumps import build

Rows = dict[str, list[Any]]
_NUMBERS = itertools.count(1)
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_ROWS = 'SELECT to_json(each)::text AS row FROM "{table}" AS each ORDER BY 1'
_FILL = 'INSERT INTO "{table}" SELECT * FROM json_populate_recordset(NULL::"{table}", CAST(:rows AS json))'
_JSON = "SELECT column_name FROM information_schema.columns WHERE table_name = :table AND data_type = 'json'"
_COLUMNS = """SELECT to_json(ARRAY[table_name, column_name, data_type, is_nullable])::text AS row
    FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1"""
_INDEXES = "SELECT to_json(indexdef)::text AS row FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"


class Upgrades:
    """A database as that dump has it, which is upgraded."""

    def __init__(self, server: PostgresServer, dump: str) -> None:
        self._server = server
        self._name = f"upgrade_{next(_NUMBERS)}"
        self._url = server.create(self._name)
        asyncio.run(_build(self._url, dump))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        LINK.close()
        self._server.execute(f'DROP DATABASE "{self._name}" WITH (FORCE)')

    def is_interrupted(self, statement: int, how: str) -> bool:
        """Upgrade it, and end that before that statement: the process, or the server's process for its connection.

        False if there are not so many statements: then it is upgraded.
        """
        process = FORKS.Process(target=_die if how == "process" else _be_cut_off, args=(self._url, statement))
        process.start()
        process.join(BOUND_SECONDS)
        assert process.exitcode in (0, -signal.SIGKILL if how == "process" else _CUT_OFF)
        return process.exitcode != 0

    def rows(self) -> Rows:
        """Every row of every table, and every column and index."""
        tables = [str(row["tablename"]) for row in LINK.run(self._url, _TABLES)]
        queries = {table: _ROWS.format(table=table) for table in tables} | {"columns": _COLUMNS, "indexes": _INDEXES}
        return {name: [json.loads(row["row"]) for row in LINK.run(self._url, query)] for name, query in queries.items()}


async def _build(url: str, dump: str) -> None:
    """The schema of the dump's last migration, and its rows."""
    with tempfile.TemporaryDirectory() as folder:
        build(dump, Path(folder) / "bot.db")
        with closing(sqlite3.connect(Path(folder) / "bot.db")) as file:
            file.row_factory = sqlite3.Row
            (revision,) = file.execute("SELECT version_num FROM alembic_version").fetchone()
            names = [name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            rows = {name: [dict(row) for row in file.execute(f'SELECT * FROM "{name}"')] for name in names}  # noqa: S608  # our own
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade_to, revision)
            for table in rows.keys() - {"alembic_version"}:
                await _fill(connection, table, rows[table])
    finally:
        await engine.dispose()


def _upgrade_to(connection: sa.Connection, revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrating._SCRIPTS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


async def _fill(connection: AsyncConnection, table: str, rows: list[dict[str, Any]]) -> None:
    columns = list(await connection.scalars(sa.text(_JSON), {"table": table}))
    for row in rows:
        # SQLite keeps JSON as text.
        row |= {name: json.loads(row[name]) for name in columns if row[name] is not None}
    await connection.execute(sa.text(f'DELETE FROM "{table}"'))  # noqa: S608  # our own names
    await connection.execute(sa.text(_FILL.format(table=table)), {"rows": json.dumps(rows)})


# ── in the process of an upgrade ───────────────────────────────────────────────────────────────────────────────────

_CUT_OFF = 100


def _before(wanted: int, act: Any) -> None:
    """Act before that statement, or before the commit after all of them."""
    statements = itertools.count(1)

    def step(connection: sa.Connection, *_: object) -> None:
        if next(statements) == wanted:
            act(connection)

    event.listen(sa.Engine, "before_cursor_execute", step)
    event.listen(sa.Engine, "commit", step)


def _die(url: str, statement: int) -> None:
    _before(statement, lambda _: os.kill(os.getpid(), signal.SIGKILL))
    migrate_shared(sa.make_url(url))


def _be_cut_off(url: str, statement: int) -> None:
    def end_backend(connection: sa.Connection) -> None:
        driver: Any = connection.connection.driver_connection
        os.kill(driver.get_server_pid(), signal.SIGTERM)

    _before(statement, end_backend)
    try:
        migrate_shared(sa.make_url(url))
    except StoreUnavailableError:
        os._exit(_CUT_OFF)
