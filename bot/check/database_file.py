"""Checks the SQLite database: whole, up to date, the original of its folder. It is read only, beside a running bot too.

A reader in SQLite's usual way leaves a log and its index behind. So a file without a log is read as one that doesn't
change, and read once more if it did.
"""

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bot.check.findings import Finding, Line, note, ok, problem, warning
from bot.engine.restore_detection import why_restored
from bot.jobs.database import StoreUnavailableError
from bot.jobs.generation import Generation, generation_path, read_generation
from bot.jobs.migrating import (
    DamagedDatabaseError,
    examine,
    holds_jobs,
    moved_message,
    newest_revision,
    open_to_read,
    refuse_lone_log,
)
from bot.jobs.store.marks import Mark, marks_in

_MIB = 1024 * 1024
_PAUSED = "The bot is paused with it."
_COMPARE = "Compare it with the channels and the provider's list, then use /owner resume (docs/operating.md)."
# SQLite counts instructions of its virtual machine between two looks at the clock.
_INSTRUCTIONS = 100_000


class UntakenLogError(StoreUnavailableError):
    """The database has a log that only a start may take in."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What was read of the database; without `exists` the rest is empty.

    `damage` and `refusal` say why it can't be read: for good, or now. `kept` is the file beside it. `is_checked`: all
    of it was read.
    """

    path: Path
    exists: bool = False
    size_bytes: int = 0
    damage: str | None = None
    refusal: str | None = None
    has_untaken_log: bool = False
    is_checked: bool = False
    revision: str | None = None
    marks: Mapping[str, str] | None = None
    kept: Generation | None = None


def read_facts(path: Path, within_seconds: float) -> FileFacts:
    """Read the database and the file beside it. Blocks; the check for damage ends after that time."""
    if not os.path.lexists(path):
        try:
            refuse_lone_log(path)
        except DamagedDatabaseError as error:
            return FileFacts(path, damage=str(error))
        return FileFacts(path)
    # First: a running bot counts up in the database, and then in the file.
    kept = read_generation(generation_path(path))
    before = _state_of(path)
    facts = _read(path, kept, _Deadline(within_seconds))
    if _state_of(path) != before:
        # A bot was started or ended meanwhile, or it has checkpointed its log.
        facts = _read(path, kept, _Deadline(within_seconds))
    return facts


def connect(path: Path) -> sqlite3.Connection:
    """A connection that can only read, and leaves nothing behind. Raises `UntakenLogError`, `sqlite3.Error`."""
    log = _log_of(path)
    if log.exists() and path.with_name(f"{path.name}-shm").exists():
        return open_to_read(path)
    if log.exists() and log.stat().st_size:
        raise UntakenLogError(f"{log} has the last writes.")
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)


def judge_integrity(facts: FileFacts) -> Finding:
    """Whether the file is whole and can be read."""
    if facts.damage is not None:
        return problem(Line.INTEGRITY, facts.damage, "docs/operating.md, Back up and restore, has the steps.")
    if facts.refusal is not None:
        return problem(
            Line.INTEGRITY, facts.refusal, "End the program that locks it, and give this user the right to read it."
        )
    if facts.has_untaken_log:
        return note(
            Line.INTEGRITY, f"{facts.path} has a log that was not taken in: the next start does that, and checks it."
        )
    if not facts.exists:
        return note(Line.INTEGRITY, f"{facts.path} doesn't exist yet: the first start builds it.")
    size = f"{facts.size_bytes / _MIB:,.1f} MiB"
    if not facts.is_checked:
        return note(Line.INTEGRITY, f"{facts.path} can be read; its {size} were too much to be read as a whole.")
    return ok(Line.INTEGRITY, f"{facts.path} is whole ({size}).")


def judge_migration(revision: str | None, newest: str, *, exists: bool = True) -> Finding:
    """Whether this version can serve the schema of a database, which may be of either kind."""
    if not exists or revision is None:
        return note(Line.MIGRATION, f"There is no schema yet: the first start builds it, at {newest}.")
    if revision > newest:
        return problem(
            Line.MIGRATION,
            f"The database was made by a newer version of the bot: it is at {revision}, this version knows {newest}.",
            "Install the newer version again, or restore the backup from before its upgrade.",
        )
    if revision < newest:
        return note(
            Line.MIGRATION,
            f"The database is at {revision}, and this version needs {newest}: the next start migrates it.",
            "Back it up first, and stop every process of the older version.",
        )
    return ok(Line.MIGRATION, f"The schema is that of this version ({newest}).")


