"""What ffmpeg says of a file is taken where our own reader found nothing."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.media.container import Container, read_container
from bot.media.disk_space import DiskSpace
from bot.media.ffmpeg import Ffmpeg
from bot.media.folders import PrivateFolder
from bot.media.stream_lines import complete_from, is_complete
from bot.ops.clock import SystemClock
from tests.encoded_videos import KINDS, Kind, encoded, program

TURNED = """
  Duration: 00:01:02.50, start: 0.000000, bitrate: 69 kb/s
  Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), yuvj420p(pc, bt709, progressive), 128x72, 1k fps
      Side data:
        displaymatrix: rotation of -90.00 degrees
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_both_agree(tmp_path: Path, kind: Kind) -> None:
    """For every kind ffmpeg says the same as our own reader."""
    source, work = tmp_path / kind.name, tmp_path / "work"
    source.write_bytes(encoded(kind.name))
    ours = read_container(source)
    assert ours is not None
    ffmpeg = Ffmpeg(program(), work, DiskSpace(PrivateFolder(work), 0), SystemClock(), 1_000_000)
    found = await ffmpeg.list_streams(source, Container(ours.kind))
    assert is_complete(found)
    assert (found.video_codec, found.width, found.height) == (ours.video_codec, ours.width, ours.height)
    assert found.pixel_format == ours.pixel_format or ours.pixel_format is None
    assert found.has_audio is ours.has_audio
    assert found.duration_seconds == pytest.approx(1.0, abs=0.1)
    assert found.frame_rate == pytest.approx(25.0, abs=1.0)


def test_a_turned_video() -> None:
    """Rotation, thousands and the full range are read."""
    found = complete_from(Container("mp4"), TURNED)
    assert found == Container("mp4", "h264", "yuv420p", 72, 128, 62.5, 1000.0)


def test_what_we_know_stays() -> None:
    """Nothing that our reader found is replaced."""
    ours = Container("mp4", "hevc", "yuv444p", 10, 20, 3.0, 4.0, True, True, "opus")
    assert complete_from(ours, TURNED) == ours


@given(st.text(alphabet="StreamVideoAudioDuration: #0123456789x,()[]\n fps.", max_size=400))
def test_any_lines(said: str) -> None:
    """Any text is read without an error."""
    assert complete_from(Container("webm"), said).kind == "webm"


@pytest.mark.parametrize(
    "line",
    [
        f"Duration: {'9' * 5000}:00:00.00",
        f"Stream #0:0: Video: vp9, yuv420p, {'9' * 5000}x{'9' * 5000}",
        f"Stream #0:0: Video: vp9 {'a' * 5000}, yuv420p, 16x16",
    ],
)
def test_what_is_no_line_of_ffmpegs_is_not_believed(line: str) -> None:
    """Numbers of thousands of digits, and what is behind thousands of characters that a file has brought."""
    assert complete_from(Container("webm"), f"  {line}\n") == Container("webm")
