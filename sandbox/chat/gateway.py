"""The gateway: HELLO, IDENTIFY, READY, events, heartbeats, RESUME with replay."""

import asyncio
import json
import secrets
from collections import deque
from dataclasses import dataclass, field

from aiohttp import WSCloseCode, WSMsgType, web

from sandbox.chat import place_payloads
from sandbox.chat.events import event_for
from sandbox.chat.hub import Change
from sandbox.chat.records import Json
from sandbox.chat.world import World

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, RESUME, RECONNECT, INVALID, HELLO, ACK = 0, 1, 2, 3, 6, 7, 9, 10, 11
HEARTBEAT_INTERVAL_MS = 41_250
PRIVILEGED = (1 << 1) | (1 << 8) | (1 << 15)
_NETWORK_SECONDS = 0.02
_REPLAY_MAX = 2_000
_SESSIONS_MAX = 8
CLOSE_AUTHENTICATION, CLOSE_NOT_AUTHENTICATED, CLOSE_DISALLOWED_INTENTS = 4004, 4003, 4014
CLOSE_INVALID_SHARD = 4010


@dataclass(eq=False, slots=True)
class Session:
    """One identified client; it outlives its connection so that it can be resumed."""

    id: str
    intents: int
    shard: list[int]
    socket: web.WebSocketResponse | None
    sequence: int = 0
    sent: deque[tuple[int, str]] = field(default_factory=lambda: deque[tuple[int, str]](maxlen=_REPLAY_MAX))
    waiting: asyncio.Queue[str] = field(default_factory=asyncio.Queue[str])

    def dispatch(self, name: str, data: Json) -> None:
        """Number an event, keep it for a replay, and send it if the client is connected."""
        self.sequence += 1
        frame = json.dumps({"op": DISPATCH, "t": name, "s": self.sequence, "d": data})
        self.sent.append((self.sequence, frame))
        if self.socket is not None:
            self.waiting.put_nowait(frame)


class Gateway:
    """The WebSocket side of the chat."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sessions: dict[str, Session] = {}
        self._sockets: dict[web.WebSocketResponse, asyncio.Transport | None] = {}
        self.url = ""
        self.opened = 0
        self.resumes = 0
        world.hub.listeners.append(self._hear)

    @property
    def connected(self) -> bool:
        """Whether a client is identified and connected now, with any shard."""
        return bool(self.shards_connected)

    @property
    def shards_connected(self) -> list[int]:
        """The ids of the shards that are identified and connected now, in order; one may be there twice."""
        return sorted(one.shard[0] for one in self._sessions.values() if one.socket is not None)

    @property
    def sessions(self) -> list[Session]:
        """Every session that could still be resumed."""
        return list(self._sessions.values())

    async def serve(self, http: web.Request) -> web.StreamResponse:
        """One WebSocket connection, from HELLO to its end."""
        socket = web.WebSocketResponse(max_msg_size=0, timeout=1.0)
        await socket.prepare(http)
        self._sockets[socket] = http.transport
        await socket.send_str(json.dumps({"op": HELLO, "d": {"heartbeat_interval": HEARTBEAT_INTERVAL_MS}}))
        connection = _Connection(self, self._world, socket)
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await connection.receive(json.loads(message.data))
        finally:
            self._sockets.pop(socket, None)
            await connection.end()
        return socket

    def open_session(self, data: Json, socket: web.WebSocketResponse) -> Session:
        """A fresh session for an IDENTIFY, with READY and one GUILD_CREATE per server on its way."""
        world = self._world
        shard = data.get("shard") or [0, 1]
        session = Session(secrets.token_hex(16), int(data.get("intents") or 0), shard, socket)
        self._sessions[session.id] = session
        self.opened += 1
        for old in [one for one in self._sessions.values() if one.socket is None][:-_SESSIONS_MAX]:
            del self._sessions[old.id]
        guilds = [one for one in world.guilds.values() if one.has_bot and (one.id >> 22) % shard[1] == shard[0]]
        ready: Json = {
            "v": 10,
            "user": place_payloads.user_json(world.bot),
            "guilds": [{"id": str(one.id), "unavailable": True} for one in guilds],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": self.url,
            "shard": shard,
            "application": {"id": str(world.application_id), "flags": 0},
        }
        session.dispatch("READY", ready)
        for guild in guilds:
            session.dispatch("GUILD_CREATE", place_payloads.guild_json(guild))
        world.hub.touch()
        return session

    def resumed(self, data: Json, socket: web.WebSocketResponse) -> Session | None:
        """The resumed session, with the missed events queued; None when it doesn't exist any more."""
        session = self._sessions.get(str(data.get("session_id")))
        if session is None:
            return None
        missed = [frame for number, frame in session.sent if number > int(data.get("seq") or 0)]
        session.socket = socket
        session.waiting = asyncio.Queue()
        for frame in missed:
            session.waiting.put_nowait(frame)
        session.dispatch("RESUMED", {})
        self.resumes += 1
        self._world.hub.touch()
        return session

    def forget(self, session: Session) -> None:
        """Make a session impossible to resume."""
        self._sessions.pop(session.id, None)
        self._world.hub.touch()

    def repeat(self, change: Change) -> None:
        """Send an event once more."""
        self._hear(change)

    def send(self, name: str, data: Json, shard_id: int | None = None) -> None:
        """Send every session, or those of one shard, an arbitrary event, valid or not."""
        for session in self._of(shard_id):
            session.dispatch(name, data)

    def _of(self, shard_id: int | None) -> list[Session]:
        return [one for one in self.sessions if shard_id is None or one.shard[0] == shard_id]

    async def drop(self, *, resumable: bool = True, how: str = "abort", shard_id: int | None = None) -> None:
        """End every connection, or those of one shard: 'abort' cuts it, 'reconnect' sends op 7, 'invalid' op 9."""
        for session in self._of(shard_id):
            socket = session.socket
            if not resumable:
                self._sessions.pop(session.id, None)
            if socket is None:
                continue
            if how == "abort":
                session.socket = None
                if (transport := self._sockets.get(socket)) is not None:
                    transport.abort()
            else:
                await socket.send_str(json.dumps({"op": RECONNECT if how == "reconnect" else INVALID, "d": resumable}))
        self._world.hub.touch()

    async def stop(self) -> None:
        """Close every connection, as a server that shuts down."""
        for socket in tuple(self._sockets):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    def _hear(self, change: Change) -> None:
        for session in tuple(self._sessions.values()):
            event = event_for(self._world, change, session.intents)
            if event is not None and _belongs_to(session, *event):
                session.dispatch(*event)


