"""Real videos through the real ffmpeg: repacked, made smaller, and their first frame."""

import io
from pathlib import Path

import pytest
from PIL import Image

from bot.media.container import read_container
from bot.media.disk_space import VIDEO_FLOOR_BYTES, DiskSpace
from bot.media.encode_plan import EncodePlan
from bot.media.ffmpeg import Ffmpeg, find_ffmpeg
from bot.media.ffmpeg_faults import FfmpegFault, Missing, TooPoor, Unreadable
from bot.media.folders import PrivateFolder
from bot.media.pictures import read_header
from bot.ops.clock import SystemClock
from tests.encoded_videos import KINDS, Kind, encoded

pytestmark = pytest.mark.slow
MAX_BYTES = 50 * 1024 * 1024


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return tmp_path / "ffmpeg"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "target"


@pytest.fixture
def ffmpeg(work: Path) -> Ffmpeg:
    return Ffmpeg(find_ffmpeg(), work, DiskSpace(PrivateFolder(work), VIDEO_FLOOR_BYTES), SystemClock(), MAX_BYTES)


@pytest.fixture
def save(tmp_path: Path):
    def written(data: bytes) -> Path:
        path = tmp_path / "source"
        path.write_bytes(data)
        return path

    return written


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_what_does_not_play_inline_is_repacked(
    ffmpeg: Ffmpeg, save, target: Path, work: Path, kind: Kind
) -> None:
    """Every kind becomes an MP4 that plays inline everywhere, of the same size and length, with its sound."""
    size_bytes = await ffmpeg.repack(save(encoded(kind.name)), target)
    made = read_container(target)
    assert made is not None
    assert made.plays_inline
    assert (made.width, made.height) == (128, 72)
    assert made.duration_seconds == pytest.approx(1.0, abs=0.15)
    assert made.has_audio is (kind.audio is not None)
    assert target.stat().st_size == size_bytes
    assert list(work.iterdir()) == []


async def test_pictures_are_copied_when_they_can_be(ffmpeg: Ffmpeg, save, target: Path) -> None:
    """A video that only lacks its index in front keeps every byte of its pictures."""
    data = encoded("index-last.mp4")
    await ffmpeg.repack(save(data), target)
    start = data.index(b"mdat") + 4
    media = data[start : data.index(b"moov", start) - 4]
    assert len(media) > 1000
    assert media in target.read_bytes()


@pytest.mark.parametrize(
    ("name", "target_bytes"),
    [("plays-with-sound.mp4", 150_000), ("hevc.mp4", 400_000), ("vp9.webm", 150_000), ("mpeg4.mov", 400_000)],
)
async def test_encoded_videos_fit(ffmpeg: Ffmpeg, save, target: Path, name: str, target_bytes: int) -> None:
    """Noise that no encoder likes still fits into the bytes that it may have, whole and with its sound."""
    source = save(encoded(name, size="256x144", seconds=2.0, noise=60))
    assert source.stat().st_size > target_bytes
    size_bytes = await ffmpeg.encode(source, target, EncodePlan(target_bytes, 256, 144))
    assert size_bytes == target.stat().st_size <= target_bytes
    assert size_bytes > target_bytes / 2
    made = read_container(target)
    assert made is not None
    assert made.plays_inline
    assert made.has_audio
    assert made.duration_seconds == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize(("bounds", "size"), [((96, 96), (96, 54)), ((60, 72), (60, 32)), ((4000, 4000), (128, 72))])
async def test_never_larger_than_asked(
    ffmpeg: Ffmpeg, save, target: Path, bounds: tuple[int, int], size: tuple[int, int]
) -> None:
    """The result keeps its shape within the bounds, with even sides, and never grows."""
    await ffmpeg.encode(save(encoded("plays.mp4")), target, EncodePlan(MAX_BYTES, *bounds))
    made = read_container(target)
    assert made is not None
    assert (made.width, made.height) == size


async def test_too_poor_is_not_encoded(ffmpeg: Ffmpeg, save, target: Path) -> None:
    """Under the quality floor nothing is made, and a smaller size then is."""
    source = save(encoded("plays.mp4", size="256x144", seconds=2.0, noise=60))
    with pytest.raises(TooPoor):
        await ffmpeg.encode(source, target, EncodePlan(12_000, 256, 144))
    assert not target.exists()
    assert await ffmpeg.encode(source, target, EncodePlan(40_000, 64, 36)) <= 40_000


