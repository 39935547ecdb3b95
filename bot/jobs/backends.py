"""What differs between the two databases, each with its reason; everything else of the store is the same statements.

| | SQLite | PostgreSQL |
|---|---|---|
| who writes | this process alone, one write at a time | several processes |
| a deciding write begins with | BEGIN IMMEDIATE | one advisory lock, held until its end |
| notes and claims | as any write | without that lock: they change single rows that they have locked |
| a read's one view | a read transaction | REPEATABLE READ |
| a process that is taken for dead | can't be: a lock file proves who lives | can write nothing any more |
| a row that may exist | ON CONFLICT of its own dialect | the same |
| text | any, of any length | no NUL, and at most as long as its column |
"""

import json
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.jobs import sqlite_driver
from bot.jobs.tables import processes

# How long each try waits for another writer's lock.
_BUSY_SECONDS = 5.0
_BUSY_SECONDS_LEAVING = 1.0
# How long a checkpoint, and so every write, waits for readers. A backup reads for longer: a reader that holds more than
# that share of the log isn't waited for, unless others held it at the try before. The next try is once the log has
# grown by the second share.
_CHECKPOINT_SECONDS = 1.0
_HELD_SHARE = 0.25
_GROWN_SHARE = 0.125
# SQLite checkpoints its log by itself, but never restarts it while there is always a reader.
_LOG_BYTES_MAX = 16 * 1024 * 1024
# Options of a transaction: it only reads; it takes no turn with other processes; the process ends.
READING = "reading"
BESIDE = "beside"
LEAVING = "leaving"
# The key of the lock for which the writers of all processes take turns; never renamed, as versions meet at an upgrade.
WRITING = 0x766964656F01
# A process that was stopped in the middle of a transaction holds the others back for that long at most.
STOPPED_SECONDS = 10.0
_STATEMENT_SECONDS = 60.0
_CONNECT_SECONDS = 10.0
_CONNECTIONS = 8
# PostgreSQL's codes: lock not available, deadlock, could not be serialized. The transaction has done nothing.
_TRY_AGAIN = frozenset({"55P03", "40P01", "40001"})


class BuriedError(Exception):
    """Other processes took this one for dead and have taken over its work, so it may write nothing any more."""


class Backend(ABC):
    """One of the two databases."""

    # Whether several processes share it; then whether this one has a row, without which it may write nothing.
    is_shared: bool
    is_entered = False
    # Errors that its driver raises past SQLAlchemy: it can't be reached.
    unreachable: tuple[type[Exception], ...] = ()

    @abstractmethod
    def open(self) -> AsyncEngine:
        """Its connections, each made ready."""

    @abstractmethod
    def reading(self, engine: AsyncEngine) -> AsyncEngine:
        """The same connections for transactions that only read, each on one view of the data."""

    @abstractmethod
    def may_retry(self, error: Exception, *, begun: bool) -> bool:
        """Whether the transaction has surely done nothing, and may succeed now; `begun`: its statements ran."""

    @abstractmethod
    async def after_write(self, engine: AsyncEngine) -> None:
        """Called after each stored write, while no other write runs; it never raises."""


