"""docs/mutants.md shows no change that a test should have noticed, and is of the sample that `make mutants` draws."""

import re

from tests.mutants import page
from tests.mutants.modules import GROUPS, SAMPLE, SEED, modules_of
from tests.rules.sources import ROOT

TEXT = page.PAGE.read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(bot/\S+)` \| ([0-9| ]+) \|$", TEXT, re.MULTILINE)


def test_every_survivor_is_explained() -> None:
    """A mutant that no test kills has a line that says why it does no harm."""
    assert page.NOT_EXPLAINED not in TEXT


def test_the_figures_are_of_the_usual_sample() -> None:
    """The page is written by `make mutants` without other settings, and its rows add up."""
    if not ROWS:
        assert "Not run in full yet." in TEXT
        return
    assert f"up to {SAMPLE} mutants of each module, seed {SEED}" in TEXT
    for module, cells in ROWS:
        mutants, tried, *statuses = (int(cell) for cell in cells.split(" | "))
        assert sum(statuses) == tried <= min(mutants, SAMPLE), module


def test_every_group_has_modules_and_tests() -> None:
    """A pattern that matches nothing would be a hole in the sample."""
    for group in GROUPS:
        assert all(list(ROOT.glob(pattern)) for pattern in group.modules), group.name
        assert all((ROOT / test).exists() for test in group.tests), group.name
        assert modules_of(group, ROOT), group.name


def test_every_explanation_is_about_code_that_is_there() -> None:
    """An explanation whose line has changed explains nothing."""
    for change in page.explanations():
        code = re.sub(r"\s+", " ", (ROOT / change.module).read_text(encoding="utf-8"))
        assert change.was in code, change
