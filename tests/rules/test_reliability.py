"""docs/reliability.md promises nothing that no test shows, and the reports beside it show nothing broken."""

import ast
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.rules.sources import parsed, python_files, statements

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`(test_\w+)`")


@cache
def written() -> dict[str, str]:
    """Every test function by name, with its decorators as text."""
    paths = [path for path in python_files("tests") if path.name.startswith("test_")]
    functions = [
        one
        for path in paths
        for one in statements(parsed(path))
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return {
        one.name: "\n".join(map(ast.unparse, one.decorator_list)) for one in functions if one.name.startswith("test_")
    }


def report(name: str) -> dict[str, Any]:
    return json.loads((ROOT / "docs" / name).read_text())


@pytest.mark.slow
def test_every_test_that_the_page_names_exists() -> None:
    """Every test that a row names exists, under that very name."""
    pages = [(ROOT / f"docs/{page}.md").read_text() for page in ("reliability", "testing")]
    named = {name for page in pages for name in NAMED.findall(page)}
    assert len(named) > 50
    # Pages name whole files too.
    files = {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
    assert named - set(written()) - files == set()


def test_the_long_run_was_long_and_broke_nothing() -> None:
    """The report of `make reliability` that is committed is of the promised size, with its seed and duration."""
    run = report("reliability-report.json")
    assert (run["kills"], run["jobs"] >= 1_000, run["seed"]) == (500, True, 4)
    assert (run["violations"], run["broken"], run["integrity"]) == ([], {}, "ok")
    # A clock that is set days ahead may end a job before its question can be posted; then its notice says so.
    assert 0 < run["uncertain_told"] <= run["uncertain"]
    assert run["duration_seconds"] > 0


def test_the_long_run_with_several_processes_broke_nothing() -> None:
    """The other report of `make reliability`: processes and their database die, sleep and are set wrong enough."""
    run = report("reliability-cluster.json")
    assert (run["processes"], run["kills"] >= 200, run["jobs"] >= 1_000, run["seed"]) == (4, True, True, 9)
    assert min(run["database_kills"], run["pauses"], run["clock_steps"]) >= 10
    assert (run["violations"], run["broken"], run["integrity"]) == ([], {}, "ok")
    assert all(0 < run["reached"][name] <= limit for name, limit in run["limits"].items())
    assert run["uncertain"] == run["uncertain_told"]


def test_the_long_run_with_two_providers_broke_nothing() -> None:
    """The third report of `make reliability`: the second provider makes what the first surely did not take."""
    run = report("reliability-providers.json")
    assert (run["kills"] >= 200, run["jobs"] >= 1_000, run["seed"]) == (True, True, 13)
    assert run["paid_elsewhere"] >= 100
    assert (run["violations"], run["broken"], run["integrity"]) == ([], {}, "ok")
    assert run["uncertain"] == run["uncertain_told"]


def test_every_row_went_all_the_way() -> None:
    """Each test that goes further before a release is in the other report, and never failed."""
    rows = report("reliability-rows.json")
    assert set(rows["tests"]) == {name for name, marks in written().items() if "mark.reliability" in marks}
    assert [name for name, row in rows["tests"].items() if row["failed"] or not row["runs"]] == []
