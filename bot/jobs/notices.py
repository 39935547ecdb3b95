"""Notices that PostgreSQL sends of changes by other processes, and locks that last as long as their connection.

A notice is a hint: what a lost one would have announced is found by the next heartbeat.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import sqlalchemy as sa
import structlog

from bot.jobs.model import JobId
from bot.jobs.states import State

# The first keys of the locks of shards and of turns to IDENTIFY; never renamed, as versions meet at an upgrade.
_SHARDS = 0x766964
_IDENTIFY = 0x766965
# Discord counts five; the rest is for networks of different speed.
APART_SECONDS = 5.5
LOOK_SECONDS = 0.5
_TRIES = 20
_CONNECT_SECONDS = 10.0
_log = structlog.stdlib.get_logger(__name__)


class JobNotice(NamedTuple):
    """A job was stored or changed by the process `writer`; `owner` is None while no process has it."""

    job_id: JobId
    state: State | None
    owner: str | None
    writer: str


class ShardTakenError(Exception):
    """Another process serves a shard of this one; the message is one line for the operator."""


class Notices:
    """One connection of its own, opened again by `ensure` after it was lost."""

    def __init__(
        self,
        url: sa.URL,
        process: str,
        on_job: Callable[[JobNotice], None],
        on_other: Callable[[], None],
    ) -> None:
        """`on_job` is called for each job that changed, `on_other` after a change of marks or of processes."""
        self._url = url
        self._process = process
        self._on_job = on_job
        self._on_other = on_other
        # Only where PostgreSQL is used: an extra brings it.
        import asyncpg

        self._connect: Any = asyncpg.connect  # pyright: ignore[reportUnknownMemberType]  # it has no types
        self.faults = (
            OSError,
            TimeoutError,
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
            asyncpg.InternalClientError,
        )
        self._connection: Any = None
        self._shards: tuple[int, ...] = ()
        # The keys of this process's turns, which it could otherwise take twice, until the others may have them.
        self._turns: set[int] = set()
        self._ending: set[asyncio.Task[None]] = set()
        # The connection is opened once, and does one thing at a time.
        self._using = asyncio.Lock()

    async def ensure(self) -> bool:
        """Listen, if the connection was lost; whether it was opened now. Raises one of `faults`."""
        async with self._using:
            if self._connection is not None and not self._connection.is_closed():
                return False
            self._connection = await self._open()
            try:
                taken = [shard for shard in self._shards if not await self._try_lock(_SHARDS, shard)]
            except BaseException:
                # Also when cancelled: without its locks it would count as opened.
                self._connection.terminate()
                raise
        if taken:
            # Both receive their events until one is stopped; what comes of them is stored once all the same.
            _log.error("another process serves a shard of this one", shards=taken)
        return True

    async def _open(self) -> Any:
        connection = await self._connect(
            host=self._url.host, port=self._url.port, user=self._url.username, password=self._url.password,
            database=self._url.database, timeout=_CONNECT_SECONDS, command_timeout=_CONNECT_SECONDS,
            server_settings={"application_name": self._process}, **_options(self._url),
        )  # fmt: skip
        try:
            await connection.add_listener("jobs", self._job_changed)
            for channel in ("marks", "processes"):
                await connection.add_listener(channel, self._other_changed)
        except BaseException:
            # Also when cancelled: its caller doesn't have it yet, so it would stay open.
            connection.terminate()
            raise
        return connection

    async def serve(self, shards: Collection[int]) -> None:
        """Keep other processes from these shards, as soon as the database answers. Raises `ShardTakenError`."""
        self._shards = tuple(sorted(shards))
        taken, tries = list(self._shards), 0
        while tries < _TRIES:
            try:
                await self.ensure()
                taken = [shard for shard in self._shards if not await self._lock(_SHARDS, shard)]
            except self.faults as error:
                _log.warning("shards not served yet", error=str(error))
            else:
                if not taken:
                    return
                # The server may not have noticed yet that the process before this one has ended.
                tries += 1
            await asyncio.sleep(LOOK_SECONDS)
        listed = ", ".join(map(str, taken))
        raise ShardTakenError(f"Another process serves shard {listed} already: give each its own SHARD_IDS.")

    @asynccontextmanager
    async def take(self, key: int) -> AsyncGenerator[None]:
        """Wait for the turn of all processes to IDENTIFY with that key, as in `bot.gateway.Turns`."""
        while not await self._try_turn(key):  # noqa: ASYNC110  # other processes end theirs
            await asyncio.sleep(LOOK_SECONDS)
        try:
            yield
        finally:
            ending = asyncio.create_task(self._end_turn(key))
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)

    async def _try_turn(self, key: int) -> bool:
        try:
            await self.ensure()
            async with self._using:
                if key in self._turns or not await self._try_lock(_IDENTIFY, key):
                    return False
                self._turns.add(key)
                return True
        except self.faults as error:
            _log.warning("no turn to identify", error=str(error))
            return False

    async def _end_turn(self, key: int) -> None:
        """Keep the others waiting for as long as Discord wants two of them apart."""
        await asyncio.sleep(APART_SECONDS)
        async with self._using:
            self._turns.discard(key)
            try:
                await self._connection.fetchval("SELECT pg_advisory_unlock($1, $2)", _IDENTIFY, key)
            except self.faults:
                # What it may still hold would be kept from the others for ever.
                self._connection.terminate()

    async def close(self) -> None:
        """Stop listening; the locks go with the connection."""
        for ending in self._ending:
            ending.cancel()
        if self._connection is not None:
            with contextlib.suppress(*self.faults):
                await self._connection.close(timeout=2.0)
            self._connection = None

    async def _lock(self, kind: int, number: int) -> bool:
        """Whether this process has that lock now, for as long as the connection lasts."""
        async with self._using:
            return await self._try_lock(kind, number)

    async def _try_lock(self, kind: int, number: int) -> bool:
        return bool(await self._connection.fetchval("SELECT pg_try_advisory_lock($1, $2)", kind, number))

    def _job_changed(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        notice = read_notice(str(payload))
        if notice is not None and notice.writer != self._process:
            self._on_job(notice)

    def _other_changed(self, _connection: object, _pid: int, _channel: str, _payload: object) -> None:
        self._on_other()


def read_notice(payload: str) -> JobNotice | None:
    """The notice as the trigger of migration 0004 writes it; None for anything else. A new state is None."""
    job_id, _, rest = payload.partition(" ")
    state, _, rest = rest.partition(" ")
    owner, _, writer = rest.partition(" ")
    if not writer:
        return None
    known = State(state) if state in set(State) else None
    return JobNotice(JobId(job_id), known, None if owner == "-" else owner, writer)


def _options(url: sa.URL) -> dict[str, Any]:
    """The options of the address, such as `ssl`."""
    return dict(url.query)
