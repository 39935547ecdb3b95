"""Brings a database up to the schema of `bot.jobs.tables` by the steps in `migrations/`.

A new database is built beside its place and moved there when it is whole. So an empty file, one without a noted
migration, or a log without its file can only be the rest of another database: the bot never overwrites it.
"""

import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from bot.jobs.backends import prepare
from bot.jobs.clean_end import take_clean_end
from bot.jobs.database import StoreUnavailableError
from bot.jobs.file_kinds import why_no_database, why_no_file
from bot.jobs.generation import Generation, generation_path, read_generation, write_generation
from bot.jobs.store.marks import Mark

_SCRIPTS = Path(__file__).resolve().parents[2] / "migrations"
_ADVICE = (
    "Nothing was changed. Move it away, with its -wal file, and put a backup in its place: the bot then starts paused, "
    "ends what had waited without charge, and looks in each channel before it posts, until /owner resume. With nothing "
    "in its place it starts with an empty one."
)
# The migration since which a database has marks; and the `user_version` of a copy of one that has none yet.
BROUGHT_MARKS = "0002"
UNMARKED_COPY = 0x636F7079
# SQLite's file format (its documentation, "Database File Format"): the first bytes of each file, and where its two
# numbers are, which are 1 for a file without a write-ahead log.
_MAGIC = b"SQLite format 3\0"
NO_LOG_AT, NO_LOG = 18, b"\x01\x01"


class DamagedDatabaseError(StoreUnavailableError):
    """The database file is not whole: it is kept as it is, and the bot does not start."""


class NewerDatabaseError(StoreUnavailableError):
    """The database was made by a newer version of the bot, and only that can read it."""


class MovedDatabaseError(StoreUnavailableError):
    """The data was moved to another database, which has gone on since."""


def moved_message(which: str, moved_to: str) -> str:
    """One line for the operator of a database whose data was moved."""
    return f"The data of {which} was moved to {moved_to}: set DATABASE_URL or DATA_DIR to that, or move the old away."


def migrate(path: Path) -> None:
    """Check the SQLite file and apply every pending migration in one transaction; build the file if there is none.

    Raises `DamagedDatabaseError` for a file that is not a whole database of the bot, `NewerDatabaseError` for one of a
    newer bot, `MovedDatabaseError`, `StoreUnavailableError` if it can't be opened or migrated, OSError if the folder
    takes no file.
    """
    _refuse(why_no_file(generation_path(path)))
    # A dangling link is no empty place: its target may be away for a while.
    if not os.path.lexists(path):
        _build(path)
        return
    found = examine(path, as_a_whole=False)
    if found.moved_to is not None:
        raise MovedDatabaseError(moved_message(str(path), found.moved_to))
    refuse_newer(found.revision, f"The database {path}")
    if not take_clean_end(path):
        examine(path)
    if found.revision != newest_revision():
        _upgrade(path, partial(_begin_count, generation_path(path)) if found.revision < BROUGHT_MARKS else None)


def _build(path: Path) -> None:
    """Create a new database there, as a whole or not at all, even if the process dies."""
    refuse_lone_log(path)
    fresh = path.with_name(f"{path.name}.new")
    for left in (fresh, _log_of(fresh), *(fresh.with_name(f"{fresh.name}-{what}") for what in ("shm", "journal"))):
        _refuse(why_no_file(left) if left.is_dir() and not left.is_symlink() else None)
        left.unlink(missing_ok=True)
    # SQLite gives its other files the mode of this one.
    os.close(os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    _upgrade(fresh, partial(_begin_count, generation_path(path), fresh=True))
    if _size_bytes(_log_of(fresh)):
        raise StoreUnavailableError(f"The database {path} could not be built: its log could not be taken in.")
    _log_of(path).unlink(missing_ok=True)
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def refuse_lone_log(path: Path) -> None:
    """Raise `DamagedDatabaseError` if the log of a missing database is there: it holds the last writes."""
    _refuse(why_no_database(path))
    if _size_bytes(_log_of(path)):
        raise DamagedDatabaseError(f"The log of the database {path} is there, but not the database. {_ADVICE}")


def _begin_count(file: Path, connection: sa.Connection, *, fresh: bool = False) -> None:
    """Write the file beside a database that is new or had none until this upgrade, before either is committed.

    An old database beside a file that has counted is no upgrade: it was put back there, and is marked as a copy. So is
    one that `backup` has made.
    """
    kept = read_generation(file)
    is_copy = connection.scalar(sa.text("PRAGMA user_version")) == UNMARKED_COPY
    if not fresh and (is_copy or (kept is not None and kept.number > 0)):
        connection.execute(sa.text("INSERT INTO marks (name, value) VALUES ('copy', 'upgraded')"))
        return
    found = {row.name: row.value for row in connection.execute(sa.text("SELECT name, value FROM marks"))}
    write_generation(file, Generation(found["lineage"], int(found["generation"])))


def _upgrade(path: Path, then: Callable[[sa.Connection], None] | None = None) -> None:
    """Apply pending migrations, and `then` something more, in one transaction."""
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)), hide_parameters=True)
    prepare(engine)
    try:
        with engine.connect() as connection, connection.begin():
            apply_migrations(connection, f"The database {path}")
            if then is not None:
                then(connection)
    except DatabaseError as error:
        raise _explained(path, error.orig or error) from error
    except SQLAlchemyError as error:
        raise StoreUnavailableError(f"The database {path} could not be migrated: {one_line(error)}.") from error
    finally:
        engine.dispose()


