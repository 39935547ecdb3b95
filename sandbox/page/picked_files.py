"""Files that a person has picked and not sent yet; they survive a reload of the page."""

import secrets
from collections.abc import Iterable

from sandbox.chat import File

_FILES_MAX = 60
_BYTES_MAX = 512 << 20


class PickedFileError(Exception):
    """A picked file could not be kept or is gone; the message is one sentence."""


class PickedFiles:
    """Keeps the newest picked files in memory, up to a bound."""

    def __init__(self) -> None:
        self._files: dict[str, File] = {}

    def put(self, file: File) -> str:
        """Keep a file; returns its id. The oldest ones go when there is no room."""
        if len(file.data) > _BYTES_MAX:
            raise PickedFileError(f"'{file.name}' is too large for the sandbox.")
        file_id = secrets.token_hex(8)
        self._files[file_id] = file
        while len(self._files) > _FILES_MAX or sum(len(one.data) for one in self._files.values()) > _BYTES_MAX:
            del self._files[next(iter(self._files))]
        return file_id

    def get(self, file_id: str) -> File:
        """The file with that id; raises `PickedFileError`."""
        if file_id not in self._files:
            raise PickedFileError("The picked file is not here any more: pick it again.")
        return self._files[file_id]

    def get_all(self, file_ids: Iterable[object]) -> list[File]:
        """Those files, in order; raises `PickedFileError`."""
        return [self.get(str(one)) for one in file_ids]
