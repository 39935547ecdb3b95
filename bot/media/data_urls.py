"""Videos inside their own URL (`data:video/mp4;base64,…`), decoded in chunks."""

import base64
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from bot.media.fetch_faults import NotAVideo, TooLarge

_HEAD = re.compile(r"data:\s*(video/[a-z0-9.+-]+|application/octet-stream)?(;[^,;]*)*;base64,", re.IGNORECASE)
_HEAD_MAX_CHARACTERS = 200
_PIECE_CHARACTERS = 256 * 1024


def is_data_url(url: str) -> bool:
    """Whether the URL holds its own content."""
    return url[:5].lower() == "data:"


def decode_data_url(url: str, max_bytes: int) -> Iterator[bytes]:
    """The bytes of a data URL, in order. Raises `NotAVideo` or `TooLarge`, also half-way."""
    head = _HEAD.match(url[:_HEAD_MAX_CHARACTERS])
    if head is None:
        raise NotAVideo("The video's address holds something else than a video.")
    payload = url[head.end() :]
    if "%" in payload:
        payload = unquote_to_bytes(payload).decode("latin-1")
    length_bytes = len(payload) * 3 // 4
    if length_bytes > max_bytes + 2:  # padding may stand for two missing bytes
        raise TooLarge(max_bytes, length_bytes)
    for start in range(0, len(payload), _PIECE_CHARACTERS):
        piece = payload[start : start + _PIECE_CHARACTERS]
        try:
            yield base64.b64decode(piece, validate=True)
        except ValueError as error:  # also for letters beyond ASCII
            raise NotAVideo("The video's address is not whole.") from error
