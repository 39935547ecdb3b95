"""What is asked again and again reads no more than it needs: jobs that have ended stay for ever, and are many."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.database import Database
from bot.jobs.states import State
from bot.jobs.store import finding, moving
from bot.jobs.tables import jobs
from tests.unit.bot.jobs.samples import a_job, put
from tests.unit.bot.jobs.store.test_unreadable_rows import spoil

Work = Callable[..., Awaitable[Any]]


async def plan(connection: AsyncConnection, work: Work, *args: Any) -> list[str]:
    """Run it, and say how SQLite found the rows of each of its statements."""
    ran: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        ran.append((statement, values))

    event.listen(connection.sync_connection, "before_cursor_execute", note)
    await work(connection, *args)
    event.remove(connection.sync_connection, "before_cursor_execute", note)
    rows = [await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values) for statement, values in ran]
    return [row.detail for found in rows for row in found]


@pytest.mark.parametrize(
    ("work", "args"),
    [
        (moving.renew, ("me", 1.0)),
        (moving.find_unclaimed, ("me", 1.0)),
        (moving.claim, ("me", 1.0)),
        (finding.count_unreadable, ()),
        (finding.find_kept_videos, (1.0,)),
        (finding.find_unclear, ("https://provider.test/v1", 1.0)),
        (finding.find_lost, ("https://provider.test/v1", 1.0)),
    ],
)
async def test_jobs_are_found_by_their_state(database: Database, work: Work, args: tuple[Any, ...]) -> None:
    """No statement reads through all jobs, least of all while it holds the lock for writing."""
    await database.write(put, a_job(), a_job(State.DELIVERED, ended_at=1.0))
    steps = await database.write(plan, work, *args)
    assert steps
    assert [step for step in steps if step.startswith("SCAN") and "COVERING INDEX ix_jobs_state" not in step] == []


async def test_a_job_in_a_state_of_a_newer_version_keeps_its_video(database: Database) -> None:
    """This version can't know if it has ended."""
    job = a_job()
    await database.write(put, job)
    await database.write(spoil, jobs, "state", "dreaming", id=job.id)
    assert await database.read(finding.find_kept_videos, 1.0) == {job.id}
    assert await database.read(finding.count_unreadable) == 1
