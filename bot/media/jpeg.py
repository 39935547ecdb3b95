"""The parts of a JPEG to keep: segments, and after each start of a scan its data up to the next marker.

What decoders skip is removed here: stray bytes between segments, broken data behind a scan. A missing end is added.
Layout: docs/facts/media.md, "Metadata".
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from bot.media.colours import PROFILE_BYTES_MAX, clean_profile
from bot.media.markers import find_marker, find_scan_end
from bot.media.orientation import UPRIGHT, read_orientation
from bot.media.pieces import EXIF, STEPS_MAX, DamagedError, Piece, Pieces, read, upright_or

_HEAD_BYTES = 24  # marker, length, and as much of the body as is ever read
_END, _SCAN, _COMMENT = 0xD9, 0xDA, 0xFE
_APPS = range(0xE0, 0xF0)
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})
_KEPT = frozenset({*range(0xC0, 0xD0), *range(0xDB, 0xE0)}) - {0xC8}
_KNOWN = _KEPT | frozenset({*_APPS, _SCAN, _COMMENT})
_JFIF_BYTES, _ADOBE_BYTES = 14, 12
_PROFILE = b"ICC_PROFILE\0"
_PROFILE_HEAD_BYTES = len(_PROFILE) + 2  # and its number, and how many there are
_PROFILE_PART_BYTES = 65_533 - _PROFILE_HEAD_BYTES
_END_BYTES = b"\xff\xd9"


@dataclass(frozen=True, slots=True)
class _Segment:
    marker: int
    start: int
    stop: int
    head: bytes

    @property
    def body(self) -> bytes:
        """The start of the body, after the length."""
        return self.head[4 : self.stop - self.start]


def find_jpeg_pieces(file: BinaryIO, size_bytes: int) -> list[Piece]:
    """Raises `DamagedError` when there is no whole header before the first scan, or no scan."""
    segments = list(_walk(file, size_bytes))
    parts = _profile_parts(segments)
    profile = _clean_profile(file, parts)
    pieces = Pieces(file)
    pieces.keep(0, 2)
    exif_seen = False
    for segment in segments:
        if segment in parts:
            if profile is None:
                pieces.keep(segment.start, segment.stop)
            elif segment is parts[0]:
                pieces.add(profile)
        elif segment.marker in _APPS or segment.marker == _COMMENT:
            is_exif = segment.marker == 0xE1 and segment.body.startswith(EXIF)
            instead = b"" if is_exif and exif_seen else _instead(file, segment)
            pieces.put(segment.start, segment.stop, instead)
            exif_seen = exif_seen or is_exif
        else:
            pieces.keep(segment.start, segment.stop)
    if segments[-1].marker != _END:
        pieces.add(_END_BYTES)
    return pieces.found


def find_jpeg_orientation(file: BinaryIO, size_bytes: int) -> int:
    """1 to 8, as decoders turn it. Raises `DamagedError`."""
    for segment in _walk(file, size_bytes):
        if segment.marker == 0xE1 and segment.body.startswith(EXIF):
            return read_orientation(file, segment.start + 4 + len(EXIF), segment.stop)
    return UPRIGHT


def _walk(file: BinaryIO, size_bytes: int) -> Iterator[_Segment]:
    """The segments up to the end, or up to the last whole one behind a scan if the rest is broken."""
    start, scanned = 2, False
    for _ in range(STEPS_MAX):
        segment = _segment_at(file, start, size_bytes)
        if segment is None or (segment.marker == _END and not scanned):
            if scanned:
                return
            raise DamagedError
        yield segment
        if segment.marker == _END:
            return
        start, scanned = segment.stop, scanned or segment.marker == _SCAN
    raise DamagedError


def _segment_at(file: BinaryIO, start: int, size_bytes: int) -> _Segment | None:
    """The next segment; None for one that is cut off, and for markers that every decoder rejects."""
    at = find_marker(file, start)
    if at is None:
        return None
    head = read(file, at, _HEAD_BYTES)
    marker = head[1]
    if marker in _BARE or marker == _END:
        return _Segment(marker, at, at + 2, head)
    length = int.from_bytes(head[2:4])
    stop = at + 2 + length
    if marker not in _KNOWN or length < 2 or stop > size_bytes:  # the length counts its own two bytes
        return None
    if marker == _SCAN:
        data_at, stop = stop, find_scan_end(file, stop) or _data_end(file, size_bytes)
        if stop <= data_at:
            return None
    return _Segment(marker, at, stop, head)


def _data_end(file: BinaryIO, size_bytes: int) -> int:
    """The end of a scan's data at the end of the file: before half a marker."""
    return size_bytes - (read(file, size_bytes - 1, 1) == b"\xff")


def _instead(file: BinaryIO, segment: _Segment) -> bytes:
    """The replacement of an application's segment or comment: the part that decoders need."""
    marker, body = segment.marker, segment.body
    if marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) >= _JFIF_BYTES:
        return _written(marker, body[: _JFIF_BYTES - 2] + b"\0\0")  # a thumbnail of no size
    if marker == 0xE1 and body.startswith(EXIF):
        orientation = read_orientation(file, segment.start + 4 + len(EXIF), segment.stop)
        return upright_or(orientation, lambda tiff: _written(marker, EXIF + tiff))
    if marker == 0xEE and body.startswith(b"Adobe") and len(body) >= _ADOBE_BYTES:
        return _written(marker, body[:_ADOBE_BYTES])
    return b""


def _profile_parts(segments: list[_Segment]) -> list[_Segment]:
    """The segments of the colour profile: those before the first scan; decoders read no others."""
    parts: list[_Segment] = []
    for segment in segments:
        if segment.marker == _SCAN:
            break
        if segment.marker == 0xE2 and segment.body.startswith(_PROFILE):
            parts.append(segment)
    return parts


def _clean_profile(file: BinaryIO, parts: list[_Segment]) -> bytes | None:
    """The segments to write in place of these, none if they make no profile; None where they are clean."""
    if not parts:
        return None
    held = [part.stop - part.start - 4 for part in parts]
    if sum(held) > PROFILE_BYTES_MAX or min(held) < _PROFILE_HEAD_BYTES:
        return b""
    bodies = sorted(
        read(file, part.start + 4 + len(_PROFILE), part.stop - part.start - 4 - len(_PROFILE)) for part in parts
    )
    if [(body[0], body[1]) for body in bodies] != [(number, len(parts)) for number in range(1, len(parts) + 1)]:
        return b""
    whole = b"".join(body[2:] for body in bodies)
    cleaned = clean_profile(whole)
    return None if cleaned == whole else _profile_segments(cleaned or b"")


def _profile_segments(profile: bytes) -> bytes:
    pieces = [profile[at : at + _PROFILE_PART_BYTES] for at in range(0, len(profile), _PROFILE_PART_BYTES)]
    return b"".join(
        _written(0xE2, _PROFILE + bytes([number, len(pieces)]) + piece) for number, piece in enumerate(pieces, 1)
    )


def _written(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
