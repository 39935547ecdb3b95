"""The kill switch: while a file named PAUSED lies in the data folder, nothing is paid for. It must not know jobs.

The file is looked for each time anew, so that `touch` and `rm` work as well as `/owner pause` and `/owner resume`, and
a bot that is started meanwhile stays paused. Whatever keeps it from being looked for counts as paused.
"""

import os
from contextlib import suppress
from pathlib import Path

FILE_NAME = "PAUSED"


class KillSwitch:
    """Asked before a command is taken in, before a job is submitted, and right before every paid request."""

    def __init__(self, data_dir: Path) -> None:
        self._file = data_dir / FILE_NAME
        self._held = False

    def is_on(self) -> bool:
        """Whether nothing may be paid for just now."""
        if self._held:
            return True
        try:
            self._file.lstat()
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return True

    def turn_on(self) -> None:
        """Stop all spending, also over a restart. Raises `OSError` when it holds for this life of the process only."""
        self._held = True
        # Whatever lies there under that name does as well; it is neither opened nor followed.
        with suppress(FileExistsError):
            os.close(os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        self._sync_folder()
        self._held = False

    def turn_off(self) -> None:
        """Let spending go on. Raises `OSError` when the file can't be taken away: then nothing has changed."""
        self._file.unlink(missing_ok=True)
        self._held = False
        self._sync_folder()

    def _sync_folder(self) -> None:
        """See to it that a power cut changes nothing any more."""
        folder = os.open(self._file.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
