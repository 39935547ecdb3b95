"""Shows a report: as a table for people, and as JSON for programs. Pure."""

import json
import textwrap
from itertools import groupby

from bot.check.findings import Finding, Report, State
from bot.ops.terminal import printable

# Raised when a program that reads the JSON would have to change.
FORMAT = 1
_STATE_CHARACTERS = max(len(state) for state in State)
_INDENT = " " * (2 + _STATE_CHARACTERS + 2)
_COLOURS = {State.OK: "32", State.NOTE: "36", State.WARNING: "33", State.PROBLEM: "31"}


def as_text(report: Report, *, width: int | None = None, coloured: bool = False) -> str:
    """The table. Lines are wrapped to `width` characters, if it is given."""
    lines: list[str] = []
    for title, findings in groupby(report.findings, _title):
        lines += [_bold(title, coloured), *(line for each in findings for line in _rows(each, width, coloured)), ""]
    if report.invitation is not None:
        # Never wrapped: people copy it.
        lines += [_bold("invite the bot", coloured), f"  {report.invitation}", ""]
    state = next((state for state in reversed(State) if report.count(state)), State.OK)
    lines += [_painted(report.verdict, State.PROBLEM if report.broke else state, coloured)]
    return "\n".join(lines)


def as_json(report: Report, version: str) -> str:
    """The same as one JSON object; docs/operating.md, "Check the installation", describes it."""
    told = {
        "format": FORMAT,
        "version": version,
        "exit_code": int(report.outcome),
        "verdict": report.verdict,
        "invitation": report.invitation,
        "findings": [
            {
                "part": each.line.part,
                "line": each.line.kind,
                "about": each.about or None,
                "state": each.state.value,
                "what": each.what,
                "remedy": each.remedy or None,
            }
            for each in report.findings
        ],
    }
    return json.dumps(told, ensure_ascii=False, indent=2)


def _title(finding: Finding) -> str:
    part = finding.line.part.replace("_", " ").replace("discord", "Discord")
    return f"{part} {finding.about}" if part == "provider" and finding.about else part


def _rows(finding: Finding, width: int | None, coloured: bool) -> list[str]:
    state = _painted(finding.state.ljust(_STATE_CHARACTERS), finding.state, coloured)
    first, *more = _wrapped(printable(finding.what), width)
    rows = [f"  {state}  {first}", *(f"{_INDENT}{line}" for line in more)]
    if finding.remedy:
        rows += [f"{_INDENT}{line}" for line in _wrapped(printable(f"→ {finding.remedy}"), width)]
    return rows


def _wrapped(text: str, width: int | None) -> list[str]:
    if width is None:
        return [text]
    room = max(40, width - len(_INDENT))
    return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) or [""]


def _painted(text: str, state: State, coloured: bool) -> str:
    return f"\x1b[{_COLOURS[state]}m{text}\x1b[0m" if coloured else text


def _bold(text: str, coloured: bool) -> str:
    return f"\x1b[1m{text}\x1b[0m" if coloured else text