@pytest.mark.parametrize(("claimed", "fault"), [(0.1, TooPoor), (20.0, Unreadable)])
async def test_a_wrong_length(ffmpeg: Ffmpeg, save, target: Path, claimed: float, fault: type[FfmpegFault]) -> None:
    """A video that is longer than it says is stopped at its bytes, one that is shorter is not whole: none is kept."""
    data = encoded("plays.mp4", size="256x144", seconds=2.0, noise=60)
    at = data.index(b"mvhd") + 4 + 12
    ticks = round(int.from_bytes(data[at : at + 4]) * claimed)
    source = save(data[: at + 4] + ticks.to_bytes(4) + data[at + 8 :])
    with pytest.raises(fault):
        await ffmpeg.encode(source, target, EncodePlan(150_000, 256, 144, 0.0))
    assert not target.exists()


@pytest.mark.parametrize("name", ["plays.mp4", "fragments.mp4", "vp9.webm", "h264.mov", "h264.mkv"])
async def test_last_frame(ffmpeg: Ffmpeg, save, target: Path, work: Path, name: str) -> None:
    """A JPEG of the video's own size from each container; nothing else is left."""
    await ffmpeg.last_frame(save(encoded(name)), target)
    with target.open("rb") as file:
        picture = read_header(file)
    assert picture is not None
    assert (picture.suffix, picture.width, picture.height) == ("jpg", 128, 72)
    assert list(work.iterdir()) == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_first_frame(ffmpeg: Ffmpeg, save, target: Path, work: Path, kind: Kind) -> None:
    """The first frame of every kind becomes a JPEG, and nothing else is left."""
    await ffmpeg.first_frame(save(encoded(kind.name)), target)
    with Image.open(io.BytesIO(target.read_bytes())) as frame:
        assert (frame.format, frame.size) == ("JPEG", (128, 72))
        red, green, blue = frame.convert("RGB").getpixel((10, 60))
    assert red > 200 > green + blue
    assert list(work.iterdir()) == []


async def test_a_large_frame_is_small(ffmpeg: Ffmpeg, save, target: Path) -> None:
    """A frame has at most 320 pixels a side, upright ones too."""
    await ffmpeg.first_frame(save(encoded("plays.mp4", size="360x640", seconds=0.2)), target)
    with Image.open(target) as frame:
        assert frame.size == (180, 320)


@pytest.mark.parametrize("data", [b"", b"<!doctype html>", None], ids=["empty", "page", "cut off"])
async def test_unreadable(ffmpeg: Ffmpeg, save, target: Path, work: Path, data: bytes | None) -> None:
    """What is no whole video is unreadable in every way, and leaves nothing."""
    source = save(encoded("plays.mp4")[:900] if data is None else data)
    for act in (
        ffmpeg.repack(source, target),
        ffmpeg.encode(source, target, EncodePlan(MAX_BYTES, 100, 100)),
        ffmpeg.first_frame(source, target),
    ):
        with pytest.raises(Unreadable):
            await act
    assert not target.exists()
    assert not work.exists() or list(work.iterdir()) == []


async def test_without_ffmpeg(work: Path, save, target: Path) -> None:
    """Without the program everything is missing, and says so."""
    absent = Ffmpeg(None, work, DiskSpace(PrivateFolder(work), VIDEO_FLOOR_BYTES), SystemClock(), MAX_BYTES)
    assert not absent.available
    with pytest.raises(Missing):
        await absent.repack(save(encoded("index-last.mp4")), target)


async def test_leftovers_are_removed(ffmpeg: Ffmpeg, work: Path) -> None:
    """A start empties the working folder, without following a link out of it."""
    outside = work.parent / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    (work / "abc").mkdir(parents=True)
    (work / "abc" / "out.mp4").touch()
    (work / "link").symlink_to(outside)
    assert await ffmpeg.clear() == 2
    assert list(work.iterdir()) == []
    assert (outside / "kept").exists()
