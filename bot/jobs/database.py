"""The connection to the database: transactions that are applied as a whole or not at all.

SQLite takes one writer at a time, so writes begin with BEGIN IMMEDIATE and queue here instead of failing half-way. A
cancelled await may leave an aiosqlite transaction open or lose a connection of the pool, so every transaction runs to
its end in its own task.
"""

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
import structlog
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.jobs import sqlite_driver
from bot.jobs.generation import Generation, generation_path, write_generation
from bot.jobs.pending_write import PendingWrite, shares

# How long each try waits for another program's lock.
_BUSY_SECONDS = 5.0
_TRIES = 3
# How many writes share a transaction at most: others wait for it.
_GROUP_MAX = 64
_PATIENCE_SECONDS = 15.0
_BUSY_SECONDS_LEAVING = 1.0
# SQLite checkpoints its log by itself, but never restarts it while there is always a reader.
_LOG_BYTES_MAX = 16 * 1024 * 1024
_READING = "reading"
_LEAVING = "leaving"
_log = structlog.stdlib.get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


class StoreUnavailableError(Exception):
    """The database could not read or write: disk full, locked by another program, damaged."""


class StoreConflictError(StoreUnavailableError):
    """The write breaks a rule of the schema, such as one id of the provider for two jobs."""


class GenerationNotStoredError(StoreUnavailableError):
    """The transaction is stored, but its count beside the database is not: nothing may be sent for it."""


