"""Moves a stopped bot's data into the database of the settings: rows, pictures, the pause and the count of sendings.

All of it becomes visible at once, with the target's commit. Before that the source is marked with where its data went.
So both are never served; a transfer that broke off in between is repeated by the same command.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

import sqlalchemy as sa
import structlog
from discord.http import Route
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.data_folder import locked_as_it_is
from bot.engine.kill_switch import KillSwitch
from bot.engine.restore_detection import why_restored
from bot.jobs.backends import SQLiteBackend
from bot.jobs.clean_end import note_clean_end
from bot.jobs.database import StoreUnavailableError
from bot.jobs.generation import generation_path, read_generation, write_generation
from bot.jobs.migrating_shared import ServedDatabaseError, address_of, connected, hold_alone
from bot.jobs.model import Reference
from bot.jobs.store import marks, pictures, processes
from bot.jobs.store.marks import Mark
from bot.jobs.transfer import Source, TransferError, copy_rows, refuse_unless_empty
from bot.jobs.transfer_sources import check_file, check_shared, open_file, open_shared
from bot.media.references import ReferenceShelf

_SHARED = "postgresql+asyncpg"
_PICTURE = re.compile(r"([0-9a-f]{64})\.(png|jpg|webp)")
_log = structlog.stdlib.get_logger(__name__)


class Transfer:
    """From the database at one address into that of the settings, whose data folder the caller has locked."""

    def __init__(self, source: sa.URL, data_dir: Path, target: sa.URL | None, now: float) -> None:
        """`target` is DATABASE_URL, None for SQLite in `data_dir`. Raises `TransferError` if both are the same."""
        self._source = source
        self._source_file = None if source.drivername == _SHARED else Path(source.database or "")
        self._data_dir = data_dir
        self._file = data_dir / "bot.db"
        self._target = target
        self._now = now
        # How the source's mark and messages name the target.
        self._where = str(self._file.resolve()) if target is None else address_of(target)
        source_where = address_of(source) if self._source_file is None else str(self._source_file.resolve())
        if source_where == self._where:
            raise TransferError("--from names the very database that the settings name. Nothing was changed.")

    async def run(self, migrate: Callable[[], None]) -> None:
        """Move everything; `migrate` brings the target up to date, in a thread.

        Raises `TransferError`, `MovedDatabaseError`, `AlreadyRunningError`, `ServedDatabaseError` and other
        `StoreUnavailableError`s.
        """
        async with AsyncExitStack() as stack:
            if self._source_file is None:
                await check_shared(self._source, self._where)
            else:
                check_file(self._source_file, self._where)
                folder = self._source_file.parent
                if not folder.samefile(self._data_dir):
                    stack.enter_context(locked_as_it_is(folder))
            await asyncio.to_thread(migrate)
            async with self._open_target() as connection:
                await refuse_unless_empty(connection, self._where)
                async with self._open_source() as source:
                    counts = await copy_rows(source, connection)
                    counts["pictures"] = await self._copy_pictures(source, connection)
                    await self._take_over(source, connection)
                    await source.mark_moved(self._where)
        if self._target is None:
            note_clean_end(self._file)
        _log.info("data moved", to=self._where, rows=counts)

    def _open_source(self) -> AbstractAsyncContextManager[Source]:
        if self._source_file is None:
            return open_shared(self._source, self._where)
        return open_file(self._source_file, self._file.with_name(f"{self._file.name}.moving"))

    @asynccontextmanager
    async def _open_target(self) -> AsyncGenerator[AsyncConnection]:
        """One transaction on the target, which no process uses meanwhile."""
        if self._target is None:
            engine = SQLiteBackend(self._file).open()
            try:
                async with engine.begin() as connection:
                    yield connection
            except DBAPIError as error:
                raise StoreUnavailableError(f"The database {self._where} could not do this: {error.orig}.") from error
            finally:
                await engine.dispose()
            return
        async with connected(self._target, "DATABASE_URL") as connection:
            if await hold_alone(connection):
                raise ServedDatabaseError(f"Processes use the database at {self._where}: stop all of them first.")
            await processes.void_ownership(connection)
            # Without statistics each comparison would read the whole table.
            await connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
            yield connection

    async def _copy_pictures(self, source: Source, connection: AsyncConnection) -> int:
        """Into the database where several processes share it, else into the data folder; returns how many."""
        shelf = ReferenceShelf(self._data_dir / "references", 0, Route.BASE)
        count = 0
        async for file_name, content in source.pictures():
            named = _PICTURE.fullmatch(file_name)
            if named is None or hashlib.sha256(content).hexdigest() != named[1]:
                _log.warning("not a whole picture: not moved", file=file_name)
                continue
            if self._target is not None:
                await pictures.put_picture(connection, file_name, content, self._now)
                stored = await pictures.get_picture(connection, file_name)
                if stored != content:
                    raise TransferError(f"The picture {file_name} is not what it was after the copy.")
            else:
                await _put_file(shelf, Reference(named[1], named[2], len(content)), content)
            count += 1
        return count

    async def _take_over(self, source: Source, connection: AsyncConnection) -> None:
        """Pause the target if the source is paused, and let it count on; a restored source stays one."""
        found = await marks.read_database_marks(connection)
        if self._source_file is None:
            is_paused, why = await source.has(Mark.PAUSED), None
        else:
            is_paused = KillSwitch(self._source_file.parent).is_on()
            why = why_restored(found, read_generation(generation_path(self._source_file)))
        if is_paused and self._target is not None:
            await marks.put(connection, Mark.PAUSED, "yes")
        try:
            if is_paused and self._target is None:
                KillSwitch(self._data_dir).turn_on()
            if why is not None or found.generation is None:
                await marks.put(connection, Mark.COPY, "moved")
            else:
                write_generation(generation_path(self._file), found.generation)
        except OSError as error:
            raise StoreUnavailableError(f"A file in {self._data_dir} could not be written: {error}.") from error


def read_address(text: str) -> sa.URL:
    """The address that follows `--from`. Raises `TransferError` for one of an unknown kind."""
    try:
        url = sa.make_url(text.strip())
    except (ArgumentError, ValueError):
        url = None
    if url is not None and url.database:
        if url.get_backend_name() == "sqlite" and not url.host:
            return url
        if url.drivername == _SHARED and url.host:
            return url
    raise TransferError(
        "--from is wrong: give sqlite:///PATH or an address such as postgresql+asyncpg://name:password@host:5432/database."
    )


async def _put_file(shelf: ReferenceShelf, picture: Reference, content: bytes) -> None:
    try:
        await shelf.put_back(picture, content)
    except OSError as error:
        raise StoreUnavailableError(f"The picture {picture.file_name} could not be written: {error}.") from error
