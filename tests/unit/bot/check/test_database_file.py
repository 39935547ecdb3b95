"""The SQLite database, read beside a running bot or none, without a trace."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.check.database_file import check_database_file, check_left_behind, read_facts
from bot.check.findings import Finding, Line, State
from bot.jobs.database import open_database
from bot.jobs.generation import Generation, generation_path, read_generation, write_generation
from bot.jobs.migrating import newest_revision
from tests.databases import build_file
from tests.unit.bot.jobs.samples import a_job, put

pytestmark = pytest.mark.sqlite_only("reads its file")
SECONDS = 20.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database as a clean end leaves it."""
    path = tmp_path / "bot.db"
    build_file(path)
    return path


@pytest.fixture
def served(path: Path) -> Iterator[sqlite3.Connection]:
    """The same with a bot that has written something and goes on."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("INSERT INTO marks (name, value) VALUES ('poll ceiling', '1 x')")
        yield connection


def contents(path: Path) -> dict[str, bytes]:
    # The index of the log is memory that all readers share.
    files = (file for file in path.parent.iterdir() if file.exists() and not file.name.endswith("-shm"))
    return {file.name: file.read_bytes() for file in files}


def check(path: Path) -> dict[Line, Finding]:
    """The findings by their lines; the files are as before."""
    before, names = contents(path), {file.name for file in path.parent.iterdir()}
    found = {finding.line: finding for finding in check_database_file(path, SECONDS)}
    assert contents(path) == before
    assert {file.name for file in path.parent.iterdir()} == names
    return found


def states(found: dict[Line, Finding]) -> list[State]:
    return [found[line].state for line in (Line.INTEGRITY, Line.MIGRATION, Line.ORIGIN) if line in found]


def test_an_idle_database_is_read_without_a_log(path: Path) -> None:
    """It is whole, up to date and the original."""
    assert states(check(path)) == [State.OK] * 3


def test_a_served_database_is_read_with_its_log(path: Path, served: sqlite3.Connection) -> None:
    """What the bot has written last is in the log."""
    assert states(check(path)) == [State.OK] * 3
    facts = read_facts(path, SECONDS)
    assert facts.marks is not None
    assert facts.marks["poll ceiling"] == "1 x"


def test_a_bot_can_write_while_it_is_checked(path: Path, served: sqlite3.Connection) -> None:
    """The reader takes no lock that a writer needs."""
    served.execute("BEGIN IMMEDIATE")
    assert states(check(path)) == [State.OK] * 3
    served.execute("COMMIT")


def test_no_database_yet(tmp_path: Path) -> None:
    """Nothing is built."""
    assert states(check(tmp_path / "bot.db")) == [State.NOTE] * 2


def test_a_log_without_its_database_is_a_problem(tmp_path: Path) -> None:
    """It holds the last writes, so that a start refuses to build another one."""
    (tmp_path / "bot.db-wal").write_bytes(b"writes")
    assert states(check(tmp_path / "bot.db")) == [State.PROBLEM]


def test_a_log_that_was_not_taken_in_is_left_alone(path: Path, served: sqlite3.Connection, tmp_path: Path) -> None:
    """As of a copied folder: to read it would make an index that stays."""
    copied = tmp_path / "copied"
    copied.mkdir()
    for name in ("bot.db", "bot.db-wal"):
        shutil.copy(path.with_name(name), copied)
    assert states(check(copied / "bot.db")) == [State.NOTE]


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100])
def test_what_is_no_database_is_a_problem(tmp_path: Path, content: bytes) -> None:
    """A start refuses it, and says what to do."""
    path = tmp_path / "bot.db"
    path.write_bytes(content)
    assert states(check(path)) == [State.PROBLEM]


def test_damage_is_found(path: Path) -> None:
    """Also where the first pages are whole."""
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] + bytes(len(whole) - len(whole) // 2))
    assert states(check(path)) == [State.PROBLEM]


def test_an_unreadable_database_is_a_problem(tmp_path: Path) -> None:
    """A dead link, such as to a disk that is away."""
    (tmp_path / "bot.db").symlink_to(tmp_path / "away" / "bot.db")
    assert states(check(tmp_path / "bot.db")) == [State.PROBLEM]


def change(path: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(statement, values)


@pytest.mark.parametrize(("revision", "state"), [("0012", State.NOTE), ("9999", State.PROBLEM)])
def test_another_version_is_seen(path: Path, revision: str, state: State) -> None:
    """An older one is migrated by a start, a newer one refused."""
    change(path, "UPDATE alembic_version SET version_num = ?", revision)
    assert check(path)[Line.MIGRATION].state is state


def test_a_moved_database_is_a_problem(path: Path) -> None:
    """The sentence says where it is."""
    change(path, "INSERT INTO marks (name, value) VALUES ('moved to', 'postgresql://host/bot')")
    found = check(path)[Line.ORIGIN]
    assert found.state is State.PROBLEM
    assert "postgresql://host/bot" in found.what


def forget(path: Path) -> None:
    generation_path(path).unlink()


def go_back(path: Path) -> None:
    kept = read_generation(generation_path(path))
    assert kept is not None
    write_generation(generation_path(path), Generation(kept.lineage, kept.number + 7))


def mark_a_copy(path: Path) -> None:
    change(path, "INSERT INTO marks (name, value) VALUES ('copy', '1.0')")


@pytest.mark.parametrize("spoil", [forget, go_back, mark_a_copy])
def test_a_restored_database_is_seen_as_by_a_start(path: Path, spoil: object) -> None:
    """Without the file beside it, behind it, or marked as a copy."""
    assert callable(spoil)
    spoil(path)
    assert check(path)[Line.ORIGIN].state is State.WARNING


def test_a_very_large_database_is_not_read_as_a_whole(path: Path) -> None:
    """The check ends in time, and says so."""
    change(path, "CREATE TABLE filler (x)")
    change(
        path,
        "WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n LIMIT 100000) "
        "INSERT INTO filler SELECT x FROM n",
    )
    facts = read_facts(path, 0.0)
    assert (facts.revision, facts.is_checked, facts.refusal) == (newest_revision(), False, None)


def test_a_database_that_changes_meanwhile_is_read_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a bot is started: the first reading assumed that it doesn't."""
    look = Path.stat
    times = iter(range(100))

    def stat(self: Path, **given: bool) -> object:
        if self == path and next(times) == 1:
            change(path, "INSERT INTO marks (name, value) VALUES ('poll ceiling', '2 x')")
        return look(self, **given)

    monkeypatch.setattr(Path, "stat", stat)
    facts = read_facts(path, SECONDS)
    assert facts.marks is not None
    assert facts.marks["poll ceiling"] == "2 x"


@pytest.mark.parametrize(("jobs", "state"), [(0, State.OK), (1, State.PROBLEM)])
async def test_jobs_left_behind_are_found(path: Path, jobs: int, state: State) -> None:
    """Where DATABASE_URL names another database; nothing is left by the look."""
    database = open_database(path)
    for _ in range(jobs):
        await database.write(put, a_job())
    await database.close()
    before = contents(path)
    (finding,) = check_left_behind(path)
    assert finding.state is state
    assert contents(path) == before


def test_a_damaged_file_may_have_jobs(tmp_path: Path) -> None:
    """It is in the way of a start."""
    (tmp_path / "bot.db").write_bytes(b"no database at all" * 100)
    (finding,) = check_left_behind(tmp_path / "bot.db")
    assert finding.state is State.PROBLEM
    (finding,) = check_left_behind(tmp_path / "none.db")
    assert finding.state is State.OK
