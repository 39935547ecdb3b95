"""A PostgreSQL server for the tests of one pytest process, and a database of its own for each test."""

import itertools
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import uuid4

import asyncpg
import sqlalchemy as sa

from bot.jobs.migrating_shared import migrate_shared
from sandbox.postgres import PostgresServer
from tests.server_link import LINK

_BUILT = "built"
# Ends what is still connected, and returns once it has ended.
_END_OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""
# Which transactions have changed the schema, the settings or the planner's statistics: the same in each copy.
_CATALOGS = ("pg_class", "pg_attribute", "pg_constraint", "pg_index", "pg_proc", "pg_trigger", "pg_statistic")
_CHANGES = "(SELECT (count(*), max(xmin::text::bigint))::text FROM {catalog}) AS {catalog}"
_SCHEMA = f"""
    SELECT {", ".join(_CHANGES.format(catalog=catalog) for catalog in _CATALOGS)},
        (SELECT count(*) FROM pg_db_role_setting), datacl::text, datconnlimit
    FROM pg_database WHERE datname = current_database()"""  # noqa: S608  # the names are above
# Old versions of rows stay until they are vacuumed.
_ROOM = "SELECT sum(pg_relation_size(oid)) AS bytes FROM pg_class WHERE relnamespace = 'public'::regnamespace"
_ROOM_BYTES = 1 << 20
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_ROWS = "SELECT coalesce(json_agg(each), '[]')::text AS rows FROM \"{table}\" AS each"
_CLEAR = 'DELETE FROM "{table}"'
_FILL = 'INSERT INTO "{table}" SELECT * FROM json_populate_recordset(NULL::"{table}", ${number}::text::json)'
_LINEAGE = "UPDATE marks SET value = $1 WHERE name = 'lineage'"


class Databases:
    """Copies of one database that the migrations have built: emptied after a test, for another one."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self._numbers = itertools.count(1)
        built = server.create(_BUILT)
        # In a thread: the first test that asks may already run in an event loop.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(migrate_shared, sa.make_url(built)).result()
        tables = [str(row["tablename"]) for row in LINK.run(built, _TABLES)]
        rows = {table: str(LINK.run(built, _ROWS.format(table=table))[0]["rows"]) for table in tables}
        filled = {table: text for table, text in rows.items() if json.loads(text)}
        self._rows = tuple(filled.values())
        self._clear = _all_of(_CLEAR.format(table=table) for table in tables)
        self._fill = _all_of(_FILL.format(table=table, number=number) for number, table in enumerate(filled, 1))
        self._lineage = next(row["value"] for row in json.loads(filled["marks"]) if row["name"] == "lineage")
        self._schema = LINK.run(built, _SCHEMA)
        # A database that is copied has no connection.
        LINK.close()
        self._free: list[sa.URL] = []

    def new(self) -> sa.URL:
        """The address of one that no other test uses. Each is another bot's, as each file that migrations build is."""
        if self._free:
            return self._free.pop()
        url = self.server.create(f"test_{next(self._numbers)}", _BUILT)
        LINK.run(url, _LINEAGE, uuid4().hex)
        return sa.make_url(url)

    def empty(self) -> sa.URL:
        """The address of a new one without any table."""
        return sa.make_url(self.server.create(f"empty_{next(self._numbers)}"))

    def release(self, url: sa.URL) -> None:
        """End what is still connected to it. It's used again, unless its schema has changed or it has grown."""
        try:
            is_reusable = self._clean(url.render_as_string(hide_password=False))
        except (OSError, asyncpg.PostgresError):
            is_reusable = False
        if is_reusable:
            self._free.append(url)
        else:
            self.server.execute(f'DROP DATABASE "{url.database}" WITH (FORCE)')

    def _clean(self, url: str) -> bool:
        LINK.run(url, _END_OTHERS)
        if LINK.run(url, _SCHEMA) != self._schema or LINK.run(url, _ROOM)[0]["bytes"] > _ROOM_BYTES:
            return False
        LINK.run(url, self._clear)
        another = uuid4().hex
        LINK.run(url, self._fill, *(rows.replace(self._lineage, another) for rows in self._rows))
        return True


def _all_of(statements: Iterable[str]) -> str:
    """One statement that runs all of them; none of them may read what another changes."""
    return f"WITH {', '.join(f's{number} AS ({one})' for number, one in enumerate(statements))} SELECT"


@contextmanager
def databases() -> Iterator[Databases]:
    """Start a server for as long as the context lasts."""
    with PostgresServer() as server:
        try:
            yield Databases(server)
        finally:
            LINK.close()
