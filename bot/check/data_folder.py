"""Checks DATA_DIR: its rights, its files, its free space, and how long a commit to its disk takes.

A commit is measured in a file that has no name, so that nothing can be left of it.
"""

import errno
import os
import pwd
import stat
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.check.findings import Finding, Line, note, ok, problem, warning
from bot.data_folder import DataFolderError, check_folder
from bot.engine.kill_switch import FILE_NAME, KillSwitch
from bot.media.disk_space import MIB, PICTURE_FLOOR_BYTES, VIDEO_FLOOR_BYTES

_COMFORT_BYTES = 1024 * MIB
_COMMITS = 20
_COMMIT_BYTES = 4096
_MEASURED_SECONDS_MAX = 2.0
# A submission waits for about three commits, and a person for the submission.
_SLOW_COMMIT_SECONDS = 0.1
_FILES = ("bot.db", "bot.db-wal", "bot.db-shm", "bot.lock", "bot.generation", "bot.closed", "commands.json")
_FOLDERS = ("references", "videos", "frames", "ffmpeg", "fitted", "redraw")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True, slots=True)
class FolderFacts:
    """The folder as it is. `refusal`: why a start would refuse it."""

    path: Path
    exists: bool = True
    refusal: str | None = None
    is_open_to_others: bool = False


@dataclass(frozen=True, slots=True)
class ForeignEntry:
    """Something in the folder that this user can't use as the bot would, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class SpaceFacts:
    """The room on the disk; `free_inodes` is None where the file system doesn't count them."""

    free_bytes: int
    free_inodes: int | None


@dataclass(frozen=True, slots=True)
class CommitFacts:
    """How long a commit takes, as the median of some; or the error that ended it."""

    seconds: float | None = None
    error: OSError | None = None


def look_at_folder(data_dir: Path) -> FolderFacts:
    """Read the folder's state; nothing is created or changed."""
    path = Path(os.path.abspath(data_dir))  # noqa: PTH100  # without following a link, whose name is what was given
    try:
        exists = check_folder(data_dir)
    except DataFolderError as error:
        return FolderFacts(path, exists=os.path.lexists(data_dir), refusal=str(error))
    is_open = exists and bool(stat.S_IMODE(data_dir.stat().st_mode) & 0o077)
    return FolderFacts(path, exists, is_open_to_others=is_open)


def find_foreign_entries(data_dir: Path) -> list[ForeignEntry]:
    """Files and folders of the bot that belong to another user, or are of another kind."""
    found: list[ForeignEntry] = []
    for name in (*_FILES, *_FOLDERS):
        path, is_folder = data_dir / name, name in _FOLDERS
        try:
            about = path.lstat()
        except FileNotFoundError:
            continue
        if is_folder and not stat.S_ISDIR(about.st_mode):
            found.append(ForeignEntry(name, "is not a folder"))
        elif is_folder and about.st_uid != os.geteuid():
            found.append(ForeignEntry(name, f"belongs to {_user(about.st_uid)}"))
        elif not is_folder and (path.is_dir() or path.is_fifo()):
            found.append(ForeignEntry(name, "is not a file"))
        elif not is_folder and not os.access(path, os.R_OK | os.W_OK):
            found.append(ForeignEntry(name, f"belongs to {_user(about.st_uid)} and can't be written"))
    return found


def measure_space(data_dir: Path) -> SpaceFacts:
    """The room on the disk of that folder. Raises OSError."""
    about = os.statvfs(data_dir)
    return SpaceFacts(about.f_bavail * about.f_frsize, about.f_favail if about.f_files else None)


def measure_commit(data_dir: Path) -> CommitFacts:
    """Write and sync a small file some times, for at most two seconds; it is gone afterwards."""
    try:
        # Without a name where the system can do that, else it is removed before it is used.
        with tempfile.TemporaryFile(dir=data_dir, prefix="check-", buffering=0) as file:
            times: list[float] = []
            began_at = time.perf_counter()
            while len(times) < _COMMITS and time.perf_counter() - began_at < _MEASURED_SECONDS_MAX:
                before = time.perf_counter()
                file.write(bytes(_COMMIT_BYTES))
                os.fsync(file.fileno())
                times.append(time.perf_counter() - before)
            return CommitFacts(statistics.median(times))
    except OSError as error:
        return CommitFacts(error=error)


