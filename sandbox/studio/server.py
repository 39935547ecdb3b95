"""The studio as one object to start, set, watch and stop: a local Videos API and its file host, on loopback only."""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from aiohttp import web

from bot.ops.clock import Clock
from sandbox.studio import openrouter_wire, wire
from sandbox.studio.api import Api
from sandbox.studio.dials import Dials
from sandbox.studio.faults import Faults, Gate, Gates, Held, Moment
from sandbox.studio.links import FileHost, Links
from sandbox.studio.middleware import RequestMiddleware
from sandbox.studio.openrouter_api import OpenRouterApi
from sandbox.studio.render_files import RenderFiles
from sandbox.studio.state import Render, Request, StudioState

StudioDialect = Literal["openai", "openrouter"]

_BASE_PATHS = {"openai": "/v1", "openrouter": "/api/v1"}
_ID_PREFIXES = {"openai": "video_", "openrouter": "gen-vid-"}
_HOST = "127.0.0.1"
_LAST_WORDS_SECONDS = 0.5


class Studio:
    """A Videos API that renders in `folder` and whose time is `clock`. It lives in the loop that starts it.

    Its state (renders, requests, charges) is in memory and survives `stop()`: started again, it continues.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        api_key: str = "sk-sandbox",
        dials: Dials | None = None,
        dialect: StudioDialect = "openai",
    ) -> None:
        self.folder = folder
        self.dialect: StudioDialect = dialect
        self.api_key = api_key
        self.dials = dials or Dials()
        self.faults = Faults()
        self.clock = clock
        self._state = StudioState(clock, self.dials, _ID_PREFIXES[dialect])
        self._gates = Gates()
        self._links = Links()
        self._render_files: RenderFiles | None = None
        self._middleware: RequestMiddleware | None = None
        self._runners: list[web.AppRunner] = []

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1: the API on `port` (0 = any free one), the file host on another.

        Raises OSError when the port is taken, EncodeError when there is no ffmpeg.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._render_files = RenderFiles(self.folder, self._state)
        speaks_openai = self.dialect == "openai"
        write_error = wire.write_error if speaks_openai else openrouter_wire.write_error
        self._middleware = RequestMiddleware(self._state, self.faults, self._gates, write_error)
        endpoints = (Api if speaks_openai else OpenRouterApi)(
            self._state, self._render_files, self._links, self.api_key
        )
        api = endpoints.app(self._middleware)
        files = FileHost(self._state, self._render_files, self._links).app(self._middleware)
        try:
            self._links.api_origin = await self._listen(api, port)
            self._links.files_origin = await self._listen(files, 0)
            self._state.resume()
        except BaseException:
            # Also when cancelled: `__aexit__` isn't called for what was not started.
            await self.stop()
            raise

    async def _listen(self, app: web.Application, port: int) -> str:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_LAST_WORDS_SECONDS)
        await runner.setup()
        self._runners.append(runner)
        await web.TCPSite(runner, _HOST, port).start()
        return f"http://{_HOST}:{runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Cut held requests, stop drawing, close both servers. Calling it twice is harmless."""
        if self._middleware:
            self._middleware.close()
        await self._state.close()
        if self._render_files:
            await self._render_files.close()
        while self._runners:
            await self._runners.pop().cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:PORT/v1` or `…/api/v1`: the API's base URL for clients."""
        return f"{self._links.api_origin}{_BASE_PATHS[self.dialect]}"

    @property
    def files_url(self) -> str:
        """`http://127.0.0.1:OTHER_PORT`: the origin of the foreign file host."""
        return self._links.files_origin

    @property
    def renders(self) -> list[Render]:
        """Every accepted paid submission, in order: the truth about charges."""
        return self._state.renders

    @property
    def requests(self) -> list[Request]:
        """Every request to either server, in order."""
        return self._state.requests

    @property
    def leaks(self) -> list[Request]:
        """The requests with a key that doesn't belong there: any at the file host, and at the API another one."""
        own = f"Bearer {self.api_key}"
        sent = ((request, request.headers.get("authorization")) for request in self.requests)
        return [request for request, key in sent if key is not None and (request.at_file_host or key != own)]

    def paid(self, what: str) -> int:
        """How many accepted paid submissions had exactly this prompt or this idempotency key."""
        return self._state.paid(what)

    def gate(self, operation: Held, moment: Moment, *, skip: int = 0) -> Gate:
        """Hold the next request of that operation right before or after it is carried out (for a paid one: taken).

        `skip` lets so many by first; with "anything" every request counts, so that any one is reached by its number.
        """
        return self._gates.add(operation, moment, skip=skip)

    def remove_gate(self, gate: Gate) -> None:
        """Remove a gate that no request has reached."""
        self._gates.remove(gate)

    async def wait_for(self, predicate: Callable[[], object], timeout_seconds: float = 20) -> None:
        """Return once `predicate()` is true, evaluated at every change here. Raises TimeoutError (real seconds)."""
        await self._state.wait_for(predicate, timeout_seconds)

    async def video(self, render: Render) -> Path:
        """The file of a render, drawn now if it wasn't yet; raises EncodeError."""
        if self._render_files is None:
            raise RuntimeError("The studio was not started.")
        return await self._render_files.video(render)
