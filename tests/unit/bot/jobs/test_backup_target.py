"""Where a copy may go: a bad place is one line, a copy is there whole or not at all, and nothing of others is lost."""

import errno
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from bot.jobs.backup import back_up
from bot.jobs.backup_target import BackupError, unfinished
from tests.unit.bot.jobs.test_backup import NOW, data, out, read

__all__ = ["data", "out"]
pytestmark = pytest.mark.sqlite_only("copies its file")
MIB = 1024 * 1024


def everything_in(folder: Path) -> list[tuple[str, bytes]]:
    """Each file with its bytes, without those that SQLite empties and fills by itself."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.endswith(("-shm", "-wal"))]
    return [(str(path), path.read_bytes()) for path in files]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _exists(data: Path, out: Path) -> str:
    (out / "kept.db").write_text("kept")
    return str(out / "kept.db")


def _hard_link(data: Path, out: Path) -> str:
    os.link(data, out / "linked.db")
    return str(out / "linked.db")


def _link(data: Path, out: Path) -> str:
    (out / "linked.db").symlink_to(data)
    return str(out / "linked.db")


def _dangling_link(data: Path, out: Path) -> str:
    (out / "linked.db").symlink_to(data.parent / "bot.db-wal")
    return str(out / "linked.db")


def _by_another_way(data: Path, out: Path) -> str:
    (out / "way").symlink_to(data.parent)
    return str(out / "way" / "bot.generation.new")


def _open_descriptor(data: Path, out: Path) -> str:
    return f"/proc/self/fd/{os.open(data, os.O_RDONLY)}"


def _left_beside(data: Path, out: Path) -> str:
    (out / "copy.db-wal").write_text("of another one")
    return str(out / "copy.db")


MADE: list[Callable[[Path, Path], str]] = [
    _exists, _hard_link, _link, _dangling_link, _by_another_way, _left_beside, _open_descriptor,
]  # fmt: skip
# The database, its folder, and another folder.
PLACES = [
    "{file}",
    "{file}-wal",
    "{file}-shm",
    "{file}-journal",
    "{file}.new",
    "{file}/copy.db",
    "{folder}/BOT.DB.new",
    "{folder}/PAUSED",
    "{folder}/commands.json",
    "{folder}/frames",
    "{folder}/references/copy.db",
    "{folder}/references/../bot.closed",
    "/proc/self/root{file}",
    "/proc/self/root{file}-wal",
    "/proc/copy.db",
    "/dev/null",
    "{out}",
    "{out}/",
    "{out}/copy/",
    "{out}/copy/.",
    "{out}/no/copy.db",
    "{out}/copy.db-wal",
    "{out}/" + "x" * 256,
    "",
    "..",
]


@pytest.mark.slow
@pytest.mark.parametrize("place", [*MADE, *PLACES], ids=lambda place: getattr(place, "__name__", str(place)[:40]))
def test_a_bad_place_is_one_line_and_nothing_changes(
    data: Path, out: Path, place: Callable[[Path, Path], str] | str
) -> None:
    """What exists, what the bot or SQLite would take for its own, no file, no folder: the operator names another."""
    target = place(data, out) if callable(place) else place.format(file=data, folder=data.parent, out=out)
    before = everything_in(data.parent), everything_in(out), names_in(out)
    with pytest.raises(BackupError) as caught:
        back_up(data, target, NOW)
    assert "\n" not in str(caught.value)
    assert (everything_in(data.parent), everything_in(out), names_in(out)) == before


@pytest.mark.parametrize("name", ["x" * 255, "a b?c%20#.db", "Sicherung für März 🦊.db", "-n", ".db", "bot.db"])
def test_any_name_will_do(data: Path, out: Path, name: str) -> None:
    """Also one of full length, or with signs that mean something in an address."""
    back_up(data, str(out / name), NOW)
    assert names_in(out) == [name]


def test_the_data_folder_itself_will_do(data: Path) -> None:
    """In a container it is often the only one that lasts."""
    back_up(data, str(data.parent / "backup.db"), NOW)
    assert read(data.parent / "backup.db", "SELECT count(*) FROM posts") == [(5_000,)]


def test_another_file_system_will_do(data: Path) -> None:
    """It is written and renamed there, never moved across."""
    other = next((one for one in ("/dev/shm", "/tmp") if Path(one).stat().st_dev != data.stat().st_dev), None)
    if other is None:
        pytest.skip("there is one file system")
    with tempfile.TemporaryDirectory(dir=other) as folder:
        back_up(data, f"{folder}/copy.db", NOW)
        assert names_in(Path(folder)) == ["copy.db"]


def test_a_file_system_without_hard_links_will_do(data: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as that of most USB sticks."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    back_up(data, str(out / "copy.db"), NOW)
    assert names_in(out) == ["copy.db"]


def test_a_file_that_appears_meanwhile_is_kept(data: Path, out: Path) -> None:
    """The copy has no place any more, and goes."""
    with copying(data, out, bytes_per_second=MIB) as failed:
        (out / "copy.db").write_text("of somebody else")
    assert isinstance(failed[0], BackupError)
    assert str(failed[0]).endswith("copy.db' exists by now. Nothing was changed.")
    assert (out / "copy.db").read_text() == "of somebody else"
    assert names_in(out) == ["copy.db"]


@contextmanager
def copying(data: Path, out: Path, **how: int) -> Iterator[list[Exception]]:
    """While the context lasts it is under way; afterwards it has ended. What it raised is in the list."""
    failed: list[Exception] = []

    def run() -> None:
        try:
            back_up(data, str(out / "copy.db"), NOW, **how)
        except Exception as error:  # noqa: BLE001  # the test looks at it
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        while not list(out.glob("*.part")):
            assert thread.is_alive()
            time.sleep(0)
        yield failed
    finally:
        thread.join()


# ── full and unwritable disks ──────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def small_disk(folder: Path, size_bytes: int, option: str = "rw") -> Iterator[Path]:
    """A file system of that size; skips where none can be mounted."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size_bytes},{option}", "tmpfs", str(folder)]
    with suppress(OSError):
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            try:
                yield folder
            finally:
                subprocess.run(["umount", str(folder)], check=True)
            return
    pytest.skip("no file system can be mounted here")


