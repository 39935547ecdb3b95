"""Brings a database up to the schema of `bot.jobs.tables` by the steps in `migrations/`; it knows no job."""

import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from bot.jobs.database import StoreUnavailableError, prepare

_SCRIPTS = Path(__file__).resolve().parents[2] / "migrations"
_ADVICE = "Nothing was changed. Put a backup in its place, or move it away to start with an empty one."


class DamagedDatabaseError(StoreUnavailableError):
    """The database file is not whole: it is kept as it is, and the bot does not start."""


def migrate(path: Path) -> None:
    """Check the SQLite file and apply every pending migration, all in one transaction.

    Raises `DamagedDatabaseError` for a file that is not a whole database, `StoreUnavailableError` if it cannot be
    opened or migrated.
    """
    if path.exists() and _examine(path) == _newest_revision():
        return
    # Only a pending migration needs Alembic, whose import is a good part of a start.
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)))
    prepare(engine)
    try:
        with engine.connect() as connection, connection.begin():
            config = Config()
            # The file format behind it takes a '%' for the beginning of a name.
            config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError as error:
        raise StoreUnavailableError(
            f"The database {path} was made by a newer version of the bot: {_one_line(error)}."
        ) from error
    except DatabaseError as error:
        raise _explained(path, error.orig or error) from error
    except SQLAlchemyError as error:
        raise StoreUnavailableError(f"The database {path} could not be migrated: {_one_line(error)}.") from error
    finally:
        engine.dispose()


def _newest_revision() -> str:
    """The last step in `migrations/versions`, whose file names begin with their revision."""
    return max(file.name.partition("_")[0] for file in (_SCRIPTS / "versions").glob("[0-9]*.py"))


def _examine(path: Path) -> str | None:
    """Look through the file without writing: any other connection would take the log of the last writes into it.

    Returns the revision that it stands at; None if no migration has been applied to it.
    """
    revision = None
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
                (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone() or (None,)
    except sqlite3.DatabaseError as error:
        raise _explained(path, error) from error
    if verdict != "ok":
        raise DamagedDatabaseError(f"The database {path} is damaged ({_one_line(verdict)}). {_ADVICE}")
    return revision


def _explained(path: Path, error: BaseException) -> StoreUnavailableError:
    text = _one_line(error)
    if "not a database" in text or "malformed" in text:
        return DamagedDatabaseError(f"The database {path} is damaged ({text}). {_ADVICE}")
    return StoreUnavailableError(f"The database {path} could not be opened or migrated: {text}.")


def _one_line(said: object) -> str:
    return " ".join(str(said).split())
