"""A video in the place of a picture: its first frame is kept."""

import hashlib
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from bot.jobs.reasons import Reason
from bot.media.disk_space import VIDEO_FLOOR_BYTES, DiskSpace
from bot.media.ffmpeg import Ffmpeg, find_ffmpeg
from bot.media.folders import PrivateFolder
from bot.media.reference_videos import is_video
from bot.media.references import ReferenceRefused, ReferenceShelf
from bot.media.sessions import Deadlines
from bot.ops.clock import SystemClock
from tests.encoded_videos import encoded
from tests.unit.bot.media.fake_file_host import FakeFileHost
from tests.unit.bot.media.fake_programs import FakeProgram
from tests.unit.bot.media.test_reference_shelf import MAX_BYTES, left, upload


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "references"


@pytest.fixture
async def shelf_with(tmp_path: Path, folder: Path, api: FakeFileHost) -> AsyncIterator:
    made: list[ReferenceShelf] = []

    def shelf(program: Path | None) -> ReferenceShelf:
        work = tmp_path / "ffmpeg"
        space = DiskSpace(PrivateFolder(work), VIDEO_FLOOR_BYTES)
        ffmpeg = Ffmpeg(program, work, space, SystemClock(), 10_000_000)
        given = Deadlines(60.0, 60.0)
        made.append(ReferenceShelf(folder, MAX_BYTES, api.url("/api/v10"), given, (), ffmpeg=ffmpeg))
        return made[-1]

    yield shelf
    for one in made:
        await one.close()


@pytest.mark.parametrize("kind", ["plays.mp4", "vp9.webm", "prores.mov"])
async def test_the_first_frame_is_kept(shelf_with, api: FakeFileHost, folder: Path, kind: str) -> None:
    """As a JPEG of the video's own size, which is marked; nothing of the video is left."""
    shelf = shelf_with(find_ffmpeg())
    kept = await shelf.keep(upload(api, encoded(kind)))
    content = shelf.path(kept).read_bytes()
    assert kept.of_video
    assert (kept.sha256, kept.size_bytes) == (hashlib.sha256(content).hexdigest(), len(content))
    with Image.open(io.BytesIO(content)) as frame:
        assert (frame.format, frame.size) == ("JPEG", (128, 72))
    assert left(folder) == [kept.file_name]


@pytest.mark.parametrize("script", ["exit 1", "kill -SEGV $$", "echo no > out.jpg"])
async def test_what_cannot_be_drawn_is_refused(
    shelf_with, api: FakeFileHost, folder: Path, tmp_path: Path, script: str
) -> None:
    """If the program fails, crashes or draws no picture; nothing is left."""
    with pytest.raises(ReferenceRefused) as refused:
        await shelf_with(FakeProgram(tmp_path, script).path).keep(upload(api, encoded("plays.mp4")))
    assert refused.value.refusal.reason is Reason.REFERENCE_VIDEO
    assert left(folder) == []


async def test_a_damaged_video_is_refused(shelf_with, api: FakeFileHost, folder: Path) -> None:
    """One that only begins like a video, too."""
    whole = encoded("plays.mp4")
    for body in (whole[:900], whole[:12] + bytes(500)):
        with pytest.raises(ReferenceRefused) as refused:
            await shelf_with(find_ffmpeg()).keep(upload(api, body))
        assert refused.value.refusal.reason is Reason.REFERENCE_VIDEO
    assert left(folder) == []


async def test_without_ffmpeg_only_pictures_are_taken(shelf_with, api: FakeFileHost) -> None:
    """A video is then a file of the wrong type."""
    with pytest.raises(ReferenceRefused) as refused:
        await shelf_with(None).keep(upload(api, encoded("plays.mp4")))
    assert refused.value.refusal.reason is Reason.REFERENCE_TYPE


@pytest.mark.parametrize("brand", [b"heic", b"mif1", b"avif"])
def test_pictures_in_the_boxes_of_a_video_are_none(brand: bytes) -> None:
    """HEIC and AVIF."""
    assert not is_video(io.BytesIO(b"\0\0\0\x20ftyp" + brand + bytes(20)))
    assert is_video(io.BytesIO(b"\0\0\0\x20ftypisom" + bytes(20)))
