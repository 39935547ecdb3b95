"""A restored PostgreSQL database, by the steps of docs/operating.md: recognised once, for all processes."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from textwrap import dedent

import pytest
import sqlalchemy as sa

from bot.engine.kill_switch import KillSwitch
from bot.engine.restore_detection import detect_restore
from bot.jobs.database import Database, open_shared_database
from bot.jobs.generation import generation_path
from bot.jobs.migrating_shared import migrate_shared
from bot.jobs.model import Job
from bot.jobs.states import State
from bot.jobs.store import finding, marks
from bot.jobs.store.marks import DatabaseMarks, Mark
from tests.postgres import Databases
from tests.unit.bot.jobs.samples import a_job, put

NOW = 5_000.0
PAGE = Path(__file__).parents[4] / "docs/operating.md"


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


async def test_the_commands_of_the_page_back_up_and_restore(postgres: Databases, tmp_path: Path) -> None:
    """A copy made while the database is open is put in place of it, and recognised; what came later is put aside."""
    section = PAGE.read_text(encoding="utf-8").partition("\n### Back up and restore PostgreSQL\n")[2]
    back_up = re.search(r"`(\(umask .+?\))`", section)
    restore = re.search(r"(?ms)^ *```\n(.*?)^ *```", section)
    assert back_up is not None
    assert restore is not None
    url = sa.make_url(postgres.server.create("bot"))
    await asyncio.to_thread(migrate_shared, url)
    old, new = Process(url, tmp_path / "old"), Process(url, tmp_path / "new")
    kept, later = a_job(), a_job()
    assert not (await old.start()).is_restored
    await old.database.write(put, kept)
    postgres.server.follow(back_up[1], tmp_path)
    assert (tmp_path / "bot.dump").stat().st_mode & 0o077 == 0
    await old.database.write(put, later)
    await old.database.close()
    postgres.server.follow(dedent(restore[1]), tmp_path)
    assert (await new.start()).is_restored
    assert await new.database.read(finding.get, kept.id) is not None
    assert await new.database.read(finding.get, later.id) is None
    await new.database.close()
    assert postgres.server.execute("SELECT count(*) FROM jobs", "bot_before") == "2"
    for database in ("bot", "bot_before"):
        postgres.server.execute(f"DROP DATABASE {database} WITH (FORCE)")
