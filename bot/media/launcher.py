"""Becomes another program, with limits: run as a script by `confined.py`, in the new process, before the program.

    python -I -S launcher.py PARENT ADDRESS_BYTES FILE_BYTES CPU_SECONDS NICENESS PROGRAM [ARGUMENT …]

`preexec_fn` could set the limits too, but may deadlock in a process with threads. Only the standard library is used.
"""

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress

NOT_STARTED = 127
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
_OPEN_FILES = 64


def main(parent: int, address_bytes: int, file_bytes: int, cpu_seconds: int, niceness: int, command: list[str]) -> int:
    """Set the limits, then become the program. Returns only when it can't be started."""
    _die_with(parent)
    limit(resource.RLIMIT_AS, address_bytes)
    limit(resource.RLIMIT_FSIZE, file_bytes)
    limit(resource.RLIMIT_CPU, cpu_seconds)
    limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    limit(resource.RLIMIT_CORE, 0)
    os.umask(0o077)
    os.nice(niceness)
    _be_the_first_to_go()
    # Python ignores these two, and the program would inherit that.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execv(command[0], command)  # noqa: S606 - no shell is meant
    except OSError as error:
        sys.stderr.write(f"not started: {error.strerror}\n")
    return NOT_STARTED


def limit(what: int, most: int) -> None:
    """Lower a limit, as far as the system has it; one that is lower already stays."""
    with suppress(OSError, ValueError):
        _soft, hard = resource.getrlimit(what)
        lowest = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (lowest, lowest))


def _die_with(parent: int) -> None:
    """Linux alone: a bot that is killed leaves no encoder behind. Elsewhere its CPU time ends it."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        # It was killed before that.
        os._exit(NOT_STARTED)


def _be_the_first_to_go() -> None:
    """Linux alone: when memory runs out, this process is killed, and not the bot."""
    with suppress(OSError):
        score = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
        os.write(score, b"1000")
        os.close(score)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:6]), command=sys.argv[6:]))
