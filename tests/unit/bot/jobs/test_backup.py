"""A copy of a database that is in use: whole, one view, marked, and nothing else changed."""

import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest

from bot.jobs.backup import back_up
from bot.jobs.backup_target import BackupError
from bot.jobs.database import StoreUnavailableError
from bot.jobs.generation import Generation, generation_path, write_generation
from bot.jobs.migrating import DamagedDatabaseError, MovedDatabaseError, NewerDatabaseError, migrate
from tests.unit.bot.jobs.test_migrating import (
    crashed_copy,
    cut_off,
    empty_it,
    filled,
    never_migrated,
    overwrite,
    print_of,
    scratch,
)
from tests.upgrades.dumps import build

pytestmark = pytest.mark.sqlite_only("copies its file")

LEFT_RIGHT = ("left", "right")
BOUND_SECONDS = 20.0
NOW = 1_800_000_000.5


@pytest.fixture
def data(built_file: Path, tmp_path: Path) -> Path:
    """A data folder with a database of some size."""
    path = filled(built_file, tmp_path / "data")
    for name in ("bot.lock", "bot.generation"):
        (path.parent / name).touch()
    (path.parent / "references").mkdir()
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder for copies."""
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def read(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


def test_a_copy_is_whole_private_marked_and_alone(data: Path, out: Path) -> None:
    """It has every row, and one more that says what it is; it is one file, for its owner alone; the original stays."""
    before = print_of(data.parent / "references"), data.read_bytes()
    made = back_up(data, str(out / "copy.db"), NOW)
    copy = out / "copy.db"
    assert list(out.iterdir()) == [copy]
    assert copy.stat().st_mode & 0o777 == 0o600
    assert (made.jobs, made.size_bytes) == (0, copy.stat().st_size)
    assert read(copy, "PRAGMA integrity_check") == [("ok",)]
    assert read(copy, "PRAGMA journal_mode") == [("delete",)]
    assert read(copy, "SELECT * FROM posts") == read(data, "SELECT * FROM posts")
    assert read(copy, "SELECT value FROM marks WHERE name = 'copy'") == [(repr(NOW),)]
    assert read(data, "SELECT value FROM marks WHERE name = 'copy'") == []
    assert (print_of(data.parent / "references"), data.read_bytes()) == before


def test_a_copy_of_a_copy_is_marked_once(data: Path, out: Path) -> None:
    """With the time of the second one."""
    shutil.copy(data, data.with_name("kept"))
    back_up(data, str(out / "one.db"), NOW)
    shutil.copy(out / "one.db", data)
    back_up(data, str(out / "two.db"), NOW + 1)
    assert read(out / "two.db", "SELECT value FROM marks WHERE name = 'copy'") == [(repr(NOW + 1),)]


class Writer(threading.Thread):
    """Commits two rows at a time, as quickly as it can, until it is stopped, or a copy can't end for its sake."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.commits = 0
        self.stopped = threading.Event()
        self._path = path

    def run(self) -> None:
        with closing(sqlite3.connect(self._path, isolation_level=None, timeout=0.5)) as connection:
            until = time.monotonic() + BOUND_SECONDS
            while not self.stopped.is_set() and time.monotonic() < until:
                connection.execute("BEGIN IMMEDIATE")
                for name in ("left", "right"):
                    connection.execute("INSERT INTO marks VALUES (?, '')", (f"{name} {self.commits}",))
                connection.execute("COMMIT")
                self.commits += 1


@contextmanager
def a_writer(path: Path) -> Iterator[Writer]:
    writer = Writer(path)
    writer.start()
    try:
        yield writer
    finally:
        writer.stopped.set()
        writer.join()


def test_it_ends_under_constant_writes_and_shows_one_moment(data: Path, out: Path) -> None:
    """Transactions that are stored meanwhile wait for nothing, never begin it again, and are in it whole or not."""
    with a_writer(data) as writer:
        while not writer.commits:
            time.sleep(0)
        before = writer.commits
        back_up(data, str(out / "copy.db"), NOW, bytes_per_second=4 << 20)
        assert writer.is_alive()
        assert writer.commits > before + 10
    names = [str(name) for (name,) in read(out / "copy.db", "SELECT name FROM marks")]
    left, right = (sum(name.startswith(one) for name in names) for one in LEFT_RIGHT)
    assert left == right
    assert before <= left < writer.commits


def test_the_last_writes_before_a_crash_are_in_it(built_file: Path, tmp_path: Path, out: Path) -> None:
    """They are in the log alone, which stays as it is: the bot takes it in at its next start."""
    crashed = crashed_copy(filled(built_file, tmp_path / "data"), tmp_path / "crashed")
    before = print_of(crashed.parent)
    back_up(crashed, str(out / "copy.db"), NOW)
    assert read(out / "copy.db", "SELECT count(*) FROM posts") == [(5_001,)]
    assert print_of(crashed.parent) == before


