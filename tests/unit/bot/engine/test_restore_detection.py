"""Which database counts as a copy or as put back from a backup, and what then happens to its rows."""

import math
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.engine.kill_switch import KillSwitch
from bot.engine.restore_detection import detect_restore, searched_until, why_restored
from bot.jobs import database as database_module
from bot.jobs.database import Database, GenerationNotStoredError, open_database
from bot.jobs.generation import UNREADABLE, Generation, generation_path, read_generation, write_generation
from bot.jobs.model import Cause, PostKind
from bot.jobs.states import State
from bot.jobs.store import accepting, finding, marks, posts, restoring
from bot.jobs.store.marks import DatabaseMarks, Mark
from tests.databases import build_file
from tests.unit.bot.jobs.samples import a_job, put

pytestmark = pytest.mark.sqlite_only("copies of its file")


NOW = 5_000.0
LINEAGE = "a" * 32


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "bot.db"
    build_file(path)
    return path


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Database]:
    database = open_database(path)
    try:
        yield database
    finally:
        await database.close()


async def sends(path: Path, times: int = 1) -> None:
    """A life in which the bot submits so many jobs."""
    async with opened(path) as database:
        for _ in range(times):
            job = a_job()
            await database.write(put, job)
            assert await database.write(accepting.begin_submit, job, NOW)


async def start(path: Path) -> DatabaseMarks:
    """The part of a start that recognises a restored database."""
    async with opened(path) as database:
        return await detect_restore(database, path, KillSwitch(path.parent), NOW)


def paused(path: Path) -> bool:
    return KillSwitch(path.parent).is_on()


async def test_a_fresh_database_is_no_restore(path: Path) -> None:
    """Nor is one that has sent something, at any later start."""
    for _ in range(3):
        assert not (await start(path)).is_restored
        await sends(path)
    assert not paused(path)
    kept = read_generation(generation_path(path))
    assert kept is not None
    assert kept.number == 3


async def test_a_database_older_than_its_file_is_restored(path: Path) -> None:
    """Put back after something was sent: paused, its accepted jobs end uncharged, and it stays so over restarts."""
    waiting, rendering = a_job(prompt="waits"), a_job(State.RENDERING, remote_id="video_1", submitted_at=1.0)
    async with opened(path) as database:
        await database.write(put, waiting, rendering)
    copy = shutil.copy(path, path.parent / "copy.db")
    await sends(path)
    shutil.copy(copy, path)
    for _ in range(3):
        found = await start(path)
        assert found.is_restored
        assert found.restored_at == NOW
        assert paused(path)
    async with opened(path) as database:
        ended = await database.read(finding.get, waiting.id)
        assert ended is not None
        assert (ended.state, ended.cause, ended.submitted_at) == (State.FAILED, Cause.RESTORED, None)
        assert await database.read(finding.get, rendering.id) == rendering
        said = await database.read(posts.find_posts_of_jobs, [waiting.id, rendering.id])
        assert [(post.job_id, post.kind) for post in said] == [(waiting.id, PostKind.FAILURE)]
        await database.write(restoring.end_restored)
    found = await start(path)
    assert (found.is_restored, found.restored_at) == (False, NOW)


async def test_a_message_counts_like_a_submission(path: Path) -> None:
    """A copy made before a message was posted would post it again, so that it counts as older, too."""
    async with opened(path) as database:
        job = a_job(State.FAILED, ended_at=1.0)
        await database.write(put, job)
        await database.write(posts.make_due, job, PostKind.FAILURE)
    copy = shutil.copy(path, path.parent / "copy.db")
    async with opened(path) as database:
        ((post, _),) = await database.read(posts.find_unsent_of_jobs, [job.id])
        assert await database.write(posts.begin_sending, post, job, NOW)
    shutil.copy(copy, path)
    assert (await start(path)).is_restored


async def test_the_original_that_comes_back_is_restored_again(path: Path) -> None:
    """What the restored database does meanwhile, the original doesn't know: each begins a lineage of its own."""
    copy = shutil.copy(path, path.parent / "copy.db")
    await sends(path, 5)
    original = shutil.copy(path, path.parent / "original.db")
    shutil.copy(copy, path)
    assert (await start(path)).is_restored
    shutil.copy(original, path)
    assert (await start(path)).is_restored


