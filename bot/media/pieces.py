"""The bytes of a picture's file to keep, as ranges of it and as bytes in their place."""

from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

from bot.media.orientation import UPRIGHT, read_orientation, write_orientation

# Bytes of the file from here to there, or other bytes in their place.
Piece = range | bytes

BLOCK_BYTES = 256 * 1024
STEPS_MAX = 20_000  # segments or chunks; a picture of 20 MB has a few thousand
EXIF = b"Exif\0\0"


class DamagedError(Exception):
    """A file ends before its picture does, or its structure is invalid."""


class Pieces:
    """The pieces found so far. Neighbours are joined; a range with an equal replacement, or None, is kept."""

    def __init__(self, file: BinaryIO) -> None:
        self.found: list[Piece] = []
        self._file = file

    def keep(self, start: int, stop: int) -> None:
        """Keep these bytes of the file."""
        last = self.found[-1] if self.found else b""
        if isinstance(last, range) and last.stop == start:
            self.found[-1] = range(last.start, stop)
        else:
            self.found.append(range(start, stop))

    def put(self, start: int, stop: int, instead: bytes | None) -> None:
        """Replace these bytes by others; None keeps them, and empty ones remove them."""
        if instead is None or (len(instead) == stop - start and read(self._file, start, stop - start) == instead):
            self.keep(start, stop)
        else:
            self.add(instead)

    def add(self, more: bytes) -> None:
        """Insert bytes that the file doesn't have."""
        if more:
            self.found.append(more)

    def extend(self, pieces: Sequence[Piece]) -> None:
        """Append pieces found elsewhere."""
        for piece in pieces:
            if isinstance(piece, range):
                self.keep(piece.start, piece.stop)
            else:
                self.add(piece)


def read(file: BinaryIO, start: int, length: int) -> bytes:
    """So many bytes from there on; fewer where the file ends."""
    file.seek(start)
    return file.read(length)


def blocks(file: BinaryIO, start: int, stop: int) -> Iterator[bytes]:
    """The bytes between two offsets, at most 256 KiB at a time."""
    for at in range(start, stop, BLOCK_BYTES):
        yield read(file, at, min(BLOCK_BYTES, stop - at))


def read_pieces(file: BinaryIO, pieces: Sequence[Piece]) -> Iterator[bytes]:
    """The bytes of these pieces, in blocks of at most 256 KiB, none of them empty."""
    for piece in pieces:
        if isinstance(piece, bytes):
            yield piece
        else:
            yield from blocks(file, piece.start, piece.stop)


def upright_or(orientation: int, wrap: Callable[[bytes], bytes]) -> bytes:
    """The replacement of an Exif: one with the orientation only, or nothing if that is the usual one."""
    return b"" if orientation == UPRIGHT else wrap(write_orientation(orientation))


def orientation_in(file: BinaryIO, start: int, stop: int) -> int:
    """The orientation in a chunk of Exif; some programs start it as JPEG does."""
    prefix = len(EXIF) if read(file, start, len(EXIF)) == EXIF else 0
    return read_orientation(file, start + prefix, stop)