def _belongs_to(session: Session, name: str, data: Json) -> bool:
    guild_id = data["id"] if name in ("GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE") else data.get("guild_id", "0")
    return (int(guild_id) >> 22) % session.shard[1] == session.shard[0]


class _Connection:
    """One WebSocket: reads its client's frames, and sends it its session's events in order."""

    def __init__(self, gateway: Gateway, world: World, socket: web.WebSocketResponse) -> None:
        self._gateway = gateway
        self._world = world
        self._socket = socket
        self._session: Session | None = None
        self._pump: asyncio.Task[None] | None = None

    async def receive(self, frame: Json) -> None:
        """Answer one frame of the client's."""
        data = frame.get("d")
        match frame.get("op"):
            case 1:
                # discord.py notes when it sent a heartbeat only after sending it. A response without a network's delay
                # overtakes that note and is reported as tens of seconds of delay.
                await asyncio.sleep(_NETWORK_SECONDS)
                await self._send(ACK, None)
            case 2:
                await self._identify(data or {})
            case 6:
                await self._resume(data or {})
            case _ if self._session is None:
                await self._socket.close(code=CLOSE_NOT_AUTHENTICATED)
            case _:
                pass

    async def _identify(self, data: Json) -> None:
        if data.get("token") != self._world.token:
            await self._socket.close(code=CLOSE_AUTHENTICATION, message=b"Authentication failed.")
            return
        if int(data.get("intents") or 0) & PRIVILEGED & ~self._world.rules.privileged_intents:
            await self._socket.close(code=CLOSE_DISALLOWED_INTENTS, message=b"Disallowed intent(s).")
            return
        shard_id, count = data.get("shard") or (0, 1)
        if not 0 <= shard_id < count:
            await self._socket.close(code=CLOSE_INVALID_SHARD, message=b"Invalid shard.")
        elif self._world.identifies.take(shard_id):
            self._begin(self._gateway.open_session(data, self._socket))
        else:
            await self._send(INVALID, False)

    async def _resume(self, data: Json) -> None:
        session = self._gateway.resumed(data, self._socket) if data.get("token") == self._world.token else None
        if session is None:
            await self._send(INVALID, False)
        else:
            self._begin(session)

    def _begin(self, session: Session) -> None:
        self._session = session
        self._pump = asyncio.get_running_loop().create_task(self._send_events(session.waiting))

    async def _send_events(self, waiting: asyncio.Queue[str]) -> None:
        while True:
            frame = await waiting.get()
            try:
                await self._socket.send_str(frame)
            except ConnectionError:
                return

    async def _send(self, op: int, data: object) -> None:
        await self._socket.send_str(json.dumps({"op": op, "d": data}))

    async def end(self) -> None:
        """The connection is over; the session stays unless the client closed it for good (1000, 1001)."""
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)
        session = self._session
        if session is None:
            return
        if session.socket is self._socket:
            session.socket = None
        if session.socket is None and self._socket.close_code in (1000, 1001):
            self._gateway.forget(session)
        self._world.hub.touch()
