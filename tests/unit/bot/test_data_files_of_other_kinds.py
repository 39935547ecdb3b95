"""A file of the data folder that is none: a folder, a pipe, a socket, a link in a circle or to nowhere."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.databases import build_file
from tests.unit.bot.forked import run
from tests.unit.bot.test_process import NOWHERE, SECRETS, the_line

pytestmark = pytest.mark.slow

CONFIGURATION = 78


def a_circle(path: Path) -> None:
    path.symlink_to(path.name)


def a_link_to_nowhere(path: Path) -> None:
    path.symlink_to("/nowhere/at/all")


def a_folder(path: Path) -> None:
    path.mkdir()


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_socket(path: Path) -> None:
    here = Path.cwd()
    with socket.socket(socket.AF_UNIX) as made:
        # The path of a socket may not be long.
        os.chdir(path.parent)
        try:
            made.bind(path.name)
        finally:
            os.chdir(here)


KINDS = [a_circle, a_link_to_nowhere, a_folder, a_pipe, a_socket]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A working directory with a bot's data folder."""
    (tmp_path / "home" / "data").mkdir(mode=0o700, parents=True)
    build_file(tmp_path / "home" / "data" / "bot.db")
    return tmp_path / "home"


def put(home: Path, name: str, make: Callable[[Path], None]) -> Path:
    """Put that in place of the file."""
    path = home / "data" / name
    path.unlink(missing_ok=True)
    make(path)
    return path


CASES = [
    *(("bot.db", make) for make in KINDS),
    *((f"bot.db-{ending}", make) for ending in ("wal", "shm", "journal") for make in (a_circle, a_folder, a_pipe)),
]


@pytest.mark.parametrize(("name", "make"), CASES)
def test_a_file_of_the_database_that_is_none_ends_start_and_backup_with_78(
    home: Path, name: str, make: Callable[[Path], None]
) -> None:
    """One line names it; it stays, and there is no copy. The check names it too, and ends so."""
    path = put(home, name, make)
    for command in ((), ("migrate",), ("backup", "copy.db")):
        done = run(home, *command, **SECRETS, **NOWHERE)
        assert done.returncode == CONFIGURATION, done.stderr
        assert f"data/{name}" in the_line(done)
    done = run(home, "check", **SECRETS, **NOWHERE, DISCORD_PROXY="http://127.0.0.66:9")
    assert (done.returncode, done.stderr) == (CONFIGURATION, "")
    assert f"problem  {path.relative_to(home)} is" in done.stdout
    assert os.path.lexists(path)
    assert not (home / "copy.db").exists()


@pytest.mark.parametrize("name", ["bot.generation", "bot.lock"])
@pytest.mark.parametrize("make", [a_circle, a_folder, a_pipe])
def test_another_file_that_is_none_hangs_nothing(home: Path, name: str, make: Callable[[Path], None]) -> None:
    """A start names it and ends with 78, but for a pipe as the lock, which can be locked."""
    put(home, name, make)
    done = run(home, "migrate")
    if (name, make) == ("bot.lock", a_pipe):
        assert (done.returncode, done.stderr) == (0, "")
        return
    assert done.returncode == CONFIGURATION, done.stderr
    assert f"data/{name}" in the_line(done)


@pytest.mark.parametrize("make", [a_folder, a_pipe])
def test_the_note_of_a_clean_end_may_be_anything(home: Path, make: Callable[[Path], None]) -> None:
    """Then the database is read as a whole."""
    put(home, "bot.closed", make)
    done = run(home, "migrate")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_folder_in_place_of_the_new_database_ends_with_78(home: Path) -> None:
    """The first start builds it under that name."""
    (home / "data" / "bot.db").unlink()
    (home / "data" / "bot.generation").unlink(missing_ok=True)
    put(home, "bot.db.new", a_folder)
    done = run(home, "migrate")
    assert done.returncode == CONFIGURATION, done.stderr
    assert "data/bot.db.new is a folder" in the_line(done)
