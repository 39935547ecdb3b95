"""A program that backs a database up into a new folder each time, killing itself at one step later, until none is left.

Steps are those of `kill_while_migrating.py`. `python -m tests.unit.bot.jobs.kill_while_backing_up <database> <folders>`
prints how often.
"""

import os
import signal
import sys
from pathlib import Path

from bot.jobs.backup import back_up
from tests.unit.bot.jobs.kill_while_migrating import STEPS_MAX, kill_at


def main(database: Path, folders: Path) -> int:
    """Die at every step there is; return how many kills it took."""
    for wanted in range(1, STEPS_MAX):
        folder = folders / f"{wanted:03}"
        folder.mkdir()
        if (child := os.fork()) == 0:
            kill_at(wanted, folder)
            back_up(database, str(folder / "copy.db"), 1.0)
            os._exit(0)
        _pid, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0
            return wanted - 1
        assert os.WTERMSIG(status) == signal.SIGKILL
    raise AssertionError("There is no end of steps.")


if __name__ == "__main__":
    print(main(*map(Path, sys.argv[1:])))  # noqa: T201  # the answer to the test
