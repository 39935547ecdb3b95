"""A picture without what it tells about people: which bytes of a file are the picture, and which way up it belongs.

Found in one walk over the file's own structure, without decoding: the bytes of the pixels and of the colour profile
stay; Exif, XMP, IPTC, comments, thumbnails, further pictures and whatever stands behind the end go. Kept is only what
is known to matter for showing the picture, so that metadata nobody has heard of goes too. A file that ends before its
picture does is damaged. Layouts, and why what stands behind the end is cut: docs/facts/media.md, "Metadata".
"""

import binascii
import re
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

from bot.media.orientation import UPRIGHT, read_orientation, write_orientation
from bot.media.pictures import Suffix

# Bytes of the file from here to there, or other bytes in their place.
Piece = range | bytes

_BLOCK_BYTES = 256 * 1024
_SHORT_SCAN_BYTES = 1024
_STEPS_MAX = 20_000  # segments or chunks; a picture of 20 MB has a few thousand

_EXIF = b"Exif\0\0"
_JPEG_SEGMENT_START = 24  # marker, length, and as much of the body as is ever looked at
_JPEG_END, _JPEG_SCAN, _JPEG_COMMENT, _JPEG_FILL = 0xD9, 0xDA, 0xFE, 0xFF
_JPEG_APPS = range(0xE0, 0xF0)
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD8)})
_JPEG_KEPT = frozenset({*range(0xC0, 0xD0), *range(0xDB, 0xE0)}) - {0xC8}
_JPEG_SCAN_END = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")  # a marker that is neither a stuffed FF nor a restart
_JFIF_BYTES, _ADOBE_BYTES = 14, 12

_PNG_CRITICAL = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
_PNG_KEPT = _PNG_CRITICAL | frozenset(
    {b"tRNS", b"bKGD", b"hIST", b"pHYs", b"sBIT"}
    | {b"cHRM", b"gAMA", b"iCCP", b"sRGB", b"cICP", b"mDCV", b"cLLI", b"mDCv", b"cLLi"}  # colour
    | {b"acTL", b"fcTL", b"fdAT"}  # animation
)

_WEBP_IMAGES = frozenset({b"VP8 ", b"VP8L", b"ANMF"})
_WEBP_KEPT = _WEBP_IMAGES | {b"ICCP", b"ALPH", b"ANIM"}
_WEBP_HAS_EXIF, _WEBP_HAS_XMP = 0x08, 0x04


def find_pieces(file: BinaryIO, suffix: Suffix) -> tuple[Piece, ...] | None:
    """What to keep of a file whose header is that of such a picture; None if it is cut off or broken.

    One range over the whole file means that there is nothing to take away.
    """
    walk: Callable[[BinaryIO, int], list[Piece]] = {"jpg": _jpeg, "png": _png, "webp": _webp}[suffix]
    try:
        return tuple(walk(file, file.seek(0, 2)))
    except _DamagedError:
        return None


def read_pieces(file: BinaryIO, pieces: Sequence[Piece]) -> Iterator[bytes]:
    """The bytes of these pieces, in blocks of at most 256 KiB, none of them empty."""
    for piece in pieces:
        if isinstance(piece, bytes):
            yield piece
            continue
        for start in range(piece.start, piece.stop, _BLOCK_BYTES):
            yield _read(file, start, min(_BLOCK_BYTES, piece.stop - start))


class _DamagedError(Exception):
    """When a file ends before its picture does, or its structure makes no sense."""


class _Pieces:
    """The pieces found so far; neighbours are joined, what would be replaced by itself is kept, as is what has None."""

    def __init__(self, file: BinaryIO) -> None:
        self.found: list[Piece] = []
        self._file = file

    def keep(self, start: int, stop: int) -> None:
        last = self.found[-1] if self.found else b""
        if isinstance(last, range) and last.stop == start:
            self.found[-1] = range(last.start, stop)
        else:
            self.found.append(range(start, stop))

    def put(self, start: int, stop: int, instead: bytes | None) -> None:
        if instead is None or (len(instead) == stop - start and _read(self._file, start, stop - start) == instead):
            self.keep(start, stop)
        elif instead:
            self.found.append(instead)


