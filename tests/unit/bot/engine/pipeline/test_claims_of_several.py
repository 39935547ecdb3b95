"""Claims of processes that share a database: a dead one's jobs come to all of them."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.engine.pipeline.claims import Claims
from bot.engine.signals import Signals
from bot.jobs.database import Database
from bot.jobs.states import State
from tests.databases import a_database
from tests.unit.bot.jobs.samples import a_job, put

pytestmark = pytest.mark.both_databases
JOBS = 120


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with a_database(tmp_path) as database:
        yield database


def a_process(database: Database, name: str, *, shares_work: bool) -> Claims:
    signals = Signals()
    signals.shares_work = shares_work
    return Claims(SimpleNamespace(database=database, signals=signals, process=name))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("count", [1, 3])
async def test_the_jobs_of_a_dead_process_are_spread_over_the_living(database: Database, count: int) -> None:
    """All hear of them at the same moment; each job is claimed once. A single process claims them at once."""
    given = [a_job(State.RENDERING, remote_id=f"video_{number}", submitted_at=1.0) for number in range(JOBS)]
    await database.write(put, *given)
    living = [a_process(database, f"process {number}", shares_work=count > 1) for number in range(count)]
    claimed: list[list[str]] = [[] for _ in living]
    rounds = 0
    while sum(map(len, claimed)) < JOBS:
        rounds += 1
        for number, claims in enumerate(living):
            claimed[number] += [job.id for job in await claims.claim()]
    assert sorted(job_id for ids in claimed for job_id in ids) == sorted(job.id for job in given)
    assert min(map(len, claimed)) >= JOBS / count / 2
    assert rounds == 1 or count > 1