class Database:
    """Runs functions of `bot.jobs.store`, each in one transaction."""

    def __init__(self, engine: AsyncEngine, log: Path | None = None, generation: Path | None = None) -> None:
        """`log` is the write-ahead log of the engine's file, which is kept small; `generation` the file beside it."""
        self._engine = engine
        self._reading = engine.execution_options(**{_READING: True})
        self._log = log
        self._generation = generation
        self._advanced: Generation | None = None
        self._stored: Generation | None = None
        self._storing = asyncio.Lock()
        self._log_bytes_max = _LOG_BYTES_MAX
        self._writer = asyncio.Lock()
        self._sharing: list[PendingWrite[Any]] = []
        self._under_way: set[asyncio.Task[Any]] = set()
        self._tries = _TRIES

    async def write(
        self,
        work: Callable[Concatenate[AsyncConnection, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run `work` in one write transaction and return its result.

        The transaction is finished even if the caller is cancelled meanwhile. Raises `StoreUnavailableError`;
        exceptions from `work` roll the transaction back and propagate. A function that is marked with `may_share`
        shares the transaction with others that wait; if one of them fails, each runs again alone.
        """
        one = PendingWrite(lambda connection: work(connection, *args, **kwargs))
        if shares(work):
            self._sharing.append(one)

        async def transaction() -> T:
            async with self._writer:
                if not shares(work):
                    await self._commit([one])
                elif not one.is_over:
                    others = [other for other in self._sharing if other is not one]
                    self._sharing = others[_GROUP_MAX - 1 :]
                    await self._commit_group([one, *others[: _GROUP_MAX - 1]])
            return await self._finished(one)

        return await self._to_its_end(transaction())

    async def read(
        self,
        work: Callable[Concatenate[AsyncConnection, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run `work` on one consistent view of the data and return its result. Raises `StoreUnavailableError`."""

        async def transaction() -> T:
            async with self._reading.begin() as connection:
                return await work(connection, *args, **kwargs)

        return await self._to_its_end(transaction())

    def leave(self) -> None:
        """From now on wait only briefly for another program's lock: the process ends, and unstored work is safe."""
        self._tries = 1
        for engine in (self._engine, self._reading):
            engine.update_execution_options(**{_LEAVING: True})

    async def close(self) -> None:
        """Wait for running transactions, then close every connection (an open one would keep the process alive)."""
        # A finished caller may start the next transaction at once; a connection in use now would never be closed.
        while self._under_way:
            await asyncio.wait(tuple(self._under_way))
        await self._engine.dispose()

    async def _commit_group(self, group: list[PendingWrite[Any]]) -> None:
        """Store them all at once, or else one by one, each with its own error."""
        try:
            if len(group) > 1:
                await self._commit(group)
                return
        except Exception as error:  # noqa: BLE001  # whose it is shows when each runs alone
            if not any(one.has_failed for one in group):
                # It could not be begun or committed, which holds for all of them.
                for one in group:
                    one.end(error)
                return
        for one in group:
            try:
                await self._commit([one])
            except Exception as error:  # noqa: BLE001  # its caller gets it
                one.end(error)

    async def _commit(self, group: list[PendingWrite[Any]]) -> None:
        """Run them in one transaction; if another program's lock prevented its start, retry."""
        for tries_left in reversed(range(self._tries)):
            begun = False
            try:
                async with self._engine.begin() as connection:
                    begun = True
                    for one in group:
                        await one.run(connection)
                break
            except OperationalError as error:
                waited_seconds = asyncio.get_running_loop().time() - group[0].asked_at
                # Retry only if nothing ran, and not after a long wait in the queue.
                tired = tries_left == 0 or waited_seconds > _PATIENCE_SECONDS
                if begun or tired or "locked" not in str(error.orig):
                    raise
        for one in group:
            one.end()
            if one.advanced is not None:
                self._count_up(one.advanced)
        await self._keep_log_small()

    def _count_up(self, advanced: Generation) -> None:
        """Remember the newest generation, for the next writing of the file."""
        if self._advanced is None or advanced.lineage != self._advanced.lineage or advanced > self._advanced:
            self._advanced = advanced

    async def _finished(self, one: PendingWrite[T]) -> T:
        """Its result, once its generation is stored beside the database, too."""
        if one.advanced is not None:
            await self._store_generation(one.advanced)
        return one.result()

    async def _store_generation(self, advanced: Generation) -> None:
        """Store the generation beside the database; concurrent callers share one write."""
        if self._generation is None:
            return
        async with self._storing:
            latest = self._advanced or advanced
            if self._stored is not None and self._stored.lineage == advanced.lineage and self._stored >= advanced:
                return
            try:
                await asyncio.to_thread(write_generation, self._generation, latest)
            except OSError as error:
                raise GenerationNotStoredError(f"The file beside the database can't be written: {error}.") from error
            self._stored = latest

    async def _keep_log_small(self) -> None:
        """Checkpoint a grown log while no write is running, once the current readers are done.

        It comes after a stored write, so it never raises.
        """
        if self._log is None or _size_bytes(self._log) <= self._log_bytes_max:
            return
        try:
            async with self._engine.connect() as connection:
                # Past SQLAlchemy, which would begin a transaction: a checkpoint isn't possible inside one.
                driver: Any = (await connection.get_raw_connection()).driver_connection
                async with driver.execute("PRAGMA wal_checkpoint(TRUNCATE)") as cursor:
                    (busy, *_pages) = await cursor.fetchone()
        except (sqlite3.Error, SQLAlchemyError):
            busy = True
        # Don't wait for a very long reader again at every write.
        self._log_bytes_max = _LOG_BYTES_MAX + (_size_bytes(self._log) if busy else 0)

    async def _to_its_end(self, transaction: Coroutine[Any, Any, T]) -> T:
        """Run it in its own task, which continues when the caller is cancelled."""
        task = asyncio.create_task(transaction)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            # No caller waits for it any more.
            task.add_done_callback(_tell_fault)
            raise
        except IntegrityError as error:
            raise StoreConflictError(f"The database could not do this: {error.orig}.") from error
        except DBAPIError as error:
            raise StoreUnavailableError(f"The database could not do this: {error.orig}.") from error
        except PoolTimeoutError as error:
            raise StoreUnavailableError("The database could not do this: too much is asked of it at once.") from error


def _size_bytes(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        # It doesn't exist, or can't be read now: the write before is stored all the same.
        return 0


def _tell_fault(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        # Never log the whole error: it contains the statement and its values, a prompt among them.
        reason = str(error.orig) if isinstance(error, DBAPIError) else type(error).__name__
        _log.warning("write of a cancelled caller not stored", reason=reason)


def open_database(path: Path) -> Database:
    """The SQLite database in that file, which migrations have already built."""
    # Built from parts: in an address written as text, a '?' or '%' of the path would be special.
    address = sa.URL.create("sqlite+aiosqlite", database=str(path))
    engine = create_async_engine(
        address,
        connect_args={"timeout": _BUSY_SECONDS, "async_creator_fn": sqlite_driver.connect},
        json_deserializer=_read_json,
        # Otherwise every error, and so the log, would contain the words of people.
        hide_parameters=True,
    )
    prepare(engine.sync_engine)
    return Database(engine, path.with_name(f"{path.name}-wal"), generation_path(path))


def _read_json(text: str) -> object:
    """None for invalid JSON; otherwise one spoilt value would make all rows of a query unreadable."""
    try:
        return json.loads(text)
    except (ValueError, TypeError):
        return None


def prepare(engine: sa.Engine) -> None:
    """Make every connection of that SQLite engine durable, and let SQLAlchemy control how a transaction begins."""

    def connect(connection: Any, _record: Any) -> None:
        # Python's driver would otherwise begin and commit at its own moments.
        connection.isolation_level = None
        cursor = connection.cursor()
        log_limit = f"journal_size_limit={_LOG_BYTES_MAX}"
        # Deleted data, with people's words and signed addresses, is overwritten with zeros.
        pragmas = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", log_limit)
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def begin(connection: sa.Connection) -> None:
        options = connection.get_execution_options()
        if options.get(_LEAVING, False):
            connection.exec_driver_sql(f"PRAGMA busy_timeout={_BUSY_SECONDS_LEAVING * 1_000:.0f}")
        connection.exec_driver_sql("BEGIN" if options.get(_READING, False) else "BEGIN IMMEDIATE")

    event.listen(engine, "connect", connect)
    event.listen(engine, "begin", begin)
