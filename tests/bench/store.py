"""What the database costs: single transactions one after the other, many at once, and claiming everything."""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import aiosqlite

from bot.engine.pipeline import claims
from bot.jobs.database import Database, open_database
from bot.jobs.limits import Limits
from bot.jobs.migrating import migrate
from bot.jobs.model import Job, UserId
from bot.jobs.states import Event, State
from bot.jobs.store import accepting, moving
from tests.bench.report import Report, Scale, count, extent, median, split, spread
from tests.unit.bot.jobs.samples import a_job, put

_TIMES = 200
_WRITERS = 32
_ROUNDS = 15
_LIMITS = Limits(100_000, 0, 100_000)
_TICK_SECONDS = 0.001
_RUNS = 5
_FEW = 64
_GOAL_MS = 3.0
_GOAL_ROWS = 5_000
_GOAL_CLAIM_MS = 5
_TABLE = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "CREATE TABLE jobs (id INTEGER PRIMARY KEY, prompt TEXT, progress INTEGER)",
)
_INSERT = "INSERT INTO jobs VALUES (?, ?, 0)"


class Bare(NamedTuple):
    """Milliseconds of single durable inserts: with sqlite3 in this thread, and with aiosqlite."""

    inserts_ms: list[float]
    of_driver_ms: list[float]


async def _each(jobs: list[Job], work: Callable[[Job], Awaitable[Any]]) -> tuple[list[float], list[Any]]:
    """How long that work took for each, in ms, and what it returned."""
    took, done = [], []
    for job in jobs:
        began_at = time.perf_counter()
        done.append(await work(job))
        took.append(1_000 * (time.perf_counter() - began_at))
    return took, done


def _p50s(took: list[float]) -> str:
    """The median, with the range of the medians of five parts."""
    return f"{median(took):.1f} {extent([median(part) for part in split(took)], 1)}"


async def _moves(database: Database, scale: Scale, report: Report, bare: Bare) -> None:
    now = time.time()
    jobs = [a_job(user_id=UserId(number), accepted_at=now) for number in range(scale.times(_TIMES))]
    accept, _ = await _each(jobs, lambda job: database.write(accepting.accept, job, _LIMITS))
    begin, sent = await _each(jobs, lambda job: database.write(accepting.begin_submit, job, now))
    apply, _ = await _each(
        sent, lambda job: database.write(moving.apply, job, Event.TAKEN, now=now, remote_id=f"video_{job.id}")
    )
    for name, took in (("accept", accept), ("begin_submit", begin), ("apply", apply)):
        report.row(
            f"one transaction, p50 in ms: {name}",
            limit=_p50s(bare.inserts_ms),
            peer=_p50s(bare.of_driver_ms),
            goal=f"{_GOAL_MS:.0f}",
            today=_p50s(took),
            reached=median(took) <= _GOAL_MS,
            reason="3 ms for a transaction",
        )


async def _notes(database: Database, scale: Scale) -> list[float]:
    """Rows a second while thirty-two notes always wait, several times."""
    jobs = [a_job(State.RENDERING, accepted_at=time.time()) for _ in range(_WRITERS)]
    await database.write(put, *jobs)
    rounds, rates = scale.times(_ROUNDS), []

    async def write(job: Job) -> None:
        for progress in range(rounds):
            await database.write(moving.note, job, progress=progress)

    for _ in range(scale.times(_RUNS)):
        began_at = time.perf_counter()
        await asyncio.gather(*map(write, jobs))
        rates.append(rounds * len(jobs) / (time.perf_counter() - began_at))
    return rates


