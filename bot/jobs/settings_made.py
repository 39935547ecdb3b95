"""What a video is made as: its model, size and length, as its provider reported them or its file has them. Pure.

The names and forms of a provider: docs/facts/provider.md ("A video as JSON").
"""

import re
from dataclasses import dataclass

VideoSettings = tuple[tuple[str, str], ...]

# So many settings of a provider are kept at most.
REPORTED_MAX = 8
_SIZE_NAMES = frozenset({"size", "resolution", "width", "height"})
_LENGTH_NAMES = frozenset({"seconds", "duration"})
# Read in the file.
_MEASURED_SIZE = "measured_size"
_MEASURED_SECONDS = "measured_seconds"
_MEASURED = frozenset({_MEASURED_SIZE, _MEASURED_SECONDS})
_WIDTH_X_HEIGHT = re.compile(r"([1-9][0-9]{0,4}) ?[xX*×] ?([1-9][0-9]{0,4})", re.ASCII)
_SIDE_MAX = 99_999
_SECONDS_MAX = 36_000.0


@dataclass(frozen=True, slots=True)
class Made:
    """The model, the size as `WxH` in pixels and the length in seconds, as far as they are known.

    `size_in_words` is what a provider calls the size that it doesn't name in pixels ("1080p").
    """

    model: str | None = None
    size: str | None = None
    size_in_words: str | None = None
    seconds: float | None = None


def made_as(settings: VideoSettings) -> Made:
    """What those settings name: a size in pixels and a length to the hundredth, the provider's before the file's."""
    said = dict(settings)
    sizes = (
        *(_size_in(said.get(name)) for name in ("size", "resolution")),
        _size_of(_number(said.get("width")), _number(said.get("height"))),
        _size_in(said.get(_MEASURED_SIZE)),
    )
    lengths = (_seconds_of(_number(said.get(name))) for name in ("seconds", "duration", _MEASURED_SECONDS))
    return Made(
        model=said.get("model"),
        size=next((size for size in sizes if size is not None), None),
        size_in_words=said.get("size") or said.get("resolution"),
        seconds=next((seconds for seconds in lengths if seconds is not None), None),
    )


def merged(earlier: VideoSettings, later: VideoSettings) -> VideoSettings:
    """The later report, with what only the earlier one has; a size or length of the later one counts alone."""
    named = {name for name, _ in later}
    for names in (_SIZE_NAMES, _LENGTH_NAMES):
        if named & names:
            named |= names
    return (*later, *(setting for setting in earlier if setting[0] not in named))[:REPORTED_MAX]


def measured(width: float | None, height: float | None, seconds: float | None) -> VideoSettings:
    """The settings that a file has: pixels and seconds, without what is missing or impossible."""
    size, length = _size_of(width, height), _seconds_of(seconds)
    found = ((_MEASURED_SIZE, size), (_MEASURED_SECONDS, None if length is None else str(length)))
    return tuple((name, value) for name, value in found if value is not None)


def as_column(settings: VideoSettings) -> list[list[str]]:
    """The settings as their column holds them."""
    return [list(setting) for setting in settings]


def split_measured(settings: VideoSettings) -> tuple[VideoSettings, VideoSettings]:
    """What the provider reported, and what was read in the file."""
    from_provider = tuple(setting for setting in settings if setting[0] not in _MEASURED)
    return from_provider, tuple(setting for setting in settings if setting[0] in _MEASURED)


def _size_in(text: str | None) -> str | None:
    sides = None if text is None else _WIDTH_X_HEIGHT.fullmatch(text)
    return None if sides is None else f"{sides[1]}x{sides[2]}"


def _size_of(width: float | None, height: float | None) -> str | None:
    if width is None or height is None or not (1 <= width <= _SIDE_MAX and 1 <= height <= _SIDE_MAX):
        return None
    return f"{int(width)}x{int(height)}"


def _seconds_of(seconds: float | None) -> float | None:
    return round(seconds, 2) if seconds is not None and 0.01 <= seconds <= _SECONDS_MAX else None


def _number(text: str | None) -> float | None:
    """A number, also with the unit of a length ("8s"); it may be infinite or none."""
    try:
        return None if text is None else float(text.removesuffix("s"))
    except ValueError:
        return None
