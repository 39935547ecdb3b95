"""The database goes back while a process uses it, as when a replica that was behind takes over."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.engine.kill_switch import KillSwitch
from bot.engine.restore_detection import detect_restore
from bot.jobs.database import Database, MustEndError, open_shared_database
from bot.jobs.generation import generation_path, read_generation
from bot.jobs.store import marks, restoring
from bot.jobs.store.marks import DatabaseMarks, Mark
from tests.postgres import Databases

NOW = 5_000.0


@pytest.fixture
def url(postgres: Databases) -> Iterator[sa.URL]:
    made = postgres.new()
    yield made
    postgres.release(made)


@asynccontextmanager
async def a_process(url: sa.URL, folder: Path) -> AsyncIterator[Database]:
    """A process with its own data folder; it has sent nothing yet."""
    folder.mkdir(exist_ok=True)
    database = open_shared_database(url, folder.name, generation_path(folder / "bot.db"))
    try:
        yield database
    finally:
        await database.close()


async def start(database: Database, folder: Path) -> DatabaseMarks:
    return await detect_restore(database, folder / "bot.db", KillSwitch(folder), NOW)


async def test_what_was_sent_before_is_never_counted_again(url: sa.URL, tmp_path: Path) -> None:
    """The write is an error, so nothing is sent for it; the file keeps the higher count, and the process ends."""
    folder = tmp_path / "one"
    async with a_process(url, folder) as database:
        for _ in range(3):
            await database.write(marks.advance)
        await database.write(marks.put, Mark.GENERATION, "1")
        with pytest.raises(MustEndError, match="older than what was sent"):
            await database.write(marks.advance)
        assert database.is_over.is_set()
        assert database.went_back
        kept = read_generation(generation_path(folder / "bot.db"))
        assert kept is not None
        assert kept.number == 3


async def test_a_process_notices_what_the_others_had_sent(url: sa.URL, tmp_path: Path) -> None:
    """It looks now and then, and stores what it finds for its next start."""
    folder = tmp_path / "idle"
    async with a_process(url, folder) as idle, a_process(url, tmp_path / "busy") as busy:
        for _ in range(3):
            await busy.write(marks.advance)
            await idle.check_generation(marks.read_database_marks)
        await busy.write(marks.put, Mark.GENERATION, "2")
        with pytest.raises(MustEndError):
            await idle.check_generation(marks.read_database_marks)
        assert (await start(idle, folder)).is_restored


async def test_another_lineage_is_another_database(url: sa.URL, tmp_path: Path) -> None:
    """A process goes on with none that was restored under it."""
    async with a_process(url, tmp_path / "one") as one, a_process(url, tmp_path / "two") as two:
        await one.write(marks.advance)
        await two.write(restoring.begin_restored, NOW, 7)
        with pytest.raises(MustEndError):
            await one.write(marks.advance)


async def test_one_process_begins_a_lineage_and_the_others_take_it(url: sa.URL, tmp_path: Path) -> None:
    """So that they don't restore the same database in turns; also those that start after the owner has looked."""
    folders = [tmp_path / name for name in ("one", "two", "three")]
    for folder in folders:
        async with a_process(url, folder) as database:
            await start(database, folder)
            await database.write(marks.advance)
    async with a_process(url, folders[0]) as database:
        await database.write(restoring.mark_copy, NOW)
        restored = await start(database, folders[0])
        assert restored.is_restored
    async with a_process(url, folders[1]) as database:
        assert await start(database, folders[1]) == restored
        await database.write(restoring.end_restored)
    async with a_process(url, folders[2]) as database:
        found = await start(database, folders[2])
        assert not found.is_restored
        assert found.generation == restored.generation
    assert {read_generation(generation_path(folder / "bot.db")) for folder in folders} == {restored.generation}