def _read(file: BinaryIO, start: int, length: int) -> bytes:
    file.seek(start)
    return file.read(length)


def _upright_or(orientation: int, wrap: Callable[[bytes], bytes]) -> bytes:
    """What takes the place of an Exif: one that says the orientation alone, or nothing if that is the usual one."""
    return b"" if orientation == UPRIGHT else wrap(write_orientation(orientation))


def _tiff(file: BinaryIO, start: int, stop: int) -> int:
    """The orientation in a chunk of Exif; some programs begin it as JPEG does."""
    prefix = len(_EXIF) if _read(file, start, len(_EXIF)) == _EXIF else 0
    return read_orientation(file, start + prefix, stop)


# ── JPEG: segments, and after each start of a scan its data up to the next marker ──────────────────────────────────


def _jpeg(file: BinaryIO, _size_bytes: int) -> list[Piece]:
    pieces = _Pieces(file)
    pieces.keep(0, 2)
    start, scanned, exif_seen = 2, False, False
    for _ in range(_STEPS_MAX):
        head = _read(file, start, _JPEG_SEGMENT_START)  # nothing, where the segment before it is cut off
        if len(head) < 2 or head[0] != 0xFF:
            raise _DamagedError
        marker = head[1]
        if marker == _JPEG_END and scanned:
            pieces.keep(start, start + 2)
            return pieces.found
        stop = _jpeg_stop(marker, head, start)
        if marker == _JPEG_SCAN:
            scanned, stop = True, _scan_end(file, stop)
        if marker in _JPEG_APPS or marker == _JPEG_COMMENT:
            is_exif = marker == 0xE1 and head[4:].startswith(_EXIF)
            pieces.put(start, stop, b"" if is_exif and exif_seen else _jpeg_instead(file, head, start, stop))
            exif_seen = exif_seen or is_exif
        else:
            pieces.keep(start, stop)
        start = stop
    raise _DamagedError


def _jpeg_stop(marker: int, head: bytes, start: int) -> int:
    """Where a segment ends. Raises `_DamagedError` for markers that no decoder takes."""
    if marker == _JPEG_FILL:
        return start + 1
    if marker in _JPEG_BARE:
        return start + 2
    length = int.from_bytes(head[2:4])
    known = marker in _JPEG_KEPT or marker in _JPEG_APPS or marker in {_JPEG_SCAN, _JPEG_COMMENT}
    if not known or len(head) < 4 or length < 2:  # the length counts its own two bytes
        raise _DamagedError
    return start + 2 + length


def _scan_end(file: BinaryIO, start: int) -> int:
    """Where the data of a scan ends: at the next marker."""
    length = _SHORT_SCAN_BYTES  # so that thousands of tiny scans don't cost a large block each
    while len(block := _read(file, start, length)) > 1:
        if found := _JPEG_SCAN_END.search(block):
            return start + found.start()
        start += len(block) - 1  # the last byte may be the first of a marker
        length = min(2 * length, _BLOCK_BYTES)
    raise _DamagedError


def _jpeg_instead(file: BinaryIO, head: bytes, start: int, stop: int) -> bytes | None:
    """What takes the place of an application's segment or comment: what decoders need of it; None for all of it."""
    marker, body = head[1], head[4 : stop - start]
    if marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) >= _JFIF_BYTES:
        return _segment(marker, body[: _JFIF_BYTES - 2] + b"\0\0")  # a thumbnail of no size
    if marker == 0xE1 and body.startswith(_EXIF):
        orientation = read_orientation(file, start + 4 + len(_EXIF), stop)
        return _upright_or(orientation, lambda tiff: _segment(marker, _EXIF + tiff))
    if marker == 0xE2 and body.startswith(b"ICC_PROFILE\0"):
        return None
    if marker == 0xEE and body.startswith(b"Adobe") and len(body) >= _ADOBE_BYTES:
        return _segment(marker, body[:_ADOBE_BYTES])
    return b""


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


# ── PNG: chunks up to the one that says it is the last ─────────────────────────────────────────────────────────────


