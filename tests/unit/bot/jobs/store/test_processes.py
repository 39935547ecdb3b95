"""Leases, burials and roles of processes that share a database."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.backends import WRITING
from bot.jobs.database import Database, MustEndError, StoreUnavailableError, open_shared_database
from bot.jobs.generation import generation_path
from bot.jobs.model import Job
from bot.jobs.pending_write import may_share
from bot.jobs.states import State
from bot.jobs.store import drafts, finding, moving, posts, processes
from bot.jobs.store.processes import Role
from tests.postgres import Databases
from tests.unit.bot.jobs.samples import a_job, put
from tests.unit.bot.jobs.store.test_drafts import an_offer

NOW = 1_000.0


@pytest.fixture
def url(postgres: Databases) -> Iterator[sa.URL]:
    """The address of a database of the test's own."""
    made = postgres.new()
    yield made
    postgres.release(made)


@pytest.fixture
async def two(url: sa.URL, tmp_path) -> AsyncIterator[tuple[Database, Database]]:
    """Two processes on one database, `one` and `other`, that have begun to live."""
    both = tuple(open_shared_database(url, name, generation_path(tmp_path / f"{name}.db")) for name in ("one", "other"))
    for database, name in zip(both, ("one", "other"), strict=True):
        await database.write(processes.enter, name, "{}")
        database.entered()
    yield both
    for database in both:
        await database.close()


async def expire(connection: AsyncConnection, name: str) -> None:
    """Let that process's lease be over."""
    await connection.execute(
        sa.text("UPDATE processes SET lease_until = extract(epoch FROM clock_timestamp()) - 1 WHERE name = :name"),
        {"name": name},
    )


async def holder(connection: AsyncConnection) -> str | None:
    return await connection.scalar(sa.text("SELECT holder FROM roles WHERE name = 'submitter'"))


async def test_a_process_stopped_within_a_statement_is_disconnected(
    two: tuple[Database, Database], url: sa.URL
) -> None:
    """It holds the lock for all writes; the server itself waits for ever for the rest of what it prepared."""
    one, other = two
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    stopped = await asyncpg.connect(address, server_settings={"application_name": "one"})
    await stopped.execute(f"BEGIN; SELECT pg_advisory_xact_lock({WRITING})")
    await stopped.prepare("SELECT 42")
    assert await other.read(processes.end_stopped, 60.0) == 0
    assert await other.read(processes.end_stopped, 0.0) == 1
    await other.write(processes.renew, "other", "{}")
    with pytest.raises((asyncpg.AdminShutdownError, asyncpg.InterfaceError)):
        await stopped.execute("SELECT 1")
    await one.write(processes.renew, "one", "{}")


async def test_only_a_process_whose_lease_is_over_is_buried(two: tuple[Database, Database]) -> None:
    """One that renewed it in time lives on."""
    one, other = two
    await other.write(expire, "one")
    await one.write(processes.renew, "one", '{"a": 1}')
    assert await other.write(processes.bury_expired) == []
    assert [each.facts for each in await other.read(processes.find_alive)] == [{"a": 1}, {}]
    await other.write(expire, "one")
    assert await other.write(processes.bury_expired) == ["one"]
    assert [each.name for each in await other.read(processes.find_alive)] == ["other"]


async def test_a_burial_frees_all_that_the_process_owned(two: tuple[Database, Database]) -> None:
    """Its jobs, the messages that it was sending, its offers and its role; a job that has ended stays as it is."""
    one, other = two
    rendering, done = a_job(State.RENDERING, remote_id="video_1", submitted_at=NOW), a_job(State.DELIVERED)
    posting = a_job(State.POSTING, remote_id="video_2", submitted_at=NOW)
    await one.write(put, rendering, posting, done)
    await one.write(moving.claim, "one")
    await one.write(posts.make_due, posting, posts.PostKind.VIDEO)
    [(post, job)] = await one.read(posts.find_unsent_of_jobs, [posting.id], "one")
    assert job is not None
    assert await one.write(posts.begin_sending, post, job, NOW, None, "one")
    assert await one.write(drafts.make_offer, *an_offer(11), "one")
    assert await one.write(processes.take_role, Role.SUBMITTER, "one")
    assert await other.read(posts.find_unsent_of_jobs, [posting.id], "other") == []
    await other.write(processes.bury, ["one"])
    assert await other.read(finding.find_owned, "one") == []
    assert {each.id for each in await other.write(moving.claim, "other")} == {rendering.id, posting.id}
    assert len(await other.read(posts.find_unsent_of_jobs, [posting.id], "other")) == 1
    assert await other.write(drafts.adopt_offers, "other") == [11]
    assert await other.read(holder) is None


