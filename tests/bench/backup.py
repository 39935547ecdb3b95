"""What a nightly backup costs the bot: its transactions while a large database is copied, and how long that takes."""

import asyncio
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

from bot.engine.nightly_backup import LIMITS
from bot.jobs.database import Database, open_database
from bot.jobs.migrating import migrate
from bot.jobs.model import Job
from bot.jobs.states import State
from bot.jobs.store import moving
from bot.jobs.tables import jobs as jobs_table
from bot.media.confined import supervise
from bot.ops.clock import SystemClock
from tests.bench.report import Report, Scale, count, percentile
from tests.bench.world import ROOT
from tests.unit.bot.jobs.samples import a_job, put

_JOBS = 100_000
_ALONE_SECONDS = 6.0
_PAUSE_SECONDS = 0.02
_PROMPT_CHARACTERS = 600
_VACUUM = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('VACUUM INTO ?', sys.argv[2:])"


async def _fill(database: Database, path: Path, number: int) -> Job:
    """So many ended jobs with prompts of some length, and one that renders, which is returned."""
    rendering = a_job(State.RENDERING, accepted_at=time.time())
    await database.write(put, a_job(State.DELIVERED, prompt="x" * _PROMPT_CHARACTERS), rendering)
    made = {"id": "printf('%08d', n)", "origin_id": "hex(randomblob(16))", "idempotency_key": "hex(randomblob(16))"}
    names = [f'"{column.name}"' for column in jobs_table.columns]
    chosen = ", ".join(made.get(name.strip('"'), name) for name in names)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)"  # noqa: S608  # our own
            f" INSERT INTO jobs ({', '.join(names)}) SELECT {chosen} FROM jobs, numbers WHERE state = 'delivered'",
            (number,),
        )
    return rendering


async def _commits(database: Database, job: Job, during: Callable[[], Awaitable[Any]]) -> list[float]:
    """How long each transaction took, one after the other with short pauses, until `during` has ended."""
    took: list[float] = []
    until = asyncio.ensure_future(during())
    while not until.done():
        began_at = time.perf_counter()
        await database.write(moving.note, job, progress=len(took) % 100)
        took.append(time.perf_counter() - began_at)
        await asyncio.sleep(_PAUSE_SECONDS)
    await until
    return took


def _shown(seconds: list[float]) -> str:
    ranks = (percentile(seconds, 0.5), percentile(seconds, 0.99), max(seconds))
    return " / ".join(f"{1_000 * one:.1f}" for one in ranks)


async def measure(scale: Scale) -> Report:
    """On one file of its own; the copies are on the same disk."""
    report, number = Report(), round(_JOBS * scale.share)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        path, copies = folder / "bot.db", folder / "copies"
        copies.mkdir()
        await asyncio.to_thread(migrate, path)
        database = open_database(path)

        def back_up() -> Awaitable[Any]:
            given = map(str, (path, copies, date(2026, 11, 30), time.time()))
            command = [sys.executable, "-m", "bot.jobs.backup_folder", *given]
            return supervise(lambda process: process.run(command, ROOT, LIMITS), 3_600.0, SystemClock())

        def vacuum() -> Awaitable[Any]:
            command = [sys.executable, "-c", _VACUUM, str(path), str(copies / "vacuumed.db")]
            return asyncio.to_thread(subprocess.run, command, check=True)

        try:
            job = await _fill(database, path, number)
            alone = await _commits(database, job, lambda: asyncio.sleep(scale.seconds(_ALONE_SECONDS)))
            began_at = time.perf_counter()
            during = await _commits(database, job, back_up)
            took = time.perf_counter() - began_at
            vacuumed = await _commits(database, job, vacuum)
        finally:
            await database.close()
        [copy] = copies.glob("bot-*.db")
        size_bytes = copy.stat().st_size
    metric = f"a transaction during a nightly backup of {count(number)} jobs, p50 / p99 / longest in ms"
    report.row(
        metric,
        limit=_shown(alone),
        peer=_shown(vacuumed),
        goal="twice the limit",
        today=_shown(during),
        reached=percentile(during, 0.5) <= 2 * percentile(alone, 0.5)
        and percentile(during, 0.99) <= 2 * percentile(alone, 0.99),
        reason="a backup that holds no transaction up",
    )
    report.row(f"that backup with its check: seconds, of {size_bytes / 1e6:.0f} MB", today=f"{took:.0f}")
    return report
