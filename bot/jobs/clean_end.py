"""The small file beside the database that a clean end leaves: the next start need not read the whole database.

It says which file was closed, by number, size and time. One that was written, copied or put back since is another.
"""

import os
from pathlib import Path

# Nothing waits at a pipe in its place.
_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def note_clean_end(database: Path) -> None:
    """Write the file, once the last connection is closed. Without it the next start checks the database."""
    facts = _facts_of(database)
    if facts is None:
        return
    try:
        file = os.open(_path_of(database), _FLAGS | os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "wb") as opened:
            opened.write(facts)
    except OSError:
        return


def take_clean_end(database: Path) -> bool:
    """Whether the database is as a clean end left it. The file goes, so that it holds for one start."""
    file = _path_of(database)
    try:
        with os.fdopen(os.open(file, _FLAGS | os.O_RDONLY), "rb") as opened:
            noted = opened.read()
        file.unlink()
    except OSError:
        return False
    return noted == _facts_of(database)


def _facts_of(database: Path) -> bytes | None:
    """Number, size and time of the file; None while it can't be read, or while its log holds something."""
    log = database.with_name(f"{database.name}-wal")
    try:
        if log.exists() and log.stat().st_size:
            return None
        about = database.stat()
    except OSError:
        return None
    return f"{about.st_ino} {about.st_size} {about.st_mtime_ns}\n".encode()


def _path_of(database: Path) -> Path:
    return database.with_suffix(".closed")
