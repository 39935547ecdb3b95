"""Copies the SQLite database while a bot uses it: one view of the data, checked and marked as a copy.

The source is read within one transaction. So the copy ends under constant writes, which wait for nothing, and SQLite
never begins it again (docs/facts/sqlite.md, "Copying"). No lock of the bot's is taken.
"""

import os
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from bot.jobs.backup_target import BackupError, Unfinished, judge_target, unfinished
from bot.jobs.database import StoreUnavailableError
from bot.jobs.migrating import (
    BROUGHT_MARKS,
    NO_LOG,
    NO_LOG_AT,
    UNMARKED_COPY,
    DamagedDatabaseError,
    MovedDatabaseError,
    examine,
    moved_message,
    one_line,
    refuse_newer,
)
from bot.jobs.store.marks import Mark

_STEP_PAGES = 64
# Slow enough for the disk to store the bot's own transactions in between.
BYTES_PER_SECOND = 16 * 1024 * 1024
# A disk that has much to store at once lets the bot's next transaction wait for all of it.
_FLUSH_BYTES = 4 * 1024 * 1024
# Left free on the bot's own disk: below that it turns pictures away.
_SPARE_BYTES = 256 * 1024 * 1024
_BUSY_SECONDS = 30.0
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


class BackedUp(NamedTuple):
    """What a copy has: its jobs, and its size."""

    jobs: int
    size_bytes: int


class _View(NamedTuple):
    """What the copied view of the database has: its last migration, and how many rows are in each table."""

    revision: str
    rows: Mapping[str, int]
    is_copy: bool


def back_up(database: Path, target: str, now: float, *, bytes_per_second: float = BYTES_PER_SECOND) -> BackedUp:
    """Copy that SQLite file to a new file, for its owner alone, and check the copy.

    Raises `BackupError`, `DamagedDatabaseError`, `NewerDatabaseError`, `MovedDatabaseError`, `StoreUnavailableError`.
    """
    try:
        path = judge_target(target, database)
        _judge_source(database)
        with unfinished(path.parent) as copy:
            view = _copy(database, copy, _Pace(copy, bytes_per_second))
            _mark(copy.path, view, now)
            _check(copy.path, view)
            size_bytes = os.fstat(copy.descriptor).st_size
            copy.publish(path)
    except OSError as error:
        raise BackupError(f"{target!r} can't be written: {one_line(error.strerror or error)}.") from error
    return BackedUp(view.rows["jobs"], size_bytes)


def _judge_source(database: Path) -> None:
    if not os.path.lexists(database):
        raise BackupError(f"There is no database {database}: DATA_DIR must be the folder of the bot.")
    try:
        found = examine(database, as_a_whole=False)
    except DamagedDatabaseError:
        raise
    except StoreUnavailableError as error:
        if "locked" in str(error):
            raise
        raise BackupError(str(error)) from error
    if found.moved_to is not None:
        raise MovedDatabaseError(moved_message(str(database), found.moved_to))
    refuse_newer(found.revision, f"The database {database}")


class _Pace:
    """Called after each step: keeps the rate, and lets the disk store what was written so far."""

    def __init__(self, copy: Unfinished, bytes_per_second: float) -> None:
        self._copy = copy
        self._bytes_per_second = bytes_per_second
        self._began_at = time.monotonic()
        self._moved_at = self._began_at
        self._flushed_bytes = 0
        self.page_bytes = 0

    def __call__(self, code: int, left: int, total: int) -> None:
        now = time.monotonic()
        if code in _BUSY:
            if now - self._moved_at > _BUSY_SECONDS:
                raise StoreUnavailableError("The database is locked by another program: try again later.")
            return
        self._moved_at = now
        copied_bytes = (total - left) * self.page_bytes
        if copied_bytes - self._flushed_bytes >= _FLUSH_BYTES:
            os.fsync(self._copy.descriptor)
            self._flushed_bytes = copied_bytes
        time.sleep(max(0.0, self._began_at + copied_bytes / self._bytes_per_second - time.monotonic()))


