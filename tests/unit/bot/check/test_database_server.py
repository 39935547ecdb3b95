"""A real PostgreSQL database, read in a transaction that can't write."""

from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
import sqlalchemy as sa

from bot.check.database_server import check_database_server
from bot.check.findings import Finding, Line, State
from bot.jobs.generation import Generation, generation_path, write_generation
from tests.databases import run_on_server
from tests.postgres import Databases

pytestmark = pytest.mark.slow


@pytest.fixture
def url(postgres: Databases) -> Iterator[sa.URL]:
    """A database that the migrations have built."""
    url = postgres.new()
    yield url
    postgres.release(url)


async def check(url: sa.URL, folder: Path) -> dict[Line, Finding]:
    return {finding.line: finding for finding in await check_database_server(url, folder / "bot.db")}


def run(url: sa.URL, statement: str, *values: object) -> list[object]:
    return [*run_on_server(url.render_as_string(hide_password=False), statement, *values)]


async def test_a_ready_database_is_well(url: sa.URL, tmp_path: Path) -> None:
    """Every line is good, and nothing was written."""
    rows = "SELECT name, value FROM marks ORDER BY name"
    before = run(url, rows)
    found = await check(url, tmp_path)
    # The server of the tests loses its last commits in a crash.
    assert {line for line, finding in found.items() if finding.state is not State.OK} == {Line.DURABILITY}
    assert found.keys() == {
        Line.SERVER, Line.MIGRATION, Line.ORIGIN, Line.RIGHTS, Line.DURABILITY, Line.SHARED_PAUSE,
    }  # fmt: skip
    assert run(url, rows) == before
    assert list(tmp_path.iterdir()) == []


async def test_an_empty_database_is_built_by_the_first_start(postgres: Databases, tmp_path: Path) -> None:
    """And not by the check."""
    url = postgres.empty()
    found = await check(url, tmp_path)
    assert {line: finding.state for line, finding in found.items()} == {
        Line.SERVER: State.OK,
        Line.MIGRATION: State.NOTE,
        Line.RIGHTS: State.OK,
        Line.DURABILITY: State.WARNING,
    }
    assert run(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == []


@pytest.mark.parametrize("changed", [{"port": 9}, {"database": "nowhere"}, {"username": "nobody"}])
async def test_a_database_that_can_not_be_used_is_a_problem(
    url: sa.URL, tmp_path: Path, changed: dict[str, object]
) -> None:
    """Unreachable, missing, or closed to that user."""
    found = await check(url.set(**changed), tmp_path)
    assert [(line, finding.state) for line, finding in found.items()] == [(Line.SERVER, State.PROBLEM)]


async def test_another_encoding_is_a_problem(postgres: Databases, tmp_path: Path) -> None:
    """Prompts need all of Unicode."""
    postgres.server.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    url = postgres.empty().set(database="latin")
    found = await check(url, tmp_path)
    assert "LATIN1" in found[Line.SERVER].what


@pytest.mark.parametrize(
    ("statement", "line", "state"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", Line.MIGRATION, State.PROBLEM),
        ("UPDATE alembic_version SET version_num = '0012'", Line.MIGRATION, State.NOTE),
        ("INSERT INTO marks (name, value) VALUES ('moved to', 'elsewhere')", Line.ORIGIN, State.PROBLEM),
        ("INSERT INTO marks (name, value) VALUES ('copy', '1.0')", Line.ORIGIN, State.WARNING),
        ("INSERT INTO marks (name, value) VALUES ('paused', 'yes')", Line.SHARED_PAUSE, State.WARNING),
    ],
)
async def test_what_a_database_says_about_itself(
    url: sa.URL, tmp_path: Path, statement: str, line: Line, state: State
) -> None:
    """The same as at a start."""
    run(url, statement)
    assert (await check(url, tmp_path))[line].state is state


async def test_processes_of_an_older_version_are_in_the_way(url: sa.URL, tmp_path: Path) -> None:
    """While they live nothing can be migrated; once they are dead it can."""
    run(url, "UPDATE alembic_version SET version_num = '0012'")
    run(url, "INSERT INTO processes SELECT 'old', extract(epoch FROM clock_timestamp()) + 3600, '{}'")
    assert (await check(url, tmp_path))[Line.MIGRATION].state is State.PROBLEM
    run(url, "UPDATE processes SET lease_until = 0")
    assert (await check(url, tmp_path))[Line.MIGRATION].state is State.NOTE


async def test_the_file_of_this_process_is_compared(url: sa.URL, tmp_path: Path) -> None:
    """A database of another lineage is a restored one, unless the file was left behind by a restore before."""
    write_generation(generation_path(tmp_path / "bot.db"), Generation("f" * 32, 1))
    assert (await check(url, tmp_path))[Line.ORIGIN].state is State.WARNING
    run(url, "INSERT INTO marks (name, value) VALUES ('earlier lineages', ?)", "f" * 32)
    assert (await check(url, tmp_path))[Line.ORIGIN].state is State.OK


async def test_missing_rights_are_named(postgres: Databases, url: sa.URL, tmp_path: Path) -> None:
    """A user that doesn't own the tables."""
    run(url, "CREATE ROLE reader LOGIN")
    run(url, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    found = await check(url.set(username="reader", password=None), tmp_path)
    assert found[Line.RIGHTS].state is State.PROBLEM
    assert "INSERT on jobs" in found[Line.RIGHTS].what
    run(url, "DROP OWNED BY reader")
    postgres.server.execute("DROP ROLE reader")


async def test_a_database_that_keeps_its_commits_is_well(url: sa.URL, tmp_path: Path) -> None:
    """As set for the database alone."""
    run(url, f'ALTER DATABASE "{url.database}" SET synchronous_commit = on')
    assert (await check(url, tmp_path))[Line.DURABILITY].state is State.OK


async def test_a_server_that_hangs_is_waited_for_briefly(url: sa.URL, tmp_path: Path) -> None:
    """A lock of another process on the tables doesn't hold the check up."""
    other = await asyncpg.connect(host=url.host, port=url.port, user=url.username, database=url.database)
    await other.execute("BEGIN; LOCK TABLE jobs IN SHARE ROW EXCLUSIVE MODE")
    found = await check(url, tmp_path)
    await other.execute("ROLLBACK")
    await other.close()
    assert found[Line.SERVER].state is State.OK
