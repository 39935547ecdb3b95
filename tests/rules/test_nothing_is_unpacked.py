"""A rule for the bot: what strangers send is never unpacked or decoded, so that no bomb can go off in it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rules.sources import name_of, parsed, python_files

UNPACKERS = {"zipfile", "tarfile", "gzip", "zlib", "bz2", "lzma", "zipimport", "zstandard", "brotli", "PIL", "cv2"}
UNPACKING = {"unpack_archive"}
# It inflates a PNG's data, never to more than its limit: docs/facts/media.md, "Metadata".
MAY_INFLATE = "bot/media/inflating.py"
# It decodes pictures in a confined process of its own: docs/facts/media.md, "Pillow".
MAY_DECODE = "bot/media/redraw_script.py"


def imported(tree: ast.AST) -> Iterator[str]:
    """The first part of every module that is imported, at the top or late, by statement or by name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name.partition(".")[0] for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None and not node.level:
            yield node.module.partition(".")[0]
            yield from (one.name for one in node.names if one.name in UNPACKING)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in {"import_module", "__import__"}:
                yield str(node.args[0].value).partition(".")[0]
        elif isinstance(node, ast.Attribute):
            yield node.attr if node.attr in UNPACKING else ""


@pytest.mark.parametrize("path", python_files("bot", "cogs"), ids=name_of)
def test_nothing_unpacks(path: Path) -> None:
    """No file of the bot imports what opens archives, inflates streams or decodes pictures, but for two."""
    allowed = {MAY_INFLATE: {"zlib"}, MAY_DECODE: {"PIL"}}.get(name_of(path), set())
    assert set(imported(parsed(path))) & (UNPACKERS | UNPACKING) == allowed


def test_what_inflates_says_how_far() -> None:
    """The one module that may inflate gives a bound each time, on a stream of its own."""
    path = next(path for path in python_files("bot") if name_of(path) == MAY_INFLATE)
    calls = [node for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)]
    inflating = [call for call in calls if isinstance(call.func, ast.Attribute) and "decompress" in call.func.attr]
    bounded = [call for call in inflating if call.func.attr == "decompress" and len(call.args) == 2]  # pyright: ignore[reportAttributeAccessIssue]
    made = [call for call in inflating if call.func.attr == "decompressobj"]  # pyright: ignore[reportAttributeAccessIssue]
    assert bounded
    assert len(bounded) + len(made) == len(inflating)
    assert all(getattr(call.func, "value", None) and call.func.value.id == "stream" for call in bounded)  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize(
    "code",
    [
        "import zipfile",
        "import os, tarfile as t",
        "from gzip import open",
        "def f():\n    from PIL.Image import open",
        "importlib.import_module('zlib')",
        "__import__('bz2.x')",
        "shutil.unpack_archive('a.zip')",
        "from shutil import unpack_archive as u",
    ],
)
def test_the_rule_sees(code: str) -> None:
    """Every way of importing such a thing is noticed."""
    assert set(imported(ast.parse(code))) & (UNPACKERS | UNPACKING)
