"""Recognises a database that is a copy or was put back from a backup, and starts it so that nothing is done twice.

It is paused until `/owner resume`; accepted jobs end uncharged; before the first post of each job that it knew, the
channel's history is searched (docs/decisions/0012-restores.md).
"""

import asyncio
import math
from pathlib import Path

import structlog

from bot.chat.custom_ids import belongs_to
from bot.engine.pausing import KillSwitch
from bot.jobs.database import Database
from bot.jobs.generation import Generation, generation_path, read_generation, write_generation
from bot.jobs.model import JobId, PostKind
from bot.jobs.store import marks, restoring
from bot.jobs.store.marks import Standing

_log = structlog.stdlib.get_logger(__name__)


async def recognise(database: Database, path: Path, switch: KillSwitch, now: float) -> Standing:
    """Compare the database with the file beside it, and mark it as restored if it isn't that file's own.

    Raises `StoreUnavailableError`.
    """
    file = generation_path(path)
    standing = await database.read(marks.read_standing)
    kept = await asyncio.to_thread(read_generation, file)
    why = why_restored(standing, kept)
    if why is not None:
        _log.warning("the database is a copy or was restored", why=why)
        # First of all, so that a start that breaks off here leaves nothing to be paid for.
        await _pause(switch)
        known = standing.generation.number if standing.generation else 0
        generation = await database.write(restoring.begin_restored, now, max(known, kept.number if kept else 0) + 1)
        await _store(file, generation)
        return await database.read(marks.read_standing)
    if standing.is_restored:
        await _pause(switch)
    elif standing.generation is not None and standing.generation != kept:
        # A crash came between the count and the file.
        await _store(file, standing.generation)
    return standing


def why_restored(standing: Standing, kept: Generation | None) -> str | None:
    """Why the database is not the one that the file beside it was written for; None if it is."""
    if standing.is_copy:
        return "it is marked as a copy"
    if standing.generation is None:
        return "its own count is missing"
    if kept is None:
        return "the file beside it is missing"
    if kept.lineage != standing.generation.lineage:
        return "the file beside it belongs to another database"
    return "it is older than the file beside it" if kept.number > standing.generation.number else None


def searched_until(standing: Standing) -> float:
    """The history is searched before the first post of jobs that were accepted up to this time."""
    if standing.is_restored:
        return math.inf
    return -math.inf if standing.restored_at is None else standing.restored_at


def is_last_word(custom_id: str, *, job_id: JobId, notices: bool) -> bool:
    """Whether the message with that button is the job's video or, if wanted, the notice that there is none."""
    kinds = (PostKind.VIDEO, PostKind.FAILURE) if notices else (PostKind.VIDEO,)
    return any(belongs_to(custom_id, job_id=job_id, kind=kind, number=None) for kind in kinds)


async def _pause(switch: KillSwitch) -> None:
    try:
        await asyncio.to_thread(switch.turn_on)
    except OSError:
        _log.exception("paused for this life of the process only")


async def _store(file: Path, generation: Generation) -> None:
    try:
        await asyncio.to_thread(write_generation, file, generation)
    except OSError:
        # The next start finds the same, and nothing is sent before it can be written.
        _log.exception("the file beside the database can't be written")
