"""However the process hangs at its end, it is gone in time, with the code that it had come to."""

import subprocess
import sys
import time

import pytest

SCRIPT = """
import asyncio, signal, sys, threading
from bot.ops.watchdog import Watchdog

async def main():
    asyncio.get_running_loop().run_in_executor(None, threading.Event().wait)

with Watchdog() as watchdog, asyncio.Runner() as runner:
    {before}
    runner.run(main())
    print("said")
    watchdog.leave_with({code})
"""


@pytest.mark.slow
@pytest.mark.parametrize(("before", "code"), [("pass", 0), ("pass", 78), ("watchdog.start(60)", 0)])
def test_a_thread_that_hangs_is_not_waited_for(before: str, code: int) -> None:
    """asyncio waits for its threads at the end, and so does Python: the process leaves with its code all the same."""
    began_at = time.monotonic()
    script = SCRIPT.format(before=before, code=code)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stdout) == (code, "said\n")
    assert time.monotonic() - began_at < 10


def test_an_end_that_takes_too_long_is_cut_off() -> None:
    """Nothing leads on: 1, and one line that says so; a second signal doesn't give it more time."""
    script = (
        "from bot.ops.watchdog import Watchdog\nimport threading\n"
        "with Watchdog() as watchdog:\n"
        "    watchdog.start(0.2)\n    watchdog.start(60)\n    threading.Event().wait()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1
    assert "cut off" in done.stderr


def test_what_ends_in_time_is_left_alone() -> None:
    """The timer is taken back."""
    script = (
        "from bot.ops.watchdog import Watchdog\nimport time\nwith Watchdog() as w:\n    w.start(0.1)\ntime.sleep(0.4)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stderr) == (0, "")