def _copy(database: Path, copy: Unfinished, pace: _Pace) -> _View:
    """Copy every page of one view."""
    try:
        with closing(_connected(database, "mode=ro")) as source:
            source.execute("BEGIN")
            view = _view_of(source)
            (pages,) = source.execute("PRAGMA page_count").fetchone()
            (pace.page_bytes,) = source.execute("PRAGMA page_size").fetchone()
            refuse_without_room(database, copy.path.parent, pages * pace.page_bytes)
            with closing(_opened_alone(copy.path)) as target:
                source.backup(target, pages=_STEP_PAGES, progress=pace, sleep=0.05)
    except sqlite3.Error as error:
        raise _explained(database, error) from error
    # A copy has no log: it is one file, which can be read from a disk that takes no other.
    os.pwrite(copy.descriptor, NO_LOG, NO_LOG_AT)
    return view


def refuse_without_room(database: Path, folder: Path, needed_bytes: int) -> None:
    """Raise `BackupError` if that folder lacks the room for a copy of so many bytes. Raises OSError, too."""
    room = os.statvfs(folder)
    free_bytes = room.f_bavail * room.f_frsize
    spare_bytes = _SPARE_BYTES if folder.stat().st_dev == database.stat().st_dev else 0
    if free_bytes < needed_bytes + spare_bytes:
        left = f", and {_in_mib(spare_bytes)} must stay free for the bot" if spare_bytes else ""
        raise BackupError(
            f"The disk of {str(folder)!r} is too full: the copy needs {_in_mib(needed_bytes)}, and "
            f"{_in_mib(free_bytes)} are free{left}."
        )


def _mark(path: Path, view: _View, now: float) -> None:
    """Store in the copy that it is one. A bot that starts on it pauses (docs/decisions/0012-restores.md)."""
    try:
        with closing(_opened_alone(path)) as copy:
            if view.revision < BROUGHT_MARKS:
                copy.execute(f"PRAGMA user_version = {UNMARKED_COPY}")
                return
            copy.execute("DELETE FROM marks WHERE name = ?", (Mark.COPY,))
            copy.execute("INSERT INTO marks (name, value) VALUES (?, ?)", (Mark.COPY, repr(now)))
    except sqlite3.Error as error:
        raise BackupError(f"The copy could not be written: {one_line(error)}. It is deleted.") from error


def _check(path: Path, view: _View) -> None:
    """Prove that the copy is whole, and has the rows of that view and its mark."""
    try:
        with closing(_connected(path, "mode=ro&immutable=1")) as copy:
            (verdict,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
            found = _view_of(copy)
    except sqlite3.Error as error:
        verdict, found = str(error), view
    if verdict == "ok":
        has_marks = view.revision >= BROUGHT_MARKS
        more = {"marks": view.rows["marks"] + 1} if has_marks and not view.is_copy else {}
        if found == view._replace(rows={**view.rows, **more}, is_copy=has_marks):
            return
        verdict = "it lacks rows"
    raise DamagedDatabaseError(
        f"The copy is not whole ({one_line(verdict)}), and is deleted: the database or the disk is damaged. Keep your "
        "older backups, and see the log of the bot's next start."
    )


def _view_of(connection: sqlite3.Connection) -> _View:
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    tables = [name for name in names if not name.startswith("sqlite_")]
    rows = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}  # noqa: S608  # our own names
    (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    mark = "SELECT 1 FROM marks WHERE name = ?"
    is_copy = "marks" in tables and connection.execute(mark, (Mark.COPY,)).fetchone() is not None
    return _View(revision, rows, is_copy)


def _connected(path: Path, options: str) -> sqlite3.Connection:
    """An existing file; every statement as it is."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?{options}", uri=True, isolation_level=None)


def _opened_alone(path: Path) -> sqlite3.Connection:
    """The unfinished copy, which needs no lock, as some file systems have none, and no journal: it is whole or gone."""
    connection = _connected(path, "mode=rw&nolock=1")
    for pragma in ("journal_mode=OFF", "synchronous=OFF"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _explained(database: Path, error: sqlite3.Error) -> Exception:
    text = one_line(error)
    if "malformed" in text or "not a database" in text:
        return DamagedDatabaseError(f"The database {database} is damaged ({text}). Nothing was changed.")
    if "locked" in text:
        return StoreUnavailableError(f"The database {database} is locked by another program: try again later.")
    return BackupError(f"The copy could not be made: {text}. It is deleted.")


def _in_mib(size_bytes: int) -> str:
    return f"{size_bytes / 1024 / 1024:,.1f} MiB"
