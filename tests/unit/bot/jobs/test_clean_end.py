"""After a clean end the database isn't read through at the next start; after anything else it is."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.jobs.clean_end import note_clean_end, take_clean_end
from bot.jobs.database import open_database
from bot.jobs.migrating import DamagedDatabaseError, migrate
from tests.unit.bot.jobs.samples import a_job, put

pytestmark = pytest.mark.sqlite_only("how its file was left")


@pytest.fixture
async def closed(file: Path) -> Path:
    """A database with some pages that was closed cleanly."""
    database = open_database(file)
    await database.write(put, *(a_job(prompt="x" * 2_000) for _ in range(50)))
    await database.close()
    note_clean_end(file)
    return file


def scratch(path: Path) -> None:
    """Damage to the jobs' pages that only a check finds, with the file's times as they were."""
    about = path.stat()
    content = bytearray(path.read_bytes())
    for start in range(0, len(content), 4096):
        if b"x" * 1_000 in content[start : start + 4096]:
            content[start : start + 64] = b"\xff" * 64
    path.write_bytes(content)
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


async def test_a_clean_end_spares_the_next_start_the_check(closed: Path) -> None:
    """Once: the start after that checks, unless there was another clean end."""
    scratch(closed)
    migrate(closed)
    with pytest.raises(DamagedDatabaseError):
        migrate(closed)


def put_back(path: Path) -> None:
    """As from a backup: the same bytes in another file."""
    shutil.copy2(path, path.with_name("copy"))
    path.with_name("copy").replace(path)


def overwrite(path: Path) -> None:
    path.write_bytes(path.read_bytes())


def cut_off(path: Path) -> None:
    about = path.stat()
    os.truncate(path, about.st_size // 2)
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


def leave_a_log(path: Path) -> None:
    path.with_name(f"{path.name}-wal").write_bytes(b"more")


def write_to_it(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE jobs SET fence = fence + 1")


@pytest.mark.parametrize("change", [put_back, overwrite, cut_off, leave_a_log, write_to_it])
async def test_a_file_that_was_changed_since_is_checked(closed: Path, change: Callable[[Path], None]) -> None:
    """What was copied, put back, cut off or written by something else is another file."""
    change(closed)
    assert not take_clean_end(closed)


async def test_a_database_in_use_has_no_clean_end(file: Path) -> None:
    """While its log holds something nothing is noted, so a killed process leaves no mark."""
    database = open_database(file)
    await database.write(put, a_job())
    note_clean_end(file)
    assert not file.with_suffix(".closed").exists()
    await database.close()


@pytest.mark.parametrize("content", [b"", b"nonsense", b"1 2 3\n"])
def test_an_odd_mark_means_nothing(file: Path, content: bytes) -> None:
    """It is removed, and the database is checked."""
    mark = file.with_suffix(".closed")
    mark.write_bytes(content)
    assert not take_clean_end(file)
    assert not mark.exists()


def test_a_folder_that_takes_no_file_is_no_fault(tmp_path: Path) -> None:
    """The next start just checks."""
    note_clean_end(tmp_path / "away" / "bot.db")
    (tmp_path / "bot.db").write_bytes(b"x")
    (tmp_path / "bot.closed").mkdir()
    note_clean_end(tmp_path / "bot.db")
    assert not take_clean_end(tmp_path / "bot.db")
