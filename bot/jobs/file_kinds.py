"""What can be none of the files of an SQLite database: a folder, a pipe, or a link that leads nowhere.

SQLite would name none of them in its message, and a pipe would hang a start.
"""

import stat
from pathlib import Path

# What SQLite adds to the name of a database for files that belong to it.
ENDINGS = ("-wal", "-shm", "-journal")


def why_no_database(path: Path) -> str | None:
    """Which of the database's files can be none, in a sentence; None if each is one or doesn't exist."""
    every = (why_no_file(path.with_name(path.name + ending)) for ending in ("", *ENDINGS))
    return next((why for why in every if why is not None), None)


def why_no_file(path: Path) -> str | None:
    """Why there can be no file at the path, in a sentence; None if there is one, or nothing."""
    try:
        mode = path.stat().st_mode
    except OSError:
        # Opening it says why it can't be seen.
        return f"{path} is a link that leads nowhere" if path.is_symlink() else None
    if stat.S_ISREG(mode):
        return None
    return f"{path} is a folder, not a file" if stat.S_ISDIR(mode) else f"{path} is no ordinary file"
