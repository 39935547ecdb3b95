"""A private folder, whose files appear as a whole or not at all.

A planted link in the folder can't make us write through it: files are created exclusively, under our own names, and
moved into place. Blocking work runs in threads.
"""

import asyncio
import hashlib
import os
import re
import secrets
import shutil
import stat
import threading
import time
from collections.abc import Callable, Collection
from io import BufferedReader
from pathlib import Path
from types import TracebackType
from typing import IO, BinaryIO, NamedTuple, Self, TypeVar

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}\.[a-z0-9]{1,8}")
_PARTIAL_SUFFIX = ".part"
_FLUSH_BYTES = 256 * 1024

T = TypeVar("T")


class FileMark(NamedTuple):
    """What changes when a file is replaced, written to or touched."""

    inode: int
    size_bytes: int
    modified_ns: int
    changed_ns: int


def file_mark(file: IO[bytes]) -> FileMark:
    """The mark of an open file."""
    about = os.fstat(file.fileno())
    return FileMark(about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)


class PrivateFolder:
    """One directory of the data folder, 0700 and ours, with its files 0600."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def path(self, name: str) -> Path:
        """The path of the file with that name. Raises ValueError for a name that we don't make."""
        if _NAME.fullmatch(name) is None or name.endswith(_PARTIAL_SUFFIX):
            raise ValueError(f"{name!r} is no name for a kept file.")
        return self._path / name

    def make(self) -> None:
        """Create the folder, or close it to others. Raises OSError if it is a link or has another owner."""
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = self._path.lstat()
        if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.geteuid():
            raise NotADirectoryError(f"{self._path} is not a folder of ours.")
        if stat.S_IMODE(about.st_mode) != 0o700:
            self._path.chmod(0o700)

    def open(self, name: str) -> BufferedReader:
        """Open the kept file for reading. Raises OSError if it is missing or a link."""
        return os.fdopen(os.open(self.path(name), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")

    def size_bytes(self, name: str) -> int | None:
        """The size of the kept file; None if there is none (a link is none)."""
        try:
            about = self.path(name).lstat()
        except FileNotFoundError:
            return None
        return about.st_size if stat.S_ISREG(about.st_mode) else None

    def create_partial(self) -> tuple[Path, BinaryIO]:
        """A fresh, empty file under an unguessable name, and its name. Raises OSError."""
        self.make()
        path = self._path / f"{secrets.token_hex(16)}{_PARTIAL_SUFFIX}"
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        return path, os.fdopen(os.open(path, flags, 0o600), "w+b", buffering=0)

    def free_bytes(self) -> int:
        """The free space of the disk. Raises OSError."""
        self.make()
        return shutil.disk_usage(self._path).free

    def sweep(self, keep: Collection[str], spare_seconds: float) -> int:
        """Delete files that are not in `keep` and unchanged for `spare_seconds`, partial ones too; how many."""
        self.make()
        return self._delete(lambda name: name not in keep, spare_seconds)

    def clear_partials(self) -> int:
        """Delete every partial file, as at start when nothing is running; how many there were."""
        self.make()
        return self._delete(lambda name: name.endswith(_PARTIAL_SUFFIX), 0.0)

    def _delete(self, doomed: Callable[[str], bool], spare_seconds: float) -> int:
        deleted = 0
        before = time.time() - spare_seconds  # file times are the machine's, not those of the bot's clock
        for path in list(self._path.iterdir()):
            try:
                about = path.lstat()
            except FileNotFoundError:
                # It has been moved to its own name meanwhile.
                continue
            if (
                doomed(path.name)
                and not stat.S_ISDIR(about.st_mode)
                and (about.st_mtime <= before or not spare_seconds)
            ):
                path.unlink(missing_ok=True)
                deleted += 1
        return deleted


class PartialFile:
    """A file that is being written: grows by `add`, becomes a kept file by `keep_as`, else is deleted after the `async
    with`.

    Every method but the constructor may raise OSError. Memory does not grow with the file.
    """

    def __init__(self, folder: PrivateFolder) -> None:
        self._folder = folder
        self._buffer = bytearray()
        self._hash = hashlib.sha256()
        # A cancelled write still runs in its thread: the lock prevents closing the file under it.
        self._lock = threading.Lock()
        self._open: tuple[Path, BinaryIO] | None = None
        self._closed = False
        self.size_bytes = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await asyncio.shield(asyncio.to_thread(self._discard))

    async def add(self, chunk: bytes) -> None:
        """Append a chunk; it is written to disk when enough has gathered."""
        self._buffer += chunk
        self.size_bytes += len(chunk)
        if len(self._buffer) >= _FLUSH_BYTES:
            await self._flush()

    async def sha256(self) -> str:
        """The hash of all that was added, in hex."""
        await self._flush()
        return self._hash.hexdigest()

    async def examine(self, look: Callable[[BinaryIO], T]) -> T:
        """The result of `look` on the whole content; it runs in a thread."""
        await self._flush()

        def run() -> T:
            with self._lock:
                return look(self._file()[1])

        return await asyncio.to_thread(run)

    async def on_disk(self) -> Path:
        """Where all that was added is now, for another process to read."""
        await self._flush()
        with self._lock:
            return self._file()[0]

    async def keep_as(self, name: str) -> tuple[Path, FileMark]:
        """Move the file to its final name, in one step, replacing an older one."""
        await self._flush()
        target = self._folder.path(name)

        def run() -> FileMark:
            with self._lock:
                path, file = self._file()
                path.replace(target)
                return file_mark(file)

        return target, await asyncio.to_thread(run)

    async def _flush(self) -> None:
        chunk, self._buffer = bytes(self._buffer), bytearray()

        def run() -> None:
            with self._lock:
                file = self._file()[1]
                rest = memoryview(chunk)
                while rest:
                    rest = rest[file.write(rest) :]
                self._hash.update(chunk)

        await asyncio.to_thread(run)

    def _file(self) -> tuple[Path, BinaryIO]:
        if self._closed:
            raise OSError("The file was given up.")
        if self._open is None:
            self._open = self._folder.create_partial()
        return self._open

    def _discard(self) -> None:
        with self._lock:
            self._closed = True
            if self._open is not None:
                path, file = self._open
                file.close()
                path.unlink(missing_ok=True)