def judge_origin(
    where: str, marks: Mapping[str, str] | None, kept: Generation | None, *, is_shared: bool = False
) -> Finding:
    """Whether the database at `where`, of either kind, is the original that the file beside it knows."""
    if not marks:
        return note(Line.ORIGIN, "The database has no marks yet: the first start of this version writes them.")
    found, moved_to = marks_in(marks), marks.get(Mark.MOVED_TO)
    if moved_to is not None:
        return problem(Line.ORIGIN, moved_message(where, moved_to), "Name the new database, or move the old one away.")
    if why := why_restored(found, kept, is_shared=is_shared):
        return warning(Line.ORIGIN, f"The database is a copy or was restored: {why}. {_PAUSED}", _COMPARE)
    if found.is_restored:
        return warning(Line.ORIGIN, f"The database was restored, and isn't confirmed yet. {_PAUSED}", _COMPARE)
    return ok(Line.ORIGIN, "The database is the original.")


def judge_left_behind(path: Path, *, has_jobs: bool, error: str | None) -> Finding:
    """Whether jobs are left in the data folder although DATABASE_URL names another database, or may be, by an error."""
    if error is not None:
        return problem(Line.LEFT_BEHIND, error, "Move that file away: DATABASE_URL names another database.")
    if has_jobs:
        return problem(
            Line.LEFT_BEHIND,
            f"DATABASE_URL is set, but {path} has jobs.",
            f"Move them with python -m bot migrate --from sqlite:///{path}, or move that file away.",
        )
    return ok(Line.LEFT_BEHIND, "No jobs are left in DATA_DIR.")


def check_database_file(path: Path, within_seconds: float) -> Iterator[Finding]:
    """All of it, as far as the file can be read. Blocks."""
    facts = read_facts(path, within_seconds)
    yield judge_integrity(facts)
    if facts.damage is None and facts.refusal is None and not facts.has_untaken_log:
        yield judge_migration(facts.revision, newest_revision(), exists=facts.exists)
        if facts.exists:
            yield judge_origin(str(path), facts.marks, facts.kept)


def check_left_behind(path: Path) -> Iterator[Finding]:
    """For a bot whose database is elsewhere. Blocks."""
    try:
        yield judge_left_behind(path, has_jobs=holds_jobs(path, connect), error=None)
    except StoreUnavailableError as error:
        yield judge_left_behind(path, has_jobs=False, error=str(error))


class _Deadline:
    """Interrupts the statements of its connections once the time is up."""

    def __init__(self, within_seconds: float) -> None:
        self._ends_at = time.monotonic() + within_seconds
        self.is_over = False

    def connect(self, path: Path) -> sqlite3.Connection:
        """A connection that is interrupted then."""
        connection = connect(path)
        connection.set_progress_handler(self._is_over, _INSTRUCTIONS)
        return connection

    def _is_over(self) -> bool:
        self.is_over = time.monotonic() > self._ends_at
        return self.is_over


def _read(path: Path, kept: Generation | None, deadline: _Deadline) -> FileFacts:
    facts = FileFacts(path, exists=True, kept=kept)
    try:
        found = examine(path, as_a_whole=False, connect=connect)
        facts = replace(facts, size_bytes=path.stat().st_size)
        facts = replace(facts, revision=found.revision, marks=found.marks)
        examine(path, connect=deadline.connect)
    except UntakenLogError:
        return replace(facts, has_untaken_log=True)
    except DamagedDatabaseError as error:
        return replace(facts, damage=str(error))
    except (StoreUnavailableError, OSError) as error:
        return facts if deadline.is_over else replace(facts, refusal=str(error))
    return replace(facts, is_checked=True)


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _state_of(path: Path) -> tuple[int, int, int]:
    """What changes when the file is replaced or written to."""
    try:
        about = path.stat()
    except OSError:
        return 0, 0, 0
    return about.st_ino, about.st_size, about.st_mtime_ns
