"""What the commands print: to a program that has ended, to a full disk, to nothing, and with a path of any letters."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.databases import build_file
from tests.unit.bot.forked import BOUND_SECONDS, run
from tests.unit.bot.test_process import NOWHERE, ROOT, SECRETS, the_line

pytestmark = pytest.mark.slow


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A working directory with a bot's data folder."""
    (tmp_path / "home" / "data").mkdir(mode=0o700, parents=True)
    build_file(tmp_path / "home" / "data" / "bot.db")
    return tmp_path / "home"


def start(home: Path, *arguments: str, closed: str = "", **streams: int) -> subprocess.CompletedProcess[bytes]:
    """The process with those streams; `closed` has the shell's words for those that it is started without."""
    words = " ".join((sys.executable, "-W", "ignore", "-m", "bot", *arguments, closed))
    environment = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT), **SECRETS, **NOWHERE}
    return subprocess.run(
        ["/bin/sh", "-c", f"exec {words}"], cwd=home, env=environment, timeout=BOUND_SECONDS, check=False,
        **({"stderr": subprocess.PIPE, "stdout": subprocess.PIPE} | streams),
    )  # fmt: skip


def a_pipe_without_a_reader() -> int:
    reader, writer = os.pipe()
    os.close(reader)
    return writer


@pytest.mark.parametrize(
    ("command", "code"),
    [(("check",), 78), (("check", "--json"), 78), (("backup", "copy.db"), 0), (("--help",), 0), (("--version",), 0)],
)
def test_a_reader_that_has_ended_makes_no_error(home: Path, command: tuple[str, ...], code: int) -> None:
    """As with `| head -1`: nothing on standard error, and the same exit code; a copy is made."""
    pipe = a_pipe_without_a_reader()
    done = start(home, *command, stdout=pipe)
    os.close(pipe)
    assert (done.returncode, done.stderr) == (code, b"")
    assert (home / "copy.db").exists() is ("backup" in command)


def test_errors_without_a_reader_keep_their_exit_code(home: Path) -> None:
    """The line is lost, the code is not."""
    pipe = a_pipe_without_a_reader()
    assert start(home, "backup", "no/such/folder", stderr=pipe).returncode == 78
    os.close(pipe)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_it_can_be_started_without_the_standard_streams(home: Path, closed: str) -> None:
    """Nothing is written into a file that got the number of one."""
    assert start(home, "backup", "copy.db", closed=closed).returncode == 0
    assert start(home, "backup", "copy.db", closed=closed).returncode == 78
    assert start(home, "migrate", closed=closed).returncode == 0
    assert (home / "copy.db").read_bytes().startswith(b"SQLite format 3\0")


def test_an_answer_that_cannot_be_printed_is_on_standard_error(home: Path) -> None:
    """The disk of a file that standard output is sent to may be full; the copy is made, and the code says 1."""
    with Path("/dev/full").open("wb") as full:
        done = start(home, "backup", "copy.db", stdout=full.fileno())
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1
    assert b"copy.db is written" in done.stderr


STRANGE = "a\nb\r\x1b[31m\x07\udcff"


def test_a_path_with_line_breaks_makes_one_line(home: Path) -> None:
    """Nor does it control the terminal; the file has its own name all the same."""
    done = run(home, "backup", STRANGE)
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    assert done.stdout.strip().isprintable()
    assert (home / STRANGE).exists()
    again = run(home, "backup", STRANGE)
    assert (again.returncode, the_line(again).isprintable()) == (78, True)


@pytest.mark.parametrize("command", ["run", "migrate", "backup"])
def test_a_data_folder_with_line_breaks_makes_one_line(home: Path, command: str) -> None:
    """In each message that names it."""
    more = ("copy.db",) if command == "backup" else ()
    done = run(home, command, *more, **SECRETS, **NOWHERE, DATA_DIR=f"no/{STRANGE}")
    assert (done.returncode, the_line(done).isprintable()) == (78, True)


def test_the_check_shows_a_path_with_line_breaks_in_one_line(home: Path) -> None:
    """A finding is one row of the table."""
    done = run(home, "check", **SECRETS, **NOWHERE, DATA_DIR=f"no/{STRANGE}", DISCORD_PROXY="http://127.0.0.66:9")
    assert all(line.isprintable() for line in done.stdout.splitlines())
    assert r"no/a\nb" in done.stdout
