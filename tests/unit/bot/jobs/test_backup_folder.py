"""The folder of nightly backups: one copy a night, seven are kept, and nothing of others is deleted."""

import random
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.jobs.backup_folder import KEPT, file_name, keep_up, night_of, outdated
from bot.jobs.backup_target import BackupError

ONE, OTHER = "0123abcd" + "0" * 24, "4567abcd" + "0" * 24
NIGHT = date(2026, 11, 30)


def names_of(lineage: str, *days: int) -> list[str]:
    return [file_name(NIGHT + timedelta(days=day), lineage) for day in days]


def test_names_sort_by_date() -> None:
    """A listing of the folder has the newest last."""
    names = [file_name(date(2026, 1, 1) + timedelta(days=37 * number), ONE) for number in range(40)]
    assert names == sorted(names)


@pytest.mark.parametrize(
    ("zone", "at", "night"),
    [
        ("UTC", datetime(2026, 11, 30, 3, 59, 59, tzinfo=UTC), date(2026, 11, 29)),
        ("UTC", datetime(2026, 11, 30, 4, 0, tzinfo=UTC), date(2026, 11, 30)),
        ("UTC", datetime(2026, 12, 1, 3, 59, tzinfo=UTC), date(2026, 11, 30)),
        ("Asia/Tokyo", datetime(2026, 11, 29, 19, 0, tzinfo=UTC), date(2026, 11, 30)),
        ("America/New_York", datetime(2026, 11, 30, 8, 0, tzinfo=UTC), date(2026, 11, 29)),
        ("Europe/Berlin", datetime(2026, 3, 29, 2, 0, tzinfo=UTC), date(2026, 3, 29)),
        ("Europe/Berlin", datetime(2026, 10, 25, 2, 30, tzinfo=UTC), date(2026, 10, 24)),
    ],
)
def test_a_night_begins_at_four_of_the_machines_zone(zone: str, at: datetime, night: date) -> None:
    """Also where the clock is put forward or back in that night."""
    assert night_of(at.timestamp(), ZoneInfo(zone)) == night


def test_each_night_comes_once() -> None:
    """Hour by hour through a year of any zone, nights follow each other without a gap."""
    for zone in ("UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/Santiago"):
        nights = [night_of(1_767_225_600 + 1_800 * half, ZoneInfo(zone)) for half in range(2 * 24 * 366)]
        assert all(later - earlier in (timedelta(0), timedelta(days=1)) for earlier, later in pairwise(nights))


def test_the_new_one_and_the_six_before_it_are_kept() -> None:
    """Gaps between nights don't matter."""
    names = names_of(ONE, -30, -20, -9, -4, -3, -2, -1, 0)
    assert outdated(names, names[-1]) == names[:1]
    assert outdated(names[1:], names[-1]) == []


def test_names_of_others_are_never_deleted() -> None:
    """Those of another bot, of this one before a restore, and what an operator has renamed or put there."""
    ours = names_of(ONE, *range(-20, 1))
    others = [
        *names_of(OTHER, *range(-20, 1)),
        *(f"{name}.keep" for name in ours),
        *(f"keep-{name}" for name in ours),
        *(name.replace("-0123", "-012") for name in ours),
        "bot.db",
        "photo.jpg",
        "bot-2026-11-30.db",
        "bot-٢٠٢٦-11-30-0123abcd.db",
    ]
    assert outdated([*ours, *others], ours[-1]) == ours[:-KEPT]


def test_a_clock_that_was_ahead_costs_no_more_than_its_own_copies() -> None:
    """Copies of nights that are still to come go first; those before stay."""
    true, ahead = names_of(ONE, -3, -2, -1, 0), names_of(ONE, 3_000, 3_001, 3_002, 3_003)
    assert outdated([*true, *ahead], true[-1]) == ahead[:1]


def test_with_any_clock_seven_are_left() -> None:
    """However the clock jumps from night to night, the new copy stays, and one goes for each that comes."""
    for seed in range(20):
        chance, names = random.Random(seed), list[str]()
        for _ in range(60):
            name = file_name(NIGHT + timedelta(days=chance.choice([0, 1, 1, 1, 30, -400, 9_000])), ONE)
            names = sorted({*names, name})
            gone = outdated(names, name)
            assert name not in gone, seed
            assert len(gone) <= 1, seed
            names = [one for one in names if one not in gone]
            assert len(names) <= KEPT, seed


@pytest.fixture
def bot_file(built_file: Path, tmp_path: Path) -> Path:
    """A database in a data folder."""
    (tmp_path / "data").mkdir()
    return Path(shutil.copy(built_file, tmp_path / "data" / "bot.db"))


def lineage_of(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("SELECT value FROM marks WHERE name = 'lineage'").fetchone()[0])


@pytest.mark.sqlite_only("copies its file")
def test_a_fortnight_leaves_seven_and_all_files_of_others(bot_file: Path, tmp_path: Path) -> None:
    """Each night's copy is made once, however often it is asked for."""
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "photo.jpg").write_text("kept")
    link, inner = names_of(lineage_of(bot_file), -400, -401)
    (folder / link).symlink_to(folder / "photo.jpg")
    (folder / inner).mkdir()
    for day in range(14):
        done = keep_up(bot_file, folder, NIGHT + timedelta(days=day), 1.0)
        assert done.jobs == 0
        assert len(done.deleted) == (day >= KEPT)
        again = keep_up(bot_file, folder, NIGHT + timedelta(days=day), 1.0)
        assert (again.jobs, again.deleted) == (None, ())
    assert {path.name for path in folder.iterdir()} == {
        "photo.jpg",
        link,
        inner,
        *names_of(lineage_of(bot_file), *range(7, 14)),
    }


@pytest.mark.sqlite_only("copies its file")
def test_a_folder_in_the_data_folder_is_created_another_one_is_not(bot_file: Path, tmp_path: Path) -> None:
    """Elsewhere a missing folder may be a missing disk, in whose place nothing may be written."""
    keep_up(bot_file, bot_file.parent / "backups", NIGHT, 1.0)
    assert len(list((bot_file.parent / "backups").iterdir())) == 1
    assert (bot_file.parent / "backups").stat().st_mode & 0o777 == 0o700
    with pytest.raises(BackupError):
        keep_up(bot_file, tmp_path / "missing" / "disk", NIGHT, 1.0)
    with pytest.raises(BackupError):
        keep_up(bot_file, tmp_path / "missing", NIGHT, 1.0)
    assert not (tmp_path / "missing").exists()
