"""Starting on a PostgreSQL database whose schema is already the newest, or is of an earlier version."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import sqlalchemy as sa

from bot.jobs.database import Database, MustEndError, open_shared_database
from bot.jobs.migrating_shared import ServedDatabaseError, migrate_shared
from bot.jobs.model import Job
from bot.jobs.states import State
from bot.jobs.store import finding, moving, processes
from tests.postgres import Databases
from tests.unit.bot.jobs.samples import a_job, put
from tests.unit.bot.jobs.store.test_processes import expire
from tests.unit.bot.jobs.test_migrating import scripts

__all__ = ["scripts"]

NEXT_STEP = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("further", sa.Integer()))
"""

# The lock of those that migrate, as in every version.
MIGRATING = 0x766964656F02


async def test_a_process_stopped_while_migrating_keeps_no_other_from_its_start(postgres: Databases) -> None:
    """Where there is nothing to migrate, no turn is waited for."""
    url = postgres.new()
    stopped = await asyncpg.connect(host=url.host, port=url.port, user=url.username, database=url.database)
    await stopped.execute("SELECT pg_advisory_lock($1)", MIGRATING)
    async with asyncio.timeout(10):
        await asyncio.to_thread(migrate_shared, url)
    await stopped.close()


@pytest.fixture
async def sleeper(postgres: Databases, tmp_path: Path) -> AsyncIterator[tuple[sa.URL, Database, Job]]:
    """A process on a database of today with a job of its own, and a step that a newer version brings."""
    url = postgres.new()
    database = open_shared_database(url, "sleeper", tmp_path / "sleeper.generation")
    await database.write(processes.enter, "sleeper", "{}")
    database.entered()
    await database.write(put, a_job(State.RENDERING, remote_id="video_1", submitted_at=1.0))
    [job] = await database.write(moving.claim, "sleeper")
    yield url, database, job
    await database.close()
    postgres.release(url)


def bring_a_step(scripts: Path) -> None:
    head = max(path.name.split("_")[0] for path in (scripts / "versions").glob("*.py"))
    (scripts / "versions" / "9999_next.py").write_text(NEXT_STEP.format(head=head))


async def test_a_living_process_keeps_the_schema_as_it_is(sleeper: tuple[sa.URL, Database, Job], scripts: Path) -> None:
    """It is of the version before; nothing is changed, and it lives on."""
    url, database, job = sleeper
    bring_a_step(scripts)
    with pytest.raises(ServedDatabaseError, match="stop all of them"):
        await asyncio.to_thread(migrate_shared, url)
    assert await database.write(moving.note, job, progress=50) is not None


async def test_a_stopped_process_of_before_writes_nothing_after_a_migration(
    sleeper: tuple[sa.URL, Database, Job], scripts: Path
) -> None:
    """Its lease is over, so the schema changes; when it wakes it must end, and its job is free for others."""
    url, database, job = sleeper
    bring_a_step(scripts)
    await database.write(expire, "sleeper")
    await asyncio.to_thread(migrate_shared, url)
    stored = await database.read(finding.get, job.id)
    assert stored is not None
    assert stored.owner is None
    with pytest.raises(MustEndError):
        await database.write(processes.renew, "sleeper", "{}")
