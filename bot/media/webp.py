"""The parts of a WebP to keep: chunks inside a RIFF, whose first one describes the others, and chunks inside frames.

Wrong lengths are corrected where the picture itself is whole. Layout: docs/facts/media.md, "Metadata".
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from bot.media.colours import PROFILE_BYTES_MAX, clean_profile
from bot.media.orientation import UPRIGHT
from bot.media.pieces import STEPS_MAX, DamagedError, Piece, Pieces, orientation_in, read, upright_or

_STILL = frozenset({b"VP8 ", b"VP8L"})
_IMAGES = _STILL | {b"ANMF"}
_KEPT = _STILL | {b"ALPH", b"ANIM"}
_FRAME_KEPT = _STILL | {b"ALPH"}
_HAS_PROFILE, _HAS_EXIF, _HAS_XMP = 0x20, 0x08, 0x04
_FRAME_HEAD_BYTES = 16


@dataclass(frozen=True, slots=True)
class _Chunk:
    name: bytes
    start: int
    length: int
    stop: int  # padding included

    @property
    def body(self) -> range:
        return range(self.start + 8, self.start + 8 + self.length)


def find_webp_pieces(file: BinaryIO, size_bytes: int) -> list[Piece]:
    """Raises `DamagedError` when a chunk of the picture itself is cut off or there is none."""
    told = 8 + int.from_bytes(read(file, 4, 4), "little")
    chunks = _chunks(file, 12, min(size_bytes, told))
    names = {chunk.name for chunk in chunks}
    if not names & _IMAGES or (b"ANMF" in names and told > size_bytes + 1):  # frames may be missing
        raise DamagedError
    extended = chunks[0].name == b"VP8X"
    exif, profile = (_first(chunks, name) if extended else None for name in (b"EXIF", b"ICCP"))
    exif_instead = b"" if exif is None else _exif(file, exif)
    profile_instead = b"" if profile is None else _profile(file, profile)
    flags = (_HAS_EXIF if exif_instead else 0) | (_HAS_PROFILE if profile_instead != b"" else 0)
    body = Pieces(file)
    for chunk in chunks:
        if chunk.name == b"VP8X" and chunk.start == 12:
            _put_flags(file, body, chunk, flags)
        elif chunk.name in _KEPT:
            body.keep(chunk.start, chunk.stop)
        elif chunk.name == b"ANMF":
            body.extend(_frame(file, chunk))
        elif chunk is exif:
            body.put(chunk.start, chunk.stop, exif_instead)
        elif chunk is profile:
            body.put(chunk.start, chunk.stop, profile_instead)
    if body.found == [range(12, size_bytes)] and told == size_bytes and not size_bytes % 2:
        return [range(size_bytes)]
    return _riff(file, body.found)


def find_webp_orientation(file: BinaryIO, size_bytes: int) -> int:
    """1 to 8, as decoders turn it. Raises `DamagedError`."""
    exif = _first(_chunks(file, 12, size_bytes), b"EXIF")
    return UPRIGHT if exif is None else orientation_in(file, exif.body.start, exif.body.stop)


def _chunks(file: BinaryIO, start: int, end: int) -> list[_Chunk]:
    """Every chunk up to the end. Raises `DamagedError` when one of the picture's own is cut off, or for too many."""
    chunks: list[_Chunk] = []
    for _ in range(STEPS_MAX):
        head = read(file, start, 8)
        if start + 8 > end or len(head) < 8:
            return chunks
        length = int.from_bytes(head[4:8], "little")
        if start + 8 + length > end:
            if head[:4] in _IMAGES | _KEPT or not chunks:
                raise DamagedError
            return chunks
        chunks.append(_Chunk(head[:4], start, length, min(start + 8 + length + length % 2, end)))
        start = chunks[-1].stop
    raise DamagedError


def _first(chunks: Sequence[_Chunk], name: bytes) -> _Chunk | None:
    return next((chunk for chunk in chunks if chunk.name == name), None)


def _put_flags(file: BinaryIO, body: Pieces, header: _Chunk, flags: int) -> None:
    """Keep the extended header, with flags for the remaining parts."""
    if not header.length:
        raise DamagedError
    others = read(file, header.body.start, 1)[0] & ~(_HAS_EXIF | _HAS_XMP | _HAS_PROFILE)
    body.keep(header.start, header.body.start)
    body.put(header.body.start, header.body.start + 1, bytes([others | flags]))
    body.keep(header.body.start + 1, header.stop)


def _exif(file: BinaryIO, chunk: _Chunk) -> bytes:
    """The replacement of the Exif that decoders read."""
    orientation = orientation_in(file, chunk.body.start, chunk.body.stop)
    return upright_or(orientation, lambda tiff: _written(b"EXIF", tiff))


def _profile(file: BinaryIO, chunk: _Chunk) -> bytes | None:
    """The colour profile without names; nothing if it is none; None where it is so already."""
    if chunk.length > PROFILE_BYTES_MAX:
        return b""
    whole = read(file, chunk.body.start, chunk.length)
    cleaned = clean_profile(whole)
    if cleaned == whole:
        return None
    return b"" if cleaned is None else _written(b"ICCP", cleaned)


def _frame(file: BinaryIO, frame: _Chunk) -> list[Piece]:
    """One frame of an animation, which has chunks of its own: the picture's are kept."""
    inner = _chunks(file, frame.body.start + _FRAME_HEAD_BYTES, frame.body.stop)
    if not {chunk.name for chunk in inner} & _STILL:
        raise DamagedError
    if all(chunk.name in _FRAME_KEPT for chunk in inner) and inner[-1].stop == frame.body.stop:
        return [range(frame.start, frame.stop)]
    body = Pieces(file)
    body.keep(frame.body.start, frame.body.start + _FRAME_HEAD_BYTES)
    for chunk in inner:
        if chunk.name in _FRAME_KEPT:
            body.keep(chunk.start, chunk.stop)
            body.add(bytes((chunk.stop - chunk.start) % 2))
    length = sum(map(len, body.found))
    return [b"ANMF" + struct.pack("<I", length), *body.found]


def _written(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def _riff(file: BinaryIO, body: Sequence[Piece]) -> list[Piece]:
    """The file of these pieces, with their total length."""
    length = sum(map(len, body))
    whole = Pieces(file)
    whole.put(0, 12, b"RIFF" + struct.pack("<I", 4 + length + length % 2) + b"WEBP")
    whole.extend(body)
    whole.add(bytes(length % 2))
    return whole.found
