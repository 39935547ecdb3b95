"""Runs the image's files as Docker would: a read-only root, a data folder, no rights, and the bot as process 1.

Not shown by it are Docker's own parts: networks of their own, its seccomp profile, volumes, and its limits.
"""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from tests.image_proof.builder import Image

_DEVICES = ("null", "zero", "random", "urandom")
_EXEC_SECONDS = 30
_START_SECONDS = 10
STOP_SECONDS = 20


class Container:
    """One process of the image with all that belongs to it; `docker run --read-only --cap-drop ALL` is its like."""

    def __init__(self, image: Image, data: Path, lent: Mapping[Path, str]) -> None:
        """`data` is what is mounted to /data. `lent` are folders from outside the image, read-only, and where to."""
        self._image = image
        self._data = data
        self._lent = lent
        self._process: subprocess.Popen[bytes] | None = None
        self._pid = 0

    def start(self, command: Sequence[str], settings: Mapping[str, str], log: BinaryIO) -> None:
        """Start the command with those settings beside the image's own."""
        self._process = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child", "bash", "-ec", self._script(),
             str(self._image.root), *self._without_rights(settings), *command],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
        self._pid = _child_of(self._process.pid)

    def run(self, command: Sequence[str], settings: Mapping[str, str]) -> subprocess.CompletedProcess[bytes]:
        """Run a command in a container of its own, to its end."""
        return subprocess.run(
            ["unshare", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child", "bash", "-ec", self._script(),
             str(self._image.root), *self._without_rights(settings), *command],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=_EXEC_SECONDS * 2, check=False,
        )  # fmt: skip

    def execute(self, command: Sequence[str], settings: Mapping[str, str]) -> subprocess.CompletedProcess[bytes]:
        """Run a command beside the running process, as `docker exec` and a HEALTHCHECK do."""
        return subprocess.run(
            ["nsenter", "--target", str(self._pid), "--mount", "--pid", "--root", "--wd",
             *self._without_rights(settings), *command],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=_EXEC_SECONDS, check=False,
        )  # fmt: skip

    def stop(self) -> tuple[int, float]:
        """Send SIGTERM to process 1, as `docker stop` does; its exit code, and after how many seconds it came."""
        if self._process is None:
            raise RuntimeError("It was not started.")
        began = time.monotonic()
        os.kill(self._pid, signal.SIGTERM)
        return self._process.wait(STOP_SECONDS), time.monotonic() - began

    def kill(self) -> None:
        """End it at once, if it runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _script(self) -> str:
        return "\n".join(
            [
                'mount --bind "$0" "$0"',
                'mount -t proc -o nosuid,nodev,noexec proc "$0/proc"',
                'mount -t tmpfs -o nosuid,mode=755 tmpfs "$0/dev"',
                *(f'touch "$0/dev/{name}"; mount --bind /dev/{name} "$0/dev/{name}"' for name in _DEVICES),
                'mount -t tmpfs -o nosuid,nodev,noexec,size=64m,mode=1777 tmpfs "$0/tmp"',
                f'mount --bind "{self._data}" "$0/data"',
                *(f'mount --bind -o ro "{source}" "$0{target}"' for source, target in self._lent.items()),
                'mount -o remount,bind,ro "$0"',
                'exec chroot "$0" "$@"',
            ]
        )

    def _without_rights(self, settings: Mapping[str, str]) -> list[str]:
        user, _, group = (self._image.user or "0:0").partition(":")
        environment = {**self._image.environment, **settings}
        return [
            "setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups",
            "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs",
            "env", f"--chdir={self._image.folder}", "--ignore-environment",
            *(f"{name}={value}" for name, value in environment.items()),
        ]  # fmt: skip


def _child_of(pid: int) -> int:
    """The one child of a process, which may not have it yet."""
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        if children:
            return int(children[0])
        time.sleep(0.01)
    raise TimeoutError("The container has not started.")
