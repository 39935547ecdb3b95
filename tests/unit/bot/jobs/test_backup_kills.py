"""A backup that is killed at any of its steps leaves no half copy under its name, and the next one tidies up."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.jobs.backup import back_up
from tests.unit.bot.jobs.test_backup import read
from tests.unit.bot.jobs.test_migrating import filled

pytestmark = [pytest.mark.slow, pytest.mark.sqlite_only("copies its file")]

ROOT = Path(__file__).parents[4]
BOUND_SECONDS = 300


def test_a_backup_that_is_killed_anywhere_is_there_whole_or_not_at_all(built_file: Path, tmp_path: Path) -> None:
    """Killed before it has its name, it isn't there; afterwards it is whole and marked. The original stays."""
    path = filled(built_file, tmp_path / "data")
    before = path.read_bytes()
    folders = tmp_path / "folders"
    folders.mkdir()
    program = "tests.unit.bot.jobs.kill_while_backing_up"
    command = [sys.executable, "-W", "error", "-m", program, str(path), str(folders)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=BOUND_SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 25
    named = 0
    for folder in sorted(folders.iterdir()):
        copy = folder / "copy.db"
        if copy.exists():
            named += 1
            assert read(copy, "PRAGMA integrity_check") == [("ok",)], folder.name
            assert read(copy, "SELECT count(*) FROM posts") == [(5_000,)], folder.name
            assert len(read(copy, "SELECT * FROM marks WHERE name = 'copy'")) == 1, folder.name
        back_up(path, str(folder / "next.db"), 2.0)
        assert {file.name for file in folder.iterdir()} - {"copy.db"} == {"next.db"}, folder.name
    assert named >= 3
    assert path.read_bytes() == before
