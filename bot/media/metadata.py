"""A picture without metadata about people: which bytes of a file are the picture, and its orientation.

Found in one walk over the file's own structure, without decoding. The bytes of the pixels and the numbers of the colour
profile stay. Exif, XMP, IPTC, comments, names, thumbnails, further pictures and data behind the end go. It is an
allowlist, so unknown metadata goes too.

Bytes that every decoder skips are removed; a file that ends before its picture does is damaged. Layouts, and why data
behind the end is cut: docs/facts/media.md, "Metadata".
"""

from collections.abc import Callable
from typing import BinaryIO

from bot.media.jpeg import find_jpeg_orientation, find_jpeg_pieces
from bot.media.pictures import Suffix
from bot.media.pieces import DamagedError, Piece, read_pieces
from bot.media.png import find_png_orientation, find_png_pieces
from bot.media.webp import find_webp_orientation, find_webp_pieces

__all__ = ["Piece", "find_orientation", "find_pieces", "read_pieces"]

_WALKS: dict[Suffix, Callable[[BinaryIO, int], list[Piece]]] = {
    "jpg": find_jpeg_pieces,
    "png": find_png_pieces,
    "webp": find_webp_pieces,
}
_TURNS: dict[Suffix, Callable[[BinaryIO, int], int]] = {
    "jpg": find_jpeg_orientation,
    "png": find_png_orientation,
    "webp": find_webp_orientation,
}


def find_pieces(file: BinaryIO, suffix: Suffix) -> tuple[Piece, ...] | None:
    """The parts to keep of a file with the header of such a picture; None if it is cut off or broken.

    One range over the whole file means that there is nothing to remove.
    """
    try:
        return tuple(_WALKS[suffix](file, file.seek(0, 2)))
    except DamagedError:
        return None


def find_orientation(file: BinaryIO, suffix: Suffix) -> int | None:
    """The orientation of a picture that is kept, 1 to 8; None if it is broken."""
    try:
        return _TURNS[suffix](file, file.seek(0, 2))
    except DamagedError:
        return None
