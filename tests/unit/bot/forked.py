"""Forks the bot's process from one that has imported it: a start without the second of its imports."""

import multiprocessing
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

from bot import app, cli
from sandbox.loopback import stay_on_loopback

BOUND_SECONDS = 60
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__, "alembic.command", "alembic.config"])


def run(
    folder: Path, *arguments: str, prepare: Callable[[], None] | None = None, **settings: str
) -> subprocess.CompletedProcess[str]:
    """The bot's process in that folder, with an environment built from nothing; `prepare` runs in it before the bot."""
    output, errors = (folder.with_name(f"{folder.name}-{name}") for name in ("output", "errors"))
    exit_code = run_into(output, errors, folder, *arguments, prepare=prepare, **settings)
    done = subprocess.CompletedProcess(arguments, exit_code, output.read_text(), errors.read_text())
    output.unlink()
    errors.unlink()
    return done


def run_into(
    output: Path,
    errors: Path,
    folder: Path,
    *arguments: str,
    prepare: Callable[[], None] | None = None,
    **settings: str,
) -> int:
    """The same with standard output and standard error there, a terminal for example; returns the exit code."""
    process = FORKS.Process(target=_become_the_bot, args=(folder, arguments, settings, (output, errors), prepare))
    process.start()
    process.join(BOUND_SECONDS)
    assert process.exitcode is not None, "the process has not ended"
    return process.exitcode


def break_it() -> None:
    """Let something in the bot's own command break."""

    def run(*_: object) -> None:
        raise LookupError("unheard of")

    cli.run = run  # pyright: ignore[reportAttributeAccessIssue]  # a bug, injected


def stop_it() -> None:
    """Let the bot be stopped at the beginning of its first start; it could reach no one."""
    stay_on_loopback()
    build = app.migrate

    def migrate(path: Path) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        build(path)

    app.migrate = migrate


def _become_the_bot(
    folder: Path,
    arguments: tuple[str, ...],
    settings: dict[str, str],
    outputs: tuple[Path, Path],
    prepare: Callable[[], None] | None,
) -> None:
    """In a new process: what `python -m bot` does."""
    for descriptor, path in enumerate(outputs, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), descriptor)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(settings)
    warnings.simplefilter("error")
    if prepare is not None:
        prepare()
    sys.exit(cli.main(arguments))
