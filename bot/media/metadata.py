"""A picture without what it tells about people: which bytes of a file are the picture, and which way up it belongs.

Found in one walk over the file's own structure, without decoding: the bytes of the pixels and the numbers of the colour
profile stay; Exif, XMP, IPTC, comments, names, thumbnails, further pictures and whatever stands behind the end go. Kept
is only what is known to matter for showing the picture, so that metadata nobody has heard of goes too. What every
decoder passes over is passed over; a file that ends before its picture does is damaged. Layouts, and why what stands
behind the end is cut: docs/facts/media.md, "Metadata".
"""

from collections.abc import Callable
from typing import BinaryIO

from bot.media.jpeg import find_jpeg_pieces
from bot.media.pictures import Suffix
from bot.media.pieces import DamagedError, Piece, read_pieces
from bot.media.png import find_png_pieces
from bot.media.webp import find_webp_pieces

__all__ = ["Piece", "find_pieces", "read_pieces"]

_WALKS: dict[Suffix, Callable[[BinaryIO, int], list[Piece]]] = {
    "jpg": find_jpeg_pieces,
    "png": find_png_pieces,
    "webp": find_webp_pieces,
}


def find_pieces(file: BinaryIO, suffix: Suffix) -> tuple[Piece, ...] | None:
    """What to keep of a file whose header is that of such a picture; None if it is cut off or broken.

    One range over the whole file means that there is nothing to take away.
    """
    try:
        return tuple(_WALKS[suffix](file, file.seek(0, 2)))
    except DamagedError:
        return None
