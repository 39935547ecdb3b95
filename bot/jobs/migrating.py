"""Brings a database up to the schema of `bot.jobs.tables` by the steps in `migrations/`; it knows no job."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from bot.jobs.database import StoreUnavailableError, prepare

_SCRIPTS = Path(__file__).resolve().parents[2] / "migrations"


class DamagedDatabaseError(StoreUnavailableError):
    """The database file is not whole: it is kept as it is, and the bot does not start."""


def migrate(path: Path) -> None:
    """Check the SQLite file and apply every pending migration, all in one transaction.

    Raises `DamagedDatabaseError` for a file that is not a whole database, `StoreUnavailableError` if it cannot be
    opened or migrated.
    """
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)))
    prepare(engine)
    try:
        with engine.connect() as connection:
            # A migration takes no hint from outside: one transaction, alembic_version last.
            with connection.begin():
                verdict = connection.scalar(sa.text("PRAGMA quick_check(1)"))
            if verdict != "ok":
                raise DamagedDatabaseError(f"The database {path} is damaged ({verdict}). {_ADVICE}")
            with connection.begin():
                config = Config()
                config.set_main_option("script_location", str(_SCRIPTS))
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
    except DatabaseError as error:
        raise _explained(path, error) from error
    except SQLAlchemyError as error:
        raise StoreUnavailableError(f"The database {path} could not be migrated: {error}.") from error
    finally:
        engine.dispose()


_ADVICE = "Nothing was changed. Put a backup in its place, or move it away to start with an empty one."


def _explained(path: Path, error: DatabaseError) -> StoreUnavailableError:
    text = str(error.orig)
    if "not a database" in text or "malformed" in text:
        return DamagedDatabaseError(f"The database {path} is damaged ({text}). {_ADVICE}")
    return StoreUnavailableError(f"The database {path} could not be opened: {text}.")
