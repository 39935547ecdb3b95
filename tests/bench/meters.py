"""Meters inside of the bot's process: transactions, lag of the event loop, a profile. The bench reads them from a file.

`tests/bench/hook` starts them. Only the measures that need them ask for them, since each costs a little.
"""

import asyncio
import cProfile
import mmap
import sqlite3
import struct
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

_FORM = struct.Struct("<4d")
_TICK_SECONDS = 0.005


class Readings(NamedTuple):
    """Since the process began: transactions that read and that wrote; since the last reset: the loop's lag."""

    reads: float = 0.0
    writes: float = 0.0
    lag_seconds: float = 0.0
    resets: float = 0.0


def read(file: Path) -> Readings:
    return Readings(*_FORM.unpack(file.read_bytes()[: _FORM.size]))


def reset_lag(file: Path) -> None:
    """Let the largest lag be that from now on."""
    now = read(file)
    with file.open("r+b") as opened:
        opened.write(_FORM.pack(now.reads, now.writes, 0.0, now.resets + 1))


def make(file: Path) -> None:
    file.write_bytes(_FORM.pack(*Readings()))


def begin(environment: Mapping[str, str]) -> None:
    """In the bot's process, before the bot is imported."""
    with Path(environment["BENCH_METERS"]).open("r+b") as file:
        shared = mmap.mmap(file.fileno(), _FORM.size)
    wanted = environment.get("BENCH_WANTED", "").split()
    if "transactions" in wanted:
        _count_transactions(shared)
    profile = cProfile.Profile() if (to := environment.get("BENCH_PROFILE")) else None
    really = asyncio.BaseEventLoop.run_forever

    def run_forever(loop: asyncio.BaseEventLoop) -> None:
        if "lag" in wanted:
            loop.call_soon(_tick, loop, shared, loop.time())
        if profile is None:
            really(loop)
            return
        profile.enable()
        try:
            really(loop)
        finally:
            profile.disable()
            # Dumped after each run of the loop, of which the last may be cut off.
            profile.dump_stats(f"{to}.part")
            Path(f"{to}.part").replace(str(to))

    asyncio.BaseEventLoop.run_forever = run_forever


def _add(shared: mmap.mmap, index: int) -> None:
    at = 8 * index
    shared[at : at + 8] = struct.pack("<d", struct.unpack("<d", shared[at : at + 8])[0] + 1.0)


def _count_transactions(shared: mmap.mmap) -> None:
    """Count each statement that begins a transaction, or runs outside of one."""
    connect: Any = sqlite3.connect

    def counting(*given: Any, **named: Any) -> sqlite3.Connection:
        connection = connect(*given, **named)

        def trace(statement: str) -> None:
            word = statement.lstrip().upper()
            if not connection.in_transaction and not word.startswith("PRAGMA"):
                is_read = word.startswith(("SELECT", "BEGIN DEFERRED")) or word.rstrip("; ") == "BEGIN"
                _add(shared, 0 if is_read else 1)

        connection.set_trace_callback(trace)
        return connection

    sqlite3.connect = counting


def _tick(loop: asyncio.BaseEventLoop, shared: mmap.mmap, due_at: float) -> None:
    lag = time.monotonic() - due_at
    if lag > struct.unpack("<d", shared[16:24])[0]:
        shared[16:24] = struct.pack("<d", lag)
    loop.call_later(_TICK_SECONDS, _tick, loop, shared, time.monotonic() + _TICK_SECONDS)
