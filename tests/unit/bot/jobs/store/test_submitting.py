"""Marking a job as sent where several processes share the database: by the submitter alone, and within the places."""

import asyncio
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.attempts import Attempt, next_attempt
from bot.jobs.database import Database
from bot.jobs.model import Job, UserId, new_job_id
from bot.jobs.states import State
from bot.jobs.store import finding, marks, processes
from bot.jobs.store.accepting import Submitter, begin_submit
from bot.jobs.store.marks import Mark
from bot.jobs.store.processes import Role
from bot.jobs.tables import roles
from tests.unit.bot.jobs.samples import a_job, put

NOW = 1_000_000.0
ME = "me"
AT_PROVIDER = (State.SUBMITTING, State.RENDERING)


@pytest.fixture
async def submits(database: Database) -> Database:
    """The database of a process that has the role."""
    assert await database.write(processes.take_role, Role.SUBMITTER, ME)
    return database


async def mark(database: Database, job: Job, places: int = 2, attempt: Attempt | None = None) -> Job | None:
    return await database.write(begin_submit, job, NOW, attempt=attempt, submitter=Submitter(ME, places))


async def waiting(database: Database, count: int = 1) -> list[Job]:
    """So many jobs that are accepted, of a person each."""
    given = [a_job(accepted_at=NOW - 5, user_id=UserId(900 + number)) for number in range(count)]
    await database.write(put, *given)
    return given


async def at_provider(database: Database, count: int, state: State = State.RENDERING, **changes: object) -> None:
    """So many jobs of other people in that state."""
    for number in range(count):
        job = a_job(state, user_id=UserId(100 + number), accepted_at=NOW - 60, submitted_at=NOW - 30)
        remote_id = f"video_{new_job_id()}" if state is State.RENDERING else None
        await database.write(put, replace(job, **{"remote_id": remote_id, **changes}))  # pyright: ignore[reportArgumentType]


async def give_role(connection: AsyncConnection, holder: str | None) -> None:
    await connection.execute(sa.update(roles).values(holder=holder))


async def stored(database: Database, job: Job) -> Job:
    found = await database.read(finding.get, job.id)
    assert found is not None
    return found


async def is_left(database: Database, job: Job) -> bool:
    """Whether the job is stored as it was, and the count of what was sent hasn't moved."""
    found = (await database.read(marks.read_database_marks)).generation
    assert found is not None
    return (await stored(database, job), found.number) == (job, 0)


async def test_the_submitter_marks_a_job(submits: Database) -> None:
    """A place is free: the job is being sent from now on, and is counted."""
    [job] = await waiting(submits)
    marked = await mark(submits, job)
    assert marked is not None
    assert (marked.state, marked.submitted_at) == (State.SUBMITTING, NOW)
    assert not await is_left(submits, job)


@pytest.mark.parametrize("holder", [None, "other"])
async def test_a_process_without_the_role_marks_nothing(submits: Database, holder: str | None) -> None:
    """It was buried, or has only thought so: another process submits by now, or none."""
    [job] = await waiting(submits)
    await submits.write(give_role, holder)
    assert await mark(submits, job) is None
    assert await is_left(submits, job)


@pytest.mark.parametrize("state", AT_PROVIDER)
async def test_no_job_is_marked_while_all_places_are_in_use(submits: Database, state: State) -> None:
    """By jobs of any process, being sent or rendering: it is tried again soon, and nothing is stored."""
    [job] = await waiting(submits)
    await at_provider(submits, 2, state)
    left = await mark(submits, job)
    assert left is not None
    assert (left.state, left.not_before > NOW) == (State.ACCEPTED, True)
    assert await is_left(submits, job)


async def test_one_free_place_is_enough(submits: Database) -> None:
    """The last place is given."""
    [job] = await waiting(submits)
    await at_provider(submits, 1)
    marked = await mark(submits, job)
    assert marked is not None
    assert marked.state is State.SUBMITTING


@pytest.mark.parametrize("state", [state for state in State if state not in AT_PROVIDER])
async def test_what_is_not_at_the_provider_uses_no_place(submits: Database, state: State) -> None:
    """Jobs that wait, are fetched or posted, are in doubt, or have ended."""
    [job] = await waiting(submits)
    await at_provider(submits, 3, state)
    marked = await mark(submits, job)
    assert marked is not None
    assert marked.state is State.SUBMITTING


async def test_late_renders_use_no_place(submits: Database) -> None:
    """Past their deadline they are polled on, and others may be sent."""
    [job] = await waiting(submits)
    await at_provider(submits, 2, late_at=NOW - 1)
    marked = await mark(submits, job)
    assert marked is not None
    assert marked.state is State.SUBMITTING


async def test_marks_at_the_same_moment_never_pass_the_places(submits: Database) -> None:
    """Of ten jobs as many are marked as there are places, though each counts before any is stored."""
    given = await waiting(submits, 10)
    marked = await asyncio.gather(*(mark(submits, job, places=3) for job in given))
    assert sum(job is not None and job.state is State.SUBMITTING for job in marked) == 3
    assert sum([(await stored(submits, job)).state is State.SUBMITTING for job in given]) == 3


async def test_nothing_is_marked_while_all_is_paused(submits: Database) -> None:
    """`/owner pause` in any process is a row: from its commit on no job is sent; afterwards it is."""
    [job] = await waiting(submits)
    await submits.write(marks.put, Mark.PAUSED, "yes")
    left = await mark(submits, job)
    assert left is not None
    assert (left.state, left.not_before > NOW) == (State.ACCEPTED, True)
    assert await is_left(submits, job)
    await submits.write(marks.drop, Mark.PAUSED)
    marked = await mark(submits, job)
    assert marked is not None
    assert marked.state is State.SUBMITTING


async def test_nothing_is_marked_for_a_provider_that_is_paused(submits: Database) -> None:
    """`/owner providers pause:` in any process is a row, too: the job is tried again soon, and may go elsewhere."""
    [job] = await waiting(submits)
    paused, other = (next_attempt(job, None, provider, None, "key", NOW) for provider in ("paused", "other"))
    await submits.write(marks.pause_provider, "paused", NOW)
    left = await mark(submits, job, attempt=paused)
    assert left is not None
    assert (left.state, left.not_before > NOW) == (State.ACCEPTED, True)
    assert await is_left(submits, job)
    marked = await mark(submits, job, attempt=other)
    assert marked is not None
    assert (marked.state, marked.provider) == (State.SUBMITTING, "other")
