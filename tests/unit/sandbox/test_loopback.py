"""Nothing that a test does leaves this machine, whichever library does it; every test runs under this guard."""

import asyncio
import socket

import pytest

from sandbox.loopback import OutsideError

OUTSIDE = ["192.0.2.1", "10.0.0.1", "169.254.169.254", "2001:db8::1", "0.0.0.0", "::ffff:192.0.2.1"]  # noqa: S104  # refused


@pytest.mark.parametrize("name", ["discord.com", "api.routin.ai", "example.test", "localhost.example.org"])
def test_no_foreign_name_is_looked_up(name: str) -> None:
    """A name that is not this machine's never reaches a resolver."""
    with pytest.raises(OutsideError):
        socket.getaddrinfo(name, 443)


@pytest.mark.parametrize("address", OUTSIDE)
def test_no_foreign_address_is_connected_to(address: str) -> None:
    """Neither is an address connected to, nor a single packet sent there."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as one, pytest.raises(OutsideError):
        one.connect((address, 9))
    with socket.socket(family, socket.SOCK_DGRAM) as one, pytest.raises(OutsideError):
        one.sendto(b"x", (address, 9))


async def test_asyncio_is_held_back_too() -> None:
    """An event loop's own connecting goes through the same guard."""
    with pytest.raises(OutsideError):
        await asyncio.open_connection("192.0.2.1", 9)


async def test_this_machine_is_reached() -> None:
    """Loopback works, by name and by number, and a socket between two ends of a process."""
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    for host in ("127.0.0.1", "localhost"):
        _, writer = await asyncio.open_connection(host, port, family=socket.AF_INET)
        writer.close()
        await writer.wait_closed()
    server.close()
    await server.wait_closed()
    left, right = socket.socketpair()
    left.close()
    right.close()
