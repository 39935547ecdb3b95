"""Ends the process when its shutdown takes too long."""

import logging
import os
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

_FAILURE = 1
# Everything important is stored by then; a thread that hangs in a name look-up or a dead disk must not keep the
# process.
_THREADS_SECONDS = 0.8


class Watchdog:
    """Does nothing until it is started; stopped again when the shutdown ends in time."""

    def __init__(self) -> None:
        self._timer: threading.Timer | None = None

    def start(self, within_seconds: float) -> None:
        """From now on the process has that long; further calls change nothing. Unfinished work is left as by a power
        cut.
        """
        if self._timer is None:
            self._begin(within_seconds, _cut_off, within_seconds)

    def leave_with(self, code: int) -> None:
        """The shutdown is complete: if a thread keeps the process alive, it exits with that code in a moment."""
        if self._timer is not None:
            self._timer.cancel()
        self._begin(_THREADS_SECONDS, _leave, code)

    def _begin(self, seconds: float, what: Callable[..., None], *given: object) -> None:
        self._timer = threading.Timer(seconds, what, given)
        self._timer.daemon = True
        self._timer.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()


def _cut_off(seconds: float) -> None:
    sys.stderr.write(f"The bot was not ready to end after {seconds:g} s and was cut off; the next start goes on.\n")
    _leave(_FAILURE)


def _leave(code: int) -> None:
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
