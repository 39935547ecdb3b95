"""However the program fails, its caller gets one fault of the tree, and neither a process nor a file is left."""

import asyncio
import errno
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bot.media import ffmpeg as module
from bot.media.confined import Confined
from bot.media.disk_space import VIDEO_FLOOR_BYTES, DiskSpace
from bot.media.encode_plan import EncodePlan
from bot.media.ffmpeg import Ffmpeg, find_ffmpeg
from bot.media.ffmpeg_faults import Crashed, FfmpegFault, Missing, NoRoom, TimedOut, TooPoor, Unreadable
from bot.media.folders import PrivateFolder
from sandbox.clock import ScaledClock
from tests.encoded_videos import encoded
from tests.unit.bot.media.fake_programs import FakeProgram

MAX_BYTES = 2_000_000
HANGS = {
    "sleeps": "exec sleep 1000",
    "ignores SIGTERM": "trap '' TERM INT HUP; sleep 1000 & echo $! >> $PIDS; wait; wait; sleep 1000",
    "has a child": "sleep 1000 & echo $! >> $PIDS; wait",
    "writes": "yes out | cat > out.mp4 & echo $! >> $PIDS; sleep 1000",
}
FAULTS = {
    "exits with 1": ("echo 'Something else' >&2; exit 1", Crashed),
    "says nothing": ("exit 3", Crashed),
    "succeeds without a file": ("exit 0", Crashed),
    "makes no video": ("echo page > out.mp4", Crashed),
    "crashes": ("kill -SEGV $$", Crashed),
    "is killed": ("kill -KILL $$", Crashed),
    "uses up its CPU time": ("kill -XCPU $$", TimedOut),
    "fills the disk": ("exec cat /dev/zero > out.mp4", TooPoor),
    "fills the disk as a child": ("cat /dev/zero > out.mp4 || exit 1", Crashed),
    "finds the disk full": ("echo 'av_interleaved_write_frame(): No space left on device' >&2; exit 228", NoRoom),
    "finds broken data": ("echo 'x.mp4: Invalid data found when processing input' >&2; exit 183", Unreadable),
    "has no encoder": ("echo \"Unknown encoder 'libx264'\" >&2; exit 1", Missing),
    "says megabytes": ("head -c 30000000 /dev/zero >&2; echo >&2; echo 'the end' >&2; exit 1", Crashed),
    "leaves a child behind": ("sleep 1000 & echo $! >> $PIDS; exit 0", Crashed),
}


@pytest.fixture
def clock() -> ScaledClock:
    return ScaledClock()


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return tmp_path / "ffmpeg-work"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.mp4"
    path.write_bytes(encoded("index-last.mp4"))
    return path


@pytest.fixture
def using(work: Path, clock: ScaledClock):
    def made(program: Path | None, floor_bytes: int = VIDEO_FLOOR_BYTES) -> Ffmpeg:
        return Ffmpeg(program, work, DiskSpace(PrivateFolder(work), floor_bytes), clock, MAX_BYTES)

    return made


async def fault_of(work: asyncio.Task | object) -> FfmpegFault:
    with pytest.raises(FfmpegFault) as caught:
        await work  # pyright: ignore[reportGeneralTypeIssues] - any awaitable
    return caught.value


@pytest.mark.parametrize("script", HANGS.values(), ids=HANGS)
async def test_one_that_hangs_is_killed_at_its_deadline(
    tmp_path: Path, using, source: Path, work: Path, clock: ScaledClock, script: str
) -> None:
    """However it hangs, it and its children are killed, and the event loop goes on meanwhile."""
    program = FakeProgram(tmp_path, script)
    repacking = asyncio.create_task(using(program.path).repack(source, tmp_path / "target"))
    await program.until(script.count("$PIDS") + 1)
    clock.jump(59.0)
    await asyncio.sleep(0)
    assert not repacking.done()
    clock.jump(900.0)
    assert isinstance(await fault_of(repacking), TimedOut)
    await program.until_gone()
    assert list(work.iterdir()) == []


@pytest.mark.parametrize("script", HANGS.values(), ids=HANGS)
async def test_one_that_is_not_needed_any_more_is_killed(
    tmp_path: Path, using, source: Path, work: Path, script: str
) -> None:
    """When its caller is cancelled, even twice, process and files are gone as soon as the cancellation is through."""
    program = FakeProgram(tmp_path, script)
    encoding = asyncio.create_task(using(program.path).encode(source, tmp_path / "target", EncodePlan(90_000, 64, 36)))
    await program.until(script.count("$PIDS") + 1)
    encoding.cancel()
    await asyncio.sleep(0)
    encoding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await encoding
    assert list(work.iterdir()) == []
    await program.until_gone()
    assert threading.active_count() < 20


@pytest.mark.slow
@pytest.mark.parametrize(("script", "kind"), FAULTS.values(), ids=FAULTS)
async def test_one_that_fails(
    tmp_path: Path, using, source: Path, work: Path, script: str, kind: type[FfmpegFault]
) -> None:
    """The fault says what happened, in a sentence for a person and a bounded detail for the log."""
    program, target = FakeProgram(tmp_path, script), tmp_path / "target"
    fault = await fault_of(using(program.path).encode(source, target, EncodePlan(90_000, 64, 36)))
    assert type(fault) is kind
    assert str(fault).endswith(".")
    assert len(fault.detail) < 500
    await program.until_gone()
    assert list(work.iterdir()) == []
    assert not target.exists()


