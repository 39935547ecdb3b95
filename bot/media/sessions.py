"""The one way in which this room speaks HTTP: no cookies, no default headers, no proxy or netrc, nothing decompressed.

aiohttp's behaviour that this relies on: docs/facts/media.md, "aiohttp".
"""

from dataclasses import dataclass

import aiohttp

# Asked for on every request; an answer that is encoded all the same is refused, so that no bomb is ever unpacked.
PLAIN_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long one transfer may take, in seconds: as a whole, without a byte, and until connected."""

    total_seconds: float
    idle_seconds: float
    connect_seconds: float = 10.0


def plain_session(connector: aiohttp.BaseConnector, deadlines: Deadlines) -> aiohttp.ClientSession:
    """A session that owns `connector` and adds nothing of its own to a request. The total is the caller's to watch."""
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        timeout=aiohttp.ClientTimeout(
            connect=deadlines.connect_seconds,
            sock_connect=deadlines.connect_seconds,
            sock_read=deadlines.idle_seconds,
        ),
    )


def is_encoded(response: aiohttp.ClientResponse) -> bool:
    """Whether the body is compressed although we asked for it plain."""
    encodings = ",".join(response.headers.getall("Content-Encoding", [])).split(",")
    return any(encoding.strip().lower() not in {"", "identity"} for encoding in encodings)
