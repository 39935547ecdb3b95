"""What a file must show to be taken for a picture."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.media.pictures import Picture, read_header
from tests.unit.bot.media.samples import jpeg_header, jpeg_segment, picture, png_header, vp8, vp8l, vp8x, webp


def read(data: bytes) -> Picture | None:
    return read_header(io.BytesIO(data))


@pytest.mark.parametrize(
    ("data", "suffix"),
    [
        (picture("PNG"), "png"),
        (picture("JPEG"), "jpg"),
        (picture("JPEG", progressive=True), "jpg"),
        (picture("JPEG", exif=b"Exif\0\0" + bytes(60_000)), "jpg"),
        (picture("JPEG", icc_profile=bytes(200_000)), "jpg"),
        (picture("WEBP"), "webp"),
        (picture("WEBP", lossless=True), "webp"),
        (picture("WEBP", exif=b"Exif\0\0" + bytes(99)), "webp"),
        (picture("WEBP", icc_profile=bytes(999)), "webp"),
    ],
)
def test_real_pictures(data: bytes, suffix: str) -> None:
    """Every usual form of PNG, JPEG and WebP is known, with its true size."""
    assert read(data) == Picture(suffix, 32, 20)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"a text named picture.png",
        picture("GIF"),
        picture("BMP"),
        picture("TIFF"),
        b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
        b"<!doctype html><title>gone</title>",
        b"%PDF-1.7\n",
        b"PK\x03\x04" + bytes(40),
        b"\0\0\0\x1cftypavif" + bytes(40),
        b"\x89PNG\r\n\x1a\n",
        png_header(8, 8)[:-1],
        png_header(0, 8),
        png_header(8, 0),
        png_header(2**31, 8),
        png_header(8, 8, depth=3),
        png_header(8, 8, depth=16, colour=3),
        png_header(8, 8, colour=7),
        png_header(8, 8, rest=b"\1\0\0"),
        png_header(8, 8, rest=b"\0\1\0"),
        png_header(8, 8, rest=b"\0\0\2"),
        png_header(8, 8, rest=b"\0\0\0\0"),
        b"\xff\xd8\xff",
        jpeg_header(0, 8),
        jpeg_header(8, 0),
        jpeg_header(8, 8, depth=9),
        jpeg_header(8, 8)[:9],
        jpeg_header(8, 8, before=b"\xff\xda\0\4\0\0"),
        jpeg_header(8, 8, before=b"\xff\xd9"),
        jpeg_header(8, 8, before=b"\xff\xe0\0\1"),
        jpeg_header(8, 8, before=b"\xff\xe0\xff\xff"),
        b"\xff\xd8" + jpeg_segment(0xE0, b"") * 10_001 + jpeg_header(8, 8)[2:],
        webp(vp8(0, 8)),
        webp(vp8(8, 8))[:-1][:29],
        webp((b"VP8 ", b"\x11\0\0\x9d\x01\x2a\x08\0\x08\0")),
        webp((b"VP8 ", b"\x10\0\0\x9d\x01\x2b\x08\0\x08\0")),
        webp((b"VP8L", b"\x2f" + struct.pack("<I", 1 << 29) + b"\0")),
        webp((b"VP8L", b"\x2e\0\0\0\0\0")),
        webp((b"ICCP", bytes(20)), vp8(8, 8)),
        webp(vp8x(8, 8)),
        webp(vp8x(8, 8), *[(b"EXIF", bytes(2))] * 70, vp8(8, 8)),
        b"RIFF\x24\0\0\0WAVEfmt " + bytes(28),
    ],
    ids=lambda data: repr(data[:24]),
)
def test_not_pictures(data: bytes) -> None:
    """Other formats, and headers that are cut off or absurd, are no pictures."""
    assert read(data) is None


@pytest.mark.parametrize(
    ("data", "too_big"),
    [
        (png_header(12_000, 5_333), False),
        (png_header(8_000, 8_000), False),
        (png_header(8_001, 8_000), True),
        (png_header(12_001, 1), True),
        (png_header(1, 12_001), True),
        (png_header(2**31 - 1, 2**31 - 1), True),
        (jpeg_header(8_000, 8_000), False),
        (jpeg_header(65_535, 65_535), True),
        (jpeg_header(9_000, 9_000, before=b"\xff\xff" + jpeg_segment(0xE1, bytes(60_000))[1:]), True),
        (jpeg_header(8, 8, before=b"\xff\xe0\0\2stray"), False),
        (b"RIFF\xff\xff\xff\x7fWEBP" + webp(vp8(8, 8))[12:], False),
        (jpeg_header(12_001, 9, before=b"\xff\x01\xff\xd0" + jpeg_segment(0xC4, bytes(9)), marker=0xC2), True),
        (webp(vp8(8_000, 8_000)), False),
        (webp(vp8(16_383, 16_383)), True),
        (webp(vp8l(16_384, 1)), True),
        (webp(vp8l(8_000, 8_000)), False),
        (webp(vp8x(8, 8), (b"ALPH", b"abc"), vp8(16_383, 8)), True),
        (webp(vp8x(12_001, 8), vp8(8, 8)), True),
        (webp(vp8x(12_001, 8, flags=2), (b"ANIM", bytes(6))), True),
        (webp(vp8x(9, 8, flags=2), (b"ANIM", bytes(6))), False),
    ],
)
def test_dimensions(data: bytes, too_big: bool) -> None:
    """A side over 12,000 pixels or more than 64 megapixels is found from the header alone."""
    found = read(data)
    assert found is not None
    assert found.too_big is too_big


_SEEDS = st.sampled_from(
    [
        png_header(8, 8),
        jpeg_header(8, 8, before=jpeg_segment(0xE0, b"JFIF")),
        webp(vp8(8, 8)),
        webp(vp8l(8, 8)),
        webp(vp8x(8, 8), (b"ICCP", b"abc"), vp8(8, 8)),
    ]
)


@given(st.one_of(st.binary(max_size=200), st.tuples(_SEEDS, st.binary(max_size=40)).map(b"".join)))
def test_any_bytes(data: bytes) -> None:
    """For any bytes the result is a picture with sides, or None; nothing is raised."""
    found = read(data)
    assert found is None or min(found.width, found.height) > 0


@given(_SEEDS, st.integers(0, 60), st.integers(0, 255), st.integers(0, 80))
def test_bent_headers(data: bytes, at: int, value: int, length: int) -> None:
    """One changed byte, or a header cut off anywhere, raises nothing either."""
    bent = bytearray(data)
    bent[at % len(bent)] = value
    for each in (bytes(bent), data[:length], bytes(bent[:length])):
        found = read(each)
        assert found is None or min(found.width, found.height) > 0
