"""Ends the process when its orderly end takes too long; it must not know what hangs, and waits for nobody."""

import os
import sys
import threading
from types import TracebackType
from typing import Self

_FAILURE = 1


class Watchdog:
    """Lies still until it is told how long the end may take; let go of again when all is put in order in time."""

    def __init__(self) -> None:
        self._timer: threading.Timer | None = None

    def start(self, within_seconds: float) -> None:
        """From now on the process has that long. What is then left undone is what a power cut would leave."""
        self._timer = threading.Timer(within_seconds, _cut_off, (within_seconds,))
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
    sys.stderr.flush()
    os._exit(_FAILURE)
