"""Finds the URL in a JSON response that points to the video instead of being it.

Known places: docs/facts/provider.md, "A video as JSON". Links to progress pages and thumbnails are not among them.
"""

import json
from collections.abc import Iterator
from typing import cast

JSON_MAX_BYTES = 128 * 1024

_NAMES = ("url", "video_url", "download_url", "result_url", "file_url", "videoUrl", "downloadUrl")
_LISTS = ("urls", "unsigned_urls", "video_urls")
_HOLDERS = ("output", "outputs", "video", "videos", "content", "metadata", "data", "result", "results")


def is_json_like(first: bytes) -> bool:
    """Whether a body with this beginning may be JSON with a link."""
    return first.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}


def find_json_link(body: bytes) -> str | None:
    """The first URL (or path) at a known place of this JSON; None if there is none or it is no JSON."""
    try:
        whole: object = json.loads(body)
    except (ValueError, RecursionError):  # deep nesting raises the latter
        return None
    return next((text for text in _candidates(_first(whole)) if _is_pointer(text)), None)


def _candidates(whole: object) -> Iterator[str]:
    if not isinstance(whole, dict):
        return
    fields = cast("dict[str, object]", whole)
    yield from _own(fields)
    for holder in _HOLDERS:
        held = _first(fields.get(holder))
        if isinstance(held, dict):
            yield from _own(cast("dict[str, object]", held))
        elif isinstance(held, str) and held.lower().startswith(("http://", "https://")):
            yield held


def _own(fields: dict[str, object]) -> Iterator[str]:
    for value in (*(fields.get(name) for name in _NAMES), *(_first(fields.get(name)) for name in _LISTS)):
        if isinstance(value, str):
            yield value


def _first(value: object) -> object:
    if isinstance(value, list):
        several = cast("list[object]", value)
        return several[0] if several else None
    return value


def _is_pointer(text: str) -> bool:
    return text.lower().startswith(("http://", "https://", "/", "data:"))
