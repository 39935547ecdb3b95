"""A write that waits for its transaction, and what has to follow when that is committed."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar, copy_context
from typing import Any, Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.generation import Generation

# Where a transaction leaves the generation that it has counted up to.
ADVANCED = "advanced"

_SHARES = "may_share"
_IS_NOTE = "is_note"

T = TypeVar("T")
W = TypeVar("W", bound=Callable[..., Any])

# Follow-ups of this task's write after its commit; each write runs in its own task.
_FOLLOW_UP: ContextVar[list[Callable[[], None]] | None] = ContextVar("follow_up", default=None)


def once_stored(follow_up: Callable[[], None]) -> None:
    """From within a write: call this once its transaction is committed, and not if it never is. It must not raise."""
    waiting = _FOLLOW_UP.get()
    if waiting is not None:
        waiting.append(follow_up)


def may_share(work: W) -> W:
    """Mark a store function whose writes may share a transaction with others that wait: notes, never money."""
    work.__dict__[_SHARES] = True
    return no_turn(work)


def no_turn(work: W) -> W:
    """Mark a store function that changes single rows as it finds them and decides nothing by others.

    On PostgreSQL it waits only for those rows, not for the writers of all processes.
    """
    work.__dict__[_IS_NOTE] = True
    return work


def is_note(work: object) -> bool:
    """Whether it is marked so, or wraps a function that is."""
    return bool(getattr(work, _IS_NOTE, False))


def shares(work: object) -> bool:
    """Whether it is marked so, or wraps a function that is."""
    return bool(getattr(work, _SHARES, False))


class PendingWrite(Generic[T]):
    """One caller's work, and what came of it."""

    def __init__(self, work: Callable[[AsyncConnection], Awaitable[T]], *, is_note: bool = False) -> None:
        """`is_note`: it changes single rows as they were read, and decides nothing."""
        self._work = work
        self.is_note = is_note
        # In a group the follow-ups run in another caller's task, but log with this one's facts.
        self._context = copy_context()
        self.asked_at = asyncio.get_running_loop().time()
        self._follow_up: list[Callable[[], None]] = []
        self._done: list[T] = []
        self._error: Exception | None = None
        self.advanced: Generation | None = None
        self.has_failed = False
        self.is_over = False

    async def run(self, connection: AsyncConnection) -> None:
        """Do the work. An earlier try that was rolled back has done nothing that needs a follow-up."""
        connection.info.pop(ADVANCED, None)
        self._follow_up.clear()
        _FOLLOW_UP.set(self._follow_up)
        self.has_failed = True
        self._done = [await self._work(connection)]
        self.has_failed = False
        self.advanced = connection.info.pop(ADVANCED, None)

    def end(self, error: Exception | None = None) -> None:
        """It is committed, or never will be."""
        self._error = error
        self.is_over = True
        if error is not None:
            self.advanced = None
            return
        for each in self._follow_up:
            self._context.run(each)

    def result(self) -> T:
        """What the work returned. Raises its error."""
        if self._error is not None:
            raise self._error
        return self._done[0]
