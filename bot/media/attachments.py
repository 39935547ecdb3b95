"""Downloads of attachments from Discord's own file hosts: allowed addresses, and which faults are final.

The behaviour of Discord's hosts: docs/facts/media.md, "Discord's files".
"""

import math
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiohttp
from yarl import URL

from bot.media.sessions import PLAIN_HEADERS, Deadlines, is_encoded, plain_session

_HOSTS = ("cdn.discordapp.com", "media.discordapp.net", "images-ext-1.discordapp.net", "images-ext-2.discordapp.net")
_ORIGINS = frozenset(URL(f"https://{host}") for host in _HOSTS)
_OK = 200
# The file doesn't exist, or the link has expired; all other statuses may pass.
_FINAL = frozenset({403, 404, 410})


class NotGivenError(aiohttp.ClientError):
    """The host answered without the file. `final` means that a retry is in vain."""

    def __init__(self, status: int, retry_after_seconds: float) -> None:
        super().__init__(f"Status {status}, or an encoded body.")
        self.final = status in _FINAL
        self.retry_after_seconds = retry_after_seconds


class ForeignAddressError(aiohttp.InvalidURL):
    """The address is not one of Discord's; it is never requested."""


class Attachments:
    """Access to Discord's files. `api_base` is Discord's API: a stand-in for Discord serves files there, too."""

    def __init__(self, api_base: str, deadlines: Deadlines, proxy: str | None = None) -> None:
        """`proxy` is the address of a proxy for Discord's traffic."""
        self._proxy = proxy
        self._origins = _ORIGINS | {URL(api_base).origin()}
        self._deadlines = deadlines
        self._session: aiohttp.ClientSession | None = None
        self.closed = False

    @asynccontextmanager
    async def open(self, address: str) -> AsyncGenerator[aiohttp.ClientResponse]:
        """The file's response, body still to come. Raises `aiohttp.ClientError`, such as `NotGivenError`."""
        url = self._admit(address)
        session = self._open_session()
        async with session.get(url, headers=PLAIN_HEADERS, allow_redirects=False, proxy=self._proxy) as response:
            if response.status != _OK or is_encoded(response):
                raise NotGivenError(response.status, _seconds(response.headers.get("Retry-After", "")))
            yield response

    async def close(self) -> None:
        """Cancel all downloads and start no more."""
        self.closed = True
        if self._session is not None:
            await self._session.close()

    def _admit(self, text: str) -> URL:
        """The URL if it is on a host of Discord's. Raises `ForeignAddressError` otherwise."""
        try:
            # Unchanged: the signature in the query must not be quoted again.
            url = URL(text, encoded=text.isascii() and text.isprintable() and " " not in text)
            foreign = url.user is not None or url.password is not None or url.origin() not in self._origins
        except ValueError as error:
            raise ForeignAddressError("", "unreadable") from error
        if foreign:
            raise ForeignAddressError(url.origin(), "not at Discord")
        return url

    def _open_session(self) -> aiohttp.ClientSession:
        if self.closed:
            raise aiohttp.ClientConnectionError("No more attachments are fetched.")
        if self._session is None:
            # A body with a wrong length would spoil the next request on a kept-alive connection.
            self._session = plain_session(aiohttp.TCPConnector(force_close=True), self._deadlines)
        return self._session


def is_final(error: Exception) -> bool:
    """Whether the same request would fail again in the same way."""
    return isinstance(error, ForeignAddressError) or (isinstance(error, NotGivenError) and error.final)


def _seconds(header: str) -> float:
    """The host's requested wait: 0 if it names no seconds."""
    try:
        seconds = float(header)
    except ValueError:
        return 0.0
    return seconds if math.isfinite(seconds) and seconds > 0 else 0.0
