"""The connections to Discord's gateway (shards), each on its own: one that breaks leaves the others alone.

discord.py's own loop for several shards ends all of them, and the client, when one receives a malformed event
(docs/facts/discord.md, "Gateway"). So its WebSocket is used here, and its loop is not.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from time import monotonic
from typing import NoReturn, Protocol

import aiohttp
import discord
import structlog
import yarl
from discord.gateway import DiscordWebSocket, ReconnectWebSocket

from bot.chat.global_limit import free_global_limit
from bot.client import VideoBot
from bot.ops.clock import Clock
from bot.ops.tasks import BACKOFF_SECONDS_MAX, in_a_row

# Discord counts five; the rest is for networks of different speed.
_APART_SECONDS = 5.5
_INVALID_REST_SECONDS = 5.0
_OPEN_SECONDS = 60.0
_LIMITS_SECONDS = 10.0
_CLOSE_SECONDS = 1.0
_CLOSED_CLEANLY = 1000
_LOST = (aiohttp.ClientError, discord.DiscordException, OSError)
# Also responses that only claim to be JSON, of programs between us and Discord.
UNREACHABLE = (*_LOST, ValueError, TypeError, LookupError)
_NO_LIMITS = discord.SessionStartLimits(total=0, remaining=0, reset_after=0, max_concurrency=1)
_log = structlog.stdlib.get_logger(__name__)


class Turns(Protocol):
    """The shards of this process, and its turns to IDENTIFY, among all processes of the bot."""

    async def serve(self, shards: Collection[int]) -> None:
        """Keep other processes from these shards, before they connect."""
        ...

    def take(self, key: int) -> AbstractAsyncContextManager[None]:
        """The turn of a rate limit key of Discord (a shard's id modulo `max_concurrency`).

        It is entered before the connection is opened and left once IDENTIFY was sent, or failed. The next turn with
        that key, in any process, begins five seconds later.
        """
        ...


class IdentifyTurns:
    """The turns of one process alone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._next_at: dict[int, float] = {}

    async def serve(self, shards: Collection[int]) -> None:
        """No other process serves any."""

    @asynccontextmanager
    async def take(self, key: int) -> AsyncGenerator[None]:
        """Wait for the turn of that key."""
        async with self._locks[key]:
            now = self._clock.monotonic()
            await self._clock.sleep(self._next_at.get(key, now) - now)
            try:
                yield
            finally:
                self._next_at[key] = self._clock.monotonic() + _APART_SECONDS


class SessionStarts:
    """How many sessions may still be opened today, and the turns to open them. One for all shards of the process."""

    def __init__(self, client: VideoBot, clock: Clock, turns: Turns) -> None:
        self._client = client
        self._clock = clock
        self._turns = turns
        self._limits = _NO_LIMITS
        self._opening = 0

    async def read(self) -> int:
        """Read the limits as they are now; returns the number of shards that Discord recommends.

        Raises what the request raises, also for responses that are no JSON.
        """
        try:
            async with asyncio.timeout(_LIMITS_SECONDS):
                count, _address, limits = await self._client.http.get_bot_gateway()
        except TimeoutError:
            free_global_limit(self._client)
            raise
        self._limits = discord.SessionStartLimits(**limits)
        return count

    async def serve(self, shards: Collection[int]) -> None:
        """Keep other processes from these shards. Raises what `Turns.serve` raises."""
        await self._turns.serve(shards)

    @asynccontextmanager
    async def take(self, shard_id: int) -> AsyncGenerator[None]:
        """Wait until that shard may IDENTIFY. The limits must have been read before.

        Discord ends all sessions and resets the token when too many are opened in a day, so the rest of the day is
        waited for.
        """
        async with self._turns.take(shard_id % self._limits.max_concurrency):
            limits = await self._wait_for_one(shard_id)
            self._opening += 1
            try:
                yield
            finally:
                self._opening -= 1
                limits.remaining -= 1

    async def _wait_for_one(self, shard_id: int) -> discord.SessionStartLimits:
        while (limits := await self._newest()).remaining <= self._opening:
            seconds = max(_LIMITS_SECONDS, limits.reset_after / 1_000)
            _log.error("no session left today", shard=shard_id, total=limits.total, wait_seconds=round(seconds))
            await self._clock.sleep(seconds)
            # Should Discord not respond then.
            limits.reset_after = 0
        return limits

    async def _newest(self) -> discord.SessionStartLimits:
        """The limits as they are now; while Discord doesn't respond, as they were."""
        with suppress(*UNREACHABLE):
            await self.read()
        return self._limits


class Shard:
    """One connection, that is resumed or opened again for as long as it runs."""

    def __init__(self, client: VideoBot, shard_id: int, starts: SessionStarts) -> None:
        self.id = shard_id
        self._client = client
        self._starts = starts
        self._socket: DiscordWebSocket | None = None
        self._may_resume = False
        self._was_lost = False

    @property
    def latency_seconds(self) -> float | None:
        """How long the response to the latest heartbeat took, infinite before the first; None without a session."""
        socket = self._socket
        return None if socket is None or not socket.open or socket.session_id is None else socket.latency

    async def run(self) -> NoReturn:
        """Receive events until cancelled. Raises `discord.ConnectionClosed` when Discord closed it for good."""
        breaks = 0
        while True:
            began_at = monotonic()
            try:
                await self._receive()
            except Exception as error:  # noqa: BLE001  # after any event's error the next ones must be received
                breaks = in_a_row(breaks, monotonic() - began_at)
                await asyncio.sleep(await self._pause_after(error, breaks))

    async def close(self) -> None:
        """Close the connection and its session, if it is open: the bot looks offline at once."""
        if self._socket is not None and self._socket.open:
            with suppress(aiohttp.ClientError, OSError):
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await self._socket.close(code=_CLOSED_CLEANLY)

    async def _receive(self) -> NoReturn:
        before, may_resume = self._socket, self._may_resume
        if before is not None and before.session_id is not None and may_resume:
            # The address for resuming may be gone.
            gateway = None if self._was_lost else before.gateway
            self._socket = await self._open(gateway, before.session_id, before.sequence)
        else:
            async with self._starts.take(self.id):
                self._client.forget_guilds(self.id)
                self._socket = await self._open()
        self._may_resume, self._was_lost = True, False
        while True:
            await self._socket.poll_event()

    async def _open(
        self, gateway: yarl.URL | None = None, session: str | None = None, sequence: int | None = None
    ) -> DiscordWebSocket:
        """Connect, and IDENTIFY or RESUME that session."""
        async with asyncio.timeout(_OPEN_SECONDS):
            return await DiscordWebSocket.from_client(
                self._client,
                shard_id=self.id,
                gateway=gateway,
                session=session,
                sequence=sequence,
                resume=session is not None,
            )

    async def _pause_after(self, error: Exception, breaks: int) -> float:
        """Seconds until the next connection. Raises the error if there is none."""
        if isinstance(error, ReconnectWebSocket):
            self._may_resume = error.resume
            return _pause_seconds(breaks - 1) if error.resume else _INVALID_REST_SECONDS
        if isinstance(error, discord.ConnectionClosed) and error.code != _CLOSED_CLEANLY:
            raise error
        if isinstance(error, _LOST):
            self._was_lost = True
            _log.warning("gateway lost", shard=self.id, times=breaks, error=repr(error))
        else:
            self._may_resume = False
            _log.error("gateway broke", shard=self.id, times=breaks, exc_info=error)
            await self.close()
        return _pause_seconds(breaks)


def _pause_seconds(breaks: int) -> float:
    """None at first, then doubled up to a minute."""
    return min(BACKOFF_SECONDS_MAX, 2.0**breaks) if breaks > 0 else 0.0
