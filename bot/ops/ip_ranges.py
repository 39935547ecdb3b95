"""Which internet addresses are public, and which are private. Pure arithmetic.

The reason for each range: docs/facts/media.md, "Addresses".
"""

import ipaddress
import re

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",  # this network; 0.0.0.0 reaches loopback
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT, and one cloud's metadata
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's host agent, on a public-looking address
        "169.254.0.0/16",  # link-local, and most clouds' metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "2001::/23",  # Teredo and other special purposes
        "2001:db8::/32",
        "2002::/16",  # 6to4: holds an IPv4 address
        "3fff::/20",
    )
)
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
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NUMERIC_LABEL = re.compile(r"\d+|0[xX][0-9a-fA-F]*")


def is_public(address: str) -> bool:
    """Whether an address, as a socket takes it, is public and unicast; an unreadable one is not."""
    try:
        parsed: _Address = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed in _NAT64:
            parsed = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        elif parsed not in _GLOBAL_V6:  # also ::1, ::ffff:a.b.c.d, unique local, link-local, multicast
            return False
    return parsed.is_global and not parsed.is_multicast and not any(parsed in network for network in _NOT_PUBLIC)


def is_private(address: str) -> bool:
    """Whether an address, as a socket takes it, is loopback, private or link-local: narrower than "not public"."""
    try:
        parsed: _Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    judged = mapped or parsed
    return any(judged in network for network in _PRIVATE if network.version == judged.version)


def is_literal(host: str) -> bool:
    """Whether the host is an address in its one plain spelling: four decimal numbers, or IPv6 without a zone."""
    try:
        return "%" not in str(ipaddress.ip_address(host))
    except ValueError:
        return False


def is_disguised(host: str) -> bool:
    """Whether the host ends in a number yet is no plain address: 2130706433, 0177.0.0.1, 0x7f.1, 127.1, 127.0.0.1."""
    return not is_literal(host) and _NUMERIC_LABEL.fullmatch(host.rstrip(".").rpartition(".")[2]) is not None
