"""`python -m tests.reliability`: every row of docs/reliability.md as far as the page says; the counts go to a file.

The long run of random kills is not here but in `sandbox.chaos`.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from time import monotonic
from xml.etree import ElementTree

REPORT = Path(__file__).resolve().parents[1] / "docs" / "reliability-rows.json"


def main() -> int:
    """Run the tests marked `reliability`; write what they did, return pytest's exit code."""
    began_at = monotonic()
    with tempfile.NamedTemporaryFile(suffix=".xml") as noted:
        spread = ["-n", "4", "--dist", "worksteal"]
        command = [sys.executable, "-m", "pytest", "-q", "-m", "reliability", *spread, f"--junitxml={noted.name}"]
        code = subprocess.run(command, env=os.environ | {"RELIABILITY": "full"}, check=False).returncode
        report = {"duration_seconds": round(monotonic() - began_at), "tests": counted(Path(noted.name))}
    REPORT.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return code


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
    sys.exit(main())
