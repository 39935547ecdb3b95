"""A finished video's result in its body: its address, whether it is withheld or cancelled, its cost. Pure.

The places are those of all known servers: docs/facts/provider.md ("A video as JSON").
"""

import re
from collections.abc import Iterator
from typing import cast

from bot.videos.json_values import Place, at, number
from bot.videos.urls import resolve
from bot.videos.values import RemoteError

_NAMES = (
    *("url", "video_url", "download_url", "result_url", "file_url"),
    *("videoUrl", "downloadUrl", "resultUrl", "fileUrl"),
)
_LISTS = ("urls", "unsigned_urls", "video_urls", "videoUrls", "result_urls", "resultUrls")
_HOLDERS = ("output", "outputs", "video", "videos", "content", "metadata", "result", "results", "task_result")
_MORE_HOLDERS = ("generations", "generated_videos", "files", "artifacts", "assets", "response", "data")
# A whole address as the value itself: `"output": "https://…"`, `"output": ["https://…"]`.
_BARE = ("output", "outputs", "result", "results", "video", "videos")

_WHOLE_ADDRESS = ("http://", "https://", "data:video/")

_CANCELLED = re.compile(r"cancell?ed|(?:^|[^a-z])aborted")
_HELD_BACK = ("nsfw", "has_nsfw", "is_nsfw", "nsfw_detected", "flagged", "is_flagged", "filtered", "moderated")
_COSTS: tuple[Place, ...] = (
    ("usage", "cost"),
    ("outputs", "cost"),
    ("cost",),
    ("usage", "total_cost"),
    ("output", "cost"),
)
_COST_MAX = 1_000_000.0
_MICROS = 1_000_000


def result_url(holders: tuple[object, ...], base_url: str) -> str | None:
    """The first usable address at a known place of these objects, absolute; None if there is none."""
    for holder in holders:
        for text in _texts(holder):
            usable = resolve(text, base_url)
            if usable is not None:
                return usable
    return None


def is_held_back(*holders: object) -> bool:
    """Whether the provider's content rules withhold the finished video."""
    for holder in holders:
        for inner in (
            holder,
            *(_first(at(holder, (name,))) for name in ("video", "output", "result", "results", "data")),
        ):
            if not isinstance(inner, dict):
                continue
            flags = cast("dict[str, object]", inner)
            if flags.get("respect_moderation") is False or any(_is_set(flags.get(name)) for name in _HELD_BACK):
                return True
    return False


def is_cancelled(word: str, error: RemoteError | None) -> bool:
    """Whether a failed video was stopped on request: by its word for the state, or the code of its error."""
    return error is not None and any(_CANCELLED.search(said.lower()) for said in (word, error.code or ""))


def cost_micros(*holders: object) -> int | None:
    """The reported cost of the video, in millionths of the provider's currency; None if there is none."""
    for holder in holders:
        for place in _COSTS:
            cost = number(at(holder, place))
            if cost is not None and 0 <= cost <= _COST_MAX:
                return round(cost * _MICROS)
    return None


def _texts(holder: object) -> Iterator[str]:
    if not isinstance(holder, dict):
        return
    fields = cast("dict[str, object]", holder)
    yield from _own(fields)
    for name in (*_HOLDERS, *_MORE_HOLDERS):
        inner = _first(fields.get(name))
        if isinstance(inner, dict):
            held = cast("dict[str, object]", inner)
            yield from _own(held)
            for deeper in (_first(held.get("video")), _first(held.get("videos"))):
                if isinstance(deeper, dict):
                    yield from _own(cast("dict[str, object]", deeper))
    for name in _BARE:
        value = _first(fields.get(name))
        if isinstance(value, str) and value.strip().lower().startswith(_WHOLE_ADDRESS):
            yield value


def _own(fields: dict[str, object]) -> Iterator[str]:
    for value in (*(fields.get(name) for name in _NAMES), *(_first(fields.get(name)) for name in _LISTS)):
        if isinstance(value, str) and value.strip():
            yield value


def _first(value: object) -> object:
    if isinstance(value, list):
        several = cast("list[object]", value)
        return several[0] if several else None
    return value


def _is_set(value: object) -> bool:
    return value is True or (isinstance(value, list) and cast("list[object]", value)[:1] == [True])
