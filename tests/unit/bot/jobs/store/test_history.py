"""A person's earlier jobs: their order, whose they are, and how little is read for them."""

import json
import re

import pytest
import sqlalchemy as sa

from bot.jobs.database import Database
from bot.jobs.model import Job, VideoRequest
from bot.jobs.states import State
from bot.jobs.store import finding, history
from bot.jobs.store.rows import row_of
from bot.jobs.tables import jobs
from tests.unit.bot.jobs.samples import ANNA, BEN, HERE, NEXT_DOOR, OTHER_SERVER, a_job, put

NOW = 50_000.0
MANY = 10_000


def finished(accepted_at: float = 1_000.0, **changes: object) -> Job:
    return a_job(State.DELIVERED, accepted_at=accepted_at, completed_at=accepted_at + 60, **changes)


async def test_the_remixes_of_a_video(database: Database) -> None:
    """Finished ones that were not deleted, the newest first, and no more than are asked for."""
    video = finished()
    of_it = VideoRequest("at night", parent_id=video.id)
    older, newer = (finished(at, request=of_it, reported=(("size", "1280x720"),)) for at in (2_000.0, 3_000.0))
    others = (
        a_job(State.RENDERING, request=of_it),
        finished(4_000.0, request=of_it, removed_at=NOW),
        finished(5_000.0, request=VideoRequest("at noon", parent_id=older.id)),
    )
    await database.write(put, video, older, newer, *others)
    assert await database.read(history.find_remixes, video.id, 10) == [newer.id, older.id]
    assert await database.read(history.find_remixes, video.id, 1) == [newer.id]
    assert await database.read(finding.get, newer.id) == newer


async def test_own_videos_of_all_servers(database: Database) -> None:
    """Everything that was finished, the newest first; what never became a video is left out, and so are others'."""
    here, there = finished(1_000.0), finished(3_000.0, place=OTHER_SERVER)
    kept = a_job(State.CANCELLED, accepted_at=2_000.0, completed_at=2_060.0, withheld=True)
    others = (a_job(State.FAILED, accepted_at=4_000.0), a_job(accepted_at=5_000.0), finished(6_000.0, user_id=BEN))
    await database.write(put, here, there, kept, *others)
    found = await database.read(history.find_history, ANNA, None, 0, 10)
    assert [job.id for job in found] == [there.id, kept.id, here.id]
    assert [job.id for job in await database.read(history.find_history, ANNA, None, 1, 1)] == [kept.id]
    prompts = await database.read(history.find_prompts, ANNA, None, 0, 10)
    assert [(one.id, one.prompt) for one in prompts] == [(job.id, "a red fox") for job in found]


async def test_a_members_jobs_of_one_server(database: Database) -> None:
    """All of them, also those that failed or still run, and none of another server."""
    mine = (a_job(State.FAILED, accepted_at=1.0), a_job(accepted_at=2.0, place=NEXT_DOOR), finished(3.0))
    await database.write(put, *mine, finished(4.0, place=OTHER_SERVER))
    found = await database.read(history.find_history, ANNA, HERE.guild_id, 0, 10)
    assert [job.id for job in found] == [job.id for job in reversed(mine)]


async def plan_of(database: Database, statement: str) -> str:
    """How the database finds the rows of a statement."""

    async def explain(connection: sa.ext.asyncio.AsyncConnection) -> str:
        if connection.dialect.name == "sqlite":
            return " ".join(str(row) for row in await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}"))
        await connection.exec_driver_sql("ANALYZE jobs")
        rows = await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}")
        found = rows.scalar_one()
        return json.dumps(found)

    return await database.write(explain)


@pytest.mark.slow
async def test_ten_thousand_videos_are_read_by_an_index(database: Database) -> None:
    """On both databases a page reads the person's rows by the index alone, however many jobs there are."""
    template = row_of(finished()) | {"completed_at": 1_060.0, "ended_at": 1_070.0}
    rows = [
        template
        | {
            "id": f"{number:08d}", "origin_id": f"o{number}", "idempotency_key": f"k{number}",
            "user_id": ANNA if number % 2 else 10**6 + number, "accepted_at": float(number),
        }
        for number in range(2 * MANY)
    ]  # fmt: skip

    async def fill(connection: sa.ext.asyncio.AsyncConnection) -> None:
        await connection.execute(sa.insert(jobs), rows)

    await database.write(fill)
    found = await database.read(history.find_history, ANNA, None, MANY - 5, 6)
    assert [job.id for job in found] == ["00000009", "00000007", "00000005", "00000003", "00000001"]
    for condition in ("completed_at IS NOT NULL", f"guild_id = {HERE.guild_id}"):
        statement = (
            f"SELECT id, prompt FROM jobs WHERE user_id = {ANNA} AND {condition} "  # noqa: S608  # our own numbers
            "ORDER BY accepted_at DESC LIMIT 200 OFFSET 400"
        )
        plan = await plan_of(database, statement)
        # PostgreSQL may take the index of all jobs by time for a person who has made half of them.
        assert re.search(r"ix_jobs_(user_id_)?accepted_at", plan)
        assert "SCAN jobs" not in plan
        assert "Seq Scan" not in plan
    remixes = "SELECT id FROM jobs WHERE parent_id = 'AAAAAAAA' ORDER BY accepted_at DESC LIMIT 25"
    assert "ix_jobs_parent_id_accepted_at" in await plan_of(database, remixes)
