"""A database that a newer version of the bot has used: each command ends with one line, and leaves it as it is."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.jobs.clean_end import note_clean_end
from tests.databases import build_file
from tests.postgres import Databases
from tests.server_link import LINK
from tests.unit.bot.forked import run
from tests.unit.bot.test_process import NOWHERE, SECRETS, the_line

pytestmark = pytest.mark.slow

CONFIGURATION = 78
LATER = "UPDATE alembic_version SET version_num = '7777'"


@pytest.mark.parametrize("command", [("run",), ("migrate",), ("backup", "copy.db")])
def test_a_newer_file_is_left_as_it_is(tmp_path: Path, command: tuple[str, ...]) -> None:
    """With what lies beside it, so that the newer version goes on as if nothing had been."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    build_file(data / "bot.db")
    with closing(sqlite3.connect(data / "bot.db")) as connection, connection:
        connection.execute(LATER)
    note_clean_end(data / "bot.db")
    before = {path.name: path.read_bytes() for path in data.iterdir()}
    assert len(before) == 3
    done = run(tmp_path, *command, **SECRETS, **NOWHERE, LOG_LEVEL="error")
    assert done.returncode == CONFIGURATION
    assert "newer version" in the_line(done)
    assert {name: (data / name).read_bytes() for name in before} == before
    assert not (tmp_path / "copy.db").exists()


@pytest.mark.parametrize("command", ["run", "migrate"])
def test_a_newer_database_on_postgresql_is_left_as_it_is(tmp_path: Path, postgres: Databases, command: str) -> None:
    """Also while processes of the newer version use it: stopping them wouldn't help."""
    database = postgres.new()
    url = database.render_as_string(hide_password=False)
    try:
        LINK.run(url, LATER)
        LINK.run(url, "INSERT INTO processes (name, lease_until, facts) VALUES ('newer', 9999999999, '{}')")
        done = run(tmp_path, command, **SECRETS, **NOWHERE, LOG_LEVEL="error", DATABASE_URL=url)
        assert done.returncode == CONFIGURATION
        assert "newer version" in the_line(done)
        assert [row["name"] for row in LINK.run(url, "SELECT name FROM processes")] == ["newer"]
    finally:
        postgres.release(database)
