"""The process as a supervisor sees it: exit codes, and one line for a person on standard error."""

import json
import os
import pty
import re
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.bot.forked import BOUND_SECONDS, break_it, run, run_into, stop_it

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
SECRETS = {"DISCORD_TOKEN": "token-canary-1", "VIDEOS_API_KEY": "key-canary-2"}
# No address here listens: every try before the end fails on this machine.
NOWHERE = {"VIDEOS_API_BASE_URL": "http://127.0.0.66:9/v1"}


def run_anew(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """The bot's process in that folder, with the very command that an operator types, and no other environment."""
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "error,ignore:'audioop' is deprecated:DeprecationWarning",
        **settings,
    }
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=BOUND_SECONDS,
        check=False,
    )


def the_line(done: subprocess.CompletedProcess[str]) -> str:
    """What was said, which must be one line without secrets, and nothing on standard output."""
    assert done.stdout == ""
    assert done.stderr.endswith("\n")
    assert done.stderr.count("\n") == 1, done.stderr
    assert "canary" not in done.stderr
    return done.stderr.strip()


class LockHolder:
    """Another process that holds the data folder, as the bot itself does."""

    def __init__(self, data_dir: Path) -> None:
        program = (
            "import sys, pathlib, bot.data_folder\n"
            "with bot.data_folder.locked(pathlib.Path(sys.argv[1])):\n"
            "    print('held', flush=True)\n"
            "    sys.stdin.read()\n"
        )
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", program, str(data_dir)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"held\n"

    def close(self) -> None:
        """Let go, as a killed process does."""
        self._process.kill()
        self._process.communicate()


@pytest.mark.parametrize(
    ("missing", "command", "start"),
    [("DISCORD_TOKEN", (), run_anew), ("VIDEOS_API_KEY", ("run",), run)],
)
def test_a_missing_setting_ends_with_78(
    tmp_path: Path, missing: str, command: tuple[str, ...], start: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """One line names it; nothing is created."""
    done = start(tmp_path, *command, **{name: value for name, value in SECRETS.items() if name != missing})
    assert done.returncode == 78
    assert the_line(done).startswith(f"{missing} is missing")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAX_RENDERING_JOBS", "many"),
        ("VIDEOS_SIZES", "1280x720,large"),
        ("VIDEOS_SECONDS", "4,soon"),
        ("VIDEOS_MODELS", "m" * 101),
        ("VIDEOS_API_BASE_URL", "http://host canary/v1"),
        ("VIDEOS_API_KEY", "ключ-canary"),
        ("DISCORD_TOKEN", "two words-canary"),
    ],
)
def test_a_wrong_setting_ends_with_78(tmp_path: Path, name: str, value: str) -> None:
    """One line names it, before anything is asked of Discord."""
    done = run(tmp_path, **SECRETS | NOWHERE | {"LOG_LEVEL": "error", name: value})
    assert done.returncode == 78
    assert name in the_line(done)


def test_an_unexpected_error_ends_with_1(tmp_path: Path) -> None:
    """The log says where it broke, and the last line what happened."""
    done = run(tmp_path, prepare=break_it, **SECRETS)
    assert done.returncode == 1
    *log, last = done.stderr.splitlines()
    assert last == "unheard of"
    assert ["LookupError" in line for line in log] == [True]


def test_stopped_before_it_serves_it_ends_with_0(tmp_path: Path) -> None:
    """SIGTERM while the database is being built: it is built to its end, and Discord is never asked."""
    done = run(tmp_path, prepare=stop_it, **SECRETS, **NOWHERE)
    assert (done.returncode, done.stdout) == (0, "")
    assert "logging in" not in done.stderr
    assert (tmp_path / "data" / "bot.db").exists()


def test_a_second_process_ends_with_75(tmp_path: Path) -> None:
    """While one process serves a data folder another one is turned away in one line, and may come when it is free."""
    with closing(LockHolder(tmp_path / "data")):
        for command in ("run", "migrate"):
            done = run(tmp_path, command, **SECRETS, **NOWHERE)
            assert done.returncode == 75
            assert "Another process" in the_line(done)
    assert run(tmp_path, "migrate", **SECRETS).returncode == 0


def test_migrate_builds_the_database_and_stops(tmp_path: Path) -> None:
    """Exit code 0, the schema in DATA_DIR, readable by its owner only; twice is the same."""
    for _ in range(2):
        done = run(tmp_path, "migrate", **SECRETS, DATA_DIR="kept")
        assert done.returncode == 0, done.stderr
        assert "canary" not in done.stderr + done.stdout
    with closing(sqlite3.connect(tmp_path / "kept" / "bot.db")) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {"jobs", "posts", "drafts", "offers", "alembic_version"} <= tables
    assert (tmp_path / "kept").stat().st_mode & 0o077 == 0


def test_an_open_data_folder_is_closed_to_others(tmp_path: Path) -> None:
    """One that was made with other rights before is ours alone afterwards, and what is made in it too."""
    (tmp_path / "data").mkdir(mode=0o755)
    assert run(tmp_path, "migrate", **SECRETS).returncode == 0
    for path in (tmp_path / "data", *(tmp_path / "data").iterdir()):
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize("name", ["bot.lock", "bot.db.new", "bot.db.new-wal", "bot.db.new-journal"])
def test_a_planted_link_is_not_followed(tmp_path: Path, name: str) -> None:
    """The target of a link in the data folder stays as it is."""
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "prize").write_text("untouched")
    (tmp_path / "data" / name).symlink_to(tmp_path / "prize")
    done = run(tmp_path, "migrate", **SECRETS)
    assert done.returncode == (78 if name == "bot.lock" else 0), done.stderr
    assert (tmp_path / "prize").read_text() == "untouched"


