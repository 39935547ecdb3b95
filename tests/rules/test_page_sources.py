"""Rules for the page of the sandbox: modules without a build, nothing from outside, text that stays text."""

import re
from pathlib import Path

import pytest

from tests.rules.sources import ROOT, name_of

STATIC = ROOT / "sandbox" / "page" / "static"
SCRIPTS = sorted(STATIC.rglob("*.js"))
SHEETS = sorted(STATIC.rglob("*.css"))
LINES_MAX, COLUMNS_MAX = 330, 120
# Everything that would turn a text into markup or code.
MARKUP = re.compile(r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval|new Function|srcdoc|DOMParser)\b")
OUTSIDE = re.compile(r"(?:import[^;]*|src=|href=|url\()\s*[\"']?https?://")
COLOUR = re.compile(r"#[0-9a-f]{6,8}\b", re.IGNORECASE)
EXPORTED = re.compile(r"^export (?:async )?(?:function|class|const) (\w+)", re.MULTILINE)


def code_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_there_are_scripts_and_sheets() -> None:
    """The rules look at something."""
    assert len(SCRIPTS) > 30
    assert len(SHEETS) > 5


@pytest.mark.parametrize("path", [*SCRIPTS, *SHEETS], ids=name_of)
def test_files_stay_small_and_narrow(path: Path) -> None:
    """A file that grows becomes several; a line fits on a screen. (Sheets may have long rules.)"""
    lines = code_of(path).splitlines()
    assert len(lines) <= LINES_MAX
    if path.suffix == ".js":
        assert [number for number, line in enumerate(lines, 1) if len(line) > COLUMNS_MAX] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_scripts_say_what_they_are_for(path: Path) -> None:
    """Each module begins with a sentence about itself, and so does all that others may use."""
    code = code_of(path)
    assert code.startswith("/**")
    silent = [one.group(1) for one in EXPORTED.finditer(code) if not code[: one.start()].rstrip().endswith("*/")]
    assert [name for name in silent if not name.isupper()] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_text_never_becomes_markup(path: Path) -> None:
    """Nothing that a bot or a person writes is ever parsed as HTML or run."""
    assert MARKUP.findall(re.sub(r"/\*.*?\*/|//[^\n]*", "", code_of(path), flags=re.DOTALL)) == []


@pytest.mark.parametrize("path", [STATIC / "index.html", *SCRIPTS, *SHEETS], ids=name_of)
def test_nothing_is_loaded_from_outside(path: Path) -> None:
    """The page is whole without a network."""
    assert OUTSIDE.findall(code_of(path)) == []


def test_every_sheet_and_script_is_reached() -> None:
    """No file is left over: each sheet is in the page, each module is imported by another or by the page."""
    page = code_of(STATIC / "index.html")
    assert [name_of(one) for one in SHEETS if f"/static/css/{one.name}" not in page] == []
    imported = {
        (path.parent / found).resolve()
        for path in SCRIPTS
        for found in re.findall(r"from \"(\.[^\"]+)\"", code_of(path))
    }
    left = [name_of(one) for one in SCRIPTS if one not in imported and one.name != "app.js"]
    assert left == []


def test_colours_have_names() -> None:
    """Apart from the sheet of colours, a sheet says what a colour is for, not what it is; shades of black and white may
    be written where they lie over pictures."""
    allowed = re.compile(r"#(?:fff|000)[0-9a-f]*", re.IGNORECASE)
    loose = {
        f"{sheet.name}: {colour}"
        for sheet in SHEETS
        if sheet.name != "tokens.css"
        for colour in COLOUR.findall(code_of(sheet))
        if not allowed.fullmatch(colour)
    }
    assert loose == set()
