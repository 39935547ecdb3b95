"""Sweeping a folder in which files come and go at the same time."""

from collections.abc import Iterator
from pathlib import Path

from bot.media.folders import PrivateFolder


class _FakeKept:
    """Keeps nothing; when first asked, every other file of the folder is gone, as partial files are that arrive."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __contains__(self, name: object) -> bool:
        for path in self._folder.iterdir():
            if path.name != name:
                path.unlink()
        return False

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def test_a_file_that_goes_while_the_folder_is_swept_is_no_fault(tmp_path: Path) -> None:
    """A partial file that becomes a whole one under another name is left out, and the rest is swept."""
    folder = PrivateFolder(tmp_path)
    for _ in range(3):
        folder.create_partial()[1].close()
    assert folder.sweep(_FakeKept(tmp_path), 0.0) == 1
    assert list(tmp_path.iterdir()) == []
