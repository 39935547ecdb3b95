"""A forward proxy on 127.0.0.1, as a network may have one: absolute addresses, upgrades, CONNECT, a password.

Each connection serves one request, so that a program can't send two of them to different hosts over one.
"""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

_HEAD_MAX_BYTES = 65_536
# A host that only the proxy finds: a request past it fails.
BEHIND_PROXY = "discord.test"
_HOP_BY_HOP = {"proxy-authorization", "proxy-connection"}


@dataclass(frozen=True)
class Passed:
    """A request that was passed on: its method, host with port, path, and whether it asked for an upgrade."""

    method: str
    host: str
    path: str
    is_upgrade: bool = False


class ForwardProxy:
    """Passes requests on for as long as the context lasts. `passed` has them in order, `refused` counts those without.

    `credentials` are a name and password such as `bot:secret`; `answers` is a status for every request instead.
    """

    def __init__(self, credentials: str | None = None) -> None:
        self.credentials = credentials
        self.answers: int | None = None
        self.passed: list[Passed] = []
        self.refused = 0
        self.port = 0
        self._server: asyncio.Server | None = None
        self._open = set[asyncio.Task[None]]()

    @property
    def address(self) -> str:
        """The address without a name and password."""
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen, at the same port as before if there was one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=_HEAD_MAX_BYTES)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuse connections, and cut those that are open."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._serve_one(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            # Either side has gone, or the proxy has; asyncio takes a cancelled handler for a mistake.
            pass
        finally:
            self._open.discard(task)
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *fields = head[:-4].split("\r\n")
        method, target, _version = line.split(" ")
        headers = [(name.strip(), value.strip()) for name, _, value in (field.partition(":") for field in fields)]
        if (status := self._refusal({name.lower(): value for name, value in headers})) is not None:
            self.refused += 1
            writer.write(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
            return
        if method == "CONNECT":
            host, _, port = target.rpartition(":")
            self.passed.append(Passed(method, target, ""))
            async with _connection(host, int(port)) as (far_reader, far_writer):
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await _relay(reader, writer, far_reader, far_writer)
            return
        url = urlsplit(target)
        is_upgrade = any(name.lower() == "upgrade" for name, _ in headers)
        self.passed.append(Passed(method, url.netloc, url.path, is_upgrade))
        path = url.path + (f"?{url.query}" if url.query else "")
        kept = [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP]
        if not is_upgrade:
            kept = [(name, value) for name, value in kept if name.lower() != "connection"] + [("Connection", "close")]
        onward = "".join([f"{method} {path} HTTP/1.1\r\n", *(f"{name}: {value}\r\n" for name, value in kept), "\r\n"])
        async with _connection(url.hostname or "", url.port or 80) as (far_reader, far_writer):
            far_writer.write(onward.encode("latin-1"))
            await _relay(reader, writer, far_reader, far_writer)

    def _refusal(self, headers: dict[str, str]) -> int | None:
        if self.answers is not None:
            return self.answers
        if self.credentials is None:
            return None
        expected = base64.b64encode(unquote(self.credentials).encode()).decode()
        return None if headers.get("proxy-authorization") == f"Basic {expected}" else 407


@asynccontextmanager
async def _connection(host: str, port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1" if host == BEHIND_PROXY else host, port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _relay(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    far_reader: asyncio.StreamReader,
    far_writer: asyncio.StreamWriter,
) -> None:
    """Copy both ways until one side has ended."""
    ways = [asyncio.create_task(_copy(reader, far_writer)), asyncio.create_task(_copy(far_reader, writer))]
    try:
        # What the far side has sent before its end is still passed on.
        await ways[1]
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65_536):
            target.write(data)
            await target.drain()
