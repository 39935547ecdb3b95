"""The sandbox as a person starts it: one signal to all of its processes ends it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
BOUND_SECONDS = 60


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_whole_group_ends_the_sandbox(number: signal.Signals) -> None:
    """Exit code 0 and no traceback, though the bot and the process that forks it get the signal too."""
    with subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--no-browser"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        first, second = process.stdout.readline(), process.stdout.readline()
        assert "http://127.0.0.1:" in second, first
        os.killpg(process.pid, number)
        rest, _nothing = process.communicate(timeout=BOUND_SECONDS)
    assert (process.returncode, rest) == (0, "")
