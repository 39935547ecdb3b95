"""A restored PostgreSQL database, by the steps of docs/operating.md: recognised once, for all processes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.engine.kill_switch import KillSwitch
from bot.engine.restore_detection import detect_restore
from bot.jobs.database import Database, open_shared_database
from bot.jobs.generation import generation_path
from bot.jobs.model import Job
from bot.jobs.states import State
from bot.jobs.store import finding, marks
from bot.jobs.store.marks import DatabaseMarks, Mark
from tests.postgres import Databases
from tests.unit.bot.jobs.samples import a_job, put

NOW = 5_000.0


class Process:
    """A process with a data folder of its own."""

    def __init__(self, url: sa.URL, data_dir: Path) -> None:
        data_dir.mkdir()
        self.path = data_dir / "bot.db"
        self.database: Database = open_shared_database(url, data_dir.name, generation_path(self.path))

    async def start(self) -> DatabaseMarks:
        """The part of a start that recognises a restored database."""
        return await detect_restore(self.database, self.path, KillSwitch(self.path.parent), NOW)


@pytest.fixture
async def two(postgres: Databases, tmp_path: Path) -> AsyncIterator[tuple[Process, Process]]:
    """Two processes that have served the database before."""
    url = postgres.new()
    both = Process(url, tmp_path / "a"), Process(url, tmp_path / "b")
    for one in both:
        assert not (await one.start()).is_restored
    yield both
    for one in both:
        await one.database.close()
    postgres.release(url)


async def test_a_restored_database_is_recognised_by_the_first_process_alone(two: tuple[Process, Process]) -> None:
    """It pauses all, and ends what waited; the second start, of any of them, ends and begins nothing again."""
    first, second = two
    waiting = a_job()
    await first.database.write(put, waiting)
    await first.database.write(marks.put, Mark.COPY, "restored")
    for one in two:
        generation_path(one.path).unlink()
    restored = await first.start()
    assert restored.is_restored
    assert await first.database.read(marks.has, Mark.PAUSED)
    stored = await first.database.read(finding.get, waiting.id)
    assert isinstance(stored, Job)
    assert stored.state is not State.ACCEPTED
    assert (await second.start()).generation == restored.generation
    assert (await first.start()).generation == restored.generation
