"""A stored write is reported as stored, and a lost one is reported without the words of people."""

import traceback

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.jobs.database import Database, StoreConflictError
from bot.jobs.limits import Limits
from bot.jobs.store import accepting, finding
from tests.unit.bot.jobs.samples import a_job, put

PROMPT = "a heron whose prompt is nobody's business"


class FakeExhaustedEngine:
    """An engine that writes, and then has no connection left to take the log in with."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    def begin(self) -> object:
        return self._engine.begin()

    def connect(self) -> object:
        raise PoolTimeoutError("too many")


@pytest.mark.sqlite_only("takes in its log")
async def test_a_stored_write_is_never_reported_as_lost(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Afterwards the log is too large and can't be checkpointed: the job is stored, and no error is reported."""
    job = a_job()
    with monkeypatch.context() as patch:
        patch.setattr(database._backend, "_log_bytes_max", 0)
        patch.setattr(database, "_engine", FakeExhaustedEngine(database._engine))
        accepted = await database.write(accepting.accept, job, Limits(3, 0))
    assert isinstance(accepted, accepting.Accepted)
    assert await database.read(finding.get, job.id) == accepted.job


@pytest.mark.both_databases
async def test_no_error_repeats_what_was_to_be_stored(database: Database) -> None:
    """The whole chain of errors, as a log would show it, holds no prompt, nor what else the row holds."""
    with pytest.raises(StoreConflictError) as caught:
        await database.write(put, a_job(origin_id="same", prompt=PROMPT), a_job(origin_id="same", prompt=PROMPT))
    shown = "".join(traceback.format_exception(caught.value))
    assert "unique" in shown.lower()
    assert PROMPT not in shown


@pytest.mark.both_databases
async def test_no_error_repeats_what_is_stored(database: Database) -> None:
    """Also where the database would add the whole row that it refuses."""
    await database.write(put, a_job(prompt=PROMPT))
    with pytest.raises(StoreConflictError) as caught:
        await database.write(forget_states)
    shown = "".join(traceback.format_exception(caught.value))
    assert "null" in shown.lower()
    assert PROMPT not in shown


async def forget_states(connection: AsyncConnection) -> None:
    await connection.execute(sa.text("UPDATE jobs SET state = NULL"))
