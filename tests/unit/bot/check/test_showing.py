"""The report for people, and for programs."""

import json

from bot.check.findings import Line, Report, note, ok, problem, warning
from bot.check.showing import as_json, as_text

LONG = "words " * 40
REPORT = Report(
    (
        ok(Line.SETTINGS, "No mistake in any setting."),
        warning(Line.SPACE, f"{LONG}end.", "Free disk space."),
        ok(Line.KEY, "The key is accepted.", "main"),
        ok(Line.KEY, "The key is accepted.", "backup"),
        note(Line.CLOCK, "It isn't compared."),
    ),
    invitation="https://discord.com/oauth2/authorize?client_id=1&scope=bot",
)


def test_the_table() -> None:
    """A title per part and provider, a line per finding, a remedy below a bad one, the link, the verdict."""
    lines = as_text(REPORT).splitlines()
    assert [line for line in lines if line and not line.startswith(" ")] == [
        "settings", "data folder", "provider main", "provider backup", "machine", "invite the bot",
        "The bot can do its work, with 1 warning.",
    ]  # fmt: skip
    assert "  ok       No mistake in any setting." in lines
    assert "           → Free disk space." in lines
    assert f"  {REPORT.invitation}" in lines
    assert "\x1b" not in as_text(REPORT)


def test_a_narrow_terminal() -> None:
    """Lines are wrapped between words, and continue below the text; the link stays whole."""
    lines = as_text(REPORT, width=60).splitlines()
    assert max(len(line) for line in lines if "https" not in line) <= 60
    assert sum(line.startswith(" " * 11) for line in lines) > 3
    assert f"  {REPORT.invitation}" in lines
    assert as_text(REPORT, width=1)


def test_colours() -> None:
    """They only add to the text."""
    coloured = as_text(REPORT, coloured=True)
    assert "\x1b[33mwarning\x1b[0m" in coloured
    plain = coloured
    for code in (1, 31, 32, 33, 36, 0):
        plain = plain.replace(f"\x1b[{code}m", "")
    assert plain == as_text(REPORT)


def test_json() -> None:
    """One object of the documented shape."""
    read = json.loads(as_json(REPORT, "1.2.3"))
    assert read.keys() == {"format", "version", "exit_code", "verdict", "invitation", "findings"}
    assert (read["format"], read["version"], read["exit_code"]) == (1, "1.2.3", 0)
    assert read["findings"][1] == {
        "part": "data_folder",
        "line": "space",
        "about": None,
        "state": "warning",
        "what": f"{LONG}end.",
        "remedy": "Free disk space.",
    }
    assert read["findings"][2]["about"] == "main"


def test_verdicts() -> None:
    """Warnings leave the bot able to work, a problem doesn't, and a broken check knows nothing."""
    bad = problem(Line.TOKEN, "It is wrong.", "Correct it.")
    assert Report(()).verdict == "The bot can do its work."
    assert Report((bad, bad)).verdict == "The bot can't do its work yet: 2 problems."
    assert Report((*REPORT.findings, bad)).verdict == "The bot can't do its work yet: 1 problem, and 1 warning."
    assert [int(report.outcome) for report in (REPORT, Report((bad,)), Report((), broke=True))] == [0, 78, 1]
    assert "broke" in Report((), broke=True).verdict