def test_a_copy_of_before_the_marks_is_recognised_too(tmp_path: Path, out: Path) -> None:
    """The schema of issue 4 has no place for the mark: the copy carries it until the upgrade stores it."""
    data = tmp_path / "bot.db"
    build("0001_end_of_issue_4", data)
    back_up(data, str(out / "bot.db"), NOW)
    for path, is_copy in ((data, 0), (out / "bot.db", 1)):
        migrate(path)
        assert read(path, "SELECT count(*) FROM marks WHERE name = 'copy'") == [(is_copy,)]


def test_a_copy_beside_the_log_of_another_database_is_refused(built_file: Path, tmp_path: Path, out: Path) -> None:
    """Forgotten at a restore, that log would be applied to the copy: one line says what to remove."""
    data = filled(built_file, tmp_path / "data")
    back_up(data, str(out / "copy.db"), NOW)
    crashed = crashed_copy(data, tmp_path / "crashed")
    shutil.copy(out / "copy.db", crashed)
    before = print_of(crashed.parent)
    with pytest.raises(DamagedDatabaseError, match=r"remove .*-wal"):
        migrate(crashed)
    assert print_of(crashed.parent) == before
    for ending in ("-wal", "-shm"):
        crashed.with_name(crashed.name + ending).unlink(missing_ok=True)
    migrate(crashed)
    assert read(crashed, "SELECT count(*) FROM posts") == [(5_000,)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act for another user")
def test_made_by_root_it_leaves_nothing_that_the_bots_user_can_not_open(data: Path, out: Path) -> None:
    """What SQLite creates beside the database belongs to the database's owner."""
    for path in (data.parent, data):
        os.chown(path, 10_001, 10_001)
    back_up(data, str(out / "copy.db"), NOW)
    assert {path.stat().st_uid for path in data.parent.glob("bot.db*")} == {10_001}


# ── what can't be copied ───────────────────────────────────────────────────────────────────────────────────────────


def take_away(path: Path) -> None:
    path.unlink()


def make_newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '7777'")


def move_away(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO marks VALUES ('moved to', 'postgresql://db')")


def be_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def lose_the_middle(path: Path) -> None:
    """As a disk does: the pages in front, which are read first, are whole."""
    content = bytearray(path.read_bytes())
    for start in range(60 * 4096, len(content), 4096):
        content[start : start + 4096] = b"\xff" * 4096
    path.write_bytes(content)


def spoil_one_page_of_rows(path: Path) -> None:
    """The last one of a table. Rows are counted by an index, and copied as they are: only the check sees it."""
    content = bytearray(path.read_bytes())
    leaf_of_a_table = 0x0D
    page = max(start for start in range(0, len(content), 4096) if content[start] == leaf_of_a_table)
    content[page] = 0xFF
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (take_away, BackupError),
        (be_a_folder, DamagedDatabaseError),
        (make_newer, NewerDatabaseError),
        (move_away, MovedDatabaseError),
        (empty_it, DamagedDatabaseError),
        (never_migrated, DamagedDatabaseError),
        (overwrite, DamagedDatabaseError),
        (cut_off, DamagedDatabaseError),
        (scratch, DamagedDatabaseError),
        (lose_the_middle, DamagedDatabaseError),
        (spoil_one_page_of_rows, DamagedDatabaseError),
    ],
)
def test_what_is_no_whole_database_of_this_version_is_not_copied(
    data: Path, out: Path, spoil: Callable[[Path], None], error: type[Exception]
) -> None:
    """One line says what is wrong; no copy is left that would pass for a good one, and the original stays."""
    spoil(data)
    before = print_of(data.parent / "references"), data.read_bytes() if data.is_file() else None
    with pytest.raises(error) as caught:
        back_up(data, str(out / "copy.db"), NOW)
    assert "\n" not in str(caught.value)
    assert list(out.iterdir()) == []
    assert (print_of(data.parent / "references"), data.read_bytes() if data.is_file() else None) == before


def test_a_database_that_another_program_has_locked_can_be_copied_later(
    data: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That ends by itself, so it is no mistake of the operator's."""
    # Instead of five seconds.
    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, timeout=0.1))
    with closing(sqlite3.connect(data, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("DELETE FROM posts")
        with pytest.raises(StoreUnavailableError, match="locked") as caught:
            back_up(data, str(out / "copy.db"), NOW)
    assert not isinstance(caught.value, DamagedDatabaseError)
    assert list(out.iterdir()) == []


def test_a_restored_copy_counts_on(data: Path, out: Path) -> None:
    """The file beside the database stays as it is."""
    write_generation(generation_path(data), Generation("a" * 32, 5))
    kept = generation_path(data).read_bytes()
    back_up(data, str(out / "copy.db"), NOW)
    assert generation_path(data).read_bytes() == kept
