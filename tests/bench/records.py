"""What is too long for this run: kills, faults and attacks, from the reports that `make reliability` wrote."""

import json
from typing import Any

from tests.bench.report import Report, Scale, count
from tests.bench.world import ROOT

_KILLS = 500
_JOBS = 1_000
_SWEEPS = (
    "test_a_video_killed_anywhere_is_paid_and_posted_once",
    "test_a_remix_killed_anywhere_is_paid_and_posted_once",
    "test_a_failure_killed_anywhere_is_paid_and_posted_once",
    "test_a_private_video_killed_anywhere_is_in_the_dm_once",
)
# The tests of each goal that are in the report, how often they have to run, and what they show.
_TESTS = (
    ("crash points of four lives, each one", "all swept", _SWEEPS, 4),
    ("100 ends by SIGTERM in a row", "each in 20 s", ("test_ten_ends_in_a_row_leave_nothing_half_marked",), 1),
    ("texts that would ping somebody", "40, 0 pings", ("test_only_the_requester_can_be_pinged",), 40),
    ("paths of failure that might let a secret out", "60, 0 bytes", ("test_no_failure_lets_a_secret_out",), 60),
    ("200 requests against a limit of 10", "20 seeds", ("test_two_hundred_at_once_never_pass_the_limit",), 20),
)


def _read(name: str) -> dict[str, Any]:
    return json.loads((ROOT / "docs" / f"reliability-{name}.json").read_text(encoding="utf-8"))


def _kills(report: Report, name: str, what: str, goal: tuple[int, int]) -> None:
    run = _read(name)
    broken = len(run["violations"]) + len(run["broken"])
    report.row(
        f"kills and jobs, {what}; lost, charged twice or posted twice",
        goal=f"{count(goal[0])}, {count(goal[1])}; 0",
        today=f"{count(run['kills'])}, {count(run['jobs'])}; {broken}",
        reached=run["kills"] >= goal[0] and run["jobs"] >= goal[1] and not broken,
        reason="0 lost, charged twice or posted twice",
    )


async def measure(_scale: Scale) -> Report:
    """Nothing is measured: the figures are those of the committed reports."""
    report = Report()
    _kills(report, "report", "one process", (_KILLS, _JOBS))
    _kills(report, "cluster", "four processes", (200, _JOBS))
    _kills(report, "providers", "two providers", (200, _JOBS))
    tests = _read("rows")["tests"]
    for what, goal, names, least in _TESTS:
        found = [tests[name] for name in names if name in tests]
        runs, failed = sum(one["runs"] for one in found), sum(one["failed"] for one in found)
        report.row(
            f"{what}: runs, failures",
            goal=goal,
            today=f"{count(runs)}, {failed}",
            reached=len(found) == len(names) and runs >= least and not failed,
            reason="every test of docs/reliability.md",
        )
    return report
