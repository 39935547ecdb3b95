"""The folder of the nightly backups: which copy is due, and which are outdated.

`python -m bot.jobs.backup_folder DATABASE FOLDER NIGHT NOW` makes the copy of that night, unless it exists, and deletes
outdated ones. The bot runs it in a process of low priority, so that a folder that hangs can't hold the bot up. What was
done is a line of JSON on standard error, a failure is a plain line.
"""

import json
import re
import sqlite3
import stat
import sys
from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path

from bot.jobs.backup import back_up
from bot.jobs.backup_target import BackupError
from bot.jobs.database import StoreUnavailableError
from bot.jobs.migrating import one_line
from bot.jobs.store.marks import Mark

KEPT = 7
# In the machine's own time zone: a quiet hour, after those at which summer time begins and ends.
NIGHT_HOUR = 4
# Names in the operator's folder; never renamed, as later versions count and delete them.
_NAME = re.compile(r"bot-\d{4}-\d{2}-\d{2}-([0-9a-f]{8})\.db", re.ASCII)
_TAG_CHARACTERS = 8


@dataclass(frozen=True, slots=True)
class Done:
    """What was done in the folder. `jobs` and `size_bytes` are None if the copy of that night was there."""

    file: str
    jobs: int | None
    size_bytes: int | None
    deleted: tuple[str, ...]


def night_of(now: float, zone: tzinfo | None = None) -> date:
    """The night whose copy is due at that time: it begins at `NIGHT_HOUR`. Without `zone` in the machine's own."""
    local = datetime.fromtimestamp(now, UTC).astimezone(zone)
    return local.date() if local.hour >= NIGHT_HOUR else local.date() - timedelta(days=1)


def due_at(night: date, zone: tzinfo | None = None) -> float:
    """When that night's copy is due. Without `zone` in the machine's own."""
    return datetime.combine(night, time(NIGHT_HOUR), zone).timestamp()


def file_name(night: date, lineage: str) -> str:
    """The name of a night's copy. Names sort by date; the lineage tells the copies of several bots apart."""
    return f"bot-{night.isoformat()}-{lineage[:_TAG_CHARACTERS]}.db"


def outdated(names: Iterable[str], kept: str) -> list[str]:
    """Those of the names to delete once the copy `kept` is made: all but that one and the six before it.

    Other names, and copies of another lineage, which another bot or this one before a restore has made, stay. Copies of
    nights that are still to come were made under a wrong clock, and are the first to go.
    """
    tag = _tag_of(kept)
    ours = [name for name in names if name != kept and _tag_of(name) == tag]
    newest_first = sorted(ours, key=lambda name: (name <= kept, name), reverse=True)
    return sorted(newest_first[KEPT - 1 :])


def _tag_of(name: str) -> str | None:
    found = _NAME.fullmatch(name)
    return found and found[1]


def newest_night(names: Iterable[str], lineage: str) -> date | None:
    """The night of the newest copy of that lineage among the names; None if there is none."""
    tag = lineage[:_TAG_CHARACTERS]
    nights = sorted(name[len("bot-") : -len(f"-{tag}.db")] for name in names if _tag_of(name) == tag)
    try:
        return date.fromisoformat(nights[-1]) if nights else None
    except ValueError:
        return None


def is_made_by_the_bot(folder: Path, database: Path) -> bool:
    """Whether the folder is in DATA_DIR, where the bot creates it; another one may be a disk that is away."""
    return folder.parent.resolve() == database.parent.resolve()


def keep_up(database: Path, folder: Path, night: date, now: float) -> Done:
    """Make that night's copy unless it exists, and delete outdated ones. A folder in DATA_DIR is created.

    Raises as `back_up` does.
    """
    new = folder / file_name(night, _lineage_of(database))
    try:
        if is_made_by_the_bot(folder, database):
            folder.mkdir(mode=0o700, exist_ok=True)
        made = None if _is_file(new) else back_up(database, str(new), now)
        names = [path.name for path in folder.iterdir() if _is_file(path)]
        deleted = tuple(outdated(names, new.name))
        for name in deleted:
            (folder / name).unlink()
    except OSError as error:
        raise BackupError(f"BACKUP_DIR {str(folder)!r} can't be used: {one_line(error.strerror or error)}.") from error
    return Done(str(new), made and made.jobs, made and made.size_bytes, deleted)


def _lineage_of(database: Path) -> str:
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT value FROM marks WHERE name = ?", (Mark.LINEAGE,)).fetchone()
    except sqlite3.Error as error:
        raise StoreUnavailableError(f"The database {database} could not be read: {one_line(error)}.") from error
    if found is None:
        raise BackupError(f"The database {database} lacks its lineage: restart the bot.")
    return str(found[0])


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return False


def main(database: str, folder: str, night: str, now: str) -> int:
    """Carry it out; returns the exit code."""
    try:
        done = keep_up(Path(database), Path(folder), date.fromisoformat(night), float(now))
    except (BackupError, StoreUnavailableError) as error:
        sys.stderr.write(f"{one_line(error)}\n")
        return 1
    sys.stderr.write(f"{json.dumps(asdict(done))}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
