"""What is asked again and again reads no more than it needs: jobs that have ended stay for ever, and are many."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.database import Database
from bot.jobs.limits import Limits
from bot.jobs.render_times import RenderClass
from bot.jobs.states import State
from bot.jobs.store import accepting, finding, history, moving, pictures, processes, renders, usage
from bot.jobs.tables import jobs
from tests.unit.bot.jobs.samples import ANNA, HERE, PROVIDER, a_job, put
from tests.unit.bot.jobs.store.test_unreadable_rows import spoil

Work = Callable[..., Awaitable[Any]]
# PostgreSQL plans by what it knows of the rows, and reads through a table of three.
pytestmark = pytest.mark.parametrize("open_another", ["sqlite"], indirect=True)


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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("work", "args"),
    [
        (partial(moving.find_unclaimed, submits=True), ()),
        (moving.claim, ("me",)),
        (processes.void_ownership, ()),
        (moving.bring_to_now, (1.0,)),
        (finding.count_unreadable, ()),
        (finding.find_all_unended_ids, ()),
        (finding.find_newest_time, ()),
        (finding.find_submit_times_since, (1.0,)),
        (renders.find_latest_renders, (200,)),
        (renders.find_latest_of_class, (PROVIDER, RenderClass("gpt-4o-video", None, "8"))),
        (finding.find_kept_videos, (1.0,)),
        (finding.find_removed_ids, ()),
        (finding.find_unclear_at_provider, ((PROVIDER,), 1.0)),
        (finding.find_lost_at_provider, ((PROVIDER,), 1.0)),
        (finding.find_by_origin_prefix, ("act",)),
        (finding.find_waiting_in, (HERE.guild_id,)),
        (finding.find_own_everywhere, (ANNA, 10)),
        (history.find_remixes, (a_job().id, 25)),
        (history.find_history, (ANNA, None, 5, 6)),
        (history.find_history, (ANNA, HERE.guild_id, 5, 6)),
        (history.find_prompts, (ANNA, None, 400, 200)),
        (history.find_prompts, (ANNA, HERE.guild_id, 400, 200)),
        (finding.suggest_own_everywhere, (ANNA, "fox", 25)),
        (finding.suggest_finished_in_place, (ANNA, HERE, "fox", 25)),
        (finding.find_newest_finished_in_channel, (ANNA, HERE.channel_id)),
        (pictures.find_kept_references, (1.0,)),
        (pictures.measure_pictures, (ANNA, 1.0)),
        (accepting.find_room, (a_job().origin, 1.0, Limits(3, 25, 200, 10, 10))),
        (accepting.accept, (a_job(), Limits(3, 25, 200, 10, 10))),
        (usage.find_usage_since, (1.0,)),
    ],
)
async def test_no_statement_reads_through_all_jobs(database: Database, work: Work, args: tuple[Any, ...]) -> None:
    """Ended jobs stay for ever. Each statement, of a start, of a person or of a loop, finds its rows by an index."""
    await database.write(put, a_job(), a_job(State.DELIVERED, ended_at=1.0))
    steps = await database.write(plan, work, *args)
    assert steps
    assert [step for step in steps if step.startswith("SCAN jobs") and "INDEX ix_jobs_unended" not in step] == []
    assert [step for step in steps if step.startswith("SCAN posts")] == []


@pytest.mark.parametrize("kind", [RenderClass("gpt-4o-video", "1280x720", "8"), RenderClass(None, None, None)])
async def test_the_latest_of_a_class_are_read_in_their_order(database: Database, kind: RenderClass) -> None:
    """However many renders there are of this class and of others: by the index, without sorting."""
    await database.write(put, a_job(State.DELIVERED, submitted_at=1.0, completed_at=2.0))
    steps = await database.write(plan, renders.find_latest_of_class, PROVIDER, kind)
    assert len(steps) == 1
    assert "(provider=? AND model=? AND size=? AND seconds=? AND completed_at>?)" in steps[0]


async def test_a_person_is_judged_by_their_latest_endings(database: Database) -> None:
    """Somebody with thousands of jobs isn't slower: neither their limits nor their choices read the older ones."""
    await database.write(put, a_job())
    steps = await database.write(plan, accepting.measure_usage, ANNA, 1.0)
    assert any("ix_jobs_user_id_ended_at (user_id=? AND ended_at>? AND ended_at<?)" in step for step in steps)
    assert any("ix_jobs_user_id_accepted_at (user_id=? AND accepted_at>?)" in step for step in steps)
    assert sum("ix_jobs_unended (state=?" in step for step in steps) == 2
    steps = await database.write(plan, finding.suggest_finished_in_place, ANNA, HERE, "", 25)
    assert any("ix_jobs_user_id_accepted_at (user_id=? AND accepted_at>?)" in step for step in steps)
    assert not any("TEMP B-TREE" in step for step in steps)


async def test_a_job_in_a_state_of_a_newer_version_keeps_its_video(database: Database) -> None:
    """This version can't know if it has ended."""
    job = a_job()
    await database.write(put, job)
    await database.write(spoil, jobs, "state", "dreaming", id=job.id)
    assert await database.read(finding.find_kept_videos, 1.0) == {job.id}
    assert await database.read(finding.count_unreadable) == 1
