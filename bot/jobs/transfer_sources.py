"""The two databases as the source of a transfer: proven to be unused and whole, then read in one view.

Each is locked until its rows are copied, and then marked with where they went, so that no bot serves it any more.
"""

import os
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Sequence
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs import tables
from bot.jobs.clean_end import take_clean_end
from bot.jobs.database import StoreUnavailableError
from bot.jobs.migrating import (
    BROUGHT_MARKS,
    MovedDatabaseError,
    examine,
    migrate,
    moved_message,
    newest_revision,
    refuse_newer,
)
from bot.jobs.migrating_shared import ServedDatabaseError, address_of, connected, hold_alone, is_served, revision_of
from bot.jobs.store import marks, pictures
from bot.jobs.store.marks import Mark
from bot.jobs.transfer import PIECE, Row, Source, TransferError

_SETTING = "--from"


class _FileRows(Source):
    """An SQLite file within a transaction, with the folder of references beside it."""

    def __init__(self, connection: sqlite3.Connection, rows: sqlite3.Connection, references: Path) -> None:
        """`rows` has them in the schema of this version: the same connection, or one to a copy."""
        self._connection = connection
        self._rows = rows
        self._references = references
        # What is no text is refused by its name, not by an exception in the middle of a table.
        rows.text_factory = _decoded

    async def pieces(self, table: sa.Table) -> AsyncIterator[Sequence[Row]]:
        """Raw values, as SQLite's columns take any."""
        names = [column.name for column in table.columns]
        columns = ", ".join(f'"{name}"' for name in names)
        cursor = self._rows.execute(f'SELECT {columns} FROM "{table.name}"')  # noqa: S608  # our own names
        while found := cursor.fetchmany(PIECE):
            yield [dict(zip(names, row, strict=True)) for row in found]

    async def pictures(self) -> AsyncIterator[tuple[str, bytes]]:
        """The files."""
        try:
            for file in sorted(self._references.iterdir()) if self._references.is_dir() else ():
                yield file.name, file.read_bytes()
        except OSError as error:
            raise StoreUnavailableError(f"A picture in {self._references} could not be read: {error}.") from error

    async def has(self, name: Mark) -> bool:
        """Whether there is that mark."""
        return self._connection.execute("SELECT 1 FROM marks WHERE name = ?", (name,)).fetchone() is not None

    async def mark_moved(self, target: str) -> None:
        """Store where the data goes."""
        self._connection.execute("DELETE FROM marks WHERE name = ?", (Mark.MOVED_TO,))
        self._connection.execute("INSERT INTO marks (name, value) VALUES (?, ?)", (Mark.MOVED_TO, target))


class _SharedRows(Source):
    """A PostgreSQL database within a transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def pieces(self, table: sa.Table) -> AsyncIterator[Sequence[Row]]:
        """Typed values."""
        async with self._connection.stream(sa.select(table)) as found:
            async for piece in found.mappings().partitions(PIECE):
                yield [dict(row) for row in piece]

    async def pictures(self) -> AsyncIterator[tuple[str, bytes]]:
        """The rows of `pictures`, one at a time: they may be large."""
        for name in list(await self._connection.scalars(sa.select(tables.pictures.c.file_name))):
            content = await pictures.get_picture(self._connection, name)
            if content is not None:
                yield name, content

    async def has(self, name: Mark) -> bool:
        """Whether there is that mark."""
        return await marks.has(self._connection, name)

    async def mark_moved(self, target: str) -> None:
        """Store where the data goes."""
        await marks.put(self._connection, Mark.MOVED_TO, target)


def check_file(path: Path, target: str) -> None:
    """Prove that the data of that SQLite file can be moved to the address `target`.

    Raises `TransferError`, `MovedDatabaseError`, `NewerDatabaseError`, `StoreUnavailableError`.
    """
    if not path.is_file():
        raise TransferError(f"{_SETTING} names no database: {path} is not a file.")
    found = examine(path, as_a_whole=not take_clean_end(path))
    _check_state(found.revision, found.moved_to, str(path), target, oldest=BROUGHT_MARKS)


@asynccontextmanager
async def open_file(path: Path, copy: Path) -> AsyncGenerator[Source]:
    """One transaction on that file, whose folder's lock the caller holds. Raises `StoreUnavailableError`.

    Of a database of an earlier version a copy is migrated, in a file of the name `copy`, and read instead.
    """
    try:
        with closing(_connect(path)) as connection, ExitStack() as stack:
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("BEGIN IMMEDIATE")
            (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            is_newest = revision == newest_revision()
            rows = connection if is_newest else stack.enter_context(_migrated_copy(path, copy))
            yield _FileRows(connection, rows, path.parent / "references")
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise StoreUnavailableError(f"The database {path} could not be read or marked: {error}.") from error


@contextmanager
def _migrated_copy(path: Path, copy: Path) -> Generator[sqlite3.Connection]:
    """A copy in the schema of this version, for as long as the context lasts."""
    _remove(copy)
    try:
        os.close(os.open(copy, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        with closing(_connect(path)) as original, closing(_connect(copy)) as copied:
            original.backup(copied)
        migrate(copy)
        with closing(_connect(copy)) as rows:
            yield rows
    except OSError as error:
        raise StoreUnavailableError(f"The copy {copy} could not be made: {error}.") from error
    finally:
        _remove(copy)


def _remove(copy: Path) -> None:
    """Delete it with its log: it has the words of people."""
    for file in (copy, *(copy.with_name(f"{copy.name}-{what}") for what in ("wal", "shm", "journal"))):
        file.unlink(missing_ok=True)


def _connect(path: Path) -> sqlite3.Connection:
    """For reading and writing, where the file exists; every statement as it is."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, isolation_level=None)


async def check_shared(url: sa.URL, target: str) -> None:
    """The same for a PostgreSQL database. Raises `ServedDatabaseError` and `UnusableServerError`, too."""
    async with connected(url, _SETTING) as connection:
        await _check_connected(connection, address_of(url), target)


@asynccontextmanager
async def open_shared(url: sa.URL, target: str) -> AsyncGenerator[Source]:
    """One transaction on that database, which no process can enter or write to meanwhile. Raises as `check_shared`."""
    async with connected(url, _SETTING) as connection:
        await hold_alone(connection)
        await _check_connected(connection, address_of(url), target)
        yield _SharedRows(connection)


async def _check_connected(connection: AsyncConnection, where: str, target: str) -> None:
    revision = await connection.run_sync(revision_of)
    if revision is None:
        raise TransferError(f"{_SETTING} names no database of the bot: {where} has none of its tables.")
    if await connection.run_sync(is_served):
        raise ServedDatabaseError(f"Processes use the database at {where}: stop all of them, then move it.")
    moved_to = await marks.read_text(connection, Mark.MOVED_TO) if revision == newest_revision() else None
    _check_state(revision, moved_to, where, target, oldest=newest_revision())


def _check_state(revision: str, moved_to: str | None, where: str, target: str, *, oldest: str) -> None:
    refuse_newer(revision, f"The database {where}")
    if revision < oldest:
        raise TransferError(
            f"The database {where} was made by an older version of the bot: migrate it first, with the settings that "
            "served it and `python -m bot migrate`. Nothing was changed."
        )
    # A transfer to the same place that broke off may be repeated.
    if moved_to not in {None, target}:
        raise MovedDatabaseError(moved_message(where, str(moved_to)))


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")
