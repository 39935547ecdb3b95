"""The orientation of a picture: read from an Exif, and written as a minimal Exif.

It reads TIFF's first directory only. Layout: docs/facts/media.md, "Metadata".
"""

import struct
from typing import BinaryIO, Literal

UPRIGHT = 1
_LARGEST = 8
_FIRST_ON_ITS_SIDE = 5
_TAG = 0x0112
_SHORT = 3
_ENTRY_BYTES = 12
_BYTE_ORDERS: dict[bytes, Literal["little", "big"]] = {b"II*\0": "little", b"MM\0*": "big"}


def read_orientation(file: BinaryIO, start: int, stop: int) -> int:
    """The first orientation, 1 to 8, in the TIFF structure between two offsets; 1 if there is none."""
    head = _read(file, start, min(start + 8, stop))
    order = _BYTE_ORDERS.get(head[:4])
    if order is None or len(head) < 8:
        return UPRIGHT
    directory = start + int.from_bytes(head[4:8], order)
    count = int.from_bytes(_read(file, directory, min(directory + 2, stop)), order)
    entries = _read(file, directory + 2, min(directory + 2 + count * _ENTRY_BYTES, stop))
    for at in range(0, len(entries) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
        tag, kind = (int.from_bytes(entries[at + n : at + n + 2], order) for n in (0, 2))
        if tag == _TAG:
            value = int.from_bytes(entries[at + 8 : at + 10], order)
            return value if kind == _SHORT and UPRIGHT <= value <= _LARGEST else UPRIGHT
    return UPRIGHT


def write_orientation(orientation: int) -> bytes:
    """The smallest TIFF structure with this orientation and nothing else."""
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, _TAG, _SHORT, 1, orientation, 0, 0)


def lies_on_its_side(orientation: int) -> bool:
    """Whether a picture with that orientation is as wide as people see it high."""
    return orientation >= _FIRST_ON_ITS_SIDE


def _read(file: BinaryIO, start: int, stop: int) -> bytes:
    if stop <= start:
        return b""
    file.seek(start)
    return file.read(stop - start)
