"""A program that migrates copies of a folder, killing itself at one step later each time, until no step is left.

Steps are statements of SQLite, the files opened, renamed and removed by ourselves, and everything between two of them.
`python -m tests.unit.bot.jobs.kill_while_migrating <migrations> <database> <copies> <stride>` prints how often.
"""

import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import alembic.command
import alembic.config
import alembic.context
import alembic.runtime.migration
import alembic.script

from bot.jobs import migrating
from bot.jobs.generation import generation_path

__all__ = ["alembic"]  # imported once for all who die
FILE_STEPS = {"open", "os.link", "os.rename", "os.remove", "sqlite3.connect"}
STEPS_MAX = 500


def kill_at(wanted: int, folder: Path) -> None:
    """Let this process kill itself when it comes to that step in the folder."""
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1
        if steps == wanted:
            os.kill(os.getpid(), signal.SIGKILL)

    def hear(event: str, given: tuple[Any, ...]) -> None:
        if event in FILE_STEPS and str(folder) in str(given[0]):
            step()

    connect: Callable[..., sqlite3.Connection] = sqlite3.connect

    def connect_heard(*given: Any, **named: Any) -> sqlite3.Connection:
        connection = connect(*given, **named)
        connection.set_trace_callback(lambda _statement: step())
        return connection

    sqlite3.connect = sqlite3.dbapi2.connect = connect_heard
    sys.addaudithook(hear)


def main(scripts: Path, database: Path, copies: Path, stride: int) -> int:
    """Die at every step there is, or at one of so many; return how many kills it took."""
    migrating._SCRIPTS = scripts
    for kills, wanted in enumerate(range(1, STEPS_MAX, stride)):
        folder = copies / f"{wanted:03}"
        folder.mkdir()
        for file in (database, generation_path(database)):
            if file.exists():
                shutil.copy(file, folder / f"bot{file.suffix}")
        if (child := os.fork()) == 0:
            kill_at(wanted, folder)
            migrating.migrate(folder / "bot.db")
            os._exit(0)
        _pid, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0
            return kills
        assert os.WTERMSIG(status) == signal.SIGKILL
    raise AssertionError("There is no end of steps.")


if __name__ == "__main__":
    print(main(*map(Path, sys.argv[1:4]), stride=int(sys.argv[4])))  # noqa: T201  # the answer to the test
