"""A picture's kind and claimed size, read from its header without decoding a pixel.

Only its first bytes count; names and claimed types are ignored. Layouts: docs/facts/media.md.
"""

from dataclasses import dataclass
from typing import BinaryIO, Literal

from bot.media.markers import find_marker

SIDE_MAX_PIXELS = 12_000
AREA_MAX_PIXELS = 64_000_000

Suffix = Literal["png", "jpg", "webp"]

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
_PNG_SIDE_MAX = 2**31 - 1

_JPEG = b"\xff\xd8"
_JPEG_SEGMENTS_MAX = 10_000
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD8)})
_JPEG_TOO_LATE = frozenset({0xD8, 0xD9, 0xDA})
_JPEG_DEPTHS = frozenset({8, 12, 16})

_WEBP_CHUNKS_MAX = 64
_WEBP_ANIMATED = 0x02


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture's kind, and its width and height in pixels as its header states them."""

    suffix: Suffix
    width: int
    height: int

    @property
    def too_big(self) -> bool:
        """Whether decoding it could hurt: a side over 12,000 pixels or more than 64 megapixels."""
        return max(self.width, self.height) > SIDE_MAX_PIXELS or self.width * self.height > AREA_MAX_PIXELS


def sniff(first: bytes) -> Suffix | None:
    """The kind of picture that a file with these first bytes (33 suffice) claims to be, whole or not; None if none."""
    if first.startswith(_PNG):
        return "png"
    if first.startswith(_JPEG) and first[2:].lstrip(b"\0")[:1] == b"\xff":  # some programs write zeros between segments
        return "jpg"
    return "webp" if first[:4] == b"RIFF" and first[8:12] == b"WEBP" else None


def read_header(file: BinaryIO) -> Picture | None:
    """The picture at the start of this seekable file; None if it is no PNG, JPEG or WebP or its header is broken."""
    file.seek(0)
    first = file.read(33)
    match sniff(first):
        case "png":
            return _png(first)
        case "jpg":
            return _jpeg(file)
        case "webp":
            return _webp(file)
        case None:
            return None


def read_kind(file: BinaryIO) -> Suffix | None:
    """The kind of picture that this seekable file claims to be; None if none."""
    file.seek(0)
    return sniff(file.read(33))


def _sized(suffix: Suffix, width: int, height: int) -> Picture | None:
    return Picture(suffix, width, height) if width > 0 and height > 0 else None


def _png(first: bytes) -> Picture | None:
    if len(first) < 33 or first[8:16] != b"\x00\x00\x00\rIHDR":  # signature, IHDR and its checksum
        return None
    width, height = int.from_bytes(first[16:20]), int.from_bytes(first[20:24])
    depth, colour, compression, filtering, interlace = first[24:29]
    if depth not in _PNG_DEPTHS.get(colour, ()) or compression or filtering or interlace > 1:
        return None
    return _sized("png", width, height) if max(width, height) <= _PNG_SIDE_MAX else None


def _jpeg(file: BinaryIO) -> Picture | None:
    """Walks the segments to the frame header; every segment but the bare ones has a length."""
    offset = 2
    for _ in range(_JPEG_SEGMENTS_MAX):
        at = find_marker(file, offset)
        if at is None:
            return None
        file.seek(at)
        head = file.read(10)
        if len(head) < 4 or head[1] in _JPEG_TOO_LATE:  # a marker and its length
            return None
        marker, length = head[1], int.from_bytes(head[2:4])
        if marker in _JPEG_FRAMES:
            return _jpeg_frame(head, length)
        if marker in _JPEG_BARE:
            offset = at + 2
        elif length < 2:  # the length counts its own two bytes
            return None
        else:
            offset = at + 2 + length
    return None


def _jpeg_frame(head: bytes, length: int) -> Picture | None:
    if len(head) < 10 or head[4] not in _JPEG_DEPTHS or length != 8 + 3 * head[9] or not head[9]:
        return None  # ^ marker, length, depth, height, width, number of components: ten bytes, then three for each
    return _sized("jpg", int.from_bytes(head[7:9]), int.from_bytes(head[5:7]))


def _webp(file: BinaryIO) -> Picture | None:
    offset, canvas = 12, None
    for number in range(_WEBP_CHUNKS_MAX):
        file.seek(offset)
        head = file.read(18)
        kind = head[:4]
        if kind in {b"VP8 ", b"VP8L"}:
            return _larger(canvas, _vp8(head) if kind == b"VP8 " else _vp8l(head))
        if number == 0:
            canvas = _vp8x(head)
        if canvas is None or len(head) < 8:  # a chunk's name and length
            return None
        if number == 0 and head[8] & _WEBP_ANIMATED:
            return canvas
        length = int.from_bytes(head[4:8], "little")
        offset += 8 + length + length % 2
    return None


def _larger(canvas: Picture | None, frame: Picture | None) -> Picture | None:
    """The canvas of an extended WebP must match the one frame inside; where they differ, the larger counts."""
    if canvas is None or frame is None:
        return frame
    return Picture("webp", max(canvas.width, frame.width), max(canvas.height, frame.height))


def _vp8(head: bytes) -> Picture | None:
    if len(head) < 18 or head[8] & 1 or head[11:14] != b"\x9d\x01\x2a":  # up to the two sides
        return None
    width, height = (int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (14, 16))
    return _sized("webp", width, height)


def _vp8l(head: bytes) -> Picture | None:
    if len(head) < 13 or head[8] != 0x2F:  # signature byte, then 14 + 14 + 1 + 3 bits
        return None
    bits = int.from_bytes(head[9:13], "little")
    return Picture("webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1) if bits >> 29 == 0 else None


def _vp8x(head: bytes) -> Picture | None:
    if len(head) < 18 or head[:4] != b"VP8X" or int.from_bytes(head[4:8], "little") < 10:  # its length
        return None
    width, height = (int.from_bytes(head[at : at + 3], "little") + 1 for at in (12, 15))
    return Picture("webp", width, height)
