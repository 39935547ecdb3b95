"""What one process of the bot has compiled, later ones have: the same SQL, with the same results."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.jobs.backends import PostgresBackend, SQLiteBackend
from bot.jobs.model import JobId
from bot.jobs.states import Event, State
from bot.jobs.store import finding, moving, posts, processes
from bot.jobs.store.processes import Role
from bot.jobs.tables import jobs
from sandbox.statements import Statements
from tests.databases import a_database_url, build_file
from tests.unit.bot.jobs.samples import a_job, put

NOW = 5_000.0


@pytest.fixture
def statements() -> Iterator[Statements]:
    """Those of one fork server."""
    found = Statements()
    yield found
    found.close()


def reported_bytes(statements: Statements) -> int:
    """How much its processes have reported."""
    return os.fstat(statements._file).st_size


async def live(connection: AsyncConnection, prompt: str) -> tuple[list[str], list[object]]:
    """Store a job, move it and look for it; the SQL that this was, and what was found."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    sa.event.listen(connection.sync_connection, "before_cursor_execute", note)
    if connection.dialect.name == "postgresql":
        await processes.enter(connection, "machine", "{}")
        await processes.take_role(connection, Role.SUBMITTER, "machine")
    job = a_job(State.SUBMITTING, prompt=prompt)
    await put(connection, job)
    read = await finding.get(connection, job.id)
    assert read is not None
    moved = await moving.apply(connection, read, Event.TAKEN, now=NOW, remote_id="video_1", submitted_at=NOW)
    assert moved is not None
    found = [read.request.prompt, moved.state, moved.remote_id, await finding.find_newest_time(connection)]
    found.append(list(await posts.find_posts_of_jobs(connection, [job.id, JobId("ZZZZZZZZ")])))
    await connection.rollback()
    return sent, found


@pytest.mark.both_databases
async def test_a_later_process_compiles_nothing_that_an_earlier_one_has(statements: Statements, tmp_path: Path) -> None:
    """It executes the same SQL with its own values, and reports nothing, as it compiled nothing."""
    build_file(tmp_path / "bot.db")
    with a_database_url() as url:

        def open_engine() -> AsyncEngine:
            backend = SQLiteBackend(tmp_path / "bot.db") if url is None else PostgresBackend(url, "machine")
            return statements.shared(backend.open())

        lives = []
        for prompt in ("First", "Second"):
            engine = open_engine()
            before = reported_bytes(statements)
            async with engine.connect() as connection:
                sent, found = await live(connection, prompt)
            await engine.dispose()
            lives.append((sent, found, reported_bytes(statements) > before))
            statements.learn()
    [(sent, found, has_reported), later] = lives
    assert has_reported
    assert len(sent) > 10
    assert later == (sent, ["Second", *found[1:]], False)


async def test_a_value_that_cannot_be_pickled_is_no_fault(statements: Statements, tmp_path: Path) -> None:
    """A statement with such a value is executed as always, and each process compiles it for itself."""
    build_file(tmp_path / "bot.db")

    class Local(str):
        __slots__ = ()

    odd = sa.select(jobs.c.id).where(jobs.c.prompt == Local("A heron"))
    for _ in range(2):
        assert await _rows_of(statements.shared(SQLiteBackend(tmp_path / "bot.db").open()), odd) == []
        statements.learn()
    assert reported_bytes(statements) == 0
    plain = sa.select(jobs.c.id).where(jobs.c.prompt == "A heron")
    assert await _rows_of(statements.shared(SQLiteBackend(tmp_path / "bot.db").open()), plain) == []
    assert reported_bytes(statements) > 0


async def _rows_of(engine: AsyncEngine, statement: sa.Select[tuple[str]]) -> list[object]:
    try:
        async with engine.connect() as connection:
            return list(await connection.execute(statement))
    finally:
        await engine.dispose()
