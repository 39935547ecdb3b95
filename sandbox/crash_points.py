"""Kills this process at a chosen commit, by SQLAlchemy's events: the bot is unmodified.

Counts the commits of transactions that may write, from `arm` on: reading leaves nothing behind.
"""

import os
import signal
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.pool import PoolProxiedConnection

When = Literal["before", "after"]


class CrashPoint:
    """Kills the process at one commit: before it, or after it is on the disk and before `commit` returns."""

    def __init__(self) -> None:
        self._left = 0
        self._before = True
        self._last: PoolProxiedConnection | None = None

    def arm(self, number: int, when: When) -> None:
        """Die at the `number`-th commit from now (1 = the next); 0 disarms."""
        self._left, self._before = number, when == "before"

    def listen(self) -> None:
        """Listen to every transaction of this process from now on."""
        commit_really = DefaultDialect.do_commit

        def begun(connection: sa.Connection, _cursor: Any, statement: str, *_: Any) -> None:
            if statement.startswith("BEGIN"):
                connection.info["only_reads"] = statement == "BEGIN"

        def committing(connection: sa.Connection) -> None:
            if connection.info.get("only_reads") or self._left <= 0:
                return
            self._left -= 1
            if self._left == 0 and self._before:
                _crash()
            if self._left == 0:
                self._last = connection.connection

        is_last = self._is_last

        def do_commit(self: DefaultDialect, dbapi_connection: PoolProxiedConnection) -> None:
            commit_really(self, dbapi_connection)
            if is_last(dbapi_connection):
                _crash()

        event.listen(sa.Engine, "before_cursor_execute", begun)
        event.listen(sa.Engine, "commit", committing)
        DefaultDialect.do_commit = do_commit

    def _is_last(self, connection: PoolProxiedConnection) -> bool:
        return connection is self._last


def _crash() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
