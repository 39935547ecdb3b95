"""The data folder, which one process serves at a time: a lock file in it proves that the process lives."""

import errno
import fcntl
import os
import stat
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

_LOCK_NAME = "bot.lock"


class AlreadyRunningError(Exception):
    """Another process serves this data folder."""


class DataFolderError(Exception):
    """The data folder can't be used; the message is one line that names the setting."""


def database_path(data_dir: Path) -> Path:
    """Where the SQLite database is; files that belong to the database have its name with another ending."""
    return data_dir / "bot.db"


@contextmanager
def locked(data_dir: Path) -> Generator[None, None, None]:
    """Hold the lock of DATA_DIR; the kernel releases it whenever the process ends.

    Raises `AlreadyRunningError`, `DataFolderError`.
    """
    with _held(_open_lock(data_dir), data_dir):
        yield


@contextmanager
def locked_as_it_is(folder: Path) -> Generator[None, None, None]:
    """Hold the lock of another data folder, whose rights are not changed. Raises `AlreadyRunningError`, OSError."""
    with _held(_open_file(folder), folder):
        yield


def check_folder(data_dir: Path) -> bool:
    """Whether the data folder exists; a start creates a missing one. Nothing is created, changed or locked.

    Raises `DataFolderError` where a start would, as far as that can be seen without it.
    """
    if data_dir.is_dir():
        about = data_dir.stat()
        # A start opens a folder of ours to itself.
        if not _is_usable(data_dir) and about.st_uid != os.geteuid():
            raise _unusable(data_dir, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))
        return True
    if os.path.lexists(data_dir):
        raise _not_a_folder(data_dir)
    if not data_dir.parent.is_dir():
        raise _unusable(data_dir, FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)))
    if not os.access(data_dir.parent, os.W_OK | os.X_OK):
        raise _unusable(data_dir, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))
    return False


def _not_a_folder(data_dir: Path) -> DataFolderError:
    what = "a link that leads nowhere" if data_dir.is_symlink() else "not a folder"
    return DataFolderError(f"DATA_DIR is wrong: {data_dir} is {what}.")


def _unusable(data_dir: Path, error: OSError) -> DataFolderError:
    missing = isinstance(error, FileNotFoundError) and not data_dir.parent.exists()
    what = data_dir / _LOCK_NAME if error.errno in {errno.ELOOP, errno.EISDIR} else data_dir
    why = f"{data_dir.parent} does not exist" if missing else f"{what} can't be used ({error.strerror})"
    return DataFolderError(f"DATA_DIR is wrong: {why}.")


@contextmanager
def _held(file: int, folder: Path) -> Generator[None, None, None]:
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunningError(f"Another process serves {folder} already.") from None
        yield
    finally:
        os.close(file)


def _open_lock(data_dir: Path) -> int:
    """Open the lock file. The data folder is created if only it is missing: a missing parent may be a missing disk."""
    try:
        data_dir.mkdir(mode=0o700, exist_ok=True)
        return _open_closed(data_dir)
    except FileExistsError:
        raise _not_a_folder(data_dir) from None
    except OSError as error:
        raise _unusable(data_dir, error) from None


def _open_closed(data_dir: Path) -> int:
    """Open the lock file of a folder that is closed to others afterwards."""
    if not _is_usable(data_dir):
        _close_to_others(data_dir)
    if not _is_usable(data_dir):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    file = _open_file(data_dir)
    # Only now: a folder that takes no file, such as /proc, keeps its rights.
    _close_to_others(data_dir)
    return file


def _is_usable(data_dir: Path) -> bool:
    return os.access(data_dir, os.R_OK | os.W_OK | os.X_OK)


def _close_to_others(data_dir: Path) -> None:
    about = data_dir.stat()
    if about.st_uid == os.geteuid() and stat.S_IMODE(about.st_mode) & 0o077:
        data_dir.chmod(0o700)


def _open_file(folder: Path) -> int:
    return os.open(folder / _LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
