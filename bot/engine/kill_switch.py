"""The kill switch: while a file named PAUSED is in the data folder, nothing is paid.

The file is checked each time, so that `touch` and `rm` work as well as `/owner pause` and `/owner resume`, and a bot
that is started meanwhile stays paused. A failing check counts as paused.
"""

import os
from contextlib import suppress
from pathlib import Path

FILE_NAME = "PAUSED"


class KillSwitch:
    """Checked before a command is accepted, before a job is submitted, and right before every paid request."""

    def __init__(self, data_dir: Path) -> None:
        self._file = data_dir / FILE_NAME
        self._held = False
        self._paused_for_all = False

    def hold(self, is_paused: bool) -> None:  # the one fact
        """Take over whether spending is paused for all processes that share the database."""
        self._paused_for_all = is_paused

    def is_on(self) -> bool:
        """Whether spending is paused now."""
        if self._held or self._paused_for_all:
            return True
        try:
            self._file.lstat()
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return True

    def turn_on(self) -> None:
        """Stop all spending, also across restarts. Raises `OSError` when it holds for this process only."""
        self._held = True
        # A file of any kind with that name does as well; it is neither opened nor followed.
        with suppress(FileExistsError):
            os.close(os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        self._sync_folder()
        self._held = False

    def turn_off(self) -> None:
        """Resume spending. Raises `OSError` when the file can't be removed: then nothing has changed."""
        self._file.unlink(missing_ok=True)
        self._held = False
        self._sync_folder()

    def _sync_folder(self) -> None:
        """Make the change durable against a power cut."""
        folder = os.open(self._file.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
