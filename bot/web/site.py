"""The bot's pages over HTTP: `/healthz` for a supervisor, `/readyz` for people and rollouts (docs/monitoring.md)."""

import json
from typing import Self

import structlog
from aiohttp import web

from bot.client import VideoBot
from bot.engine.engine import Engine
from bot.web.facts import FactFinder, Fresh
from bot.web.listening import listen
from bot.web.readiness import Facts, PartState, is_ready, judge, phase_of
from bot.web.server import HttpServer

_OK, _UNAVAILABLE = 200, 503
_log = structlog.stdlib.get_logger(__name__)


class Site:
    """An async context manager; until `watch` is called the process counts as starting."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._server = HttpServer({"/healthz": self._health, "/readyz": self._readiness})
        self._finder: FactFinder | None = None
        self._facts = Fresh(self._find)

    async def __aenter__(self) -> Self:
        """Serve. Raises `ListenError`."""
        await self._server.start(await listen(self._host, self._port))
        _log.info("http", host=self._host, port=self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.close()
        await self._facts.end()
        if self._finder is not None:
            await self._finder.end()

    def watch(self, engine: Engine, client: VideoBot) -> None:
        """From now on the pages are about this engine and this client."""
        self._finder = FactFinder(engine, client)

    async def _find(self) -> Facts | None:
        return None if self._finder is None else await self._finder.find()

    async def _health(self) -> web.Response:
        """That it is answered shows that the event loop turns; external faults are no reason for a restart."""
        hung = [] if self._finder is None else self._finder.hung_loops()
        if hung:
            return web.Response(status=_UNAVAILABLE, text="".join(f"{name} hangs\n" for name in hung))
        return web.Response(text="ok\n")

    async def _readiness(self) -> web.Response:
        facts = await self._facts.get()
        parts = judge(facts)
        ready = is_ready(parts)
        said = {
            part.name: {"state": part.state}
            if part.state is PartState.OK
            else {"state": part.state, "why": part.reason}
            for part in parts
        }
        text = json.dumps({"ready": ready, "phase": phase_of(facts), "parts": said}, indent=2)
        status = _OK if ready else _UNAVAILABLE
        return web.Response(status=status, text=f"{text}\n", content_type="application/json")
