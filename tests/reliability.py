"""`python -m tests.reliability`: every row of docs/reliability.md as far as the page says, then all that runs on both
databases on PostgreSQL; the counts go to a file.

`python -m tests.reliability NAME...` runs the rows' tests of those names alone, and puts their counts into that file;
`postgresql` in place of a name runs what is there alone.
The long run of random kills is not here but in `sandbox.chaos`.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import Any
from xml.etree import ElementTree

REPORT = Path(__file__).resolve().parents[1] / "docs" / "reliability-rows.json"
# The tests of what uses a database.
ON_BOTH = ("tests/unit/bot/engine", "tests/unit/bot/jobs", "tests/simcord", "tests/e2e", "tests/upgrades")
_ON_POSTGRESQL = "postgresql"


def main(names: Sequence[str] = ()) -> int:
    """Run the tests marked `reliability`, then all on PostgreSQL; write what they did, return pytest's exit code.

    With names only what they name, in place of what it did before.
    """
    code_of_rows, rows = (0, {}) if names == [_ON_POSTGRESQL] else run_rows(names)
    code_there, there = run_on_postgresql() if not names or names == [_ON_POSTGRESQL] else (0, {})
    before = json.loads(REPORT.read_text(encoding="utf-8")) if names else {"tests": {}}
    write(before | rows | there | {"tests": dict(sorted((before["tests"] | rows.get("tests", {})).items()))})
    return code_of_rows or code_there


def run_rows(names: Sequence[str]) -> tuple[int, dict[str, Any]]:
    """Run the tests marked `reliability`, with names only those; pytest's exit code, and what the report holds of it.

    A run of some has no duration of its own: the report keeps that of all.
    """
    began_at = monotonic()
    with tempfile.NamedTemporaryFile(suffix=".xml") as noted:
        code = _pytest(
            noted.name, "-m", "reliability", "-k", " or ".join(names), "--dist", "worksteal", RELIABILITY="full"
        )
        tests = counted(Path(noted.name))
    return code, {"tests": tests} if names else {"duration_seconds": round(monotonic() - began_at), "tests": tests}


def run_on_postgresql() -> tuple[int, dict[str, Any]]:
    """Run all tests that use a database on PostgreSQL; pytest's exit code, and the counts for the report."""
    began_at = monotonic()
    with tempfile.NamedTemporaryFile(suffix=".xml") as noted:
        code = _pytest(noted.name, "--database", "postgresql", "--dist", "loadfile", *ON_BOTH)
        [suite] = ElementTree.parse(noted.name).iter("testsuite")  # noqa: S314  # pytest has just written it
    of = {name: int(suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")}
    failed = of["failures"] + of["errors"]
    counts = {"passed": of["tests"] - failed - of["skipped"], "failed": failed, "skipped": of["skipped"]}
    return code, {"postgresql": counts | {"duration_seconds": round(monotonic() - began_at)}}


def write(report: dict[str, Any]) -> None:
    """Write the report in place of the one before."""
    REPORT.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def _pytest(noted: str, *options: str, **environment: str) -> int:
    command = [sys.executable, "-m", "pytest", "-q", "-n", "4", f"--junitxml={noted}", *options]
    return subprocess.run(command, env=os.environ | environment, check=False).returncode


def counted(noted: Path) -> dict[str, dict[str, int]]:
    """Per test, in order of name: how often it ran, how often it failed, and how many seconds that took in all."""
    runs, failed, seconds = defaultdict[str, int](int), defaultdict[str, int](int), defaultdict[str, float](float)
    for case in ElementTree.parse(noted).iter("testcase"):  # noqa: S314  # pytest has just written it
        name = case.get("name", "").partition("[")[0]
        runs[name] += 1
        failed[name] += any(case.find(kind) is not None for kind in ("failure", "error"))
        seconds[name] += float(case.get("time", "0"))
    return {
        name: {"runs": runs[name], "failed": failed[name], "seconds": round(seconds[name])} for name in sorted(runs)
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