def test_settings_may_come_from_the_file(tmp_path: Path) -> None:
    """`.env` of the working directory is read by the process too."""
    (tmp_path / ".env").touch(mode=0o600)
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in SECRETS.items()))
    assert run(tmp_path, "migrate").returncode == 0


def test_a_damaged_database_is_kept_and_said(tmp_path: Path) -> None:
    """A non-zero exit, one human line with what to do, and the file as it was."""
    (tmp_path / "data").mkdir()
    damaged = tmp_path / "data" / "bot.db"
    damaged.write_bytes(b"no database at all " * 999)
    done = run(tmp_path, **SECRETS, **NOWHERE)
    assert done.returncode == 78
    assert "backup" in the_line(done)
    assert damaged.read_bytes() == b"no database at all " * 999


def _a_file(folder: Path) -> str:
    (folder / "kept").write_text("")
    return "kept"


def _a_dangling_link(folder: Path) -> str:
    (folder / "kept").symlink_to("nowhere")
    return "kept"


def _below_a_file(folder: Path) -> str:
    (folder / "kept").write_text("")
    return "kept/data"


@pytest.mark.parametrize(
    "make",
    [_a_file, _a_dangling_link, _below_a_file, lambda _: "no/such/folder", lambda _: "/proc/kept", lambda _: "/proc"],
)
@pytest.mark.parametrize("command", ["run", "migrate"])
def test_a_data_folder_that_cannot_be_ends_with_78(tmp_path: Path, make: Callable[[Path], str], command: str) -> None:
    """One line that names the setting; nothing is made in its place, and no folder of others is closed."""
    data_dir = make(tmp_path)
    before, rights = sorted(tmp_path.iterdir()), Path("/proc").stat().st_mode
    done = run(tmp_path, command, **SECRETS, **NOWHERE, DATA_DIR=data_dir)
    assert done.returncode == 78, done.stderr
    assert the_line(done).startswith("DATA_DIR is wrong: ")
    assert (sorted(tmp_path.iterdir()), Path("/proc").stat().st_mode) == (before, rights)


def test_migrate_needs_neither_token_nor_key(tmp_path: Path) -> None:
    """They may live on another machine."""
    done = run(tmp_path, "migrate")
    assert (done.returncode, done.stdout) == (0, "")
    assert (tmp_path / "data" / "bot.db").exists()


def test_the_version_is_printed(tmp_path: Path) -> None:
    """It needs no settings, touches nothing, and is that of the project."""
    done = run(tmp_path, "--version", LOG_LEVEL="wrong")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{tomllib.loads((ROOT / 'pyproject.toml').read_text())['project']['version']}\n"
    assert list(tmp_path.iterdir()) == []


def test_the_help_explains_each_command(tmp_path: Path) -> None:
    """A line for each one that can be given, and for no other."""
    done = run(tmp_path, "--help")
    assert done.returncode == 0
    explained = re.findall(r"(?m)^  ([a-z]+) {2,}\S+ \S+", done.stdout.partition("\ncommands:\n")[2])
    unknown = run(tmp_path, "nonsense").stderr.partition("choose from ")[2]
    assert explained
    assert explained == re.findall(r"[a-z]+", unknown)


def test_all_mistakes_are_said_before_the_database_is_touched(tmp_path: Path) -> None:
    """In one line for a supervisor; nothing is created."""
    done = run(tmp_path, VIDEOS_SIZES="large", MAX_RENDERING_JOBS="0", REPLY_REMIX="perhaps")
    said = the_line(done)
    assert done.returncode == 78
    for name in ("VIDEOS_SIZES", "MAX_RENDERING_JOBS", "REPLY_REMIX", "DISCORD_TOKEN", "VIDEOS_API_KEY"):
        assert name in said
    assert list(tmp_path.iterdir()) == []


def test_a_person_at_a_terminal_sees_a_line_for_each_mistake_and_no_traceback(tmp_path: Path) -> None:
    """The same at a terminal: what is wrong, not where the code noticed it."""
    for prepare, wanted in ((None, 3), (break_it, 2)):
        ours, theirs = pty.openpty()
        settings = SECRETS | {"MAX_RENDERING_JOBS": "1"} if prepare else {"MAX_RENDERING_JOBS": "0"}
        run_into(Path(os.devnull), Path(os.ttyname(theirs)), tmp_path, prepare=prepare, **settings)
        os.close(theirs)
        said = os.read(ours, 65536).decode()
        os.close(ours)
        assert len(said.strip().splitlines()) == wanted, said
        assert "Traceback" not in said


def test_a_name_that_resembles_a_setting_is_warned_about(tmp_path: Path) -> None:
    """In the environment it stops nothing; the log says it."""
    done = run(tmp_path, "migrate", REPLY_REMX="off")
    assert done.returncode == 0
    assert "did you mean REPLY_REMIX?" in done.stderr


def test_an_unknown_command_is_said(tmp_path: Path) -> None:
    """The usage, and exit code 2."""
    done = run(tmp_path, "dance", **SECRETS)
    assert done.returncode == 2
    assert "migrate" in done.stderr


def test_what_migrate_logs_is_one_json_object_per_line(tmp_path: Path) -> None:
    """Away from a terminal every line of the log can be read by a program."""
    done = run(tmp_path, "migrate", **SECRETS, LOG_LEVEL="debug")
    for line in done.stderr.splitlines():
        assert {"event", "level", "logger", "timestamp"} <= set(json.loads(line))
