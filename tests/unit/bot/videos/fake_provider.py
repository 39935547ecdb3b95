"""A small provider on 127.0.0.1 for the client's tests: it gives scripted responses and records every request."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

Answerer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Part:
    """One part of a multipart body."""

    name: str
    filename: str | None
    content_type: str | None
    data: bytes


@dataclass(frozen=True)
class Seen:
    """A request that reached the provider."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    parts: tuple[Part, ...]
    peer: object


@dataclass
class FakeProvider:
    """What it is to answer, in turn (the last answer repeats), and what it has seen."""

    answers: list[Answerer] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    port: int = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def reply(
        self, status: int = 200, json: object = None, text: str | None = None, headers: dict[str, str] | None = None
    ) -> "FakeProvider":
        """Queue a plain answer."""

        async def answer(_: web.Request) -> web.StreamResponse:
            if text is not None:
                return web.Response(status=status, text=text, headers=headers)
            return web.json_response(json, status=status, headers=headers)

        self.answers.append(answer)
        return self

    def then(self, answerer: Answerer) -> "FakeProvider":
        """Queue an answer of any kind."""
        self.answers.append(answerer)
        return self

    async def handle(self, request: web.Request) -> web.StreamResponse:
        parts: list[Part] = []
        body = b""
        if request.content_type == "multipart/form-data":
            form = await request.multipart()
            while (part := await form.next()) is not None:
                data = bytes(await part.read(decode=False))
                parts.append(Part(part.name, part.filename, part.headers.get("Content-Type"), data))
        else:
            body = await request.read()
        peer = request.transport.get_extra_info("peername") if request.transport else None
        raw_path = request.raw_path
        self.seen.append(Seen(request.method, raw_path, dict(request.headers), body, tuple(parts), peer))
        answerer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return await answerer(request)


async def serve(provider: FakeProvider) -> web.AppRunner:
    """Listen on a free port of 127.0.0.1; the caller cleans the runner up."""
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", provider.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    provider.port = runner.addresses[0][1]
    return runner


async def hang(_: web.Request) -> web.StreamResponse:
    """Take the request and never answer."""
    await asyncio.Event().wait()
    raise AssertionError


async def hang_up(request: web.Request) -> web.StreamResponse:
    """Take the request and cut the connection."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def reset(request: web.Request) -> web.StreamResponse:
    """Take the request and reset the connection, so that the asker gets an error of the socket and no end of it."""
    assert request.transport is not None
    request.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()
    return web.Response()


def raw(data: bytes) -> Answerer:
    """Write these bytes instead of an answer and cut the connection."""

    async def answer(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.write(data)
        request.transport.close()
        return web.Response()

    return answer


async def drip(request: web.Request) -> web.StreamResponse:
    """Send the head, then a byte now and then, for ever."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.02)


async def flood(request: web.Request) -> web.StreamResponse:
    """Send JSON without an end; the writing fails when the reader has had enough."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b'{"id": "video_1", "junk": "')
    while True:
        await response.write(b"x" * 65536)
