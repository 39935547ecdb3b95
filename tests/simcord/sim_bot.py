"""The bot's process inside SimCord: its parts as `bot.app` puts them together, virtual time, and a server of files."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

import discord
from aiohttp import web
from simcord import Env

from bot.app import build_engine
from bot.chat.shards import Shards
from bot.chat.words import Language, Readers
from bot.client import VideoBot
from bot.engine.engine import Engine
from bot.engine.signals import Signals
from bot.ops.clock import SteadyClock
from bot.settings import Settings

# By real time, in which other tests run on the same machine.
SETTLED_SECONDS = 30.0


class SimClock:
    """SimCord's virtual time. `resting` is set whenever somebody begins to sleep."""

    def __init__(self) -> None:
        self.env: Env | None = None
        self.resting = asyncio.Event()

    def now(self) -> float:
        assert self.env is not None
        return self.env.now().timestamp()

    def monotonic(self) -> float:
        return self.now()

    async def sleep(self, seconds: float) -> None:
        self.resting.set()
        await asyncio.sleep(seconds)


class FakeCdn:
    """A server on 127.0.0.1 for the bytes that people of SimCord attach."""

    def __init__(self) -> None:
        self.env: Env | None = None
        self.origin = ""
        self.gone = False  # what Discord answers for an attachment whose address has expired
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.origin = f"http://{host}:{port}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.Response:
        found = self.env.backend.cdn.get(f"{self.origin}{request.path}") if self.env and not self.gone else None
        return web.Response(status=404) if found is None else web.Response(body=found)


@dataclass
class SimBot:
    """The bot's process in SimCord: its client, its engine, and how to start both again."""

    settings: Settings
    resources: AsyncExitStack
    env: Env
    clock: SimClock
    engine: Engine
    languages: Mapping[str, Language]

    @classmethod
    async def begin(cls, settings: Settings, resources: AsyncExitStack, languages: Mapping[str, Language]) -> "SimBot":
        """Put the bot together as `bot.app` does; it is not logged in yet."""
        clock = SimClock()
        readers = Readers(languages)
        client = VideoBot(settings.discord_guild_ids, settings.data_dir, clock, readers, Shards(1))
        env = clock.env = Env(client, approved_intents=discord.Intents.none(), settle_timeout=SETTLED_SECONDS)
        engine = await build_engine(settings, SteadyClock(clock), client, readers, resources, Signals())
        return cls(settings, resources, env, clock, engine, languages)

    async def restart(self) -> None:
        """A new client and a new engine on the same data folder, in the same Discord."""
        readers = Readers(self.languages)
        client = VideoBot(self.settings.discord_guild_ids, self.settings.data_dir, self.clock, readers, Shards(1))
        self.engine = await build_engine(
            self.settings, SteadyClock(self.clock), client, readers, self.resources, Signals()
        )
        await self.env.restart_bot(client)
