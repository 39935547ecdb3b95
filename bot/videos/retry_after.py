"""Parsing of requested waits (Retry-After), in every form in use. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

from bot.jobs.backoff import capped

_LARGE = 1e9
_NUMBER = re.compile(r"[0-9]{1,30}(\.[0-9]{0,30})?([eE]\+?[0-9]{1,2})?")


def asked_wait(headers: Mapping[str, str], in_body: object, now: float) -> float | None:
    """Seconds from 0 to 600, or None without a readable wait; `now` is epoch seconds, for HTTP dates.

    In this order: `retry-after-ms`, `Retry-After` (seconds, fractions allowed, or a date), then a number in the body. A
    date in the past means 0; negative numbers and garbage mean none.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return capped(milliseconds / 1000)
    header = headers.get("Retry-After")
    seconds = _number(header)
    if seconds is None and header is not None:
        seconds = _until(header, now)
    if seconds is None:
        seconds = _number(in_body)
    return None if seconds is None else capped(seconds)


def asked_poll(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds from 0 to 600 after which a running video is to be polled again, None without a hint."""
    milliseconds = _number(headers.get("openai-poll-after-ms"))
    return asked_wait(headers, None, now) if milliseconds is None else capped(milliseconds / 1000)


def _number(value: object) -> float | None:
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value := value.strip()) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        return None  # NaN is not >= 0 either
    # A whole number can be too large for a float.
    return float(min(value, _LARGE))


def _until(header: str, now: float) -> float | None:
    try:
        date = parsedate_to_datetime(header)
        # "-0000" and missing zones give a naive value; HTTP dates are always UTC.
        moment = date.replace(tzinfo=UTC) if date.tzinfo is None else date
        return max(0.0, moment.timestamp() - now)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