async def test_the_end_of_what_was_said_is_kept(tmp_path: Path, using, source: Path) -> None:
    """Of megabytes of messages the last line is what the log gets."""
    program = FakeProgram(tmp_path, FAULTS["says megabytes"][0])
    fault = await fault_of(using(program.path).repack(source, tmp_path / "target"))
    assert fault.detail == "ended with 1: the end"


async def test_a_child_that_escaped_is_not_waited_for(tmp_path: Path, using, source: Path) -> None:
    """A child in a session of its own that holds standard error open holds nothing up."""
    program = FakeProgram(tmp_path, "setsid sh -c 'echo $$ >> '$PIDS'; exec sleep 1000' & sleep 0.3; exit 1")
    try:
        assert isinstance(await fault_of(using(program.path).repack(source, tmp_path / "target")), Crashed)
        assert len(program.alive) == 1
    finally:
        for pid in program.alive:
            os.kill(pid, signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize("state", ["gone", "not executable", "a folder", "none"])
async def test_a_program_that_can_not_be_started(tmp_path: Path, using, source: Path, state: str) -> None:
    """A program that is gone, or no program, is missing."""
    path = tmp_path / "program"
    if state == "a folder":
        path.mkdir()
    elif state == "not executable":
        path.write_text("#!/bin/sh\n")
    fault = await fault_of(using(None if state == "none" else path).repack(source, tmp_path / "target"))
    assert type(fault) is Missing


async def test_a_full_disk_begins_nothing(tmp_path: Path, using, source: Path) -> None:
    """Without room for the result above the floor the program isn't started."""
    program = FakeProgram(tmp_path, "exit 0")
    fault = await fault_of(using(program.path, floor_bytes=2**60).repack(source, tmp_path / "target"))
    assert type(fault) is NoRoom
    assert program.pids == []


@pytest.mark.slow
async def test_errors_of_our_own_disk(tmp_path: Path, using, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that gets full just then is a lack of room; a target that can't be written is a crash."""
    ffmpeg = using(find_ffmpeg())
    fault = await fault_of(ffmpeg.repack(source, tmp_path / "no folder" / "target"))
    assert type(fault) is Crashed

    def full(*_given: object) -> int:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(module, "_judged", full)
    fault = await fault_of(ffmpeg.repack(source, tmp_path / "target"))
    assert type(fault) is NoRoom


@pytest.mark.parametrize("ends", ["cancelled", "overdue"])
async def test_what_is_finished_too_late_does_not_appear(
    tmp_path: Path, using, source: Path, clock: ScaledClock, monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    """Cancelled or overdue while the result is judged: the target stays as it was, however the judgement ends."""
    program, target = FakeProgram(tmp_path, "echo page > out.mp4"), tmp_path / "target"
    judged, may_end = threading.Event(), threading.Event()

    def slow(*_given: object) -> None:
        judged.set()
        assert may_end.wait(20)

    monkeypatch.setattr(module, "_judged", slow)
    kill = Confined.kill

    def killed(process: Confined) -> None:
        kill(process)
        may_end.set()

    monkeypatch.setattr(Confined, "kill", killed)
    repacking = asyncio.create_task(using(program.path).repack(source, target))
    assert await asyncio.to_thread(judged.wait, 20)
    if ends == "cancelled":
        repacking.cancel()
    else:
        clock.jump(1_000.0)
    (ended,) = await asyncio.gather(repacking, return_exceptions=True)
    assert type(ended) is (asyncio.CancelledError if ends == "cancelled" else TimedOut)
    assert not target.exists()


async def test_a_work_folder_that_is_a_link(tmp_path: Path, using, source: Path, work: Path) -> None:
    """Nothing is written through a planted link."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    work.symlink_to(elsewhere)
    assert type(await fault_of(using(find_ffmpeg()).repack(source, tmp_path / "target"))) is Crashed
    assert list(elsewhere.iterdir()) == []


async def test_one_at_a_time(tmp_path: Path, using, source: Path) -> None:
    """However many callers there are, one program runs, and a caller that gives up makes way."""
    program = FakeProgram(
        tmp_path, "cd ../..; mkdir busy || touch overlapped; until [ -e go ]; do sleep 0.01; done; rmdir busy; exit 1"
    )
    ffmpeg = using(program.path)
    tasks = [asyncio.create_task(ffmpeg.repack(source, tmp_path / "target")) for _ in range(5)]
    await program.until(1)
    tasks[2].cancel()
    (tmp_path / "go").touch()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in ended] == [Crashed, Crashed, asyncio.CancelledError, Crashed, Crashed]
    assert len(program.pids) == 4
    assert not (tmp_path / "overlapped").exists()


BOT = """
import asyncio, sys
from pathlib import Path
from bot.media.disk_space import DiskSpace
from bot.media.ffmpeg import Ffmpeg
from bot.media.folders import PrivateFolder
from bot.ops.clock import SystemClock

work = Path(sys.argv[2])
ffmpeg = Ffmpeg(Path(sys.argv[1]), work, DiskSpace(PrivateFolder(work), 0), SystemClock(), 2_000_000)
asyncio.run(ffmpeg.repack(Path(sys.argv[3]), work / "target"))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere its CPU time ends it")
async def test_it_dies_with_the_bot(tmp_path: Path, source: Path, work: Path, using) -> None:
    """A bot that is killed leaves no encoder behind, and the next start removes its files."""
    program = FakeProgram(tmp_path, "echo half > out.mp4; exec sleep 1000")
    bot = subprocess.Popen([sys.executable, "-c", BOT, program.path, work, source])
    try:
        await program.until(1)
    finally:
        bot.kill()
        bot.wait()
    await program.until_gone()
    assert await using(program.path).clear() == 1
    assert list(work.iterdir()) == []
