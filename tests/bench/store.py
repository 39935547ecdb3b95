"""What the database costs: single transactions one after the other, many at once, and claiming everything."""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from bot.engine.pipeline import claims
from bot.jobs.database import Database, open_database
from bot.jobs.limits import Limits
from bot.jobs.migrating import migrate
from bot.jobs.model import Job, UserId
from bot.jobs.states import Event, State
from bot.jobs.store import accepting, moving
from tests.bench.report import Report, Scale, count, median
from tests.unit.bot.jobs.samples import a_job, put

_TIMES = 200
_WRITERS = 32
_ROUNDS = 15
_LIMITS = Limits(100_000, 0, 100_000)
_TICK_SECONDS = 0.001


async def _each(jobs: list[Job], work: Callable[[Job], Awaitable[Any]]) -> tuple[float, list[Any]]:
    """The median time of that work in ms, and what it returned."""
    took, done = [], []
    for job in jobs:
        began_at = time.perf_counter()
        done.append(await work(job))
        took.append(time.perf_counter() - began_at)
    return 1_000 * median(took), done


async def _moves(database: Database, scale: Scale, report: Report, limit: str) -> None:
    now = time.time()
    jobs = [a_job(user_id=UserId(number), accepted_at=now) for number in range(scale.times(_TIMES))]
    accept, _ = await _each(jobs, lambda job: database.write(accepting.accept, job, _LIMITS))
    begin, sent = await _each(jobs, lambda job: database.write(accepting.begin_submit, job, now))
    apply, _ = await _each(
        sent, lambda job: database.write(moving.apply, job, Event.TAKEN, now=now, remote_id=f"video_{job.id}")
    )
    today = f"{accept:.1f} / {begin:.1f} / {apply:.1f}"
    report.row("one transaction, p50 in ms: accept / begin_submit / apply", limit=limit, goal="3", today=today)


async def _notes(database: Database, scale: Scale) -> float:
    """Rows a second while thirty-two notes always wait."""
    jobs = [a_job(State.RENDERING, accepted_at=time.time()) for _ in range(_WRITERS)]
    await database.write(put, *jobs)
    rounds = scale.times(_ROUNDS)
    began_at = time.perf_counter()

    async def write(job: Job) -> None:
        for progress in range(rounds):
            await database.write(moving.note, job, progress=progress)

    await asyncio.gather(*map(write, jobs))
    return rounds * len(jobs) / (time.perf_counter() - began_at)


async def _claim(database: Database, number: int) -> tuple[float, float]:
    """How long claiming that many jobs takes, and how long the event loop is held up meanwhile, in seconds."""
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
    began_at, claimed = time.perf_counter(), 0
    ids = await database.read(moving.find_unclaimed, submits=True)
    for start in range(0, len(ids), claims.AT_ONCE):
        claimed += len(await database.write(moving.claim, "bench", ids[start : start + claims.AT_ONCE]))
    took = time.perf_counter() - began_at
    ticking.cancel()
    assert claimed >= number
    return took, lag_seconds


def _bare(folder: Path, scale: Scale) -> tuple[float, float]:
    """Python's sqlite3 without a layer: ms of one durable insert, and rows a second in groups of thirty-two."""
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as connection:
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("CREATE TABLE jobs (id INTEGER PRIMARY KEY, prompt TEXT, progress INTEGER)")
        took = []
        for number in range(scale.times(_TIMES)):
            began_at = time.perf_counter()
            connection.execute("INSERT INTO jobs VALUES (?, ?, 0)", (number, "A red fox in snow"))
            took.append(time.perf_counter() - began_at)
        began_at, rounds = time.perf_counter(), scale.times(_ROUNDS)
        for progress in range(rounds):
            connection.execute("BEGIN IMMEDIATE")
            for number in range(_WRITERS):
                connection.execute("UPDATE jobs SET progress = ? WHERE id = ?", (progress, number))
            connection.execute("COMMIT")
        return 1_000 * median(took), rounds * _WRITERS / (time.perf_counter() - began_at)


async def measure(scale: Scale) -> Report:
    """All in this process, on one file of its own."""
    report = Report()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        insert, grouped = await asyncio.to_thread(_bare, Path(folder), scale)
        await asyncio.to_thread(migrate, Path(folder) / "bot.db")
        database = open_database(Path(folder) / "bot.db")
        try:
            await _moves(database, scale, report, f"{insert:.1f}")
            notes = await _notes(database, scale)
            took, lag = await _claim(database, scale.most)
        finally:
            await database.close()
    limit = f"{grouped:,.0f}"
    report.row(f"{_WRITERS} notes at once, rows a second", limit=limit, goal="5,000", today=f"{notes:,.0f}")
    metric = f"claiming {count(scale.most)} jobs, ms (longest stop of the event loop)"
    report.row(metric, goal="– (5)", today=f"{1_000 * took:.0f} ({1_000 * lag:.0f})")
    return report
