"""Reads the bots' PostgreSQL database from outside, also while its server is killed and started again."""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from typing import Any

import asyncpg
import sqlalchemy as sa

_AGAIN_SECONDS = 0.05
_STATEMENT_SECONDS = 10.0
_PATIENCE_SECONDS = 60.0


class SharedRows:
    """One connection, opened again after it was lost."""

    def __init__(self, url: str) -> None:
        """`url` is the value of DATABASE_URL."""
        self._url = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._connect: Any = asyncpg.connect  # pyright: ignore[reportUnknownMemberType]  # it has no types
        self._connection: Any = None
        self._faults = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
        self._reading = asyncio.Lock()

    async def read(self, query: str) -> list[Mapping[str, Any]]:
        """The rows; waits for the server. Raises `TimeoutError` after a minute."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while (rows := await self.try_read(query)) is None:
            if time.monotonic() > until:
                raise TimeoutError("The database does not answer.")
            await asyncio.sleep(_AGAIN_SECONDS)
        return rows

    async def number(self, query: str) -> int:
        """The first column of the only row; otherwise as `read`."""
        return int(next(iter((await self.read(query))[0].values())) or 0)

    async def try_read(self, query: str) -> list[Mapping[str, Any]] | None:
        """The rows; None while the server does not answer."""
        async with self._reading:
            try:
                if self._connection is None:
                    self._connection = await self._connect(
                        self._url, timeout=_STATEMENT_SECONDS, command_timeout=_STATEMENT_SECONDS
                    )
                return [dict(row) for row in await self._connection.fetch(query)]
            except self._faults:
                await self._hang_up()
                return None

    async def close(self) -> None:
        """Close the connection."""
        async with self._reading:
            await self._hang_up()

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(*self._faults):
                await connection.close(timeout=1.0)
