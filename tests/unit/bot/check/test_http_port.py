"""The port of the health pages, found out over real sockets."""

import os
import socket
from collections.abc import Iterator

import pytest

from bot.check.http_port import Use, look_at_port
from bot.web.listening import listen
from bot.web.server import HttpServer


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which another program takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_free_port(host: str) -> None:
    """A bot can listen there afterwards."""
    port = free_port()
    assert (await look_at_port(host, port)).use is Use.FREE
    for each in await listen("127.0.0.1", port):
        each.close()


async def test_a_bot_that_runs() -> None:
    """It is known by the name of its server."""
    sockets = await listen("127.0.0.1", 0)
    server = HttpServer({})
    await server.start(sockets)
    assert (await look_at_port("127.0.0.1", sockets[0].getsockname()[1])).use is Use.OURS
    await server.close()


async def test_another_program(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that never answers."""
    monkeypatch.setattr("bot.check.http_port._SECONDS", 0.3)
    assert (await look_at_port("127.0.0.1", taken)).use is Use.TAKEN


@pytest.mark.parametrize("host", ["203.0.113.1", "nowhere.invalid"])
async def test_an_address_of_another_machine(host: str) -> None:
    """Nothing can be served there."""
    facts = await look_at_port(host, free_port())
    assert facts.use is Use.CLOSED
    assert facts.why


async def test_a_privileged_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system says no."""

    def bind(_socket: socket.socket, address: tuple[str, int]) -> None:
        if address[1]:
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(socket.socket, "bind", bind)
    facts = await look_at_port("127.0.0.1", 80)
    assert (facts.use, facts.why) == (Use.CLOSED, "Permission denied")
