"""The settings that a provider reports with a video: what it made, which need not be what was requested. Pure."""

from collections.abc import Iterator
from typing import cast

from bot.jobs.settings_made import REPORTED_MAX, VideoSettings

# Names of settings on a video (docs/facts/provider.md, "A video as JSON"); others may hold anything.
_NAMES = (
    *("model", "size", "resolution", "aspect_ratio", "ratio", "width", "height", "seconds", "duration"),
    *("fps", "frame_rate", "quality", "style", "seed", "audio", "has_audio"),
)
_CHARACTERS_MAX = 60


def reported_settings(holders: tuple[object, ...], secret: str = "") -> VideoSettings:
    """Names and values of at most eight settings, each once: plain texts and numbers alone, none with the secret."""
    found: dict[str, str] = {}
    for holder in holders:
        for name, value in _plain(holder):
            if not secret or secret not in value:
                found.setdefault(name, value)
    return tuple(found.items())[:REPORTED_MAX]


def _plain(holder: object) -> Iterator[tuple[str, str]]:
    if not isinstance(holder, dict):
        return
    fields = cast("dict[str, object]", holder)
    for name in _NAMES:
        value = fields.get(name)
        if isinstance(value, bool):
            value = "yes" if value else "no"
        if not isinstance(value, str | int | float):
            continue
        # A huge integer has no text in Python.
        text = "" if isinstance(value, int) and abs(value) > 2**64 else str(value).strip()
        if 0 < len(text) <= _CHARACTERS_MAX and text.isprintable():
            yield name, text
