"""The process of a foreign program: what it can see, and how far it can go."""

import json
import os
import signal
import socket
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.media.confined import Confined, KilledError, Limits, OverdueError, _LastWords, supervise
from bot.ops.clock import SystemClock
from sandbox.clock import ScaledClock

MIB = 1024 * 1024
LIMITS = Limits(cpu_seconds=20, address_bytes=512 * MIB, file_bytes=100_000)
REPORT = """
import json, os, resource, signal, sys
names = ("AS", "FSIZE", "CPU", "NOFILE", "CORE")
json.dump({
    "environment": dict(os.environ),
    "limits": {name: resource.getrlimit(getattr(resource, "RLIMIT_" + name)) for name in names},
    "nice": os.nice(0),
    "leads": os.getsid(0) == os.getpgid(0) == os.getpid(),
    "mask": os.umask(0),
    "terminal": any(os.isatty(number) for number in range(3)),
    "read": sys.stdin.read(),
    "oom": open("/proc/self/oom_score_adj").read().strip() if os.path.exists("/proc/self") else "1000",
    "files": sorted(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else None,
}, open("report", "w"))
"""


def run(folder: Path, script: str, limits: Limits = LIMITS) -> tuple[int, str]:
    ended = Confined().run([sys.executable, "-c", script], folder, limits)
    return ended.code, ended.said


def report(folder: Path) -> Any:
    assert run(folder, REPORT) == (0, "")
    return json.loads((folder / "report").read_text())


def test_what_a_program_sees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No secret of the environment, no open file of ours, no terminal and no input; a low priority, a new session, and
    the first to go when memory runs out.
    """
    monkeypatch.setenv("DISCORD_TOKEN", "secret")
    seen = report(tmp_path)
    assert {name for name in seen["environment"] if not name.startswith(("LC_", "__"))} == {"PATH", "LANG"}
    assert (seen["nice"], seen["leads"], seen["mask"]) == (min(os.nice(0) + 15, 19), True, 0o077)
    assert (seen["terminal"], seen["read"], seen["oom"]) == (False, "", "1000")
    # Standard input, output and error, the report, and the list of these itself.
    assert seen["files"] is None or len(seen["files"]) <= 5


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have not all of them")
def test_how_far_a_program_can_go(tmp_path: Path) -> None:
    """Every limit is set, hard and soft."""
    limits = report(tmp_path)["limits"]
    assert limits == {
        "AS": [512 * MIB] * 2, "FSIZE": [100_000] * 2, "CPU": [20] * 2, "NOFILE": [64] * 2, "CORE": [0, 0],
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other systems have not all of them")
def test_limits_hold(tmp_path: Path) -> None:
    """Memory beyond the limit is refused, and a file doesn't grow beyond its own."""
    code, said = run(tmp_path, "bytearray(1 << 30)")
    assert (code, said.strip().splitlines()[-1]) == (1, "MemoryError")
    ended = Confined().run(["/bin/sh", "-c", "exec head -c 200000 /dev/zero > large"], tmp_path, LIMITS)
    assert ended.code == -signal.SIGXFSZ
    assert (tmp_path / "large").stat().st_size <= 100_000
    code, _said = run(tmp_path, "while True: pass", Limits(1, 512 * MIB, 1000))
    assert code in {-signal.SIGXCPU, -signal.SIGKILL}


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    """It ends with 127, and says why."""
    ended = Confined().run([str(tmp_path / "none")], tmp_path, LIMITS)
    assert ended.code == 127
    assert ended.said.startswith("not started: No such file")


@pytest.mark.parametrize("count", [3, 100, 200])
def test_the_last_bytes_are_kept_in_however_many_pieces_they_come(count: int) -> None:
    """A program writes its lines one by one: of all of them the last 16 KiB are kept, and no more."""
    # A datagram is read alone, as a line is that is read before the next one is written.
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    lines = [f"line {number:03} {'x' * 90}\n" for number in range(count)]
    with theirs:
        said = _LastWords(SimpleNamespace(stderr=ours))  # pyright: ignore[reportArgumentType]  # what it reads
        for line in lines:
            theirs.send(line.encode())
        assert said.end() == "".join(lines)[-16 * 1024 :]


def test_nothing_runs_after_a_kill(tmp_path: Path) -> None:
    """A process that was killed before it began is not begun."""
    process = Confined()
    process.kill()
    with pytest.raises(KilledError):
        process.run([sys.executable, "-c", ""], tmp_path, LIMITS)
    with pytest.raises(KilledError):
        process.unless_killed(lambda: None)


async def test_work_returns_and_raises() -> None:
    """What the work returns or raises reaches its caller."""
    assert await supervise(lambda _process: 7, 10.0, SystemClock()) == 7

    def broken(_process: Confined) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await supervise(broken, 10.0, SystemClock())


async def test_work_is_over_at_the_deadline(tmp_path: Path) -> None:
    """At the deadline the process is killed, and the work has ended before its caller goes on."""
    clock, ended = ScaledClock(speed=1000.0), list[str]()

    def work(process: Confined) -> None:
        try:
            process.run(["/bin/sleep", "1000"], tmp_path, LIMITS)
        finally:
            ended.append("work")

    with pytest.raises(OverdueError):
        await supervise(work, 60.0, clock)
    assert ended == ["work"]
