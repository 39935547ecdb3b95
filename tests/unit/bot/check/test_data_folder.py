"""The data folder as it is, read without changing it."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from bot.check import data_folder
from bot.check.data_folder import (
    check_data_folder,
    find_foreign_entries,
    look_at_folder,
    measure_commit,
    measure_space,
)
from bot.check.findings import Finding, Line, State
from bot.data_folder import DataFolderError, locked


def states(findings: list[Finding]) -> dict[Line, State]:
    return {finding.line: finding.state for finding in findings}


def tree(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Everything below it, with mode, size and time of change."""
    found = [folder, *folder.rglob("*")]
    return {str(path): (about.st_mode, about.st_size, about.st_mtime_ns) for path in found for about in [path.lstat()]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that a bot has used."""
    data_dir = tmp_path / "data"
    with locked(data_dir):
        (data_dir / "videos").mkdir(mode=0o700)
        (data_dir / "commands.json").write_text("{}")
    return data_dir


def test_a_used_folder_is_well(folder: Path) -> None:
    """Every line is good, and nothing in it is changed."""
    before = tree(folder)
    found = states([*check_data_folder(folder)])
    assert {line: state for line, state in found.items() if line is not Line.SPACE} == dict.fromkeys(
        (Line.FOLDER, Line.FILES, Line.COMMIT, Line.PAUSE), State.OK
    )
    assert tree(folder) == before


def test_a_missing_folder_is_not_created(tmp_path: Path) -> None:
    """The disk that it will be on is measured all the same."""
    found = states([*check_data_folder(tmp_path / "data")])
    assert found.keys() == {Line.FOLDER, Line.SPACE}
    assert found[Line.FOLDER] is State.NOTE
    assert list(tmp_path.iterdir()) == []


def a_file(path: Path) -> None:
    path.write_text("")


def a_dead_link(path: Path) -> None:
    path.symlink_to("nowhere")


@pytest.mark.parametrize("make", [a_file, a_dead_link])
def test_what_is_no_folder_is_refused_as_by_a_start(tmp_path: Path, make: object) -> None:
    """With the same sentence."""
    path = tmp_path / "data"
    assert callable(make)
    make(path)
    said = look_at_folder(path).refusal
    with pytest.raises(DataFolderError) as raised, locked(path):
        pass
    assert said == str(raised.value)
    assert states([*check_data_folder(path)]) == {Line.FOLDER: State.PROBLEM}


def test_a_missing_parent_is_refused_as_by_a_start(tmp_path: Path) -> None:
    """It may be a disk that isn't mounted."""
    path = tmp_path / "disk" / "data"
    with pytest.raises(DataFolderError) as raised, locked(path):
        pass
    assert look_at_folder(path).refusal == str(raised.value)


@pytest.mark.parametrize("where", ["data", "."])
def test_a_folder_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """Whether it is that folder, or the one that it would be created in."""
    path = tmp_path / "data"
    if where == "data":
        path.mkdir()
    # A test may run as root, who may do everything.
    monkeypatch.setattr(os, "access", lambda *_given: False)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert "Permission denied" in str(look_at_folder(path).refusal)


def test_a_folder_that_is_open_to_others_stays_so(folder: Path) -> None:
    """A start closes it; the check only says so."""
    folder.chmod(0o755)
    facts = look_at_folder(folder)
    assert (facts.is_open_to_others, facts.refusal) == (True, None)
    assert folder.stat().st_mode & 0o777 == 0o755


def test_files_of_another_user_are_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a start as root: a folder of the bot's must be its own, and a file writable."""
    assert find_foreign_entries(folder) == []
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    monkeypatch.setattr(os, "access", lambda path, _mode: "commands" not in str(path))
    assert [entry.name for entry in find_foreign_entries(folder)] == ["commands.json", "videos"]


def test_a_link_in_place_of_a_folder_is_named(folder: Path) -> None:
    """The bot refuses to write through one."""
    (folder / "videos").rmdir()
    (folder / "videos").symlink_to("/tmp")
    assert [entry.why for entry in find_foreign_entries(folder)] == ["is not a folder"]


def test_a_commit_is_measured(folder: Path) -> None:
    """It takes some time, and leaves no file."""
    before = tree(folder)
    seconds = measure_commit(folder).seconds
    assert seconds is not None
    assert 0 < seconds < 10
    assert tree(folder).keys() == before.keys()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO])
def test_a_disk_that_takes_nothing_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """A full one, a read-only one, a broken one."""

    def fsync(_file: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fsync)
    (finding,) = [each for each in check_data_folder(folder) if each.line is Line.COMMIT]
    assert finding.state is State.PROBLEM
    assert os.strerror(number) in finding.what


def test_a_slow_disk_is_not_measured_for_long(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first commits are enough."""
    times = iter(range(100))
    monkeypatch.setattr(data_folder.time, "perf_counter", lambda: float(next(times)))
    assert measure_commit(folder).seconds == 1.0
    assert next(times) < 10


def test_the_space_is_what_a_user_may_use(folder: Path) -> None:
    """Without what is kept for root."""
    assert abs(measure_space(folder).free_bytes - shutil.disk_usage(folder).free) < 64 << 20


def test_a_pause_is_seen(folder: Path) -> None:
    """By the file that an owner may have made."""
    (folder / "PAUSED").touch()
    assert states([*check_data_folder(folder)])[Line.PAUSE] is State.WARNING
