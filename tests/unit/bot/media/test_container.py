"""What a video is made of, as its container says it."""

import random
import struct
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.media.container import Container, read_container
from tests.encoded_videos import KINDS, Kind, encoded
from tests.unit.bot.media.samples import FTYP, WEBM, box, mp4, picture

PLAYS = {"plays.mp4", "plays-with-sound.mp4"}
COPYABLE = {kind.name for kind in KINDS if kind.codec == "h264" and kind.pixel_format == "yuv420p"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "video"


def read(path: Path, data: bytes) -> Container | None:
    path.write_bytes(data)
    return read_container(path)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_real_videos(path: Path, kind: Kind) -> None:
    """Of every codec and container: codec, pixel format, size, length, rate and sound are what was encoded."""
    found = read(path, encoded(kind.name))
    assert found is not None
    assert (found.kind, found.video_codec, found.pixel_format) == (
        kind.name.rpartition(".")[2],
        kind.codec,
        kind.pixel_format,
    )
    assert (found.width, found.height) == (128, 72)
    assert found.has_audio is (kind.audio is not None)
    assert found.audio_codec == (None if kind.audio == "unknown" else kind.audio)
    assert found.plays_inline is (kind.name in PLAYS)
    assert found.is_copyable is (kind.name in COPYABLE)
    if kind.name != "fragments.mp4":
        assert found.duration_seconds == pytest.approx(1.0, abs=0.05)
        assert found.frame_rate == pytest.approx(25.0, abs=0.5)


def test_fragments_have_no_index_in_front(path: Path) -> None:
    """The index of a video in fragments is in pieces, although a `moov` box comes first."""
    found = read(path, encoded("fragments.mp4"))
    assert found is not None
    assert not found.index_first


def test_a_turned_video_has_the_size_that_is_shown(path: Path) -> None:
    """A video with a rotation of 90 degrees in its track header is as high as it is wide."""
    data = encoded("plays.mp4")
    at = data.index(b"tkhd") + 4 + 40
    turned = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    found = read(path, data[:at] + turned + data[at + 36 :])
    assert found is not None
    assert (found.width, found.height) == (72, 128)


@pytest.mark.parametrize("data", [b"", b"\0", FTYP[:11], picture("PNG"), b"<!doctype html>"], ids=len)
def test_no_video(path: Path, data: bytes) -> None:
    """Nothing, a beginning, a picture and a page have no container."""
    assert read(path, data) is None


def test_no_file(path: Path) -> None:
    """A file that is gone, and a folder, have none either."""
    assert read_container(path) is None
    assert read_container(path.parent) is None


@pytest.mark.parametrize(
    "data",
    [
        mp4(),
        FTYP,
        FTYP + struct.pack(">I4s", 2**32 - 1, b"moov"),
        FTYP + struct.pack(">I4sQ", 1, b"moov", 2**63),
        FTYP + box(b"moov", box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", box(b"stsd", b"\xff" * 60)))))),
        FTYP + box(b"moov", box(b"trak", box(b"tkhd")) * 1000),
        WEBM,
        # An element whose header is longer than the rest of the element around it, by one byte and by two.
        bytes.fromhex("1a45dfa3 82 4282 84") + b"webm",
        bytes.fromhex("1a45dfa3 81 4282 84") + b"webm",
        WEBM[:40] + b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff",
    ],
    ids=lambda data: f"{len(data)} bytes",
)
def test_hardly_a_video(path: Path, data: bytes) -> None:
    """What begins as a video and has no readable track is a container of which nothing else is known."""
    found = read(path, data)
    assert found is not None
    assert (found.video_codec, found.width, found.duration_seconds) == (None, None, None)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["plays-with-sound.mp4", "hevc.mp4", "av1-10-bit.webm", "vp9.webm", "h264.mkv"])
def test_cut_off_anywhere(path: Path, name: str) -> None:
    """A file that was cut off is read without an error, wherever the cut is."""
    data = encoded(name)
    for end in [*range(0, min(len(data), 3000), 7), *range(3000, len(data), 997)]:
        read(path, data[:end])


@pytest.mark.parametrize("name", ["plays-with-sound.mp4", "hevc.mp4", "av1.mp4", "vp9.mp4", "mpeg4.mov", "vp9.webm"])
def test_damaged_anywhere(path: Path, name: str) -> None:
    """A header with wrong bytes is read without an error, and no size in it is below zero."""
    data, chance = encoded(name), random.Random(name)
    for _ in range(300):
        damaged = bytearray(data)
        for _ in range(chance.randint(1, 8)):
            damaged[chance.choice((chance.randrange(len(damaged)), chance.randrange(600)))] = chance.randrange(256)
        found = read(path, bytes(damaged))
        if found is not None and found.duration_seconds is not None:
            assert found.duration_seconds > 0.0


_BOX = st.tuples(
    st.sampled_from([0, 1, 8, 9, 16, 24, 200, 2**32 - 1]),
    st.sampled_from(
        [b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"hdlr", b"mvhd", b"stsz", b"avc1", b"esds"]
    ),
    st.binary(max_size=40),
).map(lambda parts: struct.pack(">I", parts[0]) + parts[1] + parts[2])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([FTYP, WEBM[:40]]), st.one_of(st.binary(max_size=300), st.lists(_BOX).map(b"".join)))
def test_any_bytes(path: Path, start: bytes, rest: bytes) -> None:
    """Any bytes behind a beginning are read without an error."""
    found = read(path, start + rest)
    assert found is not None
    assert found.kind in {"mp4", "webm", "mkv"}


def test_reading_is_bounded(path: Path) -> None:
    """Four GiB of claimed boxes, and a million real ones, take neither memory nor an unbounded number of reads."""
    many = FTYP + box(b"moov", box(b"free") * 1_000_000)
    path.write_bytes(many)
    with path.open("r+b") as file:
        file.truncate(2**32)
    tracemalloc.start()
    try:
        found = read_container(path)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
    assert found is not None
    assert found.video_codec is None
