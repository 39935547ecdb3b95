"""The bot's pages over HTTP (docs/monitoring.md): `/healthz` for a supervisor, `/readyz` for rollouts, `/metrics`."""

import asyncio
import json
from contextlib import ExitStack
from typing import Self

import structlog
from aiohttp import web

from bot.client import VideoBot
from bot.engine.engine import Engine
from bot.jobs.life_log import heard_by
from bot.ops.clock import Clock
from bot.web.counters import Counters
from bot.web.exposition import CONTENT_TYPE, Exposition
from bot.web.facts import FactFinder
from bot.web.listening import listen
from bot.web.loop_lag import measure_lag
from bot.web.probe import Fresh
from bot.web.readiness import Phase, is_ready, judge, phase_of
from bot.web.reading import Facts, Reading
from bot.web.server import HttpServer

_OK, _UNAVAILABLE = 200, 503
_log = structlog.stdlib.get_logger(__name__)


class Site:
    """An async context manager; until `watch` is called the process counts as starting.

    `observer` counts for `/metrics` what is reported to it, and what becomes of all jobs of the process.
    """

    def __init__(self, host: str, port: int, clock: Clock) -> None:
        self._host = host
        self._port = port
        self._clock = clock
        pages = {"/healthz": self._health, "/readyz": self._readiness, "/metrics": self._metrics}
        self._server = HttpServer(pages)
        self.observer = Counters(clock)
        self._exposition = Exposition(self.observer)
        self._finder: FactFinder | None = None
        self._facts, self._text = Fresh(self._find, clock), Fresh(self._write, clock)
        self._listening = ExitStack()
        self._lag: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Serve. Raises `ListenError`."""
        await self._server.start(await listen(self._host, self._port))
        self._listening.enter_context(heard_by(self.observer))
        self._lag = asyncio.create_task(measure_lag(self.observer.loop_turned), name="loop lag")
        _log.info("http", host=self._host, port=self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.close()
        self._listening.close()
        if self._lag is not None:
            self._lag.cancel()
            await asyncio.gather(self._lag, return_exceptions=True)
        await asyncio.gather(self._facts.end(), self._text.end())
        if self._finder is not None:
            await self._finder.end()

    def watch(self, engine: Engine, client: VideoBot) -> None:
        """From now on the pages are about this engine and this client."""
        self._finder = FactFinder(engine, client)
        self.observer.begin_providers(provider.name for provider in engine.context.providers)

    async def _find(self) -> Facts | None:
        return None if self._finder is None else await self._finder.find()

    async def _write(self) -> bytes:
        facts, finder = await self._facts.get(), self._finder
        reading = Reading(self._clock.now(), facts)
        if finder is not None and phase_of(facts) is Phase.RUNNING:
            figures = await finder.find_figures()
            reading = Reading(self._clock.now(), facts, finder.take_snapshot(), figures)
        return self._exposition.text(reading)

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
        said = {part.name: {"state": part.state} | ({"why": part.reason} if part.reason else {}) for part in parts}
        text = json.dumps({"ready": ready, "phase": phase_of(facts), "parts": said}, indent=2)
        status = _OK if ready else _UNAVAILABLE
        return web.Response(status=status, text=f"{text}\n", content_type="application/json")

    async def _metrics(self) -> web.Response:
        return web.Response(body=await self._text.get(), headers={"Content-Type": CONTENT_TYPE})
