"""A stored change of a job and the signal that wakes the loops are one call: `bot.engine.moves`."""

import re

from tests.rules.sources import name_of, python_files

# Leases and times of all jobs, which no loop waits for.
OF_ALL_JOBS = "claim|renew|void_ownership|bring_to_now|bring_back"
STORES = re.compile(rf"\.write\(\s*(?:moving\.(?!(?:{OF_ALL_JOBS})\b)|accepting\.|blocking\.block\b)")
WAKES = re.compile(r"signals\.(?:job_moved|job_owned|job_accepted)\(")


def test_a_job_is_changed_by_moves_alone() -> None:
    """No other module of the engine stores a change of a job, or wakes the loops for one."""
    others = [path for path in python_files("bot/engine") if path.name != "moves.py"]
    found = {name_of(path) for path in others if STORES.search(text := path.read_text()) or WAKES.search(text)}
    assert found == set()