async def _claim(database: Database, number: int) -> tuple[float, float, float]:
    """Seconds to claim 64 of that many jobs, and the rest; and the longest stop of the event loop meanwhile."""
    now = time.time()
    await database.write(put, *[a_job(accepted_at=now) for _ in range(number)])
    lag_seconds, loop = 0.0, asyncio.get_running_loop()

    async def tick() -> None:
        nonlocal lag_seconds
        while True:
            due_at = loop.time() + _TICK_SECONDS
            await asyncio.sleep(_TICK_SECONDS)
            lag_seconds = max(lag_seconds, loop.time() - due_at)

    ticking = asyncio.create_task(tick())
    ids = await database.read(moving.find_unclaimed, submits=True)
    began_at = time.perf_counter()
    claimed = len(await database.write(moving.claim, "bench", ids[:_FEW]))
    took_few = time.perf_counter() - began_at
    for start in range(_FEW, len(ids), claims.AT_ONCE):
        claimed += len(await database.write(moving.claim, "bench", ids[start : start + claims.AT_ONCE]))
    took = time.perf_counter() - began_at
    ticking.cancel()
    assert claimed >= number
    return took_few, took, lag_seconds


def _bare(folder: Path, scale: Scale) -> tuple[list[float], float]:
    """Python's sqlite3 without a layer: ms of each durable insert, and rows a second in groups of thirty-two."""
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as connection:
        for statement in _TABLE:
            connection.execute(statement)
        took = []
        for number in range(scale.times(_TIMES)):
            began_at = time.perf_counter()
            connection.execute(_INSERT, (number, "A red fox in snow"))
            took.append(1_000 * (time.perf_counter() - began_at))
        began_at, rounds = time.perf_counter(), scale.times(_ROUNDS)
        for progress in range(rounds):
            connection.execute("BEGIN IMMEDIATE")
            for number in range(_WRITERS):
                connection.execute("UPDATE jobs SET progress = ? WHERE id = ?", (progress, number))
            connection.execute("COMMIT")
        return took, rounds * _WRITERS / (time.perf_counter() - began_at)


async def _driver(folder: Path, scale: Scale) -> tuple[list[float], float]:
    """aiosqlite as people use it: ms of each durable insert, and rows a second of single updates."""
    async with aiosqlite.connect(folder / "driver.db", isolation_level=None) as connection:
        for statement in _TABLE:
            await connection.execute(statement)
        took = []
        for number in range(scale.times(_TIMES)):
            began_at = time.perf_counter()
            await connection.execute(_INSERT, (number, "A red fox in snow"))
            took.append(1_000 * (time.perf_counter() - began_at))
        began_at, rounds = time.perf_counter(), scale.times(_ROUNDS)
        for progress in range(rounds):
            update = "UPDATE jobs SET progress = ? WHERE id = ?"
            await asyncio.gather(*(connection.execute(update, (progress, number)) for number in range(_WRITERS)))
        return took, rounds * _WRITERS / (time.perf_counter() - began_at)


async def measure(scale: Scale) -> Report:
    """All in this process, each on a file of its own."""
    report = Report()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        inserts_ms, grouped = await asyncio.to_thread(_bare, folder, scale)
        of_driver_ms, single = await _driver(folder, scale)
        await asyncio.to_thread(migrate, folder / "bot.db")
        database = open_database(folder / "bot.db")
        try:
            await _moves(database, scale, report, Bare(inserts_ms, of_driver_ms))
            notes = await _notes(database, scale)
            took_few, took, lag = await _claim(database, scale.most)
        finally:
            await database.close()
    report.row(
        f"{_WRITERS} notes at once, rows a second",
        limit=f"{grouped:,.0f}",
        peer=f"{single:,.0f}",
        goal=f"{_GOAL_ROWS:,}",
        today=spread(notes),
        reached=median(notes) >= _GOAL_ROWS,
        reason="5,000 notes a second",
    )
    report.row(
        f"claiming {_FEW} of {count(scale.most)} jobs, ms",
        goal=f"{_GOAL_CLAIM_MS}",
        today=f"{1_000 * took_few:.1f}",
        reached=1_000 * took_few <= _GOAL_CLAIM_MS,
        reason="64 jobs claimed in 5 ms",
    )
    report.row(
        f"longest stop of the event loop while {count(scale.most)} jobs are claimed, ms (all claimed after)",
        goal=f"{_GOAL_CLAIM_MS}",
        today=f"{1_000 * lag:.0f} ({1_000 * took:,.0f})",
        reached=1_000 * lag <= _GOAL_CLAIM_MS,
        reason="10,000 jobs claimed without a stop over 5 ms",
    )
    return report
