"""Brings a PostgreSQL database up to the schema of `bot.jobs.tables`, by one process at a time.

The schema changes in one transaction. Processes that start together wait for the one that migrates.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.util import find_spec

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from bot.jobs.backends import WRITING, read_json
from bot.jobs.database import StoreUnavailableError
from bot.jobs.migrating import (
    MovedDatabaseError,
    apply_migrations,
    moved_message,
    newest_revision,
    one_line,
    refuse_newer,
)
from bot.jobs.store import processes
from bot.jobs.store.marks import Mark, read_text

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

    Raises `UnusableServerError`, `ServedDatabaseError`, `NewerDatabaseError`, `MovedDatabaseError`,
    `StoreUnavailableError`.
    """
    asyncio.run(_migrate(url))


async def _migrate(url: sa.URL) -> None:
    where = address_of(url)
    async with connected(url, "DATABASE_URL") as connection:
        revision = await connection.run_sync(revision_of)
        refuse_newer(revision, f"The database at {where}")
        if revision != newest_revision():
            # Otherwise a process that was stopped while it migrated would keep others from their start.
            await connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})
            await _bring_up(connection, where)
        moved_to = await read_text(connection, Mark.MOVED_TO)
        if moved_to is not None:
            raise MovedDatabaseError(moved_message(where, moved_to))


def address_of(url: sa.URL) -> str:
    """The address without its password and options."""
    return url.set(query={}).render_as_string(hide_password=True)


@asynccontextmanager
async def connected(url: sa.URL, setting: str) -> AsyncGenerator[AsyncConnection]:
    """One transaction with a server that was checked; `setting` names the address in messages.

    Raises `UnusableServerError`, `StoreUnavailableError`.
    """
    if find_spec("asyncpg") is None:
        raise UnusableServerError(
            f"{setting} needs asyncpg, which is not installed: install the extra, discord-video-bot[postgresql]."
        )
    where = address_of(url)
    # It waits only so long for others, and lasts for as long as it takes.
    settings = {"lock_timeout": f"{_LONGEST_WAIT_SECONDS}s", "timezone": "UTC"}
    settings |= {"statement_timeout": "0", "idle_in_transaction_session_timeout": "0"}
    engine = create_async_engine(
        url,
        poolclass=NullPool,
        connect_args={"timeout": _CONNECT_SECONDS, "server_settings": settings},
        json_deserializer=read_json,
        hide_parameters=True,
    )
    try:
        async with AsyncExitStack() as stack:
            try:
                connection = await stack.enter_async_context(engine.connect())
            except (ValueError, TypeError) as error:
                # asyncpg's word for an option or a name that can't be.
                raise UnusableServerError(f"{setting} is wrong: {one_line(error)}.") from error
            await stack.enter_async_context(connection.begin())
            await connection.run_sync(_check_server, setting)
            yield connection
    except DBAPIError as error:
        raise _explained(error, setting) from error
    except SQLAlchemyError as error:
        raise StoreUnavailableError(f"The database at {where} could not be used: {one_line(error)}.") from error
    except (OSError, TimeoutError) as error:
        raise StoreUnavailableError(f"The database at {where} can't be reached: {one_line(error)}.") from error
    finally:
        await engine.dispose()


def _check_server(connection: sa.Connection, setting: str) -> None:
    version = int(connection.scalar(sa.text("SHOW server_version_num")) or 0) // 10_000
    if version < OLDEST_VERSION:
        raise UnusableServerError(
            f"{setting} leads to PostgreSQL {version}: the bot needs {OLDEST_VERSION} or newer. Upgrade the server."
        )
    encoding = connection.scalar(sa.text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise UnusableServerError(
            f"{setting} leads to a database in {encoding}: prompts need UTF8. Create one with ENCODING 'UTF8'."
        )
    if connection.scalar(sa.text("SHOW transaction_read_only")) == "on":
        raise UnusableServerError(f"{setting} leads to a read-only server: name the primary.")


async def _bring_up(connection: AsyncConnection, where: str) -> None:
    if await connection.run_sync(revision_of) == newest_revision():
        return
    if await hold_alone(connection):
        raise ServedDatabaseError(
            f"Processes of another version use the database at {where}: stop all of them, then start this version."
        )
    await connection.run_sync(apply_migrations, f"The database at {where}")
    await processes.void_ownership(connection)


async def hold_alone(connection: AsyncConnection) -> bool:
    """Let no process enter or write until the end of the transaction; whether one lives, which has to end first.

    Those whose lease is over are taken for dead: one of them may only be stopped, and would write when it wakes. What
    they owned is left to the caller.
    """
    await connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": WRITING})
    if await connection.run_sync(is_served):
        return True
    if await connection.run_sync(_has_processes):
        # Not by the tables of this version: the schema may be an older one.
        await connection.execute(sa.text("DELETE FROM processes"))
    return False


def revision_of(connection: sa.Connection) -> str | None:
    """The last migration that was applied; None in an empty database."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(sa.text("SELECT version_num FROM alembic_version"))


def is_served(connection: sa.Connection) -> bool:
    """Whether a process lives that uses the database."""
    if not _has_processes(connection):
        return False
    alive = "SELECT count(*) FROM processes WHERE lease_until > extract(epoch FROM clock_timestamp())"
    return bool(connection.scalar(sa.text(alive)))


def _has_processes(connection: sa.Connection) -> bool:
    return sa.inspect(connection).has_table("processes")


def _explained(error: DBAPIError, setting: str) -> StoreUnavailableError:
    """One line for the operator. The codes are PostgreSQL's (its manual, appendix A)."""
    code, text = str(getattr(error.orig, "sqlstate", "")), one_line(error.orig).rpartition(">: ")[2]
    if code == "55P03":
        return UnusableServerError(
            f"Another process has locked the database for more than {_LONGEST_WAIT_SECONDS} s, to migrate it: "
            "try again when it is done."
        )
    # Invalid authorization or catalog name, missing rights, a read-only server; or an option that asyncpg refuses.
    is_refused = code[:2] in {"28", "3D"} or code in {"42501", "25006"}
    if is_refused or isinstance(getattr(error.orig, "__cause__", None), ValueError):
        return UnusableServerError(f"{setting} is wrong: {text}.")
    return StoreUnavailableError(f"The database could not be used: {text}.")
