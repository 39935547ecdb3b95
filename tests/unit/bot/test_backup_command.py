"""`python -m bot backup FILE` as an operator and a supervisor see it."""

import os
import resource
import shlex
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.backup_command import dump_command
from bot.jobs import backup
from sandbox.postgres import _program
from tests.databases import build_file
from tests.postgres import Databases
from tests.unit.bot.forked import run
from tests.unit.bot.test_process import LockHolder, the_line

pytestmark = pytest.mark.slow

CONFIGURATION = 78
ON_POSTGRESQL = {"DATABASE_URL": "postgresql+asyncpg://bot:canary%40pw@127.0.0.66:9/videos?ssl=verify-full"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A working directory with a bot's data folder."""
    (tmp_path / "home" / "data").mkdir(mode=0o700, parents=True)
    build_file(tmp_path / "home" / "data" / "bot.db")
    return tmp_path / "home"


def test_it_needs_neither_token_nor_key_and_no_lock(home: Path) -> None:
    """One line on standard output says what was made, while the bot runs."""
    bot = LockHolder(home / "data")
    try:
        done = run(home, "backup", "copy.db")
    finally:
        bot.close()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("copy.db is written and checked: 0 jobs, 0.")
    assert done.stdout.count("\n") == 1
    with closing(sqlite3.connect(home / "copy.db")) as copy:
        assert copy.execute("SELECT 1 FROM marks WHERE name = 'copy'").fetchall() == [(1,)]
    # A second one would replace it.
    again = run(home, "backup", "copy.db")
    assert again.returncode == CONFIGURATION
    assert "exists" in the_line(again)


@pytest.mark.parametrize("given", [("backup",), ("run", "copy.db"), ("migrate", "copy.db"), ("backup", "a", "b")])
def test_it_takes_one_file_and_nothing_else_does(tmp_path: Path, given: tuple[str, ...]) -> None:
    """Otherwise the usage, and exit code 2."""
    done = run(tmp_path, *given)
    assert done.returncode == 2
    assert "FILE" in done.stderr
    assert list(tmp_path.iterdir()) == []


def _be_stopped() -> None:
    """Let the process be stopped by SIGTERM in the middle of its copy."""

    def check(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    backup._check = check


def test_stopped_it_leaves_nothing(home: Path) -> None:
    """By a supervisor, as by a person with Ctrl-C."""
    done = run(home, "backup", "copy.db", prepare=_be_stopped)
    assert done.returncode == 1
    assert the_line(done) == "Interrupted."
    assert [path.name for path in home.iterdir()] == ["data"]


def _write_no_large_file() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


@pytest.mark.parametrize(
    ("file", "settings", "prepare"),
    [
        ("no/copy.db", {}, None),
        ("data/bot.db", {}, None),
        ("copy.db", {"DATA_DIR": "."}, None),
        ("copy.db", {"MAX_RENDERING_JOBS": "0"}, None),
        ("copy.db", {}, _write_no_large_file),
        ("copy.db", ON_POSTGRESQL, None),
        ("copy.db", {"BACKUP_DIR": "backups", **ON_POSTGRESQL}, None),
    ],
)
def test_what_only_the_operator_can_put_right_ends_with_78(
    home: Path, file: str, settings: dict[str, str], prepare: Callable[[], None] | None
) -> None:
    """One line; nothing is made, and the database stays."""
    before = (home / "data" / "bot.db").read_bytes()
    done = run(home, "backup", file, prepare=prepare, **settings)
    assert done.returncode == CONFIGURATION, done.stderr
    the_line(done)
    assert [path.name for path in home.iterdir()] == ["data"]
    assert (home / "data" / "bot.db").read_bytes() == before


def test_on_postgresql_it_names_the_command(home: Path, postgres: Databases) -> None:
    """With the right address, and without the password; run as it is, it makes a private dump with all tables."""
    assert "sslmode=verify-full" in the_line(run(home, "backup", "my copy", **ON_POSTGRESQL))
    url = postgres.new()
    try:
        settings = {"DATABASE_URL": url.render_as_string(hide_password=False)}
        line = the_line(run(home, "backup", "my copy", **settings))
        command = line[line.index("(umask") :]
        assert command == dump_command(url, "my copy")
        programs = Path(_program("pg_dump")).parent
        environment = {"PATH": f"{programs}:{os.environ['PATH']}", "PGPASSWORD": url.password or ""}
        subprocess.run(["sh", "-ec", command], cwd=home, env=environment, check=True, timeout=60)
        listing = f"pg_restore --list {shlex.quote('my copy')}"
        listed = subprocess.run(
            ["sh", "-ec", listing], cwd=home, env=environment, check=True, timeout=60, capture_output=True, text=True
        )
    finally:
        postgres.release(url)
    assert "TABLE DATA public jobs" in listed.stdout
    assert (home / "my copy").stat().st_mode & 0o077 == 0
