"""Rules for every source file: sizes, names, docstrings, nothing left unfinished."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.rules.sources import PRODUCT, name_of, parsed, public_definitions, python_files, statements

LINES_MAX = 350
COG_LINES_MAX = 200
FUNCTION_LINES_MAX = 60
FORBIDDEN_NAMES = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "managers"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK|NotImplemented|NotImplementedError)\b")
SILENCING = re.compile(r"#\s*(noqa|type:\s*ignore|pyright:\s*ignore)")
WITH_REASON = re.compile(r"#\s*(noqa|type:\s*ignore|pyright:\s*ignore)[^#]*?\s+(#|-)\s*\w+\W+\w+")
AT_IMPORT = (
    ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef, ast.Assign, ast.AnnAssign,
)  # fmt: skip

Function = ast.FunctionDef | ast.AsyncFunctionDef
SOURCES = python_files(*PRODUCT)


def functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in statements(tree) if isinstance(node, Function))


def lines_of(node: ast.AST) -> int:
    """How many lines a definition has, without those of functions inside it."""
    assert isinstance(node, Function)
    whole = (node.end_lineno or node.lineno) - node.lineno + 1
    return whole - sum(lines_of(inner) for inner in node.body if isinstance(inner, Function))


def test_there_are_sources() -> None:
    """The rules look at something."""
    assert {name_of(path).split("/")[0] for path in SOURCES} == set(PRODUCT)
    assert len(SOURCES) > 50


def test_files_stay_small() -> None:
    """A file that grows becomes a package of private files."""
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {
        name: lines
        for name, lines in lengths.items()
        if lines > (COG_LINES_MAX if name.startswith("cogs/") else LINES_MAX)
    } == {}


def test_functions_stay_short() -> None:
    """What a function does fits on a screen."""
    assert [
        f"{name_of(path)}: {node.name} has {lines_of(node)} lines"
        for path in SOURCES
        for node in functions(parsed(path))
        if lines_of(node) > FUNCTION_LINES_MAX
    ] == []


def test_names_say_what_is_in_a_file() -> None:
    """No drawer for everything: such names hide what belongs where."""
    assert [
        name_of(path)
        for path in python_files(*PRODUCT, "tests", "migrations")
        if {Path(part).stem.strip("_") for part in Path(name_of(path)).parts} & FORBIDDEN_NAMES
    ] == []


def test_what_is_public_is_documented() -> None:
    """Every module, public class, function and method says what it is for."""
    silent: list[str] = []
    for path in SOURCES:
        tree = parsed(path)
        nodes = [tree, *public_definitions(tree)]
        silent += [
            f"{name_of(path)}: {getattr(node, 'name', 'the module')}" for node in nodes if not ast.get_docstring(node)
        ]
    assert silent == []


def test_nothing_is_unfinished() -> None:
    """No promise to do it later, in code or comments."""
    assert [name_of(path) for path in SOURCES if UNFINISHED.search(path.read_text(encoding="utf-8"))] == []


def is_dots(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.value.value is Ellipsis


def test_no_body_is_only_dots() -> None:
    """Outside of protocols every function does something."""
    empty: list[str] = []
    for path in SOURCES:
        tree = parsed(path)
        promised = {
            inner
            for node in statements(tree)
            if isinstance(node, ast.ClassDef) and any("Protocol" in ast.unparse(base) for base in node.bases)
            for inner in ast.walk(node)
        }
        empty += [
            f"{name_of(path)}: {node.name}"
            for node in functions(tree)
            if node not in promised and any(is_dots(one) for one in node.body)
        ]
    assert empty == []


def test_cogs_are_not_fetched_by_name() -> None:
    """Parts are handed over, never looked up by a string at run time."""
    assert [
        name_of(path)
        for path in SOURCES
        if any(isinstance(node, ast.Attribute) and node.attr == "get_cog" for node in ast.walk(parsed(path)))
    ] == []


def comments_of(path: Path) -> list[str]:
    """All comments of a file in which something may be silenced; none of any other, which is quickly seen."""
    whole = path.read_text(encoding="utf-8")
    if not SILENCING.search(whole):
        return []
    with io.StringIO(whole) as text:
        return [token.string for token in tokenize.generate_tokens(text.readline) if token.type == tokenize.COMMENT]


def test_exceptions_from_the_rules_have_a_reason() -> None:
    """A comment that silences a check has its reason on the same line."""
    assert [
        f"{name_of(path)}: {comment}"
        for path in SOURCES
        for comment in comments_of(path)
        if SILENCING.match(comment) and not WITH_REASON.match(comment)
    ] == []


def test_nothing_runs_at_import() -> None:
    """A module defines; it opens, starts and asks nothing while it is being read."""
    running: list[str] = []
    for path in python_files("bot", "cogs"):
        for node in parsed(path).body:
            documents = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if isinstance(node, AT_IMPORT) or documents:
                continue
            text = ast.unparse(node)
            if not re.match(r"if (__name__|TYPE_CHECKING)", text):
                running.append(f"{name_of(path)}: {text}")
    assert running == []


def test_tests_say_what_they_prove() -> None:
    """The docstring of each test states a behaviour."""
    assert [
        f"{name_of(path)}: {node.name}"
        for path in python_files("tests")
        for node in functions(parsed(path))
        if node.name.startswith("test_") and not ast.get_docstring(node)
    ] == []
