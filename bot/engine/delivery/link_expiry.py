"""When a link to a video expires, as far as the link itself tells. Pure.

The forms: docs/facts/media.md, "Signed links".
"""

import math
import re
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

# A signature with its own time, and for how many seconds from then on.
_LASTING = (("x-amz-date", "x-amz-expires"), ("x-goog-date", "x-goog-expires"), ("x-oss-date", "x-oss-expires"))
_STAMP = "%Y%m%dT%H%M%SZ"
# The moment itself: seconds or milliseconds of the epoch, or a date; Azure's is `se`.
_MOMENTS = ("expires", "expire", "expiry", "expires_at", "expiration", "exp", "se", "x-expires")
# Tencent's: beginning and end in seconds.
_SPAN = re.compile(r"\d{9,11};(\d{9,11})")
_SPANS = ("q-sign-time", "q-key-time")
_EARLIEST, _LATEST = 946_684_800.0, 4_102_444_800.0  # the years 2000 and 2100
_MILLISECONDS = 1e11


def link_expires_at(url: str) -> float | None:
    """When the link expires, in epoch seconds; None if it doesn't tell."""
    try:
        query = parse_qsl(urlsplit(url).query)
    except ValueError:
        return None
    said = {name.lower(): value for name, value in reversed(query)}
    found = [
        *(_end(said.get(since, ""), said.get(seconds, "")) for since, seconds in _LASTING),
        *(_moment(said.get(name, "")) for name in _MOMENTS),
        *(_moment(span[1]) for name in _SPANS if (span := _SPAN.fullmatch(said.get(name, "")))),
    ]
    return min((at for at in found if at is not None and _EARLIEST < at < _LATEST), default=None)


def _end(since: str, seconds: str) -> float | None:
    try:
        began_at = datetime.strptime(since, _STAMP).replace(tzinfo=UTC)
        return began_at.timestamp() + float(seconds)
    except (ValueError, OverflowError):
        return None


def _moment(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return _date(text)
    if not math.isfinite(number):
        return None
    return number / 1000.0 if number > _MILLISECONDS else number


def _date(text: str) -> float | None:
    try:
        when = datetime.fromisoformat(text)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
