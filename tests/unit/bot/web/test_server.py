"""The HTTP server of the bot's pages, over real sockets: what it serves, and that no client burdens it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from random import Random

import pytest
from aiohttp import web

from bot.web import server
from bot.web.listening import ListenError, listen
from bot.web.server import CONNECTIONS_MAX, HttpServer

SEED = 14
BODY = "x" * 4_000_000
_HOST = "127.0.0.1"


class Pages:
    """A server with a small page, a large one, one that fails, and one that waits."""

    def __init__(self) -> None:
        self.port = 0
        self.released = asyncio.Event()
        self.asked = 0
        self.server = HttpServer(
            {"/small": self.small, "/large": self.large, "/broken": self.broken, "/slow": self.slow}
        )

    async def small(self) -> web.Response:
        self.asked += 1
        return web.Response(text="ok\n")

    async def large(self) -> web.Response:
        return web.Response(text=BODY)

    async def broken(self) -> web.Response:
        raise RuntimeError("a page of ours")

    async def slow(self) -> web.Response:
        await self.released.wait()
        return web.Response(text="late\n")


@pytest.fixture
async def pages() -> AsyncIterator[Pages]:
    served = Pages()
    sockets = await listen(_HOST, 0)
    served.port = sockets[0].getsockname()[1]
    await served.server.start(sockets)
    yield served
    await served.server.close()


async def send(port: int, request: bytes, *, seconds: float = 20.0) -> bytes:
    """All that the server answers to those bytes until it ends the connection."""
    reader, writer = await asyncio.open_connection(_HOST, port)
    try:
        async with asyncio.timeout(seconds):
            writer.write(request)
            await writer.drain()
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


def request(path: str, method: str = "GET", headers: str = "") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: anything.example\r\n{headers}\r\n".encode()


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110  # the server rings no bell
            await asyncio.sleep(0.005)


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections live for a moment, so that a test needn't wait for ten seconds."""
    monkeypatch.setattr(server, "LIFE_SECONDS", 0.3)
    monkeypatch.setattr(server, "_PAGE_SECONDS", 0.2)


@pytest.mark.parametrize("path", ["/small", "/small?a=1", "http://somewhere.else/small", "/%73mall"])
async def test_a_page_is_served_whatever_the_host_is_called(pages: Pages, path: str) -> None:
    """With its length, once per connection, and without anything to keep."""
    answer = await send(pages.port, request(path))
    assert status_of(answer) == 200
    assert answer.endswith(b"\r\n\r\nok\n")
    assert b"Content-Length: 3\r\n" in answer
    assert b"Connection: close\r\n" in answer
    assert b"Cache-Control: no-store\r\n" in answer


