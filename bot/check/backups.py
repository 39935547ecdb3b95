"""Checks the nightly backups: their folder, the room in it, and how old the newest copy is. Nothing is written."""

import os
import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from bot.check.findings import Finding, Line, note, ok, problem, warning
from bot.jobs.backup import refuse_without_room
from bot.jobs.backup_folder import is_made_by_the_bot, newest_night, night_of
from bot.jobs.backup_target import BackupError
from bot.jobs.generation import generation_path, read_generation

# One night may be missed by a bot that was off.
_LATE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class BackupFacts:
    """What was found of the folder. `refusal`: why no copy could be made there.

    `newest` is the night of this database's newest copy, `due` that of the one that is due.
    """

    folder: Path
    due: date
    exists: bool = True
    refusal: str | None = None
    newest: date | None = None


def look_at_backups(folder: Path, database: Path, now: float) -> BackupFacts:
    """Read the folder's state. Blocks."""
    due = night_of(now)
    if not os.path.lexists(folder) and is_made_by_the_bot(folder, database):
        return BackupFacts(folder, due, exists=False)
    try:
        names = [path.name for path in folder.iterdir()]
        with tempfile.TemporaryFile(dir=folder, prefix="check-"):
            # It can be written to.
            pass
        if database.exists():
            refuse_without_room(database, folder, database.stat().st_size)
    except BackupError as error:
        return BackupFacts(folder, due, refusal=str(error))
    except OSError as error:
        return BackupFacts(folder, due, refusal=f"BACKUP_DIR {str(folder)!r} can't be used: {error.strerror}.")
    kept = read_generation(generation_path(database))
    return BackupFacts(folder, due, newest=None if kept is None else newest_night(names, kept.lineage))


def judge_backups(facts: BackupFacts | None) -> Finding:
    """Whether the next night's copy can be made, and the last ones were; None where BACKUP_DIR is empty."""
    if facts is None:
        return note(
            Line.BACKUPS,
            "No backup is made each night: BACKUP_DIR is empty.",
            "Set it to a folder, best on another disk, or back up by yourself (docs/operating.md).",
        )
    if facts.refusal is not None:
        return problem(
            Line.BACKUPS, facts.refusal, "Create the folder, give this user the right to write there, or make room."
        )
    if not facts.exists:
        return note(Line.BACKUPS, f"{facts.folder} doesn't exist yet: the first backup creates it.")
    if facts.newest is None:
        return note(Line.BACKUPS, f"{facts.folder} can be written, and has no backup of this database yet.")
    if facts.due - facts.newest > _LATE:
        return warning(
            Line.BACKUPS,
            f"The newest backup in {facts.folder} is of {facts.newest.isoformat()}.",
            "See the lines with backup failed in the log. A bot that is off at night makes it after its next start.",
        )
    return ok(Line.BACKUPS, f"The newest backup in {facts.folder} is of {facts.newest.isoformat()}.")
