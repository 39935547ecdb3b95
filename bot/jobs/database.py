"""The connection to the database: transactions that are whole or not there; it must not know what is stored.

SQLite takes one writer at a time, so writes begin with BEGIN IMMEDIATE and queue here instead of failing half-way; a
cancelled await may leave an aiosqlite transaction open, so a write runs to its end in a task of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

_BUSY_SECONDS = 5.0
_READING = "reading"

P = ParamSpec("P")
T = TypeVar("T")


class StoreUnavailableError(Exception):
    """The database could not take or give what was asked: disk full, locked by another program, damaged."""


class Database:
    """Runs functions of `bot.jobs.store`, each in one transaction."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._writer = asyncio.Lock()
        self._writes: set[asyncio.Task[Any]] = set()

    async def write(
        self,
        work: Callable[Concatenate[AsyncConnection, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run `work` in one write transaction and return what it returns.

        The transaction is finished even if the caller is cancelled meanwhile. Raises `StoreUnavailableError`; whatever
        `work` itself raises undoes the transaction and is passed on.
        """

        async def transaction() -> T:
            async with self._writer, self._engine.begin() as connection:
                return await work(connection, *args, **kwargs)

        task = asyncio.create_task(transaction())
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)
        try:
            return await asyncio.shield(task)
        except DBAPIError as error:
            raise _unavailable(error) from error

    async def read(
        self,
        work: Callable[Concatenate[AsyncConnection, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run `work` on one consistent view of the data and return what it returns. Raises `StoreUnavailableError`."""
        try:
            async with self._engine.connect() as connection:
                await connection.execution_options(**{_READING: True})
                async with connection.begin():
                    return await work(connection, *args, **kwargs)
        except DBAPIError as error:
            raise _unavailable(error) from error

    async def close(self) -> None:
        """Wait for writes under way, then close every connection (an open one would keep the process alive)."""
        if self._writes:
            await asyncio.wait(tuple(self._writes))
        await self._engine.dispose()


def open_database(path: Path) -> Database:
    """The SQLite database in that file, which migrations have already built."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}", connect_args={"timeout": _BUSY_SECONDS})
    prepare(engine.sync_engine)
    return Database(engine)


def prepare(engine: sa.Engine) -> None:
    """Make every connection of that SQLite engine durable, and let SQLAlchemy say itself how a transaction begins."""

    def connect(connection: Any, _record: Any) -> None:
        # Python's driver would otherwise begin and commit at moments of its own.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def begin(connection: sa.Connection) -> None:
        reading = connection.get_execution_options().get(_READING, False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    event.listen(engine, "connect", connect)
    event.listen(engine, "begin", begin)


def _unavailable(error: DBAPIError) -> StoreUnavailableError:
    return StoreUnavailableError(f"The database could not do this: {error.orig}.")
