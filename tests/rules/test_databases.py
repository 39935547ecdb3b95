"""What is about SQLite's file says so, so that everything else runs on PostgreSQL, too."""

import re

from tests.reliability import ON_BOTH
from tests.rules.sources import ROOT, name_of, python_files

OPENS_A_FILE = re.compile(r"^import sqlite3|\bopen_database\(|\.(copy_database|put_back)\(", re.MULTILINE)


def test_every_test_that_opens_sqlites_file_is_marked() -> None:
    """A file of tests opens databases by `tests.databases`, or has tests marked `sqlite_only`."""
    files = [file for file in python_files(*ON_BOTH) if file.name.startswith("test_")]
    assert len(files) > 100
    opening = [file for file in files if OPENS_A_FILE.search(file.read_text())]
    assert opening
    assert [name_of(file) for file in opening if "pytest.mark.sqlite_only(" not in file.read_text()] == []


def test_both_databases_are_met_by_default() -> None:
    """Without an option the engine's and the bot's own core is run on both."""
    marked = {name_of(file) for file in (ROOT / "tests").rglob("test_*.py") if ".both_databases" in file.read_text()}
    assert len([name for name in marked if name.startswith("tests/e2e/")]) >= 5
    assert [name for name in marked if name.startswith("tests/unit/bot/engine/")]
