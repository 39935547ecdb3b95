"""Forks the bot's process from one that has imported it: a start without the second of its imports."""

import multiprocessing
import os
import subprocess
import sys
import warnings
from pathlib import Path

from bot import cli

BOUND_SECONDS = 60
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__, "alembic.command", "alembic.config"])


def run(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """The bot's process in that folder, with an environment built from nothing."""
    output, errors = (folder.with_name(f"{folder.name}-{name}") for name in ("output", "errors"))
    process = _FORKS.Process(target=_become_the_bot, args=(folder, arguments, settings, (output, errors)))
    process.start()
    process.join(BOUND_SECONDS)
    assert process.exitcode is not None, "the process has not ended"
    done = subprocess.CompletedProcess(arguments, process.exitcode, output.read_text(), errors.read_text())
    output.unlink()
    errors.unlink()
    return done


def _become_the_bot(
    folder: Path, arguments: tuple[str, ...], settings: dict[str, str], outputs: tuple[Path, Path]
) -> None:
    """In a new process: what `python -m bot` does."""
    for descriptor, path in enumerate(outputs, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), descriptor)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(settings)
    warnings.simplefilter("error")
    sys.exit(cli.main(arguments))
