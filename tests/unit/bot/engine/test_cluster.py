"""A process among others on one database: what ends it, and what it leaves behind."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import pytest
import sqlalchemy as sa

from bot.engine import cluster as cluster_module
from bot.engine.cluster import Cluster
from bot.engine.kill_switch import KillSwitch
from bot.engine.signals import Signals
from bot.jobs import backends
from bot.jobs.database import Database, MustEndError, open_shared_database
from bot.jobs.migrating import MovedDatabaseError
from bot.jobs.store import marks, processes
from bot.jobs.store.marks import Mark
from bot.ops.tasks import keep_running
from tests.postgres import Databases


@pytest.fixture
def url(postgres: Databases) -> Iterator[sa.URL]:
    made = postgres.new()
    yield made
    postgres.release(made)


async def begin(url: sa.URL, folder: Path, name: str) -> tuple[Database, Cluster]:
    """A process of that name that lives."""
    database = open_shared_database(url, name, folder / f"{name}.generation")
    cluster = Cluster(database, url, Signals(), KillSwitch(folder), name)
    await cluster.enter(None)
    return database, cluster


async def test_a_process_that_was_taken_for_dead_ends(url: sa.URL, tmp_path: Path) -> None:
    """Its next heartbeat finds out, it writes nothing any more, and it leaves without an error."""
    database, cluster = await begin(url, tmp_path, "sleeper")
    other, others_cluster = await begin(url, tmp_path, "other")
    await cluster.begin(others_cluster.recover)
    await other.write(processes.bury, ["sleeper"])
    runs = 0

    async def run() -> None:
        nonlocal runs
        runs += 1
        assert runs == 1
        await cluster.run()

    beating = asyncio.create_task(keep_running("cluster", run))
    async with asyncio.timeout(10):
        await database.is_over.wait()
        # What the process does until it ends isn't kept from running.
        await database.read(processes.find_alive)
    beating.cancel()
    assert runs == 1
    with pytest.raises(MustEndError, match="taken over"):
        await database.write(processes.take_role, processes.Role.SUBMITTER, "sleeper")
    await cluster.leave()
    assert [one.name for one in await other.read(processes.find_alive)] == ["other"]
    await others_cluster.leave()
    assert await other.read(processes.find_alive) == []
    await database.close()
    await other.close()


async def test_a_process_stopped_within_a_statement_holds_no_other_back(
    url: sa.URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has the lock for all writes: those that live free it beside their heartbeats, and one that enters does."""
    monkeypatch.setattr(cluster_module, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(backends, "STOPPED_SECONDS", 0.0)
    sleeper, sleepers_cluster = await begin(url, tmp_path, "sleeper")
    database, cluster = await begin(url, tmp_path, "living")
    await cluster.begin(sleepers_cluster.recover)
    async with stopped_within_a_statement(url, "sleeper"), asyncio.timeout(10):
        late, _ = await begin(url, tmp_path, "late")
    living = asyncio.create_task(cluster.run())
    async with stopped_within_a_statement(url, "sleeper"), asyncio.timeout(10):
        await database.write(processes.renew, "living", "{}")
    living.cancel()
    with suppress(asyncio.CancelledError):
        await living
    await cluster.leave()
    for one in (sleeper, database, late):
        await one.close()


@asynccontextmanager
async def stopped_within_a_statement(url: sa.URL, name: str) -> AsyncIterator[None]:
    """A connection of that process with the lock for all writes, and a statement that is only prepared."""
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(address, server_settings={"application_name": name})
    await connection.execute(f"BEGIN; SELECT pg_advisory_xact_lock({backends.WRITING})")
    await connection.prepare("SELECT 42")
    try:
        yield
    finally:
        connection.terminate()


async def test_no_process_enters_a_database_whose_data_was_moved(url: sa.URL, tmp_path: Path) -> None:
    """It was moved between the check of the schema and the entry: one line names both, without a password."""
    database = open_shared_database(url, "late", tmp_path / "late.generation")
    await database.write(marks.put, Mark.MOVED_TO, "sqlite:///elsewhere.db")
    cluster = Cluster(database, url.set(password="canary"), Signals(), KillSwitch(tmp_path), "late")
    with pytest.raises(MovedDatabaseError, match=r"was moved to sqlite:///elsewhere\.db") as caught:
        await cluster.enter(None)
    assert "canary" not in str(caught.value)
    assert await database.read(processes.find_alive) == []
    await database.close()
