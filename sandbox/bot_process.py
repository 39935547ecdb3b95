"""Starts, stops and kills the bot as a separate process, with an environment built from nothing and no `.env`."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import sqlite3
import sys
from asyncio.subprocess import Process
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from sandbox.clock import ScaledClock
from sandbox.crash_points import When
from sandbox.fork_server import AVAILABLE, ForkedProcess, fork_server

_ROOT = Path(__file__).resolve().parent.parent
_STOP_SECONDS = 25.0
_HEARD_SECONDS = 3.0
# Warnings are errors in the bot's process too, except the one of discord.py 2.7.1 on Python 3.11 and 3.12.
_WARNINGS = "error,ignore:'audioop' is deprecated:DeprecationWarning"


class BotProcess:
    """One bot, with at most one process at a time. `log_path` has the log of all its processes."""

    def __init__(self, folder: Path, clock: ScaledClock, addresses: Mapping[str, str]) -> None:
        """`addresses` are the options of `sandbox.bot_child` with Discord's addresses."""
        self._folder = folder
        self._clock = clock
        self._addresses = addresses
        self._process: Process | ForkedProcess | None = None
        self._line: socket.socket | None = None
        # Orders given while a process is being started; None at any other time.
        self._unheard: list[str] | None = None
        self.log_path = folder / "bot.log"
        self.data_dir = folder / "data"
        self.lives = 0
        self._stepped_seconds = 0.0
        self.turned_at: float | None = None
        """When the latest life began or, once it is over, ended; on the clock."""
        self._noting: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        """Whether a process runs now."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """The id of the running process; None while none runs."""
        return None if self._process is None or not self.running else self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How the latest process ended, a signal as a negative number; None while it runs, and before the first."""
        return None if self._process is None else self._process.returncode

    async def start(self, settings: Mapping[str, str]) -> None:
        """Start a process with those settings; returns at once."""
        if self.running:
            raise RuntimeError("The bot runs already.")
        self._folder.mkdir(parents=True, exist_ok=True)
        # `started_at` includes the jumps of earlier processes.
        now, anchored_at = self._clock.now() + self._stepped_seconds, _real_time()
        arguments = {
            **self._addresses,
            "--speed": str(self._clock.speed),
            "--started-at": repr(now),
            "--anchored-at": repr(anchored_at),
        }
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": str(_ROOT),
            "PYTHONWARNINGS": _WARNINGS,
            "DATA_DIR": str(self.data_dir),
            **settings,
        }
        self._hang_up()
        self._unheard = []
        line, its_end = socket.socketpair()
        line.settimeout(_HEARD_SECONDS)
        words = [part for pair in arguments.items() for part in pair]
        with self.log_path.open("ab") as log, its_end:
            if AVAILABLE and "PYTHONPATH" not in settings:
                server = await asyncio.to_thread(fork_server, str(_ROOT), _WARNINGS)
                process = server.start(words, environment, self._folder, its_end.fileno(), log.fileno())
            else:
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "sandbox.bot_child", *words,
                    cwd=self._folder, env=environment, stdin=its_end.fileno(), stdout=log, stderr=log,
                )  # fmt: skip
        self._process, self._line = process, line
        self.lives += 1
        self.turned_at = self._clock.now()
        self._noting = asyncio.create_task(self._note_end(process))
        unheard, self._unheard = self._unheard, None
        for order in unheard:
            self._tell(order)

    async def _note_end(self, process: Process | ForkedProcess) -> None:
        await process.wait()
        self.turned_at = self._clock.now()

    def jump(self, seconds: float) -> None:
        """Let that much time pass in the running process; returns when it has confirmed."""
        self._tell(f"jump {seconds!r}")

    def step_wall(self, seconds: float) -> None:
        """Set the bot's wall clock forward or back by that much, for this process and those that follow."""
        self._stepped_seconds += seconds
        self._tell(f"step {seconds!r}")

    def crash_at_commit(self, number: int, when: When, statement: str = "") -> None:
        """Let the running process end as by a power cut at the `number`-th commit from now; 0 takes that back.

        Counted are those of transactions with a statement in which the pattern `statement` is found.
        """
        self._tell(f"crash {number} {when} {statement}")

    def stop_at_commit(self, statement: str, when: When) -> None:
        """Let the running process stop, as by `pause`, at its next commit with such a statement."""
        self._tell(f"stop 1 {when} {statement}")

    def lose_commit(self, statement: str) -> None:
        """Let the next commit with such a statement be stored, but the bot not learn it: its connection breaks."""
        self._tell(f"lose 1 after {statement}")

    def _tell(self, order: str) -> None:
        if self._unheard is not None:
            self._unheard.append(order)
            return
        line = self._line
        if line is None or not self.running:
            return
        try:
            line.sendall(f"{order}\n".encode())
            line.recv(1)
        except OSError:
            # It has just died, or is too busy to answer: then it reads the line later.
            return

    async def _over(self) -> None:
        noting, line = self._noting, self._line
        if noting is not None:
            await noting
        # Another process may have been started meanwhile.
        if line is self._line:
            self._hang_up()

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    async def kill(self) -> None:
        """Kill the process at once, as a power cut would."""
        if self._process is not None and self.running:
            _send(self._process, signal.SIGKILL)
            await self._process.wait()
        await self._over()

    def pause(self) -> None:
        """Stop the process where it is (SIGSTOP): it does nothing, and its connections stay open."""
        if self._process is not None and self.running:
            _send(self._process, signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused process go on (SIGCONT)."""
        if self._process is not None and self.running:
            _send(self._process, signal.SIGCONT)

    @property
    def paused(self) -> bool:
        """Whether the process is stopped now, by `pause` or `stop_at_commit` (Linux)."""
        if self._process is None or not self.running:
            return False
        about = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="utf-8")
        return about.rpartition(")")[2].split()[0] == "T"

    async def terminate(self) -> int:
        """Send SIGTERM and return the exit code; killed after 25 s."""
        if self._process is None:
            return 0
        if self.running:
            _send(self._process, signal.SIGTERM)
        return await self.ended()

    async def ended(self) -> int:
        """The exit code of the process, once it has ended; it is killed if it does not end within 25 s."""
        if self._process is None:
            return 0
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                code = await self._process.wait()
        except TimeoutError:
            await self.kill()
            raise
        await self._over()
        return code

    def copy_database(self, copy: Path) -> None:
        """Copy the database as it is now, with its write-ahead log, also while a process runs."""
        with closing(sqlite3.connect(self.data_dir / "bot.db")) as ours, closing(sqlite3.connect(copy)) as theirs:
            ours.backup(theirs)

    def put_back(self, copy: Path) -> None:
        """Restore an earlier copy of the database in place of today's, as its owner would; no process may run."""
        if self.running:
            raise RuntimeError("The bot runs.")
        database = self.data_dir / "bot.db"
        for left in ("bot.db-wal", "bot.db-shm"):
            (self.data_dir / left).unlink(missing_ok=True)
        shutil.copy(copy, database)

    def log(self) -> str:
        """The log of all processes so far."""
        return self.log_path.read_text(encoding="utf-8", errors="replace") if self.log_path.exists() else ""


def _real_time() -> float:
    return ScaledClock().now()


def _send(process: Process | ForkedProcess, number: signal.Signals) -> None:
    # It may have ended by itself just now.
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, number)
