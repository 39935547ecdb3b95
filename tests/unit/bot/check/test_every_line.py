"""Every line that `check` can print is seen, both as it should be and as it should not."""

import ast
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.check import findings
from bot.check.findings import Finding, Line, State
from tests.unit.bot.check.cases import CASES

FOLDER = Path(findings.__file__).parent
# The four ways to make a finding; each call of one in the sources is a line that can be printed.
MAKERS = {"ok", "note", "warning", "problem"}
BADNESS = list(State)


@pytest.mark.parametrize(("line", "state", "make"), CASES)
def test_facts_lead_to_their_line(line: Line, state: State, make: Callable[[], Finding | None]) -> None:
    """Each has its state, a sentence, and a remedy where something is to be done."""
    finding = make()
    assert finding is not None
    assert (finding.line, finding.state) == (line, state)
    assert finding.what.endswith(".")
    assert finding.remedy or not finding.is_bad
    assert "canary" not in finding.what + finding.remedy
    assert "secret" not in finding.what + finding.remedy


@pytest.mark.parametrize("line", Line)
def test_each_line_is_seen_both_ways(line: Line) -> None:
    """As well as it can be, which is no warning, and worse than that."""
    states = sorted((state for one, state, _make in CASES if one is line), key=BADNESS.index)
    assert states[0] in (State.OK, State.NOTE)
    assert BADNESS.index(states[0]) < BADNESS.index(states[-1])


def test_no_two_cases_say_the_same() -> None:
    """A line tells what is the matter."""
    said = [(finding.line, finding.what) for _line, _state, make in CASES if (finding := make()) is not None]
    assert len(set(said)) == len(CASES)


def test_every_sentence_in_the_sources_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """No line can be printed that the cases don't reach."""
    written = {
        (path.name, node.lineno): (node.lineno, node.end_lineno or node.lineno)
        for path in FOLDER.glob("*.py")
        if path.name != "findings.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS
    }
    assert len(written) > 80
    seen: set[tuple[str, int]] = set()
    check = Finding.__post_init__

    def note_place(finding: Finding) -> None:
        # The finding is made by one of the four, which the judgement has called.
        frame = sys._getframe(3)
        seen.add((Path(frame.f_code.co_filename).name, frame.f_lineno))
        check(finding)

    monkeypatch.setattr(Finding, "__post_init__", note_place)
    for _line, _state, make in CASES:
        make()
    unseen = {
        (name, first)
        for (name, first), (_, last) in written.items()
        if not any(file == name and first <= at <= last for file, at in seen)
    }
    assert unseen == set()


def test_a_bad_line_needs_a_remedy() -> None:
    """None can be made without."""
    with pytest.raises(ValueError, match="what to do"):
        findings.problem(Line.SPACE, "It is full.", "")
