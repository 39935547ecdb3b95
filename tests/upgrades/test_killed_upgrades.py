"""C12: an upgrade from the end of any issue that is killed at any statement is begun again, and nothing is lost."""

import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.jobs import migrating
from bot.jobs.generation import Generation, generation_path, read_generation, write_generation
from bot.jobs.migrating import migrate
from tests.figures import figure
from tests.postgres import Databases
from tests.unit.bot.jobs.test_migration_kills import counts_as_its_own, kill_at_steps
from tests.upgrades.dumps import DUMPS, build
from tests.upgrades.killed_on_server import Upgrades

pytestmark = pytest.mark.slow

Rows = dict[str, list[tuple[object, ...]]]
# The schema of issue 4 says nothing about itself: its upgrade makes the lineage up.
FIRST = DUMPS[0]
STATEMENTS_MAX = 500


def build_in(folder: Path, dump: str) -> Path:
    """The database of that dump, with the file that lies beside it."""
    folder.mkdir()
    path = folder / "bot.db"
    build(dump, path)
    if dump != FIRST:
        marks = dict(rows_of(path)["marks"])
        write_generation(generation_path(path), Generation(str(marks["lineage"]), int(str(marks["generation"]))))
    return path


def rows_of(path: Path) -> Rows:
    """Every row of every table."""
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(database.execute(f'SELECT * FROM "{name}"'), key=repr) for name in names}  # noqa: S608  # our own


def without_lineage(rows: Rows) -> Rows:
    return rows | {"marks": [row for row in rows["marks"] if row[0] != "lineage"]}


def schema_of(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as database:
        return sorted(database.execute("SELECT name, coalesce(sql, '') FROM sqlite_master"))


@pytest.mark.sqlite_only("files of earlier versions")
@pytest.mark.reliability
@pytest.mark.parametrize("dump", DUMPS)
def test_an_upgrade_that_is_killed_anywhere_loses_nothing(tmp_path: Path, dump: str) -> None:
    """Every row is there at the next start, in the schema of today, and the database counts as no restored one."""
    path = build_in(tmp_path / "old", dump)
    kills = kill_at_steps(migrating._SCRIPTS, path, tmp_path / "copies", figure(19, 1))
    print(f"{kills} kills")  # noqa: T201  # pytest shows it with a failure
    assert kills >= figure(2, 30)
    migrate(path)
    whole, schema = rows_of(path), schema_of(path)
    assert len(whole["jobs"]) >= 15
    for folder in sorted((tmp_path / "copies").iterdir()):
        migrate(folder / "bot.db")
        found = rows_of(folder / "bot.db")
        assert without_lineage(found) == without_lineage(whole), folder.name
        assert dump == FIRST or found == whole, folder.name
        assert schema_of(folder / "bot.db") == schema, folder.name
        assert counts_as_its_own(folder / "bot.db"), folder.name
        assert sorted(file.name for file in folder.iterdir()) == ["bot.db", "bot.generation"], folder.name
        assert read_generation(generation_path(folder / "bot.db")) is not None


@pytest.mark.reliability
@pytest.mark.parametrize("dump", DUMPS)
def test_an_upgrade_on_postgresql_that_is_killed_anywhere_loses_nothing(postgres: Databases, dump: str) -> None:
    """The process is killed, or the server ends its connection: nothing has changed, and the next start does it all."""
    with Upgrades(postgres.server, dump) as unhindered:
        assert not unhindered.is_interrupted(STATEMENTS_MAX, "process")
        whole = unhindered.rows()
    with Upgrades(postgres.server, dump) as upgrades:
        before, kills = upgrades.rows(), 0
        assert len(before["jobs"]) >= 15
        for at, how in ways_to_die():
            if not upgrades.is_interrupted(at, how):
                break
            assert upgrades.rows() == before, (at, how)
            kills += 1
        # It was begun again after each of them.
        after = upgrades.rows()
    print(f"{kills} kills")  # noqa: T201  # pytest shows it with a failure
    assert kills >= figure(2, 60)
    if dump == FIRST:
        for rows in (after, whole):
            rows["marks"] = [row for row in rows["marks"] if row["name"] != "lineage"]
    assert after == whole
    assert after["alembic_version"] == [{"version_num": migrating.newest_revision()}]


def ways_to_die() -> Iterator[tuple[int, str]]:
    """Before each statement, or one of so many, in both ways, or in turns."""
    turns = itertools.cycle(["process", "connection"])
    for at in range(1, STATEMENTS_MAX, figure(29, 1)):
        for _ in range(figure(1, 2)):
            yield at, next(turns)
