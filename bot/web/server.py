"""An HTTP server for some small pages. No client can slow it down, fill its memory, or keep a connection.

aiohttp reads and writes; this adds the bounds that it lacks. A connection has one request, and ends after ten seconds
at the latest, whether its client is slow, silent, or never reads its answer. Beyond a number of connections the oldest
one is cut off, so that idle ones shut out no one.
"""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

CONNECTIONS_MAX = 32
LIFE_SECONDS = 10.0
_PAGE_SECONDS = 8.0
# While a body is thrown away that came with a request.
_LINGERING_SECONDS = 1.0
_LEAVING_SECONDS = 0.1
_HEADER_BYTES_MAX = 8 * 1024
_HEADERS_MAX = 64
# No versions: they would tell everybody which weaknesses apply.
SERVER_NAME = "discord-video-bot"
_ALLOWED = ("GET", "HEAD")
_log = structlog.stdlib.get_logger(__name__)

Page = Callable[[], Awaitable[web.Response]]


def _quiet_logger() -> logging.Logger:
    """For aiohttp: malformed requests are not worth a line; faults of pages are logged here."""
    quiet = logging.getLogger(f"{__name__}.malformed")
    quiet.setLevel(logging.CRITICAL + 1)
    return quiet


class HttpServer:
    """Serves each page at its path, from `start` until `close`."""

    def __init__(self, pages: Mapping[str, Page]) -> None:
        self._pages = pages
        self._open: dict[_Connection, None] = {}
        self._servers: list[asyncio.Server] = []
        self._http: web.Server | None = None

    async def start(self, sockets: Sequence[socket.socket]) -> None:
        """Serve at those sockets, which listen already."""
        loop = asyncio.get_running_loop()
        self._http = http = web.Server(self._answer)
        logger = _quiet_logger()

        def connection() -> _Connection:
            return _Connection(http, self._open, logger)

        for each in sockets:
            self._servers.append(await loop.create_server(connection, sock=each))

    @property
    def open_connections(self) -> int:
        """How many connections are open."""
        return len(self._open)

    async def close(self) -> None:
        """Cut off all connections, and free the port."""
        for server in self._servers:
            server.close()
        for connection in tuple(self._open):
            connection.cut_off()
        if self._http is not None:
            # Of requests that are being answered.
            await self._http.shutdown(_LEAVING_SECONDS)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        response = await self._page(request)
        response.headers["Server"] = SERVER_NAME
        response.headers["Cache-Control"] = "no-store"
        response.force_close()
        return response

    async def _page(self, request: web.BaseRequest) -> web.Response:
        page = self._pages.get(request.path)
        if page is None:
            return web.Response(status=404, text="Not found.\n")
        if request.method not in _ALLOWED:
            return web.Response(status=405, text="Only GET and HEAD.\n", headers={"Allow": ", ".join(_ALLOWED)})
        try:
            async with asyncio.timeout(_PAGE_SECONDS):
                return await page()
        except Exception:  # noqa: BLE001  # the last guard: an observer's fault is logged, and the bot goes on
            _log.exception("page failed", path=request.path)
            return web.Response(status=500, text="Failed; see the log.\n")


class _Connection(RequestHandler):
    """One connection, among all that are open, the oldest first."""

    __slots__ = ("_cut_off_at", "_open")

    def __init__(self, http: web.Server, others: "dict[_Connection, None]", logger: logging.Logger) -> None:
        super().__init__(
            http,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=LIFE_SECONDS,
            logger=logger,
            access_log=logger,
            max_line_size=_HEADER_BYTES_MAX,
            max_field_size=_HEADER_BYTES_MAX,
            max_headers=_HEADERS_MAX,
            lingering_time=_LINGERING_SECONDS,
        )
        self._open = others
        self._cut_off_at: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it; with too many the oldest goes."""
        super().connection_made(transport)
        self._open[self] = None
        self._cut_off_at = asyncio.get_running_loop().call_later(LIFE_SECONDS, self.cut_off)
        if len(self._open) > CONNECTIONS_MAX:
            next(iter(self._open)).cut_off()

    def connection_lost(self, exc: BaseException | None) -> None:
        """It counts no more."""
        self._open.pop(self, None)
        if self._cut_off_at is not None:
            self._cut_off_at.cancel()
        super().connection_lost(exc)

    def cut_off(self) -> None:
        """End it at once; what its client hasn't read is lost."""
        self._open.pop(self, None)
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The response to a request that can't be read, without aiohttp's name and version."""
        failed = super().handle_error(request, status, exc, message and "Not readable.\n")
        failed.headers["Server"] = SERVER_NAME
        return failed
