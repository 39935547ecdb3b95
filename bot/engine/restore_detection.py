"""Detects a database that is a copy or was restored from a backup, and starts it so that nothing is done twice.

It is paused until `/owner resume`; accepted jobs end uncharged; before the first post of each of its jobs the channel's
history is searched (docs/decisions/0012-restores.md).
"""

import asyncio
import math
from pathlib import Path

import structlog

from bot.engine.kill_switch import KillSwitch
from bot.jobs.database import Database
from bot.jobs.generation import Generation, generation_path, read_generation, write_generation
from bot.jobs.store import marks, restoring
from bot.jobs.store.marks import DatabaseMarks, Mark

_log = structlog.stdlib.get_logger(__name__)


async def detect_restore(database: Database, path: Path, kill_switch: KillSwitch, now: float) -> DatabaseMarks:
    """Compare the database with the file beside it, and mark it as restored if they don't belong together.

    `path` is that of the SQLite file; the file of a process that shares a database has the same name. Raises
    `StoreUnavailableError`.
    """
    file = generation_path(path)
    found = await database.read(marks.read_database_marks)
    kept = await asyncio.to_thread(read_generation, file)
    why = why_restored(found, kept, is_shared=database.is_shared)
    if why is not None:
        _log.warning("the database is a copy or was restored", why=why)
        # First of all, so that a start that breaks off here leaves nothing to be paid.
        await _pause(kill_switch, database)
        known = found.generation.number if found.generation else 0
        generation = await database.write(restoring.begin_restored, now, max(known, kept.number if kept else 0) + 1)
        await _store(file, generation)
        return await database.read(marks.read_database_marks)
    if found.is_restored:
        await _pause(kill_switch, database)
    if found.generation is not None and found.generation != kept:
        # A crash came between the count and the file, or another process has begun this lineage.
        await _store(file, found.generation)
    return found


def why_restored(found: DatabaseMarks, kept: Generation | None, *, is_shared: bool = False) -> str | None:
    """Why the database doesn't belong to the file beside it; None if it does. `is_shared`: by several processes."""
    if found.is_copy:
        return "it is marked as a copy"
    # A data folder without the file may be that of a new process; of an earlier lineage, another process has found out.
    if is_shared and (kept is None or kept.lineage in found.earlier):
        return None
    if found.generation is None:
        return "its own count is missing"
    if kept is None:
        return "the file beside it is missing"
    if kept.lineage != found.generation.lineage:
        return "the file beside it belongs to another database"
    return "it is older than the file beside it" if kept.number > found.generation.number else None


def searched_until(found: DatabaseMarks) -> float:
    """The history is searched before the first post of jobs that were accepted up to this time."""
    if found.is_restored:
        return math.inf
    return -math.inf if found.restored_at is None else found.restored_at


async def _pause(kill_switch: KillSwitch, database: Database) -> None:
    if database.is_shared:
        # For all processes.
        kill_switch.hold(True)
        await database.write(marks.put, Mark.PAUSED, "yes")
        return
    try:
        await asyncio.to_thread(kill_switch.turn_on)
    except OSError:
        _log.exception("paused for this process only")


async def _store(file: Path, generation: Generation) -> None:
    try:
        await asyncio.to_thread(write_generation, file, generation)
    except OSError:
        # The next start detects the same, and nothing is sent before it can be written.
        _log.exception("the file beside the database can't be written")
