"""Keeps a foreign URL from reaching private networks, up to the very moment of connecting.

A name is judged by its resolved addresses, and the socket connects only to an address that was judged: a second answer
of the name server changes nothing.
"""

import asyncio
import errno
import re
import socket
from collections.abc import Collection
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bot.media.fetch_faults import FetchRefusedByGuard
from bot.ops.ip_ranges import is_disguised, is_literal, is_private, is_public

_HOST = re.compile(r"(?=.{1,254}\Z)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")
_BRACKETED = re.compile(r"[^/?#]*//[^/?#]*\[")


class ForbiddenAddressError(OSError):
    """The connection would go to an address that is not allowed for foreign URLs; no packet was sent."""

    def __init__(self, host: str) -> None:
        super().__init__(errno.EACCES, f"{host} leads to a place that is closed to it.")


class AddressGuard:
    """Decides which URLs may be requested, and provides connectors that enforce it.

    The host of the API base URL and `allow_hosts` (`name`, `name:port` or an address) may be anywhere, also inside;
    every other host must be public. http is used only if the API itself uses http, and never after https; the API's own
    host, which gets the key, must then be inside.
    """

    def __init__(self, api_base_url: str, allow_hosts: Collection[str]) -> None:
        base = URL(api_base_url)
        self._plain_http = base.scheme == "http"
        self._api_host = _bare(base.host or "")
        self._open: set[tuple[str, int | None]] = {(self._api_host, None)}
        self._open |= {_entry(host) for host in allow_hosts}

    def admit(self, text: str, before: URL | None = None) -> URL:
        """The URL, ready to be requested, byte for byte as it was given. `before` is the URL that led here.

        Raises `FetchRefusedByGuard`. Names are judged later, when they are resolved.
        """
        url = _parse(text)
        host = url.raw_host or ""
        if url.scheme != "https" and not (url.scheme == "http" and self._plain_http):
            raise FetchRefusedByGuard("The video's address is of a kind that is not fetched.", detail=url.scheme)
        if url.scheme == "http" and before is not None and before.scheme == "https":
            raise FetchRefusedByGuard("The video's address steps down from https to http.", detail=host)
        if is_disguised(host) or (is_literal(host) and not is_public(host) and not self._is_open(url)):
            raise _closed(host)
        return url

    def gate(self, url: URL) -> "Gate":
        """A way to connect to that URL's host and to nothing else inside."""
        host = url.raw_host or ""
        bare_key = url.scheme == "http" and _bare(host) == self._api_host
        return Gate(host, everywhere=self._is_open(url), private_only=bare_key)

    def _is_open(self, url: URL) -> bool:
        host = _bare(url.raw_host or "")
        return (host, None) in self._open or (host, url.port) in self._open


class Gate:
    """The guard of one request: filters the resolved addresses, and checks each socket before it connects."""

    def __init__(self, host: str, *, everywhere: bool, private_only: bool = False) -> None:
        self._host = host
        self._private_only = private_only
        self._everywhere = everywhere
        self._refused = False

    def connector(self) -> aiohttp.TCPConnector:
        """A connector for one request; the caller closes it."""
        return aiohttp.TCPConnector(
            resolver=_Resolver(self), use_dns_cache=False, socket_factory=self._socket, force_close=True
        )

    @property
    def refusal(self) -> FetchRefusedByGuard | None:
        """The exception to raise if the guard made a connection fail; None if it failed for other reasons."""
        return _closed(self._host) if self._refused else None

    def passable(self, found: list[ResolveResult]) -> list[ResolveResult]:
        """The allowed ones of the resolved addresses. Raises `ForbiddenAddressError` if none is left."""
        passed = [each for each in found if self._everywhere or is_public(each["host"])]
        if found and not passed:
            raise self._forbidden()
        return passed

    def _socket(self, info: tuple[int, int, int, str, tuple[Any, ...]]) -> socket.socket:
        """For aiohttp: called with each address just before the connection (docs/facts/media.md, "aiohttp")."""
        family, kind, protocol, _name, address = info
        host = str(address[0])
        if not (self._everywhere or is_public(host)) or (self._private_only and not is_private(host)):
            raise self._forbidden()
        return socket.socket(family, kind, protocol)

    def _forbidden(self) -> ForbiddenAddressError:
        self._refused = True
        return ForbiddenAddressError(self._host)


class _Resolver(AbstractResolver):
    """The machine's own resolver, without inside addresses."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._resolver = aiohttp.ThreadedResolver(asyncio.get_running_loop())

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return self._gate.passable(await self._resolver.resolve(host, port, family))

    async def close(self) -> None:
        await self._resolver.close()


def _closed(host: str) -> FetchRefusedByGuard:
    return FetchRefusedByGuard("The video's address leads to a place that is not open to it.", detail=host)


def _parse(text: str) -> URL:
    """The URL, if every parser reads it in the same way. Raises `FetchRefusedByGuard` for anything odd."""
    try:
        if any(character <= " " or character in "\\\x7f" for character in text):
            raise ValueError("A space, control character or backslash.")
        # Quoting again would break a signed URL, so a sendable URL stays as it is.
        url = URL(text, encoded=text.isascii())
        host = url.raw_host or ""
        if url.user is not None or url.password is not None or not url.port:
            raise ValueError("A user name, or no port.")
        if not is_literal(host) and (_BRACKETED.match(text) or _HOST.fullmatch(host) is None):
            raise ValueError("Not a host.")
    except ValueError as error:
        raise FetchRefusedByGuard("The video's address is not a plain web address.") from error
    return url


def _bare(host: str) -> str:
    return host.lower().rstrip(".")


def _entry(host: str) -> tuple[str, int | None]:
    """An allow-list entry as host and port. Raises ValueError if it is neither name nor address."""
    text = f"[{host}]" if ":" in host and is_literal(host) else host
    url = URL(f"//{text}")
    named = url.raw_host or ""
    if not (is_literal(named) or _HOST.fullmatch(named)) or url.path not in {"", "/"} or url.user is not None:
        raise ValueError(f"{host!r} is not the name or address of a host.")
    return _bare(named), url.explicit_port
