"""The folder of the nightly backups, read without writing."""

import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.check.backups import BackupFacts, judge_backups, look_at_backups
from bot.check.findings import State
from bot.jobs.backup_folder import keep_up, newest_night, night_of
from tests.databases import build_file

pytestmark = pytest.mark.sqlite_only("backs up its file")
NOW = 1_796_040_000.0


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "bot.db"
    path.parent.mkdir()
    build_file(path)
    return path


def look(folder: Path, database: Path, now: float = NOW) -> BackupFacts:
    before = sorted(folder.iterdir()) if folder.is_dir() else None
    facts = look_at_backups(folder, database, now)
    assert (sorted(folder.iterdir()) if folder.is_dir() else None) == before
    return facts


@pytest.mark.parametrize(("nights", "state"), [(0, State.OK), (2, State.OK), (3, State.WARNING)])
def test_the_newest_backup_is_found(database: Path, tmp_path: Path, nights: int, state: State) -> None:
    """That which the bot itself has made, of this database."""
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "bot-2030-01-01-ffffffff.db").touch()
    keep_up(database, folder, night_of(NOW) - timedelta(days=nights), NOW)
    facts = look(folder, database)
    assert facts.newest == night_of(NOW) - timedelta(days=nights)
    assert judge_backups(facts).state is state


def test_a_folder_in_the_data_folder_is_created_by_the_bot(database: Path) -> None:
    """And not by the check."""
    folder = database.parent / "backups"
    assert not look(folder, database).exists
    assert not folder.exists()


def test_a_folder_elsewhere_must_be_there(database: Path, tmp_path: Path) -> None:
    """It may be a disk that is away."""
    assert judge_backups(look(tmp_path / "disk" / "backups", database)).state is State.PROBLEM


def test_a_folder_that_takes_no_file(database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of another user, or on a disk that can only be read."""
    (tmp_path / "backups").touch()
    assert judge_backups(look(tmp_path / "backups", database)).state is State.PROBLEM


def test_a_disk_without_room(database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy would be refused."""
    folder = tmp_path / "backups"
    folder.mkdir()
    real = os.statvfs(folder)
    full = os.statvfs_result((*real[:4], 1, *real[5:]))
    monkeypatch.setattr(os, "statvfs", lambda _path: full)
    assert "too full" in str(look(folder, database).refusal)


def test_before_the_first_start(tmp_path: Path) -> None:
    """There is no database to be copied."""
    folder = tmp_path / "backups"
    folder.mkdir()
    (tmp_path / "data").mkdir()
    assert judge_backups(look(folder, tmp_path / "data" / "bot.db")).state is State.NOTE


@pytest.mark.parametrize("name", ["bot-2026-99-99-00000000.db", "bot.db", "other"])
def test_other_names_are_no_backups(name: str) -> None:
    """Such as what else the operator keeps there."""
    assert newest_night([name], "0" * 32) is None
    assert newest_night([name, "bot-2026-11-29-00000000.db"], "0" * 32) in {None, date(2026, 11, 29)}
