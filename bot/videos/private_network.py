"""Plain http carries the key in the clear: it goes to loopback and private addresses only, judged at each connection.

A name is judged by the very address that its socket connects to, so a second answer of the name server changes nothing
(docs/facts/provider.md, "Keys and redirects").
"""

import errno
import socket
from typing import Any

import aiohttp
from yarl import URL

from bot.ops.ip_ranges import is_literal, is_private


class PublicAddressError(OSError):
    """A plain http connection would have gone to a public address; no packet was sent."""

    def __init__(self, address: str) -> None:
        super().__init__(errno.EACCES, f"http:// is only for loopback and private addresses, and {address} is public")


def is_public_literal(host: str) -> bool:
    """Whether a host of an address is itself an address, and not a private one; names are judged when they resolve."""
    return is_literal(host.partition("%")[0]) and not is_private(host)


def connector_to(base_url: str, **options: Any) -> aiohttp.TCPConnector:
    """A connector for the sessions with that base URL; over http it opens no socket to a public address."""
    if URL(base_url).scheme == "http":
        options["socket_factory"] = _private_socket
    return aiohttp.TCPConnector(**options)


def _private_socket(info: tuple[int, int, int, str, tuple[Any, ...]]) -> socket.socket:
    """For aiohttp: called with each address just before the connection (docs/facts/media.md, "aiohttp")."""
    family, kind, protocol, _name, address = info
    if not is_private(str(address[0])):
        raise PublicAddressError(str(address[0]))
    return socket.socket(family, kind, protocol)
