"""Plain http goes to loopback and private addresses only, for any resolved name, at each connection."""

import socket

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer
from aiohttp.web import Application, Response, get

from bot.media.address_guard import AddressGuard
from bot.videos.private_network import PublicAddressError, connector_to, is_public_literal

PUBLIC = "192.0.2.1"  # reserved for documentation, so that nothing leaves the machine even if the guard fails


class FakeResolver(AbstractResolver):
    """A name server whose answers change as the test says."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(hostname=host, host=each, port=port, family=socket.AF_INET, proto=0, flags=0)
            for each in found
        ]

    async def close(self) -> None:
        """Nothing is open."""


async def asked(resolver: FakeResolver, base: str, *, times: int = 1) -> list[int | type[OSError]]:
    """What came of that many requests to a server on this machine, by its name."""

    async def answer(_request: object) -> Response:
        return Response(text="here")

    application = Application()
    application.add_routes([get("/v1", answer)])
    found: list[int | type[OSError]] = []
    async with TestServer(application, host="127.0.0.1") as server:
        connector = connector_to(base, resolver=resolver, use_dns_cache=False, force_close=True)
        async with aiohttp.ClientSession(connector=connector) as session:
            for _ in range(times):
                try:
                    async with session.get(f"http://api.test:{server.port}/v1") as response:
                        found.append(response.status)
                except aiohttp.ClientConnectorError as error:
                    found.append(type(error.os_error))
    return found


async def test_a_name_is_judged_by_each_address_it_leads_to() -> None:
    """A private one is used, a public one is not, also beside a private one, and also when the answer changes."""
    assert await asked(FakeResolver(["127.0.0.1"]), "http://api.test/v1") == [200]
    assert await asked(FakeResolver([PUBLIC]), "http://api.test/v1") == [PublicAddressError]
    assert await asked(FakeResolver([PUBLIC, "127.0.0.1"]), "http://api.test/v1") == [200]
    rebinding = FakeResolver(["127.0.0.1"], [PUBLIC], ["127.0.0.1"])
    assert await asked(rebinding, "http://api.test/v1", times=3) == [200, PublicAddressError, 200]


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "::1", "10.0.0.5", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.1.1"),
        *("fd00::1", "fe80::1", "fe80::1%eth0", "::ffff:10.0.0.1", "::ffff:127.0.0.1"),
    ],
)
def test_private_addresses(address: str) -> None:
    """Loopback, private, unique local and link-local ones, also in their IPv6 clothes."""
    assert not is_public_literal(address)


@pytest.mark.parametrize(
    "address",
    [
        *("8.8.8.8", "172.32.0.1", "100.64.0.1", "192.169.0.1", "11.0.0.1", "224.0.0.1", "0.1.2.3"),
        *("2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::a00:1", "2002:a00:1::", "ff02::1", "::"),
    ],
)
def test_public_addresses(address: str) -> None:
    """Everything else, also what only holds a private address."""
    assert is_public_literal(address)


def test_a_name_is_no_literal() -> None:
    """It is judged when it is resolved."""
    assert not is_public_literal("api.test")


def test_the_key_is_not_sent_over_http_for_the_video_either() -> None:
    """The bytes of a video come from the same host with the same key: the same rule holds there."""
    gate = AddressGuard("http://api.test/v1", ()).gate(
        AddressGuard("http://api.test/v1", ()).admit("http://api.test/v")
    )
    with pytest.raises(OSError, match="closed"):
        gate._socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("8.8.8.8", 80)))
    gate._socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("10.0.0.1", 80))).close()
