"""Where a copy of the database may go, and how it gets there: whole under its name, or not at all.

It is written beside its place, under a name of our own. What a killed try leaves there is deleted by the next one.
"""

import errno
import fcntl
import os
import re
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import NamedTuple

from bot.jobs.file_kinds import ENDINGS

# Names in other people's folders; never renamed, as a later version deletes what an earlier one left.
_PREFIX = ".video-bot-backup-"
_LOCK, _PART = ".lock", ".part"
_OURS = re.compile(rf"{re.escape(_PREFIX)}[0-9a-f]{{16}}{re.escape(_LOCK)}")
# In DATA_DIR: what the bot looks for there, and the folders in which it deletes what it doesn't know.
_NAMES = frozenset({"paused", "commands.json", "process.name"})
_SWEPT = frozenset({"references", "videos", "frames", "ffmpeg", "fitted", "redraw"})
# What a file system answers that has no hard links, or whose folders can't be flushed.
_LACKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EINVAL})


class BackupError(Exception):
    """There is no copy, and nothing is left of it; the message is one line for the operator."""


class Unfinished(NamedTuple):
    """The file that will be the copy, under its temporary name, and its descriptor."""

    path: Path
    descriptor: int

    def publish(self, target: Path) -> None:
        """Give it its name, durably. Raises `BackupError` if that exists by now, OSError."""
        os.fsync(self.descriptor)
        try:
            # Unlike a renaming, this never replaces a file.
            target.hardlink_to(self.path)
        except FileExistsError:
            raise BackupError(f"The file {str(target)!r} exists by now. Nothing was changed.") from None
        except OSError as error:
            if error.errno not in _LACKS:
                raise
            if os.path.lexists(target):
                raise BackupError(f"The file {str(target)!r} exists by now. Nothing was changed.") from None
            self.path.rename(target)
        flush_folder(target.parent)


def judge_target(text: str, database: Path) -> Path:
    """The path of a copy of that database. Raises `BackupError` for a place where it can't be, OSError."""
    path = Path(text)
    if os.path.lexists(path) and not path.is_dir():
        raise BackupError(f"The file {text!r} exists: name another one, or move it away.")
    if path.is_dir() or Path(text).name != text.rpartition(os.sep)[2]:
        raise BackupError(f"{text!r} is a folder: name a file in it.")
    if not path.parent.is_dir():
        raise BackupError(f"The folder {str(path.parent)!r} does not exist: create it, or name a file in another one.")
    if path.name.endswith(ENDINGS):
        raise BackupError(f"{text!r} would be taken for a part of another database: choose a name without that ending.")
    for left in (path.with_name(path.name + ending) for ending in ENDINGS):
        if os.path.lexists(left):
            raise BackupError(f"The file {str(left)!r} would be taken for a part of the copy: move it away.")
    data_dir, folder = database.parent.resolve(), path.parent.resolve()
    if folder.is_relative_to(data_dir):
        first = folder.relative_to(data_dir).parts[:1] or (path.name,)
        if first[0].casefold() in _SWEPT or (folder == data_dir and _is_the_bots(path.name)):
            raise BackupError(f"{text!r} is a place that the bot uses itself: choose another name or folder.")
    return path


def _is_the_bots(name: str) -> bool:
    return name.casefold() in _NAMES or name.casefold().startswith("bot.")


@contextmanager
def unfinished(folder: Path) -> Generator[Unfinished]:
    """A new file in that folder, its owner's alone, until the context ends. Raises OSError.

    Those of tries that were killed are deleted first.
    """
    _delete_dead(folder)
    lock_file, lock = _new_lock(folder)
    path = lock_file.with_suffix(_PART)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            yield Unfinished(path, descriptor)
        finally:
            os.close(descriptor)
    finally:
        # In that order: a copy without a lock would never be deleted.
        path.unlink(missing_ok=True)
        lock_file.unlink(missing_ok=True)
        os.close(lock)


def _new_lock(folder: Path) -> tuple[Path, int]:
    """A file that is locked for as long as the process lives.

    It isn't the copy itself, which some file systems would then not let SQLite write.
    """
    while True:
        path = folder / f"{_PREFIX}{token_hex(8)}{_LOCK}"
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # Another process has just taken it for a dead one's.
            os.close(lock)
            continue
        except OSError:
            # Some file systems have no locks.
            return path, lock
        if os.fstat(lock).st_nlink:
            return path, lock
        os.close(lock)


def _delete_dead(folder: Path) -> None:
    """Delete what tries left whose processes don't live any more. What can't be deleted stays."""
    for path in folder.iterdir():
        if _OURS.fullmatch(path.name):
            with suppress(OSError):
                _delete_unless_locked(path)


def _delete_unless_locked(lock_file: Path) -> None:
    lock = os.open(lock_file, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if stat.S_ISREG(os.fstat(lock).st_mode):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            lock_file.with_suffix(_PART).unlink(missing_ok=True)
            lock_file.unlink()
    finally:
        os.close(lock)


def flush_folder(folder: Path) -> None:
    """Make what was done in the folder durable, where its file system can. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _LACKS:
            raise
    finally:
        os.close(descriptor)