def apply_migrations(connection: sa.Connection, which: str) -> None:
    """Apply pending migrations in the connection's transaction; `which` names the database in a message.

    Raises `NewerDatabaseError`. Only this needs Alembic, whose import takes a large part of a start.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    config = Config()
    # The config format behind it reads a '%' as the beginning of a name.
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise NewerDatabaseError(f"{which} was made by a newer version of the bot: {one_line(error)}.") from error


def refuse_newer(revision: str | None, which: str) -> None:
    """`which` names the database with that last migration. Raises `NewerDatabaseError`."""
    if revision is not None and revision > newest_revision():
        raise NewerDatabaseError(
            f"{which} was made by a newer version of the bot: use that version, or restore a backup of before the "
            "upgrade. Nothing was changed."
        )


def newest_revision() -> str:
    """The last step in `migrations/versions`, whose file names begin with their revision."""
    return max(file.name.partition("_")[0] for file in (_SCRIPTS / "versions").glob("[0-9]*.py"))


class Examined(NamedTuple):
    """What a whole database of the bot says about itself: its last migration, and its marks by their names."""

    revision: str
    marks: Mapping[str, str]

    @property
    def moved_to(self) -> str | None:
        """Where its data was moved to, if it was."""
        return self.marks.get(Mark.MOVED_TO)


def open_to_read(path: Path) -> sqlite3.Connection:
    """A connection that can only read. It leaves a log and its index beside a file that had none."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)


def examine(
    path: Path, *, as_a_whole: bool = True, connect: Callable[[Path], sqlite3.Connection] = open_to_read
) -> Examined:
    """Check the file without writing: any other connection would checkpoint the log of the last writes.

    `as_a_whole` reads all of it. Raises `DamagedDatabaseError`, `StoreUnavailableError`.
    """
    _refuse(why_no_database(path))
    _refuse_foreign_log(path)
    revision = None
    marks: dict[str, str] = {}
    verdict = "ok"
    # SQLite would treat an empty file as new, and delete the log beside it.
    if _size_bytes(path) != 0:
        try:
            with closing(connect(path)) as connection:
                if as_a_whole:
                    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
                tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
                if "alembic_version" in tables:
                    (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone() or (None,)
                if "marks" in tables:
                    marks = dict(connection.execute("SELECT name, value FROM marks"))
        except sqlite3.DatabaseError as error:
            raise _explained(path, error) from error
    if verdict != "ok":
        raise DamagedDatabaseError(f"The database {path} is damaged ({one_line(verdict)}). {_ADVICE}")
    if revision is None:
        raise DamagedDatabaseError(f"The database {path} holds nothing of the bot's. {_ADVICE}")
    return Examined(revision, marks)


def _refuse(why: str | None) -> None:
    """Raise `DamagedDatabaseError` if there is a reason."""
    if why is not None:
        raise DamagedDatabaseError(f"{why}: put the file back, or move that away. Nothing was changed.")


def _refuse_foreign_log(path: Path) -> None:
    """SQLite would apply the log of the database that was there before to a copy that is put in its place.

    A copy has the file format without a log, the bot's own databases never have. Raises `DamagedDatabaseError`.
    """
    try:
        if not _size_bytes(_log_of(path)):
            return
        with path.open("rb") as file:
            head = file.read(NO_LOG_AT + len(NO_LOG))
    except OSError:
        # Opening it says why.
        return
    if head.startswith(_MAGIC) and head[NO_LOG_AT:] == NO_LOG:
        log, index = _log_of(path), path.with_name(f"{path.name}-shm")
        raise DamagedDatabaseError(
            f"{log} belongs to the database that was there before {path}: remove {log} and {index}, then start again. "
            "Nothing was changed."
        )


def holds_jobs(path: Path, connect: Callable[[Path], sqlite3.Connection] = open_to_read) -> bool:
    """Whether that file is a database with jobs that were not moved elsewhere. Raises as `examine` does."""
    if not os.path.lexists(path):
        return False
    if examine(path, as_a_whole=False, connect=connect).moved_to is not None:
        return False
    with closing(connect(path)) as connection:
        return connection.execute("SELECT EXISTS (SELECT 1 FROM jobs)").fetchone() == (1,)


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _size_bytes(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def _explained(path: Path, error: BaseException) -> StoreUnavailableError:
    text = one_line(error)
    if "not a database" in text or "malformed" in text:
        return DamagedDatabaseError(f"The database {path} is damaged ({text}). {_ADVICE}")
    return StoreUnavailableError(f"The database {path} could not be opened or migrated: {text}.")


def one_line(said: object) -> str:
    """The text on one line."""
    return " ".join(str(said).split())