def test_a_disk_without_room_is_said_before_anything_is_written(data: Path, tmp_path: Path) -> None:
    """The line has both sizes."""
    with small_disk(tmp_path / "disk", 128 * 1024) as disk:
        with pytest.raises(BackupError, match=r"needs [\d.]+ MiB, and 0.1 MiB are free"):
            back_up(data, str(disk / "copy.db"), NOW)
        assert names_in(disk) == []


def test_a_disk_that_takes_no_file_is_said(data: Path, tmp_path: Path) -> None:
    """The line has the system's reason."""
    with small_disk(tmp_path / "disk", 4 * MIB, "ro") as disk:
        with pytest.raises(BackupError, match=os.strerror(errno.EROFS)):
            back_up(data, str(disk / "copy.db"), NOW)
        assert names_in(disk) == []


def test_a_disk_that_fills_up_meanwhile_leaves_nothing(data: Path, tmp_path: Path) -> None:
    """Another program takes the room: the unfinished copy goes."""
    with small_disk(tmp_path / "disk", 4 * MIB) as disk:
        with copying(data, disk, bytes_per_second=MIB) as failed, suppress(OSError):
            (disk / "other").write_bytes(b"x" * 8 * MIB)
        assert isinstance(failed[0], BackupError)
        assert names_in(disk) == ["other"]


# ── killed tries ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_a_killed_try_left_is_deleted_by_the_next(data: Path, out: Path) -> None:
    """Nothing else is: neither what has almost such a name, nor what is no file of ours."""
    rest, others = ".video-bot-backup-0123456789abcdef", [".video-bot-backup-0123.part", "bot-2026-11-30-0123abcd.db"]
    for name in (f"{rest}.part", f"{rest}.lock", *others):
        (out / name).write_text("half")
    (out / ".video-bot-backup-1111111111111111.lock").mkdir()
    (out / ".video-bot-backup-2222222222222222.lock").symlink_to(out / others[0])
    os.mkfifo(out / ".video-bot-backup-3333333333333333.lock")
    kept = set(names_in(out)) - {f"{rest}.part", f"{rest}.lock"}
    back_up(data, str(out / "copy.db"), NOW)
    assert set(names_in(out)) == {*kept, "copy.db"}


def test_what_lives_is_left_alone(data: Path, out: Path) -> None:
    """Two backups into one folder at the same time don't disturb each other."""
    with unfinished(out) as other:
        back_up(data, str(out / "copy.db"), NOW)
        assert other.path.exists()
        other.publish(out / "other.db")
    assert names_in(out) == ["copy.db", "other.db"]
