"""Forks the bot's process from one that has imported the bot before: a start without the second of its imports.

The server is a process of its own without threads. Requests and responses are packets on its standard input, a socket:
`{"arguments", "environment", "folder"}` with two file descriptors (standard input, log) starts a process and returns
its id; `{"reap": id}` returns the exit code of one that has ended.
"""

import asyncio
import atexit
import functools
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_PACKET_BYTES = 1 << 17
_STOP_SECONDS = 5.0
_ENDING = (signal.SIGINT, signal.SIGTERM)

# Where a process can wait for one that isn't its child.
AVAILABLE = sys.platform == "linux"


class ForkedProcess:
    """A process of the fork server, with the part of `asyncio.subprocess.Process` that the sandbox uses."""

    def __init__(self, server: "ForkServer", pid: int) -> None:
        self.pid = pid
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._exit_code: asyncio.Future[int] = self._loop.create_future()
        self._handle = os.pidfd_open(pid)
        self._loop.add_reader(self._handle, self._reap)

    @property
    def returncode(self) -> int | None:
        """The exit code, a signal as a negative number; None while it runs."""
        return self._exit_code.result() if self._exit_code.done() else None

    async def wait(self) -> int:
        """Return the exit code once the process has ended."""
        return await asyncio.shield(self._exit_code)

    def _reap(self) -> None:
        self._loop.remove_reader(self._handle)
        os.close(self._handle)
        self._exit_code.set_result(self._server.reap(self.pid))


class ForkServer:
    """One per process that starts bots; ends with it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Start the server with that environment; returns when it has imported the bot, after about a second."""
        self._line, its_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its_end:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sandbox.fork_server"], stdin=its_end.fileno(), env=dict(environment)
            )
        self._line.recv(_PACKET_BYTES)
        atexit.register(self._stop)

    def start(
        self, arguments: Sequence[str], environment: Mapping[str, str], folder: Path, stdin: int, log: int
    ) -> ForkedProcess:
        """Run `sandbox.bot_child` with those arguments in that folder, standard output and error in the log."""
        wanted = {"arguments": list(arguments), "environment": dict(environment), "folder": str(folder)}
        socket.send_fds(self._line, [json.dumps(wanted).encode()], [stdin, log])
        return ForkedProcess(self, self._response())

    def reap(self, pid: int) -> int:
        """The exit code of a process that has ended; asked for once."""
        self._line.send(json.dumps({"reap": pid}).encode())
        return self._response()

    def _response(self) -> int:
        return int(self._line.recv(_PACKET_BYTES))

    def _stop(self) -> None:
        self._line.close()
        self._process.wait(_STOP_SECONDS)


@functools.cache
def fork_server(python_path: str, warnings: str) -> ForkServer:
    """This process's fork server, started when it is first needed. Each bot gets an environment of its own from it."""
    path = os.environ.get("PATH", "")
    return ForkServer({"PATH": path, "PYTHONPATH": python_path, "PYTHONWARNINGS": warnings})


def _serve(line: socket.socket) -> bool:
    """Carry out requests until the other end is closed; True is returned in a new process, which is to be the bot."""
    line.send(b"ready")
    while True:
        packet, descriptors, _flags, _sender = socket.recv_fds(line, _PACKET_BYTES, 2)
        if not packet:
            return False
        request = json.loads(packet)
        if "reap" in request:
            _pid, status = os.waitpid(request["reap"], 0)
            line.send(str(os.waitstatus_to_exitcode(status)).encode())
            continue
        pid = os.fork()
        if pid == 0:
            _enter(request, *descriptors)
            return True
        for descriptor in descriptors:
            os.close(descriptor)
        line.send(str(pid).encode())


def _enter(request: dict[str, Any], stdin: int, log: int) -> None:
    """Set up a new process with its arguments, environment, folder and files."""
    for descriptor, standard in ((stdin, 0), (log, 1), (log, 2)):
        os.dup2(descriptor, standard)
    os.close(stdin)
    os.close(log)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv[1:] = request["arguments"]
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)


def _main() -> int:
    from bot.client import COGS

    # The bot itself imports the cogs when it starts, and Alembic only when it migrates.
    for late in ("alembic.command", "alembic.config", *COGS):
        importlib.import_module(late)
    from sandbox.bot_child import run_child
    from sandbox.made_up_language import read_own_languages

    read_own_languages()

    # A signal to the whole group is for the sandbox and its bots; the server ends with the line. What is sent to a new
    # process waits until it can be ended.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=os.dup(0)) as line:
        is_bot = _serve(line)
    return run_child() if is_bot else 0


if __name__ == "__main__":
    sys.exit(_main())
