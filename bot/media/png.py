"""The parts of a PNG to keep: chunks up to its last one; where only that is missing it is added.

Checksums: an optional chunk with a wrong one goes; the picture's own with a wrong one is damaged. Layout:
docs/facts/media.md, "Metadata".
"""

import binascii
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from bot.media.colours import PROFILE_BYTES_MAX, clean_profile
from bot.media.inflating import deflate, inflate, is_whole
from bot.media.orientation import UPRIGHT
from bot.media.pieces import STEPS_MAX, DamagedError, Piece, Pieces, blocks, orientation_in, read, upright_or

_CRITICAL = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
_ANIMATION = frozenset({b"acTL", b"fcTL", b"fdAT"})
_COLOURS = frozenset({b"cHRM", b"gAMA", b"sRGB", b"cICP", b"mDCV", b"cLLI", b"mDCv", b"cLLi"})
_KEPT = _CRITICAL | _ANIMATION | _COLOURS | frozenset({b"tRNS", b"bKGD", b"hIST", b"pHYs", b"sBIT"})
_PROFILE_NAME = b"icc\0\0"  # any name will do; then the compression method, of which there is one
_END = b"\0\0\0\0IEND\xaeB`\x82"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


@dataclass(frozen=True, slots=True)
class _Chunk:
    name: bytes
    start: int
    stop: int

    @property
    def body(self) -> range:
        """The position of its own bytes, without length, name and checksum."""
        return range(self.start + 8, self.stop - 4)


def find_png_pieces(file: BinaryIO, size_bytes: int) -> list[Piece]:
    """Raises `DamagedError` when pixels are missing, or chunks before the end are invalid."""
    chunks = list(_walk(file, size_bytes))
    pieces = Pieces(file)
    pieces.keep(0, 8)
    seen: set[bytes] = set()
    for chunk in chunks:
        if chunk.name == b"IEND":
            pieces.put(chunk.start, chunk.stop, _END)
        elif chunk.name in _KEPT:
            if _is_sound(file, chunk):
                pieces.keep(chunk.start, chunk.stop)
            elif chunk.name in _CRITICAL | _ANIMATION:
                raise DamagedError
        elif chunk.name[:1].isupper():  # critical and unknown
            raise DamagedError
        elif chunk.name in {b"eXIf", b"iCCP"} and chunk.name not in seen:
            instead = _exif(file, chunk) if chunk.name == b"eXIf" else _profile(file, chunk)
            pieces.put(chunk.start, chunk.stop, instead)
        seen.add(chunk.name)
    if b"IEND" not in seen:
        if b"acTL" in seen or not _has_all_pixels(file, chunks):
            raise DamagedError
        pieces.add(_END)
    elif b"IDAT" not in seen:
        raise DamagedError
    return pieces.found


def find_png_orientation(file: BinaryIO, size_bytes: int) -> int:
    """1 to 8, as decoders turn it. Raises `DamagedError`."""
    for chunk in _walk(file, size_bytes):
        if chunk.name == b"eXIf":
            return orientation_in(file, chunk.body.start, chunk.body.stop)
    return UPRIGHT


def _walk(file: BinaryIO, size_bytes: int) -> Iterator[_Chunk]:
    """The chunks up to the end, or up to the last whole one."""
    start = 8
    for _ in range(STEPS_MAX):
        head = read(file, start, 8)
        chunk = _Chunk(head[4:8], start, start + 12 + int.from_bytes(head[:4]))  # length, name, body, checksum
        if len(head) < 8 or not chunk.name.isalpha() or chunk.stop > size_bytes:
            return
        yield chunk
        if chunk.name == b"IEND":
            return
        start = chunk.stop
    raise DamagedError


def _is_sound(file: BinaryIO, chunk: _Chunk) -> bool:
    """Whether the chunk's checksum is that of its name and body."""
    checksum = 0
    for block in blocks(file, chunk.start + 4, chunk.stop - 4):
        checksum = binascii.crc32(block, checksum)
    return read(file, chunk.stop - 4, 4) == struct.pack(">I", checksum)


def _has_all_pixels(file: BinaryIO, chunks: list[_Chunk]) -> bool:
    """Whether the stream of pixels reaches its end."""
    width, height, depth, colour = struct.unpack(">IIBB", read(file, 16, 10))
    row_bytes = width * depth * _CHANNELS.get(colour, 4) // 8 + 2
    pixels = (
        block for chunk in chunks if chunk.name == b"IDAT" for block in blocks(file, chunk.body.start, chunk.body.stop)
    )
    return is_whole(pixels, 2 * row_bytes * (height + 16))  # interlaced ones have a few more rows


def _exif(file: BinaryIO, chunk: _Chunk) -> bytes:
    orientation = orientation_in(file, chunk.body.start, chunk.body.stop)
    return upright_or(orientation, lambda tiff: _written(b"eXIf", tiff))


def _profile(file: BinaryIO, chunk: _Chunk) -> bytes:
    """The colour profile under a neutral name, compressed in one way; nothing if it is none."""
    if len(chunk.body) > PROFILE_BYTES_MAX:
        return b""
    _name, _zero, packed = read(file, chunk.body.start, len(chunk.body)).partition(b"\0")
    whole = inflate(packed[1:], PROFILE_BYTES_MAX) if packed[:1] == b"\0" else None
    cleaned = None if whole is None else clean_profile(whole)
    return b"" if cleaned is None else _written(b"iCCP", _PROFILE_NAME + deflate(cleaned))


def _written(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", binascii.crc32(name + body))
