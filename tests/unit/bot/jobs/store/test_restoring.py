"""A database that starts as restored: a new lineage, and no accepted job of before."""

from bot.jobs.database import Database
from bot.jobs.generation import Generation
from bot.jobs.model import Cause
from bot.jobs.states import State
from bot.jobs.store import finding, marks, restoring
from tests.unit.bot.jobs.samples import a_job, put

NOW = 9_000.0


async def test_a_restored_database_has_a_lineage_of_its_own(database: Database) -> None:
    """It is paused until the owner has looked; waiting jobs have ended, since they may have been sent."""
    waiting, rendering = a_job(), a_job(State.RENDERING, submitted_at=1_001.0)
    await database.write(put, waiting, rendering)
    original = (await database.read(marks.read_database_marks)).generation
    assert original is not None
    first = await database.write(restoring.begin_restored, NOW - 9, 3)
    await database.write(restoring.mark_copy, NOW - 1)
    copied = await database.read(marks.read_database_marks)
    assert (copied.is_copy, copied.is_paused) == (True, True)

    second = await database.write(restoring.begin_restored, NOW, 7)
    found = await database.read(marks.read_database_marks)
    assert second.number == 7
    assert found == marks.DatabaseMarks(
        Generation(second.lineage, 7),
        is_copy=False,
        is_restored=True,
        restored_at=NOW,
        is_paused=True,
        earlier=(first.lineage, original.lineage),
    )
    ended, running = [await database.read(finding.get, job.id) for job in (waiting, rendering)]
    assert ended is not None
    assert running is not None
    assert (ended.state, ended.cause, ended.ended_at) == (State.FAILED, Cause.RESTORED, NOW - 9)
    assert running.state is State.RENDERING
    await database.write(restoring.end_restored)
    assert not (await database.read(marks.read_database_marks)).is_restored