@pytest.mark.parametrize("how", ["file missing", "file unreadable", "another database", "marked as a copy"])
async def test_what_else_counts_as_restored(path: Path, tmp_path: Path, how: str) -> None:
    """Wherever it is put, also where nothing was sent since."""
    match how:
        case "file missing":
            generation_path(path).unlink()
        case "file unreadable":
            generation_path(path).write_bytes(b"\0" * 54)
        case "another database":
            other = tmp_path / "other" / "bot.db"
            other.parent.mkdir()
            build_file(other)
            shutil.copy(other, path)
        case _:
            async with opened(path) as database:
                await database.write(marks.put, Mark.COPY, "123.0")
    assert (await start(path)).is_restored
    async with opened(path) as database:
        await database.write(restoring.end_restored)
    assert not (await start(path)).is_restored


async def test_a_crash_between_count_and_file_is_no_restore(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mark is stored, the file is not: nothing may leave the machine, and the next start puts the file right."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(database_module, "write_generation", full)
        with pytest.raises(GenerationNotStoredError):
            await sends(path)
    behind = read_generation(generation_path(path))
    assert behind is not None
    assert behind.number == 0
    assert not (await start(path)).is_restored
    assert read_generation(generation_path(path)) == Generation(behind.lineage, 1)


async def test_a_recognition_that_is_cut_off_is_made_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after the rows were marked and before the file was written: the next start finds the same."""
    generation_path(path).unlink()
    with monkeypatch.context() as patched:
        patched.setattr("bot.engine.restore_detection.write_generation", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            await start(path)
    assert paused(path)
    assert (await start(path)).is_restored


def test_nothing_is_restored_that_is_its_own() -> None:
    """The database may be ahead of its file by any number, never behind it."""
    own = DatabaseMarks(Generation(LINEAGE, 7), is_copy=False, is_restored=False, restored_at=None)
    for number in (0, 6, 7):
        assert why_restored(own, Generation(LINEAGE, number)) is None
    for kept in (None, UNREADABLE, Generation(LINEAGE, 8), Generation("b" * 32, 7)):
        assert why_restored(own, kept) is not None
    assert why_restored(own._replace(is_copy=True), Generation(LINEAGE, 7)) is not None
    assert why_restored(own._replace(generation=None), Generation(LINEAGE, 7)) is not None


def test_how_far_back_the_history_is_searched() -> None:
    """Before each first post until the owner resumes; afterwards for jobs that the copy knew."""
    found = DatabaseMarks(None, is_copy=False, is_restored=True, restored_at=NOW)
    assert searched_until(found) == math.inf
    assert searched_until(found._replace(is_restored=False)) == NOW
    assert searched_until(found._replace(is_restored=False, restored_at=None)) == -math.inf


def test_the_file_is_whole_or_not_there(tmp_path: Path) -> None:
    """It is written over in place; a longer, shorter or foreign one is replaced; a link is not followed."""
    file = tmp_path / "bot.generation"
    assert read_generation(file) is None
    for number in (0, 1, 10**19):
        write_generation(file, Generation(LINEAGE, number))
        assert read_generation(file) == Generation(LINEAGE, number)
        assert file.stat().st_mode & 0o777 == 0o600
    for spoilt in (b"", b"x", b"x" * 54, b"x" * 500):
        file.write_bytes(spoilt)
        assert read_generation(file) == UNREADABLE
        write_generation(file, Generation(LINEAGE, 2))
        assert read_generation(file) == Generation(LINEAGE, 2)
    file.unlink()
    (tmp_path / "elsewhere").write_bytes(b"z" * 54)
    file.symlink_to(tmp_path / "elsewhere")
    write_generation(file, Generation(LINEAGE, 3))
    assert (tmp_path / "elsewhere").read_bytes() == b"z" * 54
    assert [one.name for one in tmp_path.iterdir() if one.name.endswith(".new")] == []
