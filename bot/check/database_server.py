"""Checks the PostgreSQL database: reachable, usable, up to date, with the needed rights. It is read only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.check.database_file import judge_migration, judge_origin
from bot.check.findings import Finding, Line, ok, problem, warning
from bot.jobs import tables
from bot.jobs.database import StoreUnavailableError
from bot.jobs.generation import Generation, generation_path, read_generation
from bot.jobs.migrating import newest_revision
from bot.jobs.migrating_shared import UnusableServerError, address_of, connected, is_served, revision_of
from bot.jobs.store.marks import Mark

_NEEDED = ("SELECT", "INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What was read of the database. `missing` are rights, as the table or schema and the right.

    `kept` is the file in this process's DATA_DIR; `is_served`: other processes live.
    """

    where: str
    version: str
    revision: str | None
    marks: Mapping[str, str] | None = None
    missing: Sequence[str] = ()
    synchronous_commit: str = "on"
    is_served: bool = False
    kept: Generation | None = None


async def read_facts(url: sa.URL, database_path: Path) -> ServerFacts:
    """Read the database in one transaction that can't write. Raises `StoreUnavailableError`."""
    kept = read_generation(generation_path(database_path))
    async with connected(url, "DATABASE_URL") as connection:
        await connection.execute(sa.text("SET TRANSACTION READ ONLY"))
        version = str(await connection.scalar(sa.text("SHOW server_version")))
        revision = await connection.run_sync(revision_of)
        names = set(await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names()))
        marks = None
        if tables.marks.name in names:
            rows = await connection.execute(sa.select(tables.marks.c.name, tables.marks.c.value))
            marks = {str(row.name): str(row.value) for row in rows}
        return ServerFacts(
            address_of(url),
            version,
            revision,
            marks,
            await _missing_rights(connection, names, will_migrate=revision != newest_revision()),
            str(await connection.scalar(sa.text("SHOW synchronous_commit"))),
            await connection.run_sync(is_served),
            kept,
        )


def judge_server(where: str, version: str, error: StoreUnavailableError | None) -> Finding:
    """Whether the server can be used at all; `error` is why it can't be."""
    if error is None:
        return ok(Line.SERVER, f"PostgreSQL {version} at {where} can be used.")
    if isinstance(error, UnusableServerError):
        return problem(Line.SERVER, str(error), "Correct DATABASE_URL or the server; docs/operating.md, Set it up.")
    return problem(
        Line.SERVER,
        str(error),
        "Start the server, let it take connections from here, and check host and port in DATABASE_URL.",
    )


def judge_rights(missing: Sequence[str]) -> Finding:
    """Whether the user of DATABASE_URL may do what the bot does."""
    if not missing:
        return ok(Line.RIGHTS, "The user of DATABASE_URL has every right that the bot needs.")
    return problem(
        Line.RIGHTS,
        f"The user of DATABASE_URL lacks rights: {', '.join(missing)}.",
        "Make it the owner of the database and its tables (ALTER DATABASE … OWNER TO …, ALTER TABLE … OWNER TO …).",
    )


def judge_durability(synchronous_commit: str) -> Finding:
    """Whether a commit survives a crash of the server."""
    if synchronous_commit == "off":
        return warning(
            Line.DURABILITY,
            "synchronous_commit is off: a crash of the server loses its last commits, which counts as a restore.",
            "Switch it on for this database: ALTER DATABASE … SET synchronous_commit = on.",
        )
    return ok(Line.DURABILITY, f"synchronous_commit is {synchronous_commit}.")


def judge_shared_pause(marks: Mapping[str, str]) -> Finding:
    """Whether all processes are paused."""
    if Mark.PAUSED in marks:
        return warning(Line.SHARED_PAUSE, "Spending is paused, for all processes.", "Use /owner resume.")
    return ok(Line.SHARED_PAUSE, "Spending isn't paused in the database.")


def judge_shared_migration(facts: ServerFacts) -> Finding:
    """Whether this version can serve the schema, and may migrate it."""
    if facts.is_served and facts.revision is not None and facts.revision < newest_revision():
        return problem(
            Line.MIGRATION,
            f"The database is at {facts.revision}, this version needs {newest_revision()}, and processes of an older "
            "version use it: a start would end with 75.",
            "Stop all of them, back up, then start this version.",
        )
    return judge_migration(facts.revision, newest_revision())


def judge_facts(facts: ServerFacts) -> Iterator[Finding]:
    """All that follows from what was read."""
    yield judge_server(facts.where, facts.version, None)
    yield judge_shared_migration(facts)
    if facts.revision is not None:
        yield judge_origin(facts.where, facts.marks, facts.kept, is_shared=True)
    yield judge_rights(facts.missing)
    yield judge_durability(facts.synchronous_commit)
    if facts.marks is not None:
        yield judge_shared_pause(facts.marks)


async def check_database_server(url: sa.URL, database_path: Path) -> Sequence[Finding]:
    """All of it, as far as the server can be used. `database_path` is where SQLite's file would be."""
    try:
        facts = await read_facts(url, database_path)
    except StoreUnavailableError as error:
        return [judge_server(address_of(url), "", error)]
    return [*judge_facts(facts)]


async def _missing_rights(connection: AsyncConnection, names: set[str], *, will_migrate: bool) -> Sequence[str]:
    """The rights that this user lacks: on the bot's tables that exist, and in the schema while it has to be changed."""
    missing: list[str] = []
    if will_migrate and not await connection.scalar(
        sa.text("SELECT has_schema_privilege(current_user, current_schema(), 'CREATE')")
    ):
        missing.append("CREATE in the schema")
    asked = sa.text("SELECT has_table_privilege(current_user, quote_ident(:name), :right)")
    for name in sorted(names & {table.name for table in tables.metadata.sorted_tables}):
        wanted = [right for right in _NEEDED if not await connection.scalar(asked, {"name": name, "right": right})]
        missing += [f"{right} on {name}" for right in wanted]
    return missing
