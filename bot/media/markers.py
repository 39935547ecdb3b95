"""Finding the next marker of a JPEG, past stray bytes, as decoders do (docs/facts/media.md)."""

import re
from typing import BinaryIO

_MARKER = re.compile(rb"\xff[\x01-\xfe]")
_SCAN_END = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")  # a marker that is neither a stuffed FF nor a restart
_SHORT_BYTES = 1024
_BLOCK_BYTES = 256 * 1024


def find_marker(file: BinaryIO, start: int) -> int | None:
    """The position of the next marker, past padding and stray bytes; None if the file ends before."""
    return _search(file, start, _MARKER)


def find_scan_end(file: BinaryIO, start: int) -> int | None:
    """The end of a scan's data: at the next marker; None if the file ends before."""
    return _search(file, start, _SCAN_END)


def _search(file: BinaryIO, start: int, pattern: re.Pattern[bytes]) -> int | None:
    length = _SHORT_BYTES  # so that thousands of tiny steps don't cost a large block each
    while True:
        file.seek(start)
        block = file.read(length)
        if found := pattern.search(block):
            return start + found.start()
        if len(block) < 2:
            return None
        start += len(block) - 1  # the last byte may be the first of a marker
        length = min(2 * length, _BLOCK_BYTES)