def is_paused(data_dir: Path) -> bool:
    """Whether the file that stops all spending is there."""
    return KillSwitch(data_dir).is_on()


def judge_folder(facts: FolderFacts) -> Finding:
    """Whether a start would take the folder."""
    if facts.refusal is not None:
        return problem(
            Line.FOLDER, facts.refusal, "Name a folder that this user may read and write, or create the one it lies in."
        )
    if not facts.exists:
        return note(Line.FOLDER, f"{facts.path} doesn't exist yet: the first start creates it.")
    if facts.is_open_to_others:
        return note(Line.FOLDER, f"{facts.path} is open to other users: a start closes it to them.")
    return ok(Line.FOLDER, f"{facts.path} is there, and closed to other users.")


def judge_files(entries: list[ForeignEntry]) -> Finding:
    """Whether the bot could use what is in the folder, such as after a start as another user."""
    if not entries:
        return ok(Line.FILES, "All files of the bot are this user's.")
    said = "; ".join(f"{each.name} {each.why}" for each in entries)
    return problem(
        Line.FILES,
        f"Some files can't be used by {_user(os.geteuid())}: {said}.",
        "Run the bot as the user that it always ran as, or give that user all of DATA_DIR (chown -R).",
    )


def judge_space(facts: SpaceFacts) -> Finding:
    """The free space against the floors that the bot keeps."""
    free = f"{facts.free_bytes // MIB:,} MiB are free"
    if facts.free_inodes == 0:
        return problem(
            Line.SPACE, "The disk takes no more files: it has no free inode.", "Delete files that you don't need."
        )
    if facts.free_bytes <= VIDEO_FLOOR_BYTES:
        return problem(Line.SPACE, f"{free}: finished videos wait below {VIDEO_FLOOR_BYTES // MIB} MiB.", _MORE_SPACE)
    if facts.free_bytes <= PICTURE_FLOOR_BYTES:
        return warning(
            Line.SPACE,
            f"{free}: requests with pictures are turned away below {PICTURE_FLOOR_BYTES // MIB} MiB.",
            _MORE_SPACE,
        )
    if facts.free_bytes < _COMFORT_BYTES:
        return warning(Line.SPACE, f"{free}. A few large videos fill that.", _MORE_SPACE)
    return ok(Line.SPACE, f"{free}.")


_MORE_SPACE = "Free disk space, at least 1 GiB, or lower RETENTION_DAYS."


def judge_commit(facts: CommitFacts) -> Finding:
    """Whether the disk takes a commit, and how quickly."""
    error = facts.error
    if error is not None:
        if error.errno in _FULL:
            return problem(Line.COMMIT, f"Nothing can be written: {error.strerror}.", _MORE_SPACE)
        return problem(
            Line.COMMIT,
            f"Nothing can be written to DATA_DIR: {error.strerror}.",
            "Give this user the right to write there; a folder in a container must be mounted for writing.",
        )
    milliseconds = (facts.seconds or 0.0) * 1000
    said = f"A commit takes {milliseconds:.1f} ms."
    if milliseconds >= _SLOW_COMMIT_SECONDS * 1000:
        return warning(
            Line.COMMIT,
            f"{said} Every submission and message waits for some of them.",
            "Put DATA_DIR on a local disk, best an SSD: network file systems are slow, and lock badly.",
        )
    return ok(Line.COMMIT, said)


def judge_pause(paused: bool) -> Finding:  # the one fact
    """Whether spending is stopped."""
    if paused:
        return warning(
            Line.PAUSE,
            f"Spending is paused: {FILE_NAME} is in DATA_DIR.",
            f"Use /owner resume, or remove the file {FILE_NAME}.",
        )
    return ok(Line.PAUSE, "Spending isn't paused.")


def check_data_folder(data_dir: Path) -> Iterator[Finding]:
    """All of it, as far as the folder allows. Blocks."""
    facts = look_at_folder(data_dir)
    yield judge_folder(facts)
    if facts.refusal is not None:
        return
    # Of a folder to come the disk is that of the one it will lie in.
    yield judge_space(measure_space(data_dir if facts.exists else data_dir.parent))
    if facts.exists:
        yield judge_files(find_foreign_entries(data_dir))
        yield judge_commit(measure_commit(data_dir))
        yield judge_pause(is_paused(data_dir))


def _user(uid: int) -> str:
    try:
        return f"user {pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"user {uid}"
