"""aiosqlite with one call into the connection's thread per statement: its cursor makes four, and each costs a switch.

SQLAlchemy reads all rows of a statement at once, so nothing is lost by reading them with it. A transaction for reading
begins with its first statement, as in SQLite, and its end is not waited for.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar

import aiosqlite

T = TypeVar("T")


class _Connection(aiosqlite.Connection):
    """A connection whose cursors run a statement and read its rows in one call."""

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, iter_chunk_size=1)
        # A connection that is lost must not keep the process alive.
        self._thread.daemon = True
        # Whether a statement was sent since the last commit, and whether it can only read.
        self._is_used = True
        self._is_reading = False
        self._begins = False

    def cursor(self) -> Any:
        """A cursor for SQLAlchemy."""
        return _Cursor(self)

    async def run(self, statement: str, values: Sequence[Any]) -> tuple[Any, int, list[Any]]:
        """The description, the count of changed rows and the rows of a statement."""
        if statement == "BEGIN":
            self._begins = self._is_reading = True
            return None, -1, []
        begins, self._begins = self._begins, False
        return await self._call(partial(_run, self._conn, statement, values, begins=begins))

    async def run_many(self, statement: str, rows: Iterable[Sequence[Any]]) -> int:
        """The count of rows that a statement has changed, once for each row of values."""
        return (await self._call(partial(self._conn.executemany, statement, rows))).rowcount

    async def _call(self, function: Callable[[], T]) -> T:
        """Call it in the connection's thread."""
        self._is_used = True
        done: T = await self._execute(function)  # pyright: ignore[reportUnknownMemberType]  # untyped in aiosqlite
        return done

    async def commit(self) -> None:
        """Commit the transaction."""
        if not self._is_reading:
            await super().commit()
        elif self._is_used:
            # Any later call on this connection comes after it.
            self._tx.put_nowait((None, self._conn.commit))  # pyright: ignore[reportUnknownMemberType]  # half typed
        self._is_used = self._is_reading = self._begins = False

    async def rollback(self) -> None:
        """Roll the transaction back; right after a commit there is none."""
        if self._is_used:
            await super().rollback()
        self._is_used = self._is_reading = self._begins = False


class _Cursor:
    """What SQLAlchemy uses of a cursor."""

    arraysize = 1
    lastrowid: int | None = None

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1

    async def __aenter__(self) -> "_Cursor":
        return self

    async def execute(self, statement: str, values: Sequence[Any] = ()) -> None:
        self.description, self.rowcount, self._rows = await self._connection.run(statement, values)

    async def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        self.rowcount = await self._connection.run_many(statement, rows)

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Its statement has ended with its rows."""


def connect(database: str, **options: Any) -> aiosqlite.Connection:
    """SQLAlchemy's creator of a connection, with the options of `sqlite3.connect`."""
    return _Connection(lambda: sqlite3.connect(database, **options))


def _run(
    connection: sqlite3.Connection, statement: str, values: Sequence[Any], *, begins: bool
) -> tuple[Any, int, list[Any]]:
    if begins:
        connection.execute("BEGIN")
    cursor = connection.execute(statement, values)
    rows = cursor.fetchall() if cursor.description else []
    found = cursor.description, cursor.rowcount, rows
    cursor.close()
    return found
