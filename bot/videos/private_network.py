"""Plain http carries the key in the clear: it goes to loopback and private addresses only, judged at each connection.

A name is judged by the very address that its socket connects to, so a second answer of the name server changes nothing
(docs/facts/provider.md, "Keys and redirects").
"""

import errno
import ipaddress
import socket
from typing import Any

import aiohttp
from yarl import URL

_PRIVATE = tuple(
    ipaddress.ip_network(network)
    for network in (
        "127.0.0.0/8",
        "::1/128",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "fc00::/7",  # unique local
        "fe80::/10",  # link-local
    )
)


class PublicAddressError(OSError):
    """A plain http connection would have gone to a public address; no packet was sent."""

    def __init__(self, address: str) -> None:
        super().__init__(errno.EACCES, f"http:// is only for loopback and private addresses, and {address} is public")


def is_private(address: str) -> bool:
    """Whether an address, as a socket takes it, is loopback, private or link-local; an unreadable one is not."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    judged = mapped or parsed
    return any(judged in network for network in _PRIVATE if network.version == judged.version)


def is_public_literal(host: str) -> bool:
    """Whether a host of an address is itself an address, and not a private one; names are judged when they resolve."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return not is_private(host)


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
