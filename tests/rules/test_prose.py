"""The project's prose, in documents, docstrings and comments: plain words and short sentences."""

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rules.sources import ROOT, name_of

# Words that made our prose hard to read: a plain noun or verb is there for each ("the requester", "any", "exists").
GIVEAWAYS = re.compile(
    r"\b(nobody|whoever|whatever|told|stands|anew|those who|whether or not|must not know|films?)\b", re.IGNORECASE
)
# The ceiling only falls.
CEILING = 0
WORDS_PER_SENTENCE = 20
CELL_CHARACTERS_MAX = 250

FOLDERS = ("bot", "cogs", "sandbox", "migrations", "tests", "docs")
# Code and quotations aren't prose: neither identifiers nor the words of others.
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
NOT_PROSE = re.compile(r"`[^`]*`|\"[^\"\n]*\"|“[^”\n]*”")
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
SCRIPT_COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'`])//[^\n]*", re.DOTALL)
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def written() -> list[Path]:
    """Every file with prose in it."""
    found = [path for folder in FOLDERS for kind in ("py", "md", "js") for path in (ROOT / folder).rglob(f"*.{kind}")]
    return sorted(path for path in [*found, *ROOT.glob("*.md")] if path != Path(__file__))


def pages() -> list[Path]:
    return [path for path in written() if path.suffix == ".md"]


def prose_of(path: Path) -> Iterator[tuple[int, str]]:
    """Each docstring, comment or paragraph with its line."""
    text = path.read_text(encoding="utf-8")
    match path.suffix:
        case ".md":
            blanked = FENCED.sub(lambda block: "\n" * block[0].count("\n"), text)
            yield from ((number, line) for number, line in enumerate(blanked.splitlines(), 1))
        case ".js":
            for comment in SCRIPT_COMMENT.finditer(text):
                yield text.count("\n", 0, comment.start()) + 1, comment[0]
        case _:
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, Documented) and (said := ast.get_docstring(node)):
                    yield node.body[0].lineno, said
            with io.StringIO(text) as lines:
                for token in tokenize.generate_tokens(lines.readline):
                    if token.type == tokenize.COMMENT:
                        yield token.start[0], token.string


def test_the_counter_counts(tmp_path: Path) -> None:
    """Prose counts in every kind of file; identifiers, strings, code and quotations don't."""
    files = {
        "page.md": 'Nobody knows.\n```\nnobody\n```\nThe word `told`, or "whoever", is no prose.\n',
        "code.py": '"""It is\n\nbuilt anew."""\ntold = "nobody"  # it stands\n',
        "script.js": '/** Whoever\n * reads. */\nconst told = "anew"; // those who wait\n',
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    counted = {name: sum(len(found) for _line, found in giveaways_in(tmp_path / name)) for name in files}
    assert counted == {"page.md": 1, "code.py": 2, "script.js": 2}


def giveaways_in(path: Path) -> Iterator[tuple[int, list[str]]]:
    if not GIVEAWAYS.search(path.read_text(encoding="utf-8")):
        return
    for line, text in prose_of(path):
        if found := GIVEAWAYS.findall(NOT_PROSE.sub("", text)):
            yield line, found


def test_giveaway_words_only_get_fewer() -> None:
    """At most as many as the ceiling says; with fewer, the ceiling is lowered."""
    places = [(f"{name_of(path)}:{line}", found) for path in written() for line, found in giveaways_in(path)]
    count = Counter(word.lower() for _place, found in places for word in found).total()
    assert count <= CEILING, places
    assert count == CEILING, f"lower CEILING to {count}"


def sentences_of(page: Path) -> Iterator[int]:
    """How many words each sentence of the page's paragraphs and lists has."""
    text = LINK.sub(r"\1", FENCED.sub("", page.read_text(encoding="utf-8")))
    lines = (line.strip() for line in text.splitlines())
    plain = "\n".join("" if line.startswith(("|", "#", "<")) else re.sub(r"^(-|\d+\.) ", "\n", line) for line in lines)
    for paragraph in re.split(r"\n\s*\n", plain):
        for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z*`(\"])", " ".join(paragraph.split())):
            if words := len(re.findall(r"[^\W_][\w'’.-]*", re.sub(r"`[^`]*`", "code", sentence))):
                yield words


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_sentences_are_short(page: Path) -> None:
    """A page's sentences have under twenty words on average."""
    lengths = list(sentences_of(page))
    assert sum(lengths) / max(len(lengths), 1) < WORDS_PER_SENTENCE


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_cells_are_short(page: Path) -> None:
    """A cell of a table holds a sentence or two, names of code aside."""
    rows = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    cells = [re.sub(r"`[^`]*`", "", cell).strip() for row in rows for cell in row.strip("|").split("|")]
    assert [cell for cell in cells if len(cell) > CELL_CHARACTERS_MAX] == []
