"""HTTP sessions for downloads: no cookies, no default headers, no proxy or netrc, no decompression.

The behaviour of aiohttp that this relies on: docs/facts/media.md, "aiohttp".
"""

import asyncio
import math
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

# Sent with every request; an encoded response is refused, so that no bomb is ever decompressed.
PLAIN_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long one transfer may take, in seconds: in total, without a byte, and until connected.

    Each byte that arrives adds its share at the least rate to the total. So a large file on a slow line has the time it
    needs, and a trickling one has not; `most_seconds` bounds that.
    """

    total_seconds: float
    idle_seconds: float
    connect_seconds: float = 10.0
    bytes_per_second: float = math.inf
    most_seconds: float = math.inf

    def allowed_seconds(self, received_bytes: int) -> float:
        """How long a transfer may have taken until now when so many bytes have arrived."""
        return min(self.most_seconds, self.total_seconds + received_bytes / self.bytes_per_second)


class Timer:
    """The time of one running transfer."""

    def __init__(self, deadlines: Deadlines, timeout: asyncio.Timeout) -> None:
        self._deadlines = deadlines
        self._timeout = timeout
        self._began_at = asyncio.get_running_loop().time()

    def received(self, received_bytes: int) -> None:
        """Allow the time for so many bytes in total."""
        if not self._timeout.expired():
            self._timeout.reschedule(self._began_at + self._deadlines.allowed_seconds(received_bytes))

    def end(self) -> None:
        """Let the time be up now."""
        if not self._timeout.expired():
            self._timeout.reschedule(self._began_at)


@asynccontextmanager
async def timed(deadlines: Deadlines) -> AsyncGenerator[Timer]:
    """Bound a transfer; raises TimeoutError when it takes longer than its bytes allow."""
    async with asyncio.timeout(deadlines.allowed_seconds(0)) as timeout:
        yield Timer(deadlines, timeout)


def plain_session(connector: aiohttp.BaseConnector, deadlines: Deadlines) -> aiohttp.ClientSession:
    """A session that owns `connector` and adds nothing of its own to a request. The caller limits the total time."""
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
    """Whether the body is compressed although plain was requested."""
    encodings = ",".join(response.headers.getall("Content-Encoding", [])).split(",")
    return any(encoding.strip().lower() not in {"", "identity"} for encoding in encodings)
