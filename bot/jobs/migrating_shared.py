"""Brings a PostgreSQL database up to the schema of `bot.jobs.tables`, by one process at a time.

The schema changes in one transaction. Processes that start together wait for the one that migrates.
"""

import asyncio
from importlib.util import find_spec

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from bot.jobs.database import StoreUnavailableError
from bot.jobs.migrating import apply_migrations, newest_revision

# The key of the lock for migrations; never renamed, as versions meet at an upgrade.
_MIGRATING = 0x766964656F02
_LONGEST_WAIT_SECONDS = 30
_CONNECT_SECONDS = 10.0
OLDEST_VERSION = 14


class UnusableServerError(StoreUnavailableError):
    """The server at DATABASE_URL can't be used: the message names what is wrong, and what to do."""


class ServedDatabaseError(StoreUnavailableError):
    """Processes of another version use the database, so it can't be migrated now."""


def migrate_shared(url: sa.URL) -> None:
    """Check the server and apply every pending migration in one transaction. Not from within an event loop.

    Raises `UnusableServerError`, `ServedDatabaseError`, `NewerDatabaseError`, `StoreUnavailableError`.
    """
    if find_spec("asyncpg") is None:
        raise UnusableServerError(
            "DATABASE_URL needs asyncpg, which is not installed: install the extra, discord-video-bot[postgresql]."
        )
    asyncio.run(_migrate(url))


async def _migrate(url: sa.URL) -> None:
    where = url.render_as_string(hide_password=True)
    engine = create_async_engine(
        url, poolclass=NullPool, connect_args={"timeout": _CONNECT_SECONDS}, hide_parameters=True
    )
    try:
        async with engine.connect() as connection, connection.begin():
            await connection.run_sync(_check_server)
            await connection.run_sync(_bring_up, where)
    except DBAPIError as error:
        raise _explained(error) from error
    except SQLAlchemyError as error:
        raise StoreUnavailableError(f"The database at {where} could not be migrated: {error}.") from error
    except (OSError, TimeoutError) as error:
        raise StoreUnavailableError(f"The database at {where} can't be reached: {error}.") from error
    except ValueError as error:
        # asyncpg's word for an option or a name that can't be.
        raise UnusableServerError(f"DATABASE_URL is wrong: {error}.") from error
    finally:
        await engine.dispose()


def _check_server(connection: sa.Connection) -> None:
    version = int(connection.scalar(sa.text("SHOW server_version_num")) or 0) // 10_000
    if version < OLDEST_VERSION:
        raise UnusableServerError(
            f"DATABASE_URL leads to PostgreSQL {version}: the bot needs {OLDEST_VERSION} or newer. Upgrade the server."
        )
    encoding = connection.scalar(sa.text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise UnusableServerError(
            f"DATABASE_URL leads to a database in {encoding}: prompts need UTF8. Create one with ENCODING 'UTF8'."
        )
    if connection.scalar(sa.text("SHOW transaction_read_only")) == "on":
        raise UnusableServerError("DATABASE_URL leads to a read-only server: name the primary.")


def _bring_up(connection: sa.Connection, where: str) -> None:
    connection.execute(sa.text(f"SET LOCAL lock_timeout = '{_LONGEST_WAIT_SECONDS}s'"))
    connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})
    revision = _revision_of(connection)
    if revision == newest_revision():
        return
    if revision is not None and _is_served(connection):
        raise ServedDatabaseError(
            f"Processes of another version use the database at {where}: stop all of them, then start this version."
        )
    apply_migrations(connection, f"The database at {where}")


def _revision_of(connection: sa.Connection) -> str | None:
    """The last migration that was applied; None in an empty database."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(sa.text("SELECT version_num FROM alembic_version"))


def _is_served(connection: sa.Connection) -> bool:
    if not sa.inspect(connection).has_table("processes"):
        return False
    alive = "SELECT count(*) FROM processes WHERE lease_until > extract(epoch FROM clock_timestamp())"
    return bool(connection.scalar(sa.text(alive)))


def _explained(error: DBAPIError) -> StoreUnavailableError:
    """One line for the operator. The codes are PostgreSQL's (its manual, appendix A)."""
    code, text = str(getattr(error.orig, "sqlstate", "")), " ".join(str(error.orig).split()).rpartition(">: ")[2]
    if code == "55P03":
        return UnusableServerError(
            f"Another process migrates the database for more than {_LONGEST_WAIT_SECONDS} s: try again when it is done."
        )
    # Invalid authorization or catalog name, missing rights, a read-only server.
    if code[:2] in {"28", "3D"} or code in {"42501", "25006"}:
        return UnusableServerError(f"DATABASE_URL is wrong: {text}.")
    return StoreUnavailableError(f"The database could not be migrated: {text}.")
