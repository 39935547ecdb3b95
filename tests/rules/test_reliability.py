"""docs/reliability.md promises nothing that no test shows."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`(test_\w+)`")


def test_every_test_that_the_page_names_exists() -> None:
    """Whoever looks a row's test up finds it, under that very name."""
    written = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    there = set(re.findall(r"(?m)^(?:async )?def (test_\w+)", written))
    pages = [(ROOT / f"docs/{page}.md").read_text() for page in ("reliability", "testing")]
    named = {name for page in pages for name in NAMED.findall(page)}
    assert len(named) > 50
    # Pages name whole files too.
    files = {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
    assert named - there - files == set()
