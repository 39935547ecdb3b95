"""Kills or stops this process at a chosen commit, or loses its outcome, by SQLAlchemy's events: the bot is unmodified.

Counts the commits of transactions that may write, from `arm` on: reading leaves nothing behind.
"""

import os
import re
import signal
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.pool import PoolProxiedConnection

from bot.jobs.backends import READING

When = Literal["before", "after"]


class CrashPoint:
    """Ends the process at one commit: before it, or after it is on the disk and before `commit` returns."""

    def __init__(self) -> None:
        self._left = 0
        self._before = True
        self._how: signal.Signals | None = signal.SIGKILL
        self._with = re.compile("")
        self._last: PoolProxiedConnection | None = None

    def arm(self, number: int, when: When, how: signal.Signals | None = signal.SIGKILL, statement: str = "") -> None:
        """Die at the `number`-th commit from now (1 = the next), or stop there with SIGSTOP; 0 disarms.

        Without a signal (`how`) the connection is as good as lost there.
        Only transactions with a statement in which the pattern `statement` is found are counted.
        """
        self._left, self._before, self._how, self._with = number, when == "before", how, re.compile(statement)

    def listen(self) -> None:
        """Listen to every transaction of this process from now on."""
        commit_really = DefaultDialect.do_commit

        def executing(connection: sa.Connection, _cursor: Any, statement: str, *_: Any) -> None:
            if self._left > 0 and self._with.search(statement):
                connection.info["counts"] = True

        def committing(connection: sa.Connection) -> None:
            only_reads = connection.get_execution_options().get(READING, False)
            counts = connection.info.pop("counts", False)
            if only_reads or not counts or self._left <= 0:
                return
            self._left -= 1
            if self._left == 0 and self._before:
                self._crash()
            elif self._left == 0:
                self._last = connection.connection

        crash_after = self._crash_after

        def do_commit(self: DefaultDialect, dbapi_connection: PoolProxiedConnection) -> None:
            commit_really(self, dbapi_connection)
            crash_after(dbapi_connection)

        event.listen(sa.Engine, "before_cursor_execute", executing)
        event.listen(sa.Engine, "commit", committing)
        DefaultDialect.do_commit = do_commit

    def _crash_after(self, connection: PoolProxiedConnection) -> None:
        if connection is self._last:
            self._last = None
            self._crash()

    def _crash(self) -> None:
        if self._how is None:
            raise ConnectionResetError("The sandbox lost the outcome of a commit.")
        os.kill(os.getpid(), self._how)
