"""First frames are drawn in the background, kept, and deleted with their videos; a failure costs nothing."""

import asyncio
import io
from pathlib import Path

import pytest
from PIL import Image
from structlog.testing import capture_logs

from bot.jobs.model import JobId
from bot.media import first_frames as module
from bot.media.container import read_container
from bot.media.disk_space import VIDEO_FLOOR_BYTES, DiskSpace
from bot.media.ffmpeg import Ffmpeg, find_ffmpeg
from bot.media.first_frames import FirstFrames
from bot.media.folders import PrivateFolder
from sandbox.clock import ScaledClock
from tests.encoded_videos import encoded
from tests.unit.bot.media.fake_programs import FakeProgram

JOB = JobId("ABCDEFGH")


@pytest.fixture
def clock() -> ScaledClock:
    return ScaledClock()


@pytest.fixture
def drawing(tmp_path: Path, clock: ScaledClock):
    def made(program: Path | None) -> FirstFrames:
        work = tmp_path / "ffmpeg-work"
        space = DiskSpace(PrivateFolder(work), VIDEO_FLOOR_BYTES)
        return FirstFrames(tmp_path / "frames", Ffmpeg(program, work, space, clock, 10_000_000))

    return made


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "video.mp4"
    path.write_bytes(encoded("plays.mp4"))
    return path


def open_files() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


async def test_a_frame_is_drawn_although_the_video_is_gone_by_then(drawing, video: Path, tmp_path: Path) -> None:
    """The video may be posted and deleted at once: its frame is drawn from what was opened, and is closed then."""
    frames, before = drawing(find_ffmpeg()), open_files()
    frames.draw(JOB, video)
    video.unlink()
    await frames.idle()
    content = await frames.read(JOB)
    assert content is not None
    with Image.open(io.BytesIO(content)) as frame:
        assert (frame.format, frame.size) == ("JPEG", (128, 72))
    assert [one.name for one in (tmp_path / "frames").iterdir()] == [f"frame-{JOB}.jpg"]
    assert frames.path(JOB).stat().st_mode & 0o777 == 0o600
    assert open_files() == before


async def test_a_frame_is_drawn_once(drawing, video: Path, tmp_path: Path) -> None:
    """A video that is fetched a second time keeps its frame."""
    program = FakeProgram(tmp_path, "exit 1")
    frames = drawing(program.path)
    frames.path(JOB).parent.mkdir()
    frames.path(JOB).write_bytes(b"frame")
    frames.draw(JOB, video)
    await frames.idle()
    assert program.pids == []
    assert await frames.read(JOB) == b"frame"


@pytest.mark.parametrize("broken", ["no program", "no video", "not a video", "crash", "full disk"])
async def test_a_failure_is_a_line_in_the_log(
    drawing, video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """Without a program nothing is tried; all else that fails is one line below a warning, and nothing is left."""
    program = FakeProgram(tmp_path, "exit 1").path if broken == "crash" else find_ffmpeg()
    if broken == "no video":
        video.unlink()
    elif broken == "not a video":
        video.write_bytes(b"page")
    elif broken == "full disk":
        monkeypatch.setattr(module, "PICTURE_FLOOR_BYTES", 2**60)
    frames, before = drawing(None if broken == "no program" else program), open_files()
    with capture_logs() as logs:
        frames.draw(JOB, video)
        await frames.idle()
    assert [(line["event"], line["log_level"], line["job"]) for line in logs] == (
        [] if broken == "no program" else [("first frame not drawn", "info", JOB)]
    )
    assert await frames.read(JOB) is None
    assert open_files() == before


async def test_an_error_that_no_one_expects_is_a_line_in_the_log(
    drawing, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error in drawing ends there, with its traceback in the log; what was opened is closed."""
    frames, before = drawing(find_ffmpeg()), open_files()

    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Ffmpeg, "first_frame", broken)
    with capture_logs() as logs:
        frames.draw(JOB, video)
        (task,) = frames._drawing.values()
        await frames.idle()
    assert task.exception() is None
    assert [(line["event"], line["log_level"], line["exc_info"]) for line in logs] == [
        ("first frame not drawn", "error", True)
    ]
    assert open_files() == before


async def test_the_end_of_the_bot_ends_drawing(drawing, video: Path, tmp_path: Path) -> None:
    """When the bot stops, a program that hangs is killed, and what it held is closed."""
    program, before = FakeProgram(tmp_path, "exec sleep 1000"), open_files()
    frames = drawing(program.path)
    for number in range(20):
        frames.draw(JobId(f"ABCDEFG{number:02}"), video)
    await program.until(1)
    # No more than a few are held at a time; the others are not drawn.
    assert open_files() <= before + 16
    await frames.close()
    await program.until_gone()
    assert len(program.pids) == 1
    assert open_files() == before


async def test_a_frame_that_hangs_holds_no_video_up(drawing, video: Path, tmp_path: Path, clock: ScaledClock) -> None:
    """While a frame hangs, a video is repacked; and the frame's program is ended at its deadline."""
    script = f'case "$*" in *out.jpg) exec sleep 1000;; esac; exec {find_ffmpeg()} "$@"'
    program = FakeProgram(tmp_path, script)
    frames = drawing(program.path)
    frames.draw(JOB, video)
    await program.until(1)
    video.write_bytes(encoded("index-last.mp4"))
    await frames._ffmpeg.repack(video, tmp_path / "target")
    made = read_container(tmp_path / "target")
    assert made is not None
    assert made.plays_inline
    clock.jump(60.0)
    await frames.idle()
    await program.until_gone()
    assert await frames.read(JOB) is None


async def test_a_video_that_is_deleted_while_its_frame_is_drawn_leaves_none(
    drawing, video: Path, tmp_path: Path
) -> None:
    """The program is ended at once: it would write the frame after the deletion."""
    program = FakeProgram(tmp_path, "exec sleep 1000")
    frames, before = drawing(program.path), open_files()
    frames.draw(JOB, video)
    await program.until(1)
    assert await frames.forget([JOB]) == 0
    await program.until_gone()
    assert await frames.read(JOB) is None
    assert open_files() == before


async def test_frames_go_with_their_videos(drawing, tmp_path: Path) -> None:
    """Those of deleted videos are deleted; others, and those that were never drawn, are no fault."""
    frames = drawing(None)
    folder = tmp_path / "frames"
    folder.mkdir()
    (folder / f"frame-{JOB}.jpg").write_bytes(b"frame")
    (folder / "frame-OTHER.jpg").write_bytes(b"frame")
    assert await frames.forget([JOB, JobId("NEVER")]) == 1
    assert [one.name for one in folder.iterdir()] == ["frame-OTHER.jpg"]


async def test_a_frame_that_can_not_be_deleted(drawing, tmp_path: Path) -> None:
    """It is a line in the log; the next round tries again."""
    frames = drawing(None)
    frames.path(JOB).mkdir(parents=True)
    with capture_logs() as logs:
        assert await frames.forget([JOB]) == 0
    assert [line["event"] for line in logs] == ["first frame not deleted"]


@pytest.mark.slow
async def test_many_at_once(drawing, video: Path) -> None:
    """Several frames at a time are drawn one after the other, each of its own video."""
    frames = drawing(find_ffmpeg())
    jobs = [JobId(f"ABCDEFG{number}") for number in range(4)]
    for job in jobs:
        frames.draw(job, video)
    await frames.idle()
    assert all(await asyncio.gather(*map(frames.read, jobs)))
