"""The source files that the rules are about."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("bot", "cogs", "sandbox")


def python_files(*folders: str) -> list[Path]:
    """Every Python file below those folders of the project, by name."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    """The file as people call it."""
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    """The file's syntax tree, which is the same for all who ask: to be read, never changed."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """Every statement below it, at any depth; the parts of expressions, which are most of a tree, are passed over."""
    for name in ("body", "handlers", "orelse", "finalbody", "cases"):
        inner = getattr(node, name, None)
        for one in inner if isinstance(inner, list) else ():
            yield one
            yield from statements(one)


Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def public_definitions(tree: ast.Module) -> Iterator[Definition]:
    """What has no underscore before its name: functions and classes, and the methods of those classes."""
    for node in tree.body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from (
                    inner
                    for inner in node.body
                    if isinstance(inner, Definition) and not inner.name.startswith("_") and not _sets(inner)
                )


def _sets(node: Definition) -> bool:
    """Whether it is the setter of a property, which is documented at its getter."""
    return any(isinstance(one, ast.Attribute) and one.attr == "setter" for one in node.decorator_list)
