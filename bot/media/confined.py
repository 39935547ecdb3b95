"""Runs a foreign program in a confined process: limited, of low priority, without secrets, and killable as a group."""

import asyncio
import os
import selectors
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bot.media import launcher
from bot.ops.clock import Clock

_SAID_BYTES_MAX = 16 * 1024
_PIECE_BYTES = 4096
_PIPE_BYTES = 1024 * 1024
_NICENESS = 15
# A killed process ends at once, unless its disk hangs: it is not waited for longer.
_REAP_SECONDS = 10.0
_SEARCH = "/usr/local/bin:/usr/bin:/bin"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one process: CPU time, address space, size of each of its files, and its niceness, if not the usual one."""

    cpu_seconds: int
    address_bytes: int
    file_bytes: int
    niceness: int | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: the exit code (negative for a signal), and the last it wrote to standard error."""

    code: int
    said: str


class OverdueError(Exception):
    """The work was ended at its deadline."""


class KilledError(Exception):
    """The process was killed before its work was complete."""


async def supervise(work: Callable[["Confined"], T], seconds: float, clock: Clock) -> T:
    """The result of `work`, which runs processes and tidies up behind them in a thread of its own.

    When this returns or raises, also by cancellation, the process group is gone and `work` has returned. Raises
    `OverdueError` after that many seconds, and what `work` raises.
    """
    process, loop = Confined(), asyncio.get_running_loop()
    ended: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: Exception | None) -> None:
        if not ended.done():
            if error is not None:
                ended.set_exception(error)
            else:
                ended.set_result(result)  # pyright: ignore[reportArgumentType] - without an error it is the result

    def run() -> None:
        result, fault = None, None
        try:
            result = work(process)
        except Exception as error:  # noqa: BLE001 - it belongs to the task that waits
            fault = error
        with suppress(RuntimeError):  # the loop is closed: the bot ends
            loop.call_soon_threadsafe(settle, result, fault)

    # A thread of its own: it must not take the place of others, nor keep the bot alive when a process can't be reaped.
    threading.Thread(target=run, name="confined", daemon=True).start()
    overdue = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait((ended, overdue), return_when=asyncio.FIRST_COMPLETED)
        if not ended.done():
            raise OverdueError
        return ended.result()
    finally:
        overdue.cancel()
        process.kill()
        await _settled(ended)


async def _settled(ended: "asyncio.Future[T]") -> None:
    """Wait for the work of a killed process to end, also when cancelled meanwhile."""
    waiting = asyncio.ensure_future(asyncio.wait((ended,), timeout=_REAP_SECONDS))
    cancelled: asyncio.CancelledError | None = None
    while not waiting.done():
        try:
            await asyncio.shield(waiting)
        except asyncio.CancelledError as error:
            cancelled = error
    if ended.done():
        ended.exception()
    else:
        ended.cancel()
    if cancelled is not None:
        raise cancelled


class Confined:
    """One process at a time; `run` blocks its thread, `kill` may be called from any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._killed = False

    def run(self, command: Sequence[str], folder: Path, limits: Limits) -> Ended:
        """Run the command in that folder to its end. Raises `KilledError`, and OSError if it can't be started."""
        given = (
            os.getpid(),
            limits.address_bytes,
            limits.file_bytes,
            limits.cpu_seconds,
            _NICENESS if limits.niceness is None else limits.niceness,
        )
        script = str(Path(launcher.__file__).resolve())
        with self._lock:
            if self._killed:
                raise KilledError
            # No environment but what finds libraries and keeps its messages English.
            process = self._process = subprocess.Popen(  # noqa: S603 - the program is the one that the caller found
                [sys.executable, "-I", "-S", script, *map(str, given), *command],
                cwd=folder, env={"PATH": _SEARCH, "LANG": "C"}, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            )  # fmt: skip
        said = _LastWords(process)
        code = process.wait()
        with self._lock:
            # Children that it left behind. Its number is not given to another group as quickly as that.
            _kill_group(process)
            self._process = None
        words = said.end()
        if self._killed:
            raise KilledError
        return Ended(code, words)

    def kill(self) -> None:
        """End the process and its children, and start no other."""
        with self._lock:
            self._killed = True
            if self._process is not None:
                _kill_group(self._process)

    def unless_killed(self, act: Callable[[], T]) -> T:
        """Do what makes the work visible, at once or not at all. Raises `KilledError`."""
        with self._lock:
            if self._killed:
                raise KilledError
            return act()


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError, PermissionError):  # macOS forbids to signal a group of zombies
        os.killpg(process.pid, signal.SIGKILL)


class _LastWords:
    """Reads standard error in a thread, so that a program that writes much is never held up; the end of it is kept."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        if process.stderr is None:
            raise OSError("The process has no standard error.")
        self._source = process.stderr
        os.set_blocking(self._source.fileno(), False)
        self._said = b""
        self._ended, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._read, name="confined said", daemon=True)
        self._thread.start()

    def end(self) -> str:
        """What was written last. A child that left its group may hold the pipe open: it isn't waited for."""
        os.close(self._wake)
        self._thread.join()
        os.close(self._ended)
        self._source.close()
        return self._said.decode(errors="replace")

    def _read(self) -> None:
        source = self._source.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(source, selectors.EVENT_READ)
            selector.register(self._ended, selectors.EVENT_READ)
            over = False
            while not over:
                over = self._ended in {key.fd for key, _events in selector.select()}
                # No more than a pipe holds: a child that left its group may go on writing.
                for _ in range(_PIPE_BYTES // _PIECE_BYTES):
                    try:
                        piece = os.read(source, _PIECE_BYTES)
                    except BlockingIOError:
                        break
                    if not piece:
                        return
                    # A piece may be a single line: bytes are counted, not pieces.
                    self._said = (self._said + piece)[-_SAID_BYTES_MAX:]
