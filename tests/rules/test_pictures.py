"""The pictures in the documents are there, each in light and dark, and none lies about unused."""

import re
from pathlib import Path

from tests.rules.sources import ROOT

PICTURES = ROOT / "docs" / "pictures"


PAGES = (ROOT / "README.md", ROOT / "docs" / "operating.md", ROOT / "docs" / "remix.md")


def shown() -> set[Path]:
    """The files that the pages show."""
    return {page.parent / name for page in PAGES for name in re.findall(r'(?:src|srcset)="([^"]+)"', page.read_text())}


def test_pictures_that_are_shown_are_all_that_there_are() -> None:
    """The pages show every picture, and `make pictures` takes no other."""
    assert shown() == set(PICTURES.glob("*")) != set()


def test_every_picture_has_a_dark_one() -> None:
    """Light and dark, with an alternative text."""
    names = {path.stem for path in shown()}
    assert {name.removesuffix("-dark") for name in names if name.endswith("-dark")} == {
        name.removesuffix("-light") for name in names if name.endswith("-light")
    }
    images = re.findall(r"<img [^>]*>", (ROOT / "README.md").read_text())
    assert images
    assert all(re.search(r'alt="[^"]{20,}"', image) for image in images)