async def test_head_gets_the_same_without_the_body(pages: Pages) -> None:
    """As a load balancer asks."""
    answer = await send(pages.port, request("/small", "HEAD"))
    assert status_of(answer) == 200
    assert b"Content-Length: 3\r\n" in answer
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "get", "X"])
async def test_other_methods_are_refused(pages: Pages, method: str) -> None:
    """With what is allowed, if they are methods at all; no page is asked."""
    answer = await send(pages.port, request("/small", method))
    assert status_of(answer) in ({405} if method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH") else {400, 404, 405})
    assert status_of(answer) != 405 or b"Allow: GET, HEAD\r\n" in answer
    assert pages.asked == 0


@pytest.mark.parametrize(
    "path", ["/", "/small/", "/smal", "//small", "/../small", "/small%00", "*", "/%ff", "/a" * 900]
)
async def test_other_paths_are_not_found(pages: Pages, path: str) -> None:
    """There is nothing but the pages: no folder, no list."""
    assert status_of(await send(pages.port, request(path))) in (400, 404)
    assert pages.asked == 0


@pytest.mark.parametrize(
    "asked", [request("/small"), request("/no"), request("/small", "POST"), b"\x16\x03\x01\r\n\r\n"]
)
async def test_no_answer_names_a_version(pages: Pages, asked: bytes) -> None:
    """Neither of Python nor of a library, also where the request was no HTTP."""
    answer = (await send(pages.port, asked)).lower()
    assert answer
    assert b"python" not in answer
    assert b"aiohttp" not in answer


async def test_a_page_that_breaks_is_logged_and_the_others_are_served(
    pages: Pages, caplog: pytest.LogCaptureFixture
) -> None:
    """Its client gets a 500 without the reason."""
    answer = await send(pages.port, request("/broken"))
    assert status_of(answer) == 500
    assert b"a page of ours" not in answer
    assert status_of(await send(pages.port, request("/small"))) == 200


async def test_a_connection_has_one_request(pages: Pages) -> None:
    """A second one behind it is dropped."""
    answer = await send(pages.port, request("/small") * 50)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert pages.asked == 1


@pytest.mark.usefixtures("brief")
async def test_a_body_is_not_waited_for(pages: Pages) -> None:
    """A client that announces a gigabyte and sends nothing gets its answer, and its connection ends."""
    answer = await send(pages.port, request("/small", "POST", "Content-Length: 1000000000\r\n"))
    assert status_of(answer) == 405


def garbage(rng: Random) -> bytes:
    """Something that a confused or hostile client sends."""
    line = rng.choice(
        (b"GET /small HTTP/1.1\r\n", b"POST /small HTTP/1.1\r\n", b"\x16\x03\x01\x02\x00", b"", b"\r\n" * 9)
    )
    headers = (
        b"Content-Length: -1\r\n\r\n",
        b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nz\r\n",
        b"A: " + b"b" * rng.randrange(40_000) + b"\r\n\r\n",
        b"A: b\r\n" * rng.randrange(400) + b"\r\n",
        b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n" + rng.randbytes(200),
        b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n",
        b" folded\r\n\x00: \x00\r\n\r\n",
    )
    return rng.choice((line + rng.choice(headers), rng.randbytes(rng.randrange(1, 3_000)), line[: rng.randrange(9)]))


@pytest.mark.slow
@pytest.mark.usefixtures("brief")
async def test_garbage_ends_its_own_connection_alone(pages: Pages, caplog: pytest.LogCaptureFixture) -> None:
    """Two hundred pieces of it, many at once: each connection ends, no line is logged, and pages are served."""
    print(f"seed {SEED}")  # noqa: T201  # a failure says which pieces
    rng = Random(SEED)
    for _ in range(10):
        pieces = [garbage(rng) for _ in range(20)]
        await asyncio.gather(*(send(pages.port, piece) for piece in pieces))
        assert status_of(await send(pages.port, request("/small"))) == 200
    assert [record for record in caplog.records if record.levelname != "DEBUG"] == []


async def test_hundreds_of_idle_connections_shut_out_no_one(pages: Pages) -> None:
    """The oldest are cut off, so that their number is bounded; a client that asks is answered at once."""
    idle = [await asyncio.open_connection(_HOST, pages.port) for _ in range(300)]
    try:
        for _ in range(5):
            assert status_of(await send(pages.port, request("/small"), seconds=5)) == 200
        cut_off = [reader for reader, _ in idle if reader.at_eof() or reader.exception() is not None]
        assert len(cut_off) >= 300 - CONNECTIONS_MAX
    finally:
        for _, writer in idle:
            writer.close()


async def hold(port: int, sent: bytes, receive_bytes: int | None = None) -> socket.socket:
    """A connection that sends that and then does nothing, not even read."""
    made = socket.socket()
    if receive_bytes is not None:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    made.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(made, (_HOST, port))
    await loop.sock_sendall(made, sent)
    return made


@pytest.mark.usefixtures("brief")
@pytest.mark.parametrize(
    "sent", [b"", b"GET /sm", b"GET /small HTTP/1.1\r\nA: b\r\n", request("/large"), request("/slow")]
)
async def test_a_client_that_hangs_is_cut_off_in_time(pages: Pages, sent: bytes) -> None:
    """Silent, half-way through its request, or never reading its answer: others are served, and it is cut off."""
    held = await hold(pages.port, sent, 4096)
    try:
        await until(lambda: pages.server.open_connections == 1)
        assert status_of(await send(pages.port, request("/small"))) == 200
        await until(lambda: pages.server.open_connections == 0)
    finally:
        held.close()


@pytest.mark.usefixtures("brief")
async def test_a_client_that_drips_is_cut_off_in_time(pages: Pages) -> None:
    """A byte now and then keeps no connection open."""
    reader, writer = await asyncio.open_connection(_HOST, pages.port)
    began_at = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(20):
            writer.write(b"GET /small HTTP/1.1\r\nA: ")
            while not reader.at_eof() and reader.exception() is None:
                writer.write(b"b")
                await asyncio.sleep(0.02)
    finally:
        writer.close()
    assert asyncio.get_running_loop().time() - began_at >= 0.25


@pytest.mark.usefixtures("brief")
async def test_a_slow_page_ends_with_a_500(pages: Pages) -> None:
    """Before its connection is cut off, so that the client learns it."""
    assert status_of(await send(pages.port, request("/slow"))) == 500


async def test_closing_waits_for_no_client(pages: Pages) -> None:
    """With hanging, idle and unread connections open it takes no time, and the port is free again."""
    sent = (b"", request("/slow"), request("/large"), b"GET")
    held = [await hold(pages.port, each, 4096) for each in sent]
    await until(lambda: pages.server.open_connections == len(sent))
    async with asyncio.timeout(2):
        await pages.server.close()
    for each in held:
        each.close()
    for each in await listen(_HOST, pages.port):
        each.close()


async def test_a_port_in_use_is_named(pages: Pages) -> None:
    """One line, with both settings and the address."""
    with pytest.raises(ListenError, match=rf"HTTP_HOST and HTTP_PORT, {_HOST}:{pages.port}: Address already in use\.$"):
        await listen(_HOST, pages.port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
async def test_a_host_that_is_not_ours_is_named(host: str) -> None:
    """An address of another machine, or a name without one."""
    with pytest.raises(ListenError, match="HTTP_HOST and HTTP_PORT") as caught:
        await listen(host, 18_080)
    assert "\n" not in str(caught.value)


async def test_a_name_is_served_at_each_of_its_addresses() -> None:
    """`localhost` may be IPv4, IPv6 or both."""
    sockets = await listen("localhost", 0)
    assert {each.family for each in sockets} <= {socket.AF_INET, socket.AF_INET6}
    assert sockets
    for each in sockets:
        each.close()
