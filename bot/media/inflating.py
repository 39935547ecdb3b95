"""The one place that inflates foreign bytes: never more than the caller's limit, never kept whole.

A PNG's colour profile is deflated, and only the stream of its pixels shows if it is cut off; both are bounded by the
picture's header (docs/facts/media.md, "Metadata").
"""

import zlib
from collections.abc import Iterable

_STEP_BYTES = 64 * 1024


def inflate(deflated: bytes, max_bytes: int) -> bytes | None:
    """The inflated bytes; None for a broken stream, or for more than `max_bytes`."""
    stream = zlib.decompressobj()
    try:
        inflated = stream.decompress(deflated, max_bytes)
    except zlib.error:
        return None
    return inflated if stream.eof else None


def deflate(data: bytes) -> bytes:
    """The same bytes, deflated; always in the same way."""
    return zlib.compress(data, 9)


def is_whole(blocks: Iterable[bytes], max_bytes: int) -> bool:
    """Whether a deflated stream reaches its end with the right checksum; its output is discarded in blocks."""
    stream, count = zlib.decompressobj(), 0
    try:
        for block in blocks:
            rest = block
            while rest and not stream.eof:
                count += len(stream.decompress(rest, _STEP_BYTES))
                rest = stream.unconsumed_tail
                if count > max_bytes:
                    return False
    except zlib.error:
        return False
    return stream.eof
