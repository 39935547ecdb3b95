"""The one place where a stranger's bytes are inflated: never to more than the caller has room for, never kept whole.

A PNG holds its colour profile deflated, and only its pixels' own stream says whether it is cut off; both are bounded
by what the picture's header allows (docs/facts/media.md, "Metadata").
"""

import zlib
from collections.abc import Iterable

_STEP_BYTES = 64 * 1024


def inflate(deflated: bytes, max_bytes: int) -> bytes | None:
    """What was deflated, up to its end; None if it is broken, or would take more than `max_bytes`."""
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
    """Whether a deflated stream reaches its end, its checksum right; what comes out is thrown away piece by piece."""
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
