"""The small file beside the database with its lineage and generation.

Each submission and each message increments the database's generation, and the count is stored here before anything
leaves the machine. So this file is never ahead of its own database. A database that is behind it, of another lineage,
or without it, is a copy or was restored from a backup (docs/decisions/0012-restores.md).
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


# An unreadable file belongs to no database.
UNREADABLE = Generation("", 1)


def generation_path(database: Path) -> Path:
    """The path of that database's file."""
    return database.with_suffix(".generation")


def read_generation(file: Path) -> Generation | None:
    """The file's content; None if there is none, `UNREADABLE` if it is invalid."""
    try:
        # A pipe in its place would wait for a writer.
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as opened:
            record = _RECORD.fullmatch(opened.read(_RECORD_BYTES + 1))
    except FileNotFoundError:
        return None
    except OSError:
        return UNREADABLE
    return Generation(record[1].decode(), int(record[2])) if record else UNREADABLE


def write_generation(file: Path, generation: Generation) -> None:
    """Store it durably, also against a power cut. Raises `OSError`."""
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
    """Overwrite a record of the same length, which fits one sector of the disk; False if there is none."""
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
