"""The beginning of a response, short enough to keep thousands; both local servers store it with each request."""

from pathlib import Path

from aiohttp import web

_CHARACTERS_MAX = 4000
# No character is longer in UTF-8.
_BYTES_PER_CHARACTER = 4


def excerpt(answer: web.StreamResponse, sent: Path | None = None) -> str:
    """The beginning of a JSON response or, for others, its size and kind; `sent` is the file it was read from."""
    body = answer.body if isinstance(answer, web.Response) else None
    data = body if isinstance(body, bytes) else b""
    from_file = sent if isinstance(answer, web.FileResponse) else None
    if from_file is None and answer.content_type == "application/json":
        text = data[: _CHARACTERS_MAX * _BYTES_PER_CHARACTER].decode(errors="replace")
        return text if len(text) <= _CHARACTERS_MAX else f"{text[:_CHARACTERS_MAX]}…"
    size_bytes = len(data) if from_file is None else from_file.stat().st_size
    return f"{size_bytes:,} bytes of {answer.content_type}" if size_bytes else ""
