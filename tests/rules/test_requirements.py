"""What is installed is exactly what was judged: every pin with its hashes, from wherever the machine installs."""

import re
from pathlib import Path

import pytest

from tests.rules.sources import ROOT

FILES = sorted((ROOT / "requirements").glob("*.txt"))
PIN = re.compile(
    r"^[A-Za-z0-9][A-Za-z0-9._-]*(\[[a-z,-]+\])?==[^\s;]+(\s*;\s*[^\\]+?)?(\s+--hash=sha256:[0-9a-f]{64})+$"
)


def entries(path: Path) -> list[str]:
    """The requirements of a file, each on one line, without comments."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.strip().startswith("#")]
    return [entry.strip() for entry in "\n".join(lines).replace("\\\n", " ").splitlines() if entry.strip()]


def test_there_are_five_files() -> None:
    """For the bot alone, for work on it with the sandbox, for `make bench`, `make mutants` and `make audit`."""
    assert [path.name for path in FILES] == ["audit.txt", "bench.txt", "dev.txt", "mutants.txt", "run.txt"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_pin_has_its_hashes(path: Path) -> None:
    """One version each, and the hashes of its files."""
    found = entries(path)
    assert len(found) > 5
    assert [entry[:80] for entry in found if not PIN.match(re.sub(r"\s+", " ", entry))] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_file_says_where_from(path: Path) -> None:
    """No index, no address, no local path: that is the machine's business."""
    text = path.read_text(encoding="utf-8").lower()
    assert not re.search(
        r"https?://|--index|--extra-index|--find-links|--trusted-host|file:|^-[a-z] ", text, re.MULTILINE
    )


def test_the_larger_files_hold_the_smaller_ones() -> None:
    """What is tested is what runs: the same versions in all files."""
    run, dev, bench, mutants = (
        {entry.split("--hash")[0].split(";")[0].strip() for entry in entries(ROOT / "requirements" / f"{name}.txt")}
        for name in ("run", "dev", "bench", "mutants")
    )
    assert run <= dev <= bench & mutants
