"""A network that ends here: names resolve from a table, and sockets connect to nothing but the tests' own servers."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.unit.bot.media.fake_file_host import FakeFileHost
from tests.unit.bot.media.fake_network import FakeNetwork


@pytest.fixture(autouse=True)
def net(monkeypatch: pytest.MonkeyPatch) -> FakeNetwork:
    made = FakeNetwork()
    connect = asyncio.selector_events.BaseSelectorEventLoop.sock_connect

    async def sock_connect(loop: Any, sock: socket.socket, address: Any) -> None:
        if address[0] == "127.0.0.1" and address[1] in made.ports:
            await connect(loop, sock, address)
        else:
            made.attempts.append(address[0])
            raise ConnectionRefusedError("nothing leaves this machine")

    monkeypatch.setattr(asyncio.selector_events.BaseSelectorEventLoop, "sock_connect", sock_connect)
    monkeypatch.setattr(socket, "getaddrinfo", made.getaddrinfo)
    return made


@pytest.fixture
async def api(net: FakeNetwork) -> AsyncIterator[FakeFileHost]:
    """The server that the API base URL (or Discord's) names."""
    host = FakeFileHost()
    await host.start()
    net.ports.add(host.port)
    yield host
    await host.stop()


@pytest.fixture
async def files(net: FakeNetwork) -> AsyncIterator[FakeFileHost]:
    """A file host of its own name, which the operator has allowed: `files.test`."""
    host = FakeFileHost()
    await host.start()
    net.ports.add(host.port)
    net.name("files.test", ["127.0.0.1"])
    yield host
    await host.stop()
