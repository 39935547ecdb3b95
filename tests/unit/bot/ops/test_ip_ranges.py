"""Which addresses are public and which are private; many are neither."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ops.ip_ranges import is_disguised, is_literal, is_private, is_public

PRIVATE = [
    *("127.0.0.1", "127.9.9.9", "::1", "10.0.0.5", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.1.1"),
    *("fd00::1", "fe80::1", "fe80::1%eth0", "::ffff:10.0.0.1", "::ffff:127.0.0.1"),
]
NEITHER = [
    *("0.1.2.3", "100.64.0.1", "168.63.129.16", "192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255"),
    *("::", "::ffff:8.8.8.8", "2001:db8::1", "2002:808:808::1", "64:ff9b:1::808:808", "ff02::1", "api.test", ""),
]
PUBLIC = ["93.184.216.34", "1.1.1.1", "172.32.0.1", "11.0.0.1", "2606:4700::1111", "64:ff9b::101:101"]


@pytest.mark.parametrize("address", PRIVATE)
def test_private(address: str) -> None:
    """Loopback, private, unique local and link-local addresses, also as IPv6 addresses that hold one of IPv4."""
    assert is_private(address)
    assert not is_public(address)


@pytest.mark.parametrize("address", NEITHER)
def test_neither(address: str) -> None:
    """Reserved ranges, multicast, tunnels, and what is no address."""
    assert not is_private(address)
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    """The rest, with the IPv4 address that a NAT64 address leads to."""
    assert is_public(address)
    assert not is_private(address)


@given(st.one_of(st.text(max_size=20), st.ip_addresses().map(str)))
def test_any_text(text: str) -> None:
    """Any text is judged; nothing is both, and only addresses are either."""
    assert not (is_public(text) and is_private(text))
    if is_public(text) or is_private(text):
        ipaddress.ip_address(text)


@pytest.mark.parametrize("host", ["2130706433", "0177.0.0.1", "0x7f.1", "127.1", "127.0.0.1.", "１２７.0.0.１", "a.0x"])
def test_disguised(host: str) -> None:
    """Some programs read these as addresses."""
    assert is_disguised(host)
    assert not is_literal(host)


@pytest.mark.parametrize("host", ["api.test", "a1.b2", "127.0.0.1", "::1", "0x7f.test"])
def test_not_disguised(host: str) -> None:
    """Names, and addresses in their plain spelling."""
    assert not is_disguised(host)
