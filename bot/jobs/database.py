"""The connection to the database: transactions that are applied as a whole or not at all.

Writes of this process queue here; `bot.jobs.backends` says how they take turns with other processes. A cancelled await
may leave a transaction open or lose a connection of the pool, so every transaction runs to its end in its own task.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.jobs.backends import BESIDE, LEAVING, Backend, BuriedError, PostgresBackend, SQLiteBackend, describe
from bot.jobs.generation import Generation, generation_path, write_generation
from bot.jobs.pending_write import PendingWrite, is_note, shares
from bot.ops.observer import SILENT, Observer

_TRIES = 3
# How many writes share a transaction at most: others wait for it.
_GROUP_MAX = 64
_PATIENCE_SECONDS = 15.0
_log = structlog.stdlib.get_logger(__name__)


class _HasGeneration(Protocol):
    """What is read from the database about itself."""

    @property
    def generation(self) -> Generation | None: ...


P = ParamSpec("P")
T = TypeVar("T")
Read = TypeVar("Read", bound=_HasGeneration)


class StoreUnavailableError(Exception):
    """The database could not read or write: disk full, locked by another program, damaged."""

    # For the log: the message says all.
    in_one_line = True


class StoreConflictError(StoreUnavailableError):
    """The write breaks a rule of the schema, such as one id of the provider for two jobs."""


class GenerationNotStoredError(StoreUnavailableError):
    """The transaction is stored, but its count beside the database is not: nothing may be sent for it."""


class MustEndError(StoreUnavailableError):
    """This process may write and send nothing any more: it has to be started again."""


class WentBackError(MustEndError):
    """The database is older than what was sent: it was restored, or a replica that was behind took over."""

    def __init__(self) -> None:
        super().__init__(
            "The database is older than what was sent: it was restored, or a replica that was behind took over. "
            "Start it again."
        )


class Database:
    """Runs functions of `bot.jobs.store`, each in one transaction."""

    def __init__(
        self, engine: AsyncEngine, backend: Backend, generation: Path | None = None, observer: Observer = SILENT
    ) -> None:
        """`engine` is the backend's; `generation` the file with the count of what was sent."""
        self._observer = observer
        self._backend = backend
        self._engine = engine
        self._reading = backend.reading(engine)
        self._beside = engine.execution_options(**{BESIDE: True})
        self._generation = generation
        self._advanced: Generation | None = None
        self._stored: Generation | None = None
        self._storing = asyncio.Lock()
        self._writer = asyncio.Lock()
        self._sharing: list[PendingWrite[Any]] = []
        self._under_way: set[asyncio.Task[Any]] = set()
        self._tries = _TRIES
        self._in_doubt = False
        # Set when the process has to end; the error is one line for the operator.
        self.is_over = asyncio.Event()
        self.over_because: MustEndError | None = None

    async def write(
        self,
        work: Callable[Concatenate[AsyncConnection, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run `work` in one write transaction and return its result.

        The transaction is finished even if the caller is cancelled meanwhile. Raises `StoreUnavailableError`;
        exceptions from `work` roll the transaction back and propagate. A function that is marked with `may_share`
        shares the transaction with others that wait; if one of them fails, each runs again alone.
        """
        one = PendingWrite(lambda connection: work(connection, *args, **kwargs), is_note=is_note(work))
        if shares(work):
            self._sharing.append(one)

        async def transaction() -> T:
            async with self._writer:
                if not shares(work):
                    await self._commit([one])
                elif not one.is_over:
                    others = [other for other in self._sharing if other is not one]
                    self._sharing = others[_GROUP_MAX - 1 :]
                    await self._commit_group([one, *others[: _GROUP_MAX - 1]])
            return await self._finished(one)

        is_stored = True
        try:
            return await self._to_its_end(transaction())
        except StoreConflictError:
            raise
        except StoreUnavailableError:
            is_stored = False
            raise
        finally:
            self._observer.write_ended(asyncio.get_running_loop().time() - one.asked_at, is_stored=is_stored)

    async def read(
        self,
        work: Callable[Concatenate[AsyncConnection, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run `work` on one consistent view of the data and return its result. Raises `StoreUnavailableError`."""

        async def transaction() -> T:
            async with self._reading.begin() as connection:
                return await work(connection, *args, **kwargs)

        return await self._to_its_end(transaction())

    @property
    def is_shared(self) -> bool:
        """Whether other processes may use the same database."""
        return self._backend.is_shared

    def entered(self) -> None:
        """From now on every write proves first that this process was not buried."""
        self._backend.is_entered = True

    async def check_generation(self, read: Callable[[AsyncConnection], Awaitable[Read]]) -> Read:
        """Compare the generation that is read from the shared database with the newest known one, and store it beside.

        Returns what was read. Raises `MustEndError` if it went back: it was restored, or a replica that was behind took
        over.
        """
        # While this process doesn't count up.
        async with self._writer:
            read_now, known = await self.read(read), self._advanced
            found = read_now.generation
            if found is None:
                return read_now
            if known is not None and (found.lineage != known.lineage or found < known):
                raise self.end(WentBackError())
            self._advanced = found
        # Nothing is sent for it.
        with suppress(GenerationNotStoredError):
            await self._store_generation(found)
        return read_now

    @property
    def went_back(self) -> bool:
        """Whether the process has to end because the database is older than what was sent."""
        return isinstance(self.over_because, WentBackError)

    def end(self, why: MustEndError) -> MustEndError:
        """Let the process end for that reason; returns the error to raise."""
        self.over_because = why
        self.is_over.set()
        return why

    def take_doubt(self) -> bool:
        """Whether a write failed since the last call that may be stored all the same."""
        in_doubt, self._in_doubt = self._in_doubt, False
        return in_doubt

    def leave(self) -> None:
        """From now on wait only briefly for another program's lock: the process ends, and unstored work is safe."""
        self._tries = 1
        for engine in (self._engine, self._reading, self._beside):
            engine.update_execution_options(**{LEAVING: True})

    async def close(self) -> None:
        """Wait for running transactions, then close every connection (an open one would keep the process alive)."""
        # A finished caller may start the next transaction at once; a connection in use now would never be closed.
        while self._under_way:
            await asyncio.wait(tuple(self._under_way))
        await self._engine.dispose()

    async def _commit_group(self, group: list[PendingWrite[Any]]) -> None:
        """Store them all at once, or else one by one, each with its own error."""
        try:
            if len(group) > 1:
                await self._commit(group)
                return
        except Exception as error:  # noqa: BLE001  # whose it is shows when each runs alone
            if not any(one.has_failed for one in group):
                # It could not be begun or committed, which holds for all of them.
                for one in group:
                    one.end(error)
                return
        for one in group:
            try:
                await self._commit([one])
            except Exception as error:  # noqa: BLE001  # its caller gets it
                one.end(error)

    async def _commit(self, group: list[PendingWrite[Any]]) -> None:
        """Run them in one transaction; retry what has surely done nothing."""
        engine = self._beside if all(one.is_note for one in group) else self._engine
        for tries_left in reversed(range(self._tries)):
            begun = False
            try:
                async with engine.begin() as connection:
                    begun = True
                    for one in group:
                        await one.run(connection)
                break
            except DBAPIError as error:
                waited_seconds = asyncio.get_running_loop().time() - group[0].asked_at
                # Not after a long wait in the queue.
                tired = tries_left == 0 or waited_seconds > _PATIENCE_SECONDS
                if tired or not self._backend.may_retry(error, begun=begun):
                    # A connection that was lost in a commit leaves it open if that is stored.
                    self._in_doubt |= begun
                    raise
            except self._backend.unreachable:
                self._in_doubt |= begun
                raise
        for one in group:
            one.end(None if one.advanced is None else self._count_up(one.advanced))
        await self._backend.after_write(self._engine)

    def _count_up(self, advanced: Generation) -> MustEndError | None:
        """Remember the newest generation, for the next writing of the file; an error if it isn't newer."""
        if (before := self._advanced) is not None and (advanced.lineage != before.lineage or advanced <= before):
            return self.end(WentBackError())
        self._advanced = advanced
        return None

    async def _finished(self, one: PendingWrite[T]) -> T:
        """Its result, once its generation is stored beside the database, too."""
        if one.advanced is not None:
            await self._store_generation(one.advanced)
        return one.result()

    async def _store_generation(self, advanced: Generation) -> None:
        """Store the generation beside the database; concurrent callers share one write."""
        if self._generation is None:
            return
        async with self._storing:
            latest = self._advanced or advanced
            if self._stored is not None and self._stored.lineage == advanced.lineage and self._stored >= advanced:
                return
            try:
                await asyncio.to_thread(write_generation, self._generation, latest)
            except OSError as error:
                raise GenerationNotStoredError(f"The file beside the database can't be written: {error}.") from error
            self._stored = latest

    async def _to_its_end(self, transaction: Coroutine[Any, Any, T]) -> T:
        """Run it in its own task, which continues when the caller is cancelled."""
        task = asyncio.create_task(transaction)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            # No caller waits for it any more.
            task.add_done_callback(_tell_fault)
            raise
        except IntegrityError as error:
            raise StoreConflictError(f"The database could not do this: {describe(error)}.") from error
        except DBAPIError as error:
            raise StoreUnavailableError(f"The database could not do this: {describe(error)}.") from error
        except PoolTimeoutError as error:
            raise StoreUnavailableError("The database could not do this: too much is asked of it at once.") from error
        except BuriedError as error:
            taken_over = MustEndError("Other processes have taken over the work of this one. Start it again.")
            raise self.end(taken_over) from error
        except self._backend.unreachable as error:
            raise StoreUnavailableError(f"The database can't be reached: {error}.") from error


def _tell_fault(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        # Never log the whole error: it contains the statement and its values, a prompt among them.
        reason = describe(error) if isinstance(error, DBAPIError) else type(error).__name__
        _log.warning("write of a cancelled caller not stored", reason=reason)


def open_database(path: Path, observer: Observer = SILENT) -> Database:
    """The SQLite database in that file, which migrations have already built."""
    backend = SQLiteBackend(path)
    return Database(backend.open(), backend, generation_path(path), observer)


def open_shared_database(url: sa.URL, process: str, generation: Path, observer: Observer = SILENT) -> Database:
    """The PostgreSQL database at that address, for the process of that name; `generation` is the file of this process.

    Migrations have already built it.
    """
    backend = PostgresBackend(url, process)
    return Database(backend.open(), backend, generation, observer)
