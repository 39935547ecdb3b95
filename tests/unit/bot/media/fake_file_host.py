"""A web server on 127.0.0.1 that answers exactly what a test wants, lies included, and remembers what it was asked."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field


@dataclass
class Peer:
    """Who asked, for answers that depend on it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def gone(self) -> None:
        """Return when the other side has closed the connection."""
        await self.reader.read()

    def cut(self) -> None:
        """End the connection as a crash would."""
        self.writer.transport.abort()


Answer = bytes | Callable[[Peer], AsyncGenerator[bytes]]


def answer(body: bytes = b"", status: str = "200 OK", *, length: int | None = -1, **headers: str) -> bytes:
    """A whole HTTP answer; `length` -1 is the true one, None sends none."""
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    if length is not None:
        lines.append(f"Content-Length: {len(body) if length == -1 else length}")
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body


def redirect(location: str, status: str = "302 Found") -> bytes:
    """An answer that leads elsewhere."""
    return answer(status=status, Location=location)


@dataclass
class Asked:
    """One request as it came in."""

    path: str
    headers: dict[str, str]


@dataclass
class FakeFileHost:
    """The server: `answers` by path, `asked` in order."""

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    port: int = 0
    waiting: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            path = head[0].split(" ")[1]
            headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:] if line)}
            self.asked.append(Asked(path, headers))
            reply = self.answers.get(path, answer(status="404 Not Found"))
            if isinstance(reply, bytes):
                writer.write(reply)
            else:
                async with aclosing(reply(Peer(reader, writer))) as pieces:
                    async for piece in pieces:
                        writer.write(piece)
                        await writer.drain()
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away, as some tests want
        finally:
            writer.close()
