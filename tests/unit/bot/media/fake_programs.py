"""Real programs that behave badly in the place of ffmpeg: shell scripts, with the ids of their processes in a file."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path


class FakeProgram:
    """A script; `pids` are its own and those that it wrote down with `echo $! >> $PIDS`."""

    def __init__(self, folder: Path, script: str) -> None:
        self.path = folder / "ffmpeg"
        self._pids = folder / "pids"
        self.path.write_text(f"#!/bin/sh\nPIDS='{self._pids}'\necho $$ >> $PIDS\n{script}\n")
        self.path.chmod(0o700)

    @property
    def pids(self) -> list[int]:
        return [int(line) for line in self._pids.read_text().split()] if self._pids.exists() else []

    @property
    def alive(self) -> list[int]:
        """Which of its processes still run; a zombie that waits to be reaped does not."""
        return [pid for pid in self.pids if is_alive(pid)]

    async def until(self, processes: int) -> None:
        """Return once so many processes have written their ids down."""
        async with asyncio.timeout(20):
            await _until(lambda: len(self.pids) >= processes)

    async def until_gone(self) -> None:
        """Return once none of them runs. A killed process ends a moment after the signal."""
        async with asyncio.timeout(20):
            await _until(lambda: not self.alive)


async def _until(is_so: Callable[[], bool]) -> None:
    while True:
        if is_so():
            return
        await asyncio.sleep(0.005)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return not Path("/proc/self").exists()