class SQLiteBackend(Backend):
    """A file that one process uses. `path` is None where tests made the engine."""

    is_shared = False

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._log = None if path is None else path.with_name(f"{path.name}-wal")
        self._log_bytes_max = _LOG_BYTES_MAX
        # How many pages the last checkpoint could take in, if readers held the rest.
        self._taken_in: int | None = None

    def open(self) -> AsyncEngine:
        """Its connections: durable, and SQLAlchemy decides how a transaction begins."""
        # Built from parts: in an address written as text, a '?' or '%' of the path would be special.
        address = sa.URL.create("sqlite+aiosqlite", database=str(self._path))
        engine = create_async_engine(
            address,
            connect_args={"timeout": _BUSY_SECONDS, "async_creator_fn": sqlite_driver.connect},
            json_deserializer=read_json,
            # Otherwise every error, and so the log, would contain the words of people.
            hide_parameters=True,
        )
        prepare(engine.sync_engine)
        return engine

    def reading(self, engine: AsyncEngine) -> AsyncEngine:
        """A read begins without the writers' lock."""
        return engine.execution_options(**{READING: True})

    def may_retry(self, error: Exception, *, begun: bool) -> bool:
        """Only another program's lock that prevented the start is waited for again."""
        return not begun and isinstance(error, DBAPIError) and "locked" in str(error.orig)

    async def after_write(self, engine: AsyncEngine) -> None:
        """Checkpoint a grown log, once the current readers are done, and else again when it has grown further."""
        if self._log is None or _size_bytes(self._log) <= self._log_bytes_max:
            return
        try:
            async with engine.connect() as connection:
                # Past SQLAlchemy, which would begin a transaction: a checkpoint isn't possible inside one.
                driver: Any = (await connection.get_raw_connection()).driver_connection
                is_cut_off = await self._take_in_log(driver)
        except (sqlite3.Error, SQLAlchemyError):
            is_cut_off = False
        # Not at every write: each try looks through the pages that readers hold.
        tried_bytes = 0 if is_cut_off else round(_size_bytes(self._log) * (1 + _GROWN_SHARE))
        self._log_bytes_max = max(_LOG_BYTES_MAX, tried_bytes)

    async def _take_in_log(self, driver: Any) -> bool:
        """Checkpoint the log and cut it off; False if a reader prevented that."""
        before, self._taken_in = self._taken_in, None
        _busy, pages, taken_in = await _row_of(driver, "PRAGMA wal_checkpoint(PASSIVE)")
        # Readers who take turns hold another place at each try, and are soon done.
        is_held_for_long = before is None or taken_in <= before
        if is_held_for_long and taken_in < (1 - _HELD_SHARE) * pages:
            self._taken_in = taken_in
            return False
        (usual_ms,) = await _row_of(driver, "PRAGMA busy_timeout")
        await _row_of(driver, f"PRAGMA busy_timeout={min(usual_ms, int(_CHECKPOINT_SECONDS * 1_000))}")
        try:
            (busy, _pages, taken_in) = await _row_of(driver, "PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            await _row_of(driver, f"PRAGMA busy_timeout={usual_ms}")
        self._taken_in = taken_in if busy else None
        return not busy


class PostgresBackend(Backend):
    """A PostgreSQL database that several processes share."""

    is_shared = True
    unreachable = (OSError, TimeoutError)

    def __init__(self, url: sa.URL, process: str) -> None:
        """`process` is the name of this process: the server shows it, and its triggers read it."""
        self._url = url
        self._process = process

    def open(self) -> AsyncEngine:
        """Its connections. A process that is stopped half-way through a write holds the others back only briefly."""
        engine = create_async_engine(
            self._url,
            pool_size=_CONNECTIONS,
            max_overflow=0,
            connect_args={
                "timeout": _CONNECT_SECONDS,
                "command_timeout": _STATEMENT_SECONDS,
                "server_settings": {
                    "application_name": self._process,
                    "lock_timeout": f"{_BUSY_SECONDS:.0f}s",
                    "idle_in_transaction_session_timeout": f"{STOPPED_SECONDS:.0f}s",
                    "statement_timeout": f"{_STATEMENT_SECONDS:.0f}s",
                    "timezone": "UTC",
                },
            },
            json_deserializer=read_json,
            hide_parameters=True,
        )
        event.listen(engine.sync_engine, "begin", self._begin)
        event.listen(engine.sync_engine, "handle_error", _hide_row)
        return engine

    def _begin(self, connection: sa.Connection) -> None:
        """Take a turn with the writers of other processes, and prove that this process was not buried.

        A note takes no turn. It locks the process's row instead, so that a burial comes before or after it.
        """
        options = connection.get_execution_options()
        if options.get(READING, False):
            return
        if options.get(LEAVING, False):
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_BUSY_SECONDS_LEAVING:.0f}s'")
        is_note = options.get(BESIDE, False)
        if not is_note:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITING})")
        if self.is_entered:
            alive = sa.select(processes.c.name).where(processes.c.name == self._process)
            if connection.scalar(alive.with_for_update(read=True, key_share=True) if is_note else alive) is None:
                raise BuriedError

    def reading(self, engine: AsyncEngine) -> AsyncEngine:
        """A read is one view, and waits for no one."""
        return engine.execution_options(**{READING: True}, isolation_level="REPEATABLE READ", postgresql_readonly=True)

    def may_retry(self, error: Exception, *, begun: bool) -> bool:
        """A lock or deadlock undid all of it; a connection that was lost before it began did nothing."""
        if not isinstance(error, DBAPIError):
            return False
        return getattr(error.orig, "sqlstate", None) in _TRY_AGAIN or (error.connection_invalidated and not begun)

    async def after_write(self, engine: AsyncEngine) -> None:
        """The server looks after its log itself."""


def _hide_row(context: sa.ExceptionContext) -> None:
    """Take the values of the row out of the driver's error: its traceback would put the words of people in the log."""
    error: Any = context.original_exception.__cause__
    if getattr(error, "detail", None):
        error.detail = None


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
        if options.get(LEAVING, False):
            connection.exec_driver_sql(f"PRAGMA busy_timeout={_BUSY_SECONDS_LEAVING * 1_000:.0f}")
        connection.exec_driver_sql("BEGIN" if options.get(READING, False) else "BEGIN IMMEDIATE")

    event.listen(engine, "connect", connect)
    event.listen(engine, "begin", begin)


def describe(error: DBAPIError) -> str:
    """What the database says about the fault, without the values that it was about: a prompt may be among them.

    SQLite names none. PostgreSQL names them in a second part, and its driver in faults that it finds itself.
    """
    cause = None if error.orig is None else error.orig.__cause__
    if cause is None:
        return str(error.orig)
    code = getattr(cause, "sqlstate", None)
    if getattr(cause, "severity", None) is None or not cause.args:
        return f"{type(cause).__name__}, code {code}"
    return f"{cause.args[0]}, code {code}"


async def insert_new(connection: AsyncConnection, table: sa.Table, row: Mapping[str, object]) -> bool:
    """Insert the row unless one of its key exists; whether it was inserted."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert
    else:
        # Only there: the import takes a large part of a start.
        from sqlalchemy.dialects.postgresql import insert
    made = await connection.execute(insert(table).values(row).on_conflict_do_nothing())
    return made.rowcount == 1


def read_json(text: str) -> object:
    """None for invalid JSON; otherwise one spoilt value would make all rows of a query unreadable."""
    try:
        return json.loads(text)
    except (ValueError, TypeError):
        return None


async def _row_of(driver: Any, pragma: str) -> Any:
    async with driver.execute(pragma) as cursor:
        return await cursor.fetchone()


def _size_bytes(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        # It doesn't exist, or can't be read now: the write before is stored all the same.
        return 0