async def test_a_burial_leaves_the_living_what_they_have(two: tuple[Database, Database]) -> None:
    """Their jobs, messages, offers and role stay with them, and so does the fence of each job."""
    one, other = two
    rendering = a_job(State.RENDERING, remote_id="video_1", submitted_at=NOW)
    posting = a_job(State.POSTING, remote_id="video_2", submitted_at=NOW)
    await one.write(put, rendering, posting)
    claimed = {job.id: job for job in await one.write(moving.claim, "one")}
    await one.write(posts.make_due, posting, posts.PostKind.VIDEO)
    [(post, job)] = await one.read(posts.find_unsent_of_jobs, [posting.id], "one")
    assert job is not None
    assert await one.write(posts.begin_sending, post, job, NOW, None, "one")
    assert await one.write(drafts.make_offer, *an_offer(11), "one")
    assert await one.write(processes.take_role, Role.SUBMITTER, "one")
    await other.write(processes.bury, ["a third"])
    await other.write(expire, "other")
    assert await one.write(processes.bury_expired) == ["other"]
    await one.write(processes.enter, "other", "{}")
    assert await other.write(moving.claim, "other") == []
    assert await other.read(posts.find_unsent_of_jobs, [posting.id], "other") == []
    assert await other.write(drafts.adopt_offers, "other") == []
    assert await other.read(holder) == "one"
    for job_id, as_claimed in claimed.items():
        assert await other.read(finding.get, job_id) == as_claimed
    assert await one.write(moving.note, claimed[rendering.id], progress=50) is not None


async def test_a_message_that_another_process_tries_is_not_begun(two: tuple[Database, Database]) -> None:
    """Not even as it is stored now, after its first try; its own process may try it again."""
    one, other = two
    job = a_job(State.POSTING, remote_id="video_1", submitted_at=NOW)
    await one.write(put, job)
    await one.write(posts.make_due, job, posts.PostKind.VIDEO)
    [(due, _)] = await one.read(posts.find_unsent_of_jobs, [job.id])
    assert await one.write(posts.begin_sending, due, job, NOW, None, "one")
    [(tried, _)] = await other.read(posts.find_unsent_of_jobs, [job.id])
    assert not await other.write(posts.begin_sending, tried, job, NOW, None, "other")
    assert await one.write(posts.begin_sending, tried, job, NOW, None, "one")


async def test_a_role_has_one_holder(two: tuple[Database, Database]) -> None:
    """The first that asks; another only after a burial."""
    one, other = two
    assert await one.write(processes.take_role, Role.SUBMITTER, "one")
    assert not await other.write(processes.take_role, Role.SUBMITTER, "other")
    assert await one.write(processes.take_role, Role.SUBMITTER, "one")
    await other.write(processes.bury, ["one"])
    assert await other.write(processes.take_role, Role.SUBMITTER, "other")
    assert await other.read(processes.holds_role, Role.SUBMITTER, "other")


async def test_a_buried_process_writes_nothing(two: tuple[Database, Database]) -> None:
    """Neither a move nor a claim nor a note; it can still read."""
    one, other = two
    job = a_job(State.RENDERING, remote_id="video_1", submitted_at=NOW)
    await one.write(put, job)
    [mine] = await one.write(moving.claim, "one")
    await other.write(processes.bury, ["one"])
    for work in (
        one.write(moving.note, mine, progress=50),
        one.write(moving.claim, "one"),
        one.write(processes.renew, "one", "{}"),
        one.write(put, a_job()),
    ):
        with pytest.raises(MustEndError):
            await work
    assert issubclass(MustEndError, StoreUnavailableError)
    assert one.is_over.is_set()
    assert not one.went_back
    stored = await one.read(finding.get, job.id)
    assert stored is not None
    assert (stored.owner, stored.progress) == (None, mine.progress)


async def test_a_burial_waits_for_a_note_that_has_begun(two: tuple[Database, Database], postgres: Databases) -> None:
    """The process was proven to live when its note began: the note is stored before the burial, not after it."""
    one, other = two
    job = a_job(State.RENDERING, remote_id="video_1", submitted_at=NOW)
    await one.write(put, job)
    [mine] = await one.write(moving.claim, "one")
    begun, go_on = asyncio.Event(), asyncio.Event()

    @may_share
    async def note(connection: AsyncConnection) -> Job | None:
        begun.set()
        await go_on.wait()
        return await moving.note(connection, mine, progress=50)

    noting = asyncio.create_task(one.write(note))
    await begun.wait()
    burying = asyncio.create_task(other.write(processes.bury, ["one"]))
    waits = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'other' AND wait_event_type = 'Lock'"
    while not burying.done() and await asyncio.to_thread(postgres.server.execute, waits) == "0":
        pass
    assert not burying.done()
    go_on.set()
    assert await noting is not None
    await burying
    stored = await other.read(finding.get, job.id)
    assert stored is not None
    assert (stored.owner, stored.progress) == (None, 50)


@pytest.mark.parametrize("facts", ["", "{", "7", "[1]", "null"])
async def test_facts_that_can_not_be_read_are_none(two: tuple[Database, Database], facts: str) -> None:
    """What one process makes known stops no other from looking round, which its heartbeat is part of."""
    one, other = two
    await one.write(processes.renew, "one", facts)
    assert [each.facts for each in await other.read(processes.find_alive)] == [{}, {}]
