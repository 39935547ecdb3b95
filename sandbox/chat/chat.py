"""The local Discord as one object: starts and stops it, makes people and servers, and returns messages."""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from aiohttp import web

from bot.ops.clock import Clock
from sandbox.chat.calls import Answer, Call
from sandbox.chat.faults import Faults, Gate, Request, When
from sandbox.chat.gateway import Gateway
from sandbox.chat.hub import Change
from sandbox.chat.identifies import Identifies
from sandbox.chat.model import Channel, Guild, Message
from sandbox.chat.people import Person
from sandbox.chat.records import Json, User
from sandbox.chat.rest.routes import ROUTES
from sandbox.chat.rest.server import API_PREFIX, RestServer
from sandbox.chat.transcript import everything, transcript, transcript_entry
from sandbox.chat.world import Rules, World

T = TypeVar("T")
NITRO_UPLOAD_BYTES = 500 << 20


class Chat:
    """A local Discord. `folder` holds uploads; the clock decides ids, deadlines and the life of links."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.world = World(folder, clock)
        # The bot computes in real time: on a fast clock it still has three real seconds to acknowledge.
        speed: float = getattr(clock, "speed", 1.0)
        self.world.rules.ack_seconds *= max(1.0, speed)
        self.faults = Faults()
        self._rest = RestServer(self.world, self.faults, ROUTES)
        self._gateway = Gateway(self.world)
        self._runner: web.AppRunner | None = None
        self.world.hub.describe = self._describe
        self.owner = Person(self.world, self.world.owner)
        """Who owns the application (a member of no server until let in)."""

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1, on a free port unless one is given."""
        app = web.Application()
        app.router.add_get("/gateway", self._gateway.serve)
        app.router.add_get("/gateway/", self._gateway.serve)
        app.router.add_get("/attachments/{tail:.+}", self._serve_file)
        app.router.add_get("/ephemeral-attachments/{tail:.+}", self._serve_file)
        app.router.add_route("*", "/{tail:.*}", self._rest.serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        bound: int = self._runner.addresses[0][1]
        self.world.files.origin = f"http://127.0.0.1:{bound}"
        self._gateway.url = f"ws://127.0.0.1:{bound}/gateway"

    async def stop(self) -> None:
        """Close everything, and cancel pending waits."""
        self._rest.stop()
        self.faults.open_gates()
        await self.world.stop_timers()
        await self._gateway.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def api_base(self) -> str:
        """For `discord.http.Route.BASE`."""
        return self.world.files.origin + API_PREFIX

    @property
    def gateway_url(self) -> str:
        """For `DiscordWebSocket.DEFAULT_GATEWAY` (as a `yarl.URL`)."""
        return self._gateway.url

    @property
    def bot_token(self) -> str:
        """The token that this Discord accepts."""
        return self.world.token

    @property
    def bot_user(self) -> User:
        """The bot as people see it."""
        return self.world.bot

    @property
    def rules(self) -> Rules:
        """Discord's numbers, which tests may change: time to acknowledge, life of tokens and nonces, privileged
        intents.
        """
        return self.world.rules

    @property
    def nonce_window_seconds(self) -> float:
        """How long a nonce is remembered, on the clock; 0 = nonces are ignored."""
        return self.world.rules.nonce_window_seconds

    @nonce_window_seconds.setter
    def nonce_window_seconds(self, seconds: float) -> None:
        self.world.rules.nonce_window_seconds = seconds

    @property
    def posts(self) -> list[Message]:
        """Every message that the bot ever created, deleted and private ones included, in order."""
        return self.world.posts

    @property
    def requests(self) -> list[Request]:
        """Every REST call of the bot, in order."""
        return self._rest.requests

    @property
    def unknown_routes(self) -> list[str]:
        """Calls to a route that doesn't exist here (501), or that broke this Discord."""
        crashed = [f"crashed: {one.method} {one.path}" for one in self.requests if one.crashed]
        return [*self._rest.unknown_routes, *crashed]

    @property
    def commands(self) -> list[Json]:
        """The commands as they are synced now, global ones and servers' own."""
        return self.world.commands

    @property
    def bot_online(self) -> bool:
        """Whether the bot is connected and identified now, with any of its shards."""
        return self._gateway.connected

    @property
    def shards_online(self) -> list[int]:
        """The ids of the shards that are connected and identified now, in order, of all processes."""
        return self._gateway.shards_connected

    @property
    def identifies(self) -> Identifies:
        """How often the bot identified, and the limits on that."""
        return self.world.identifies

    @property
    def sessions_opened(self) -> int:
        """How many gateway sessions the bot has opened by IDENTIFY (a resume opens none), of all shards."""
        return self._gateway.opened

    @property
    def resumes(self) -> int:
        """How often the bot has resumed a session."""
        return self._gateway.resumes

    async def bot_ready(self, timeout_seconds: float = 20) -> None:
        """Return when a shard of the bot is connected and its commands are synced; raises `WaitTimeoutError`."""
        await self.wait_for(
            lambda: self.bot_online and bool(self.commands), timeout_seconds, what="the bot to be ready"
        )

    async def bot_gone(self, timeout_seconds: float = 20) -> None:
        """Return when no shard of the bot is connected (any more)."""
        await self.wait_for(lambda: not self.bot_online, timeout_seconds, what="the bot to be gone")

    def add_guild(
        self, name: str, *, premium_tier: int = 0, locale: str = "en-US", shard: tuple[int, int] = (0, 1)
    ) -> Guild:
        """A new server, with the bot in it. `shard` is the one that gets its events, and the number of all shards."""
        world = self.world
        guild_id = world.next_id()
        while (guild_id >> 22) % shard[1] != shard[0]:
            guild_id = world.next_id()
        guild = Guild(world.hub, guild_id, name, world.bot, world.owner.id, premium_tier, locale)
        world.guilds[guild.id] = guild
        world.hub.announce("GUILD_CREATE", guild)
        return guild

    def add_person(self, name: str, *, locale: str = "en-US", nitro: bool = False) -> Person:
        """A new person, in no server yet; with Nitro they may upload 500 MiB instead of 10."""
        user = User(self.world.next_id(), name, locale=locale)
        if nitro:
            user.upload_limit_bytes = NITRO_UPLOAD_BYTES
        self.world.users[user.id] = user
        return Person(self.world, user)

    def dm(self, person: Person) -> Channel:
        """The DM between that person and the bot. `person.user.dms_open = False` closes it for the bot."""
        return self.world.dm_with(person.user)

    def messages(self, channel: Channel) -> list[Message]:
        """The visible messages of that channel, in order: neither deleted nor private ones."""
        return channel.messages

    async def wait_for(self, predicate: Callable[[], T | None], timeout_seconds: float = 20, *, what: str = "") -> T:
        """The predicate's first truthy result, evaluated after every change; raises `WaitTimeoutError`."""
        return await self.world.hub.wait_for(predicate, timeout_seconds, what)

    async def wait_message(
        self, channel: Channel, wanted: Callable[[Message], object], timeout_seconds: float = 20
    ) -> Message:
        """The first visible message in that channel that matches."""
        return await self.wait_for(
            lambda: next((one for one in channel.messages if wanted(one)), None),
            timeout_seconds,
            what=f"a message in #{channel.name}",
        )

    async def wait_gone(self, message: Message, timeout_seconds: float = 20) -> None:
        """Return when that message is deleted."""
        await self.wait_for(lambda: message.deleted, timeout_seconds, what=f"the end of {message.text!r}")

    def gate(self, kind: str, when: When = "before", *, skip: int = 0) -> Gate:
        """Freeze the next request of that kind before it is carried out, or before its response.

        `skip` lets so many by first. The kind "anything" is every request, so that any one is reached by its number.
        """
        return self.faults.add_gate(kind, when, skip=skip)

    async def drop_gateway(self, *, resumable: bool = True, how: str = "abort", shard_id: int | None = None) -> None:
        """Cut the bot's connections ('abort'), send op 7 ('reconnect') or op 9 ('invalid'); or those of one shard.

        Without `resumable` the bot has to identify again, and misses the events in between.
        """
        await self._gateway.drop(resumable=resumable, how=how, shard_id=shard_id)

    def redeliver(self, what: Message | Call | Answer) -> None:
        """Send the bot the same event once more."""
        if isinstance(what, Message):
            self._gateway.repeat(Change("MESSAGE_CREATE", what))
        else:
            self._gateway.repeat(Change("INTERACTION_CREATE", what.interaction))

    def send_event(self, name: str, data: Json, *, shard_id: int | None = None) -> None:
        """Send the bot an arbitrary event, such as a malformed one, on all of its shards or one."""
        self._gateway.send(name, data, shard_id)

    def transcript(self, channel: Channel, *, with_deleted: bool = False) -> str:
        """The conversation in that channel as readable text."""
        return transcript(self.world, channel, with_deleted=with_deleted)

    def transcript_entry(self, what: Message | Call) -> str:
        """One message, or one use of the bot, as readable text."""
        return transcript_entry(self.world, what.interaction if isinstance(what, Call) else what)

    def _describe(self) -> str:
        calls = [f"{one.method} {one.path[len(API_PREFIX) :][:70]} → {one.status}" for one in self.requests[-15:]]
        return "\n".join([everything(self.world), "", "── the bot's last calls ──", *calls])

    async def _serve_file(self, http: web.Request) -> web.StreamResponse:
        request = Request("attachment", "GET", "/attachments", http.path, self.world.clock.now())
        return await self._rest.serve_file(http, request)
