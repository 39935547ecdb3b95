"""The small file beside the database that tells how far it had come; it must not know what the database holds.

Each submission and each message counts the database's generation one up, and the count is stored here before anything
leaves the machine. So this file is never ahead of its own database, and a database that is behind it, of another
lineage, or without it, is a copy or was put back from a backup (docs/decisions/0012-restores.md).
"""

import os
import re
from pathlib import Path
from typing import NamedTuple

_RECORD = re.compile(rb"([0-9a-f]{32}) (\d{20})\n")
_RECORD_BYTES = 54


class Generation(NamedTuple):
    """Which database it is, and how often it has sent something."""

    lineage: str
    number: int


# A file that can't be read belongs to no database.
UNREADABLE = Generation("", 1)


def generation_path(database: Path) -> Path:
    """Where the file of that database is."""
    return database.with_suffix(".generation")


def read_generation(file: Path) -> Generation | None:
    """What the file says; None if there is none, `UNREADABLE` if it says nothing."""
    try:
        with file.open("rb") as opened:
            record = _RECORD.fullmatch(opened.read(_RECORD_BYTES + 1))
    except FileNotFoundError:
        return None
    except OSError:
        return UNREADABLE
    return Generation(record[1].decode(), int(record[2])) if record else UNREADABLE


def write_generation(file: Path, generation: Generation) -> None:
    """Store it so that a power cut changes nothing any more. Raises `OSError`."""
    record = f"{generation.lineage} {generation.number:020d}\n".encode()
    if _overwrite(file, record):
        return
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as opened:
        opened.write(record)
        opened.flush()
        os.fsync(opened.fileno())
    fresh.replace(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _overwrite(file: Path, record: bytes) -> bool:
    """Write over a record of the same length, which fits one sector of the disk; False if there is none."""
    try:
        opened = os.open(file, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        if os.fstat(opened).st_size != len(record):
            return False
        os.pwrite(opened, record, 0)
        os.fdatasync(opened)
    finally:
        os.close(opened)
    return True
