"""Lenient readers of single values in a provider's JSON: an unreadable value counts as missing. Pure."""

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import cast

Place = tuple[str | int, ...]

# A time above it is in milliseconds.
_MILLISECONDS_FROM = 1e12
_LATEST_AT = 1e11
# Python refuses to write very long integers.
_IDS_BELOW = 10**30
# `float` would take digits of every script, and 1_000.
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


def at(holder: object, place: Place) -> object:
    """The value at that place; None if there is none."""
    for step in place:
        if isinstance(step, str) and isinstance(holder, dict):
            holder = cast("dict[str, object]", holder).get(step)
        elif isinstance(step, int) and isinstance(holder, list) and holder:
            holder = cast("list[object]", holder)[step]
        else:
            return None
    return holder


def json_object(value: object) -> dict[str, object] | None:
    """The value if it is an object."""
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def first_of(holders: Iterable[object], *keys: str) -> object:
    """The first value under one of these names that isn't null, in the first object that has one."""
    for holder in holders:
        for key in keys:
            value = at(holder, (key,))
            if value is not None:
                return value
    return None


def identifier(value: object) -> str | None:
    """An id from a text, exactly as it is, or from a whole number; None for everything else."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _IDS_BELOW:
        return str(value)
    return None


def number(value: object) -> float | None:
    """A finite number from a number or its text; None for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):
        return None
    try:
        read = float(value)
    except (ValueError, OverflowError):
        return None
    return read if math.isfinite(read) else None


def percentage(value: object) -> int | None:
    """A whole number from 0 to 100, from a number or a text like "45%"."""
    read = number(value.strip().removesuffix("%") if isinstance(value, str) else value)
    return None if read is None else int(min(max(read, 0.0), 100.0))


def moment(value: object) -> float | None:
    """Epoch seconds from seconds, milliseconds (anything above 10^12), either as text, or an ISO date."""
    read = number(value)
    if read is None and isinstance(value, str):
        try:
            date = datetime.fromisoformat(value.strip())
            read = (date.replace(tzinfo=UTC) if date.tzinfo is None else date).timestamp()
        except (ValueError, OverflowError):
            return None
    if read is None:
        return None
    seconds = read / 1000 if read >= _MILLISECONDS_FROM else read
    return seconds if 0 < seconds < _LATEST_AT else None


def line(value: object, max_characters: int) -> str | None:
    """A printable text without the blanks around it, if it isn't empty and fits."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    return text if text.isprintable() and 0 < len(text) <= max_characters else None


def text(value: object, max_characters: int) -> str | None:
    """A text as it is, if it fits."""
    return value if isinstance(value, str) and len(value) <= max_characters else None
