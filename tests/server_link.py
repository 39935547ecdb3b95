"""One connection to a test's PostgreSQL database, in a thread of its own: tests wait for it within their event loop.

A test that waits for a row asks many times a second; a new connection each time costs more than all else it does.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from threading import Thread
from typing import Any

import asyncpg
import sqlalchemy as sa

_STATEMENT_SECONDS = 20.0
_FAULTS = (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError)


class ServerLink:
    """Connected to the database that was asked last; connected again after the server has ended the connection."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: Thread | None = None
        self._connection: Any = None
        self._url = ""

    def run(self, url: str, statement: str, *values: object) -> list[Mapping[str, Any]]:
        """The rows of a statement with `$1`, `$2` for its values. Raises OSError or asyncpg's own errors."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = Thread(target=self._loop.run_forever, name="server link", daemon=True)
            self._thread.start()
        return asyncio.run_coroutine_threadsafe(self._run(url, statement, values), self._loop).result()

    def close(self) -> None:
        """Close the connection and end the thread; `run` starts both again."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._hang_up(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        self._loop = self._thread = None

    async def _run(self, url: str, statement: str, values: tuple[object, ...]) -> list[Mapping[str, Any]]:
        if self._connection is not None and url == self._url:
            # The server may have ended the connection since.
            with contextlib.suppress(*_FAULTS):
                return await self._connection.fetch(statement, *values, timeout=_STATEMENT_SECONDS)
        await self._hang_up()
        address = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection, self._url = await asyncpg.connect(address, statement_cache_size=0), url
        return await self._connection.fetch(statement, *values, timeout=_STATEMENT_SECONDS)

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(*_FAULTS):
                await connection.close(timeout=1.0)


LINK = ServerLink()
"""The one of this process: who asks through it adds no connection of its own to the server."""
