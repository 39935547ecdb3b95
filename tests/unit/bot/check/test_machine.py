"""The machine as it is."""

import sys
from pathlib import Path

import pytest

from bot.check.machine import read_available_bytes, read_open_files_limit
from bot.media.ffmpeg import find_ffmpeg
from bot.media.ffmpeg_trial import try_ffmpeg
from bot.ops.clock import SystemClock

KIB, MIB = 1024, 1024 * 1024


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The files that say what memory there is, in a folder."""
    (tmp_path / "meminfo").write_text("MemTotal:  8000 kB\nMemFree:  10 kB\nMemAvailable:  4000 kB\n")
    (tmp_path / "cgroup").mkdir()
    return tmp_path


def available(files: Path) -> int | None:
    return read_available_bytes(files / "meminfo", files / "cgroup")


def test_memory_of_a_machine(files: Path) -> None:
    """What programs may take without swapping."""
    assert available(files) == 4000 * KIB


@pytest.mark.parametrize("version", [1, 2])
def test_memory_of_a_container(files: Path, version: int) -> None:
    """Its own limit counts, if it is smaller; what is only cached can be given back."""
    names = {
        1: ("limit_in_bytes", "usage_in_bytes", "stat", "total_inactive_file"),
        2: ("max", "current", "stat", "inactive_file"),
    }
    *ends, cached = names[version]
    limit, used, stat = (f"memory/memory.{end}" if version == 1 else f"memory.{end}" for end in ends)
    (files / "cgroup" / "memory").mkdir()
    (files / "cgroup" / limit).write_text(f"{3 * MIB}\n")
    (files / "cgroup" / used).write_text(f"{2 * MIB}\n")
    (files / "cgroup" / stat).write_text(f"anon 5\n{cached} {MIB}\n")
    assert available(files) == 2 * MIB
    (files / "cgroup" / limit).write_text("max\n")
    assert available(files) == 4000 * KIB


def test_memory_that_can_not_be_seen(tmp_path: Path) -> None:
    """As on another system."""
    assert available(tmp_path) is None


@pytest.mark.skipif(sys.platform != "linux", reason="other systems say it elsewhere")
def test_memory_of_this_machine() -> None:
    """There is some."""
    assert (read_available_bytes() or 0) > 16 * MIB
    assert read_open_files_limit() > 16


@pytest.mark.slow
async def test_a_real_ffmpeg_encodes() -> None:
    """The one that the tests have."""
    program = find_ffmpeg()
    assert program is not None
    trial = await try_ffmpeg(program, SystemClock())
    assert trial.fault is None
    assert trial.version


def a_program(folder: Path, script: str) -> Path:
    path = folder / "ffmpeg"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


async def test_an_ffmpeg_without_the_encoder(tmp_path: Path) -> None:
    """Its last words are the fault."""
    said = "echo 'ffmpeg version 4.4-free Copyright' >&2; echo \"Unknown encoder 'libx264'\" >&2; exit 1"
    trial = await try_ffmpeg(a_program(tmp_path, said), SystemClock())
    assert trial.version == "4.4-free"
    assert trial.fault == "Unknown encoder 'libx264'"


async def test_what_is_no_program(tmp_path: Path) -> None:
    """It can't be started, or is ended."""
    (tmp_path / "text").write_text("no program")
    for program in (tmp_path / "text", tmp_path / "nowhere"):
        trial = await try_ffmpeg(program, SystemClock())
        assert trial.fault


async def test_an_ffmpeg_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is killed."""
    monkeypatch.setattr("bot.media.ffmpeg_trial._SECONDS", 0.3)
    trial = await try_ffmpeg(a_program(tmp_path, "sleep 60"), SystemClock())
    assert trial.fault
