"""Whether bytes are a whole video, from their own structure and no claims.

Signatures and box layout: docs/facts/media.md, "Videos".
"""

from typing import BinaryIO, Literal

VideoType = Literal["video/mp4", "video/webm"]

SNIFF_BYTES = 12
HEADER_BYTES = 64
_EBML = b"\x1a\x45\xdf\xa3"
_HEADER_BYTES = 8
LONG_HEADER_BYTES = 16
_FTYP_BYTES_MIN = 16
_BOXES_MAX = 100_000


def sniff(first: bytes) -> VideoType | None:
    """The kind of video that starts with these bytes (at least `SNIFF_BYTES` of them), None if it is none."""
    if first.startswith(_EBML):
        return "video/webm"
    if len(first) >= SNIFF_BYTES and first[4:8] == b"ftyp" and int.from_bytes(first[:4]) >= _FTYP_BYTES_MIN:
        return "video/mp4"
    return None


def ending(first: bytes) -> str:
    """The file extension of a video that starts with these bytes (`HEADER_BYTES` of them)."""
    if not first.startswith(_EBML):
        return ".mp4"
    return ".mkv" if b"matroska" in first[:HEADER_BYTES] else ".webm"


def mp4_fault(file: BinaryIO, size_bytes: int) -> str | None:
    """The fault of an MP4 of that size, in a few words for the log; None if its boxes fill it exactly.

    Only the headers of the top-level boxes are read.
    """
    offset = 0
    seen: set[bytes] = set()
    for _ in range(_BOXES_MAX):
        if offset == size_bytes:
            break
        file.seek(offset)
        length = box_bytes(header := file.read(LONG_HEADER_BYTES), size_bytes - offset)
        if length is None:
            return f"box {len(seen)} at byte {offset} does not fit"
        seen.add(header[4:8])
        offset += length
    else:
        return "too many boxes"
    if b"moov" not in seen:
        return "no moov box"
    if not seen & {b"mdat", b"moof"}:
        return "no mdat box"
    return None


def box_bytes(header: bytes, left: int) -> int | None:
    """The length of the box that starts with `header` when `left` bytes remain; None if that is impossible.

    `header` has up to `LONG_HEADER_BYTES` bytes.
    """
    if len(header) < _HEADER_BYTES:
        return None
    length = int.from_bytes(header[:4])
    smallest = _HEADER_BYTES
    if length == 0:
        length = left
    elif length == 1:
        smallest = LONG_HEADER_BYTES
        length = int.from_bytes(header[8:16]) if len(header) == LONG_HEADER_BYTES else 0
    return length if smallest <= length <= left else None
