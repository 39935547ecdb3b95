"""The turn queue: a due queue whose people take turns, so that one with many keys delays another by one at most."""

import itertools
from collections.abc import Callable
from typing import TypeVar

from bot.engine.due_queue import DueQueue
from bot.jobs.model import UserId

K = TypeVar("K")


class TurnQueue(DueQueue[K]):
    """For few keys that take long: each turn costs O(n log n)."""

    def __init__(self, person_of: Callable[[K], UserId | None]) -> None:
        super().__init__()
        self._person_of = person_of
        self._numbers = itertools.count(1)
        self._last_turns: dict[UserId | None, int] = {}

    def pop(self, now: float) -> K | None:
        """Remove and return a due key of the person whose last turn is longest ago, among theirs the first."""
        due = sorted((due_at, key) for key, due_at in self._due.items() if due_at <= now)
        if not due:
            # No one waits: the next ones begin as equals.
            self._last_turns.clear()
            return None
        key = min((key for _, key in due), key=lambda key: self._last_turns.get(self._person_of(key), 0))
        self._last_turns[self._person_of(key)] = next(self._numbers)
        self.drop(key)
        return key
