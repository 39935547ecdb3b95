"""The parts of the experiment with several processes that decide and count, without any process."""

import json
from collections import Counter
from random import Random

from sandbox.chaos.blows import a_planned_blow
from sandbox.chaos.cluster_count import find_unexpected
from sandbox.chaos.limits import most_at_once, most_within


def test_a_seed_decides_every_blow() -> None:
    """The same seed gives the same blows; every kind occurs, and every process is struck."""
    first, again = ([a_planned_blow(rng, 4) for _ in range(200)] for rng in (Random(7), Random(7)))
    assert first == again
    whats = Counter(blow.what for blow in first)
    assert set(whats) == {"process", "database", "both", "pause"}
    assert {blow.process for blow in first} == set(range(4))
    assert sum(blow.kills for blow in first) == whats["process"] + whats["database"] + 2 * whats["both"]


def test_spans_that_touch_do_not_overlap() -> None:
    """A place that becomes free may be taken at the same moment."""
    assert most_at_once([]) == 0
    assert most_at_once([(0, 2), (2, 3), (2, 4)]) == 2
    assert most_at_once([(0, 10), (1, 3), (2, 5), (3, 4)]) == 3


def test_a_window_moves_with_every_request() -> None:
    """Four in a minute, although none of the calendar's minutes has more than two."""
    assert most_within([], 60) == 0
    assert most_within([0, 60, 120], 60) == 1
    assert most_within([50, 59, 61, 70, 300], 60) == 4


def test_only_exceptions_that_no_outage_explains_are_unexpected() -> None:
    """Of log lines and of other lines, such as a traceback of Python itself."""
    outage = {"event": "message failed", "exception": "Traceback\nbot.jobs.database.StoreUnavailableError: It is down."}
    bug = {"event": "loop broke", "exception": "Traceback\nKeyError: 3\n"}
    log = "\n".join([json.dumps(outage), json.dumps({"event": "ready"}), json.dumps(bug), "Traceback (most recent"])
    assert find_unexpected(log) == ["loop broke: KeyError: 3", "Traceback (most recent"]