def _png(file: BinaryIO, size_bytes: int) -> list[Piece]:
    pieces = _Pieces(file)
    pieces.keep(0, 8)
    start, drawn, exif_seen = 8, False, False
    for _ in range(_STEPS_MAX):
        head = _read(file, start, 8)
        length, name = int.from_bytes(head[:4]), head[4:8]
        stop = start + 12 + length  # length, name, body, checksum
        if len(head) < 8 or not name.isalpha() or stop > size_bytes:
            raise _DamagedError
        if name in _PNG_KEPT:
            pieces.keep(start, stop)
        elif name[:1].isupper():  # critical, and nobody knows it
            raise _DamagedError
        elif name == b"eXIf" and not exif_seen:
            exif_seen = True
            pieces.put(start, stop, _upright_or(_tiff(file, start + 8, stop - 4), lambda tiff: _chunk(b"eXIf", tiff)))
        drawn = drawn or name == b"IDAT"
        if name == b"IEND":
            if not drawn:
                raise _DamagedError
            return pieces.found
        start = stop
    raise _DamagedError


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", binascii.crc32(name + body))


# ── WebP: chunks inside a RIFF, whose first one says what the others are ───────────────────────────────────────────


def _webp(file: BinaryIO, size_bytes: int) -> list[Piece]:
    chunks = _webp_chunks(file, min(size_bytes, 8 + int.from_bytes(_read(file, 4, 4), "little")))
    exif, exif_instead = _webp_exif(file, chunks)
    body = _Pieces(file)
    for chunk in chunks:
        name, start, stop = chunk
        if name == b"VP8X" and start == 12:
            flags = _read(file, start + 8, 1)[0] & ~(_WEBP_HAS_EXIF | _WEBP_HAS_XMP)
            body.keep(start, start + 8)
            body.put(start + 8, start + 9, bytes([flags | (_WEBP_HAS_EXIF if exif_instead else 0)]))
            body.keep(start + 9, stop)
        elif name in _WEBP_KEPT:
            body.keep(start, stop)
        elif chunk is exif:
            body.put(start, stop, exif_instead)
    if body.found == [range(12, size_bytes)]:  # even if it lacks the last padding byte
        return [range(size_bytes)]
    return _riff(file, body.found)


def _webp_chunks(file: BinaryIO, end: int) -> list[tuple[bytes, int, int]]:
    """Name, start and end of every chunk, padding included. Raises `_DamagedError`."""
    chunks: list[tuple[bytes, int, int]] = []
    start = 12
    for _ in range(_STEPS_MAX):
        head = _read(file, start, 8)
        if start + 8 > end or len(head) < 8:
            if chunks and {name for name, _start, _stop in chunks} & _WEBP_IMAGES:
                return chunks
            break
        length = int.from_bytes(head[4:8], "little")
        if start + 8 + length > end:
            break
        stop = min(start + 8 + length + length % 2, end)
        chunks.append((head[:4], start, stop))
        start = stop
    raise _DamagedError


def _webp_exif(file: BinaryIO, chunks: Sequence[tuple[bytes, int, int]]) -> tuple[tuple[bytes, int, int] | None, bytes]:
    """The Exif that decoders look at, and what takes its place; only an extended file has one."""
    exif = next((chunk for chunk in chunks if chunk[0] == b"EXIF"), None)
    if exif is None or chunks[0][0] != b"VP8X":
        return None, b""
    _name, start, stop = exif
    orientation = _tiff(file, start + 8, stop)
    return exif, _upright_or(orientation, lambda tiff: b"EXIF" + struct.pack("<I", len(tiff)) + tiff)


def _riff(file: BinaryIO, body: Sequence[Piece]) -> list[Piece]:
    """The file of these pieces, with the length that they have together."""
    length = sum(map(len, body))
    padding = length % 2
    whole = _Pieces(file)
    whole.put(0, 12, b"RIFF" + struct.pack("<I", 4 + length + padding) + b"WEBP")
    for piece in body:
        if isinstance(piece, range):
            whole.keep(piece.start, piece.stop)
        else:
            whole.found.append(piece)
    return [*whole.found, b"\0"] if padding else whole.found
