"""What a file must show to be taken for a whole video."""

import io
import struct
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.media.sniffing import mp4_fault, sniff
from tests.unit.bot.media.samples import FTYP, WEBM, box, mp4, picture


def fault(data: bytes) -> str | None:
    return mp4_fault(io.BytesIO(data), len(data))


@pytest.mark.parametrize("options", [[], ["-movflags", "+faststart"], ["-movflags", "frag_keyframe+empty_moov"]])
def test_real_mp4(tmp_path: Path, options: list[str]) -> None:
    """MP4s as ffmpeg writes them are whole: plain, with the index in front, and in fragments."""
    out = tmp_path / "video.mp4"
    source = ["-f", "lavfi", "-i", "testsrc=s=64x64:d=0.2"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *source, "-pix_fmt", "yuv420p", *options, str(out)]
    subprocess.run(command, check=True, timeout=60)
    data = out.read_bytes()
    assert sniff(data[:12]) == "video/mp4"
    assert fault(data) is None
    assert fault(data[:-1]) is not None
    assert fault(data + b"\0") is not None


@pytest.mark.parametrize(
    "data",
    [
        mp4(),
        FTYP + box(b"moov") + struct.pack(">I", 0) + b"mdat" + b"to the end",
        FTYP + box(b"moov") + struct.pack(">I4sQ", 1, b"mdat", 20) + b"long",
        FTYP + box(b"moov") + box(b"moof") + box(b"mdat"),
        FTYP + box(b"free") + box(b"mdat") + box(b"moov"),
    ],
)
def test_whole(data: bytes) -> None:
    """Boxes of every way to state a size are counted, in any order."""
    assert fault(data) is None


@pytest.mark.parametrize(
    "data",
    [
        FTYP,
        FTYP + box(b"moov"),
        FTYP + box(b"mdat", b"frames"),
        mp4()[:-1],
        mp4() + b"\0\0\0\x08fre",
        mp4() + struct.pack(">I4s", 7, b"free"),
        mp4() + struct.pack(">I4sQ", 1, b"free", 15),
        mp4() + struct.pack(">I4sQ", 1, b"free", 2**63),
        mp4() + struct.pack(">I4s", 1, b"free"),
        mp4() + box(b"free") * 100_000,
        FTYP + struct.pack(">I", 0) + b"mdat" + box(b"moov"),
    ],
    ids=lambda data: f"{len(data)} bytes",
)
def test_broken(data: bytes) -> None:
    """A file that is cut off, has bytes over, or lacks index or frames is not whole."""
    assert fault(data) is not None


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"\0\0\0\x18ftyp",
        b"\0\0\0\x08ftypisom",
        b"<!doctype html>",
        b'{"url": "x"}',
        b"%PDF-1.7 ....",
        b"PK\x03\x04........",
        b"GIF89a......",
        b"ID3.........",
        b"OggS........",
        b"RIFF....AVI ",
        b"\x1f\x8b\x08.........",
        picture("PNG")[:12],
        picture("JPEG")[:12],
    ],
)
def test_no_video(first: bytes) -> None:
    """Pages, JSON, pictures and archives are no videos."""
    assert sniff(first) is None


def test_webm() -> None:
    """WebM is known by its EBML header."""
    assert sniff(WEBM) == "video/webm"


@given(
    st.one_of(
        st.binary(max_size=100),
        st.lists(st.tuples(st.sampled_from([0, 1, 7, 8, 12, 16, 2**32 - 1]), st.binary(min_size=4, max_size=20))).map(
            lambda boxes: b"".join(struct.pack(">I", size) + rest for size, rest in boxes)
        ),
    ),
    st.booleans(),
)
def test_any_boxes(data: bytes, after_a_whole_one: bool) -> None:
    """For any bytes the result is a word or None; nothing is raised and the walk ends."""
    data = mp4() + data if after_a_whole_one else data
    assert fault(data) is None or isinstance(fault(data), str)
    assert sniff(data) in {None, "video/mp4", "video/webm"}
