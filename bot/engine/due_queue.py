"""The due queue: keys ordered by the time at which something is due, each once. A change costs O(log n)."""

import heapq
from typing import Generic, TypeVar

_IDLE_SECONDS = 60.0
# So many outdated entries are kept at least.
_OUTDATED_MAX = 64

K = TypeVar("K")


class DueQueue(Generic[K]):
    """Keys, such as jobs, by the moment at which they are due, in epoch seconds. The keys can be compared."""

    def __init__(self) -> None:
        self._due: dict[K, float] = {}
        # Outdated entries, which differ from `_due`, are skipped when they come up.
        self._heap: list[tuple[float, K]] = []

    def __contains__(self, key: K) -> bool:
        return key in self._due

    def due_at(self, key: K) -> float | None:
        """When the key is due; None if it isn't listed."""
        return self._due.get(key)

    def put(self, key: K, due_at: float | None) -> None:
        """Put the key at that moment, and at no other; None removes it."""
        if due_at is None:
            self.drop(key)
        elif self._due.get(key) != due_at:
            self._due[key] = due_at
            heapq.heappush(self._heap, (due_at, key))
            if len(self._heap) > 2 * len(self._due) + _OUTDATED_MAX:
                self._heap = [(at, listed) for listed, at in self._due.items()]
                heapq.heapify(self._heap)

    def drop(self, key: K) -> None:
        """Remove the key, if it is listed."""
        self._due.pop(key, None)

    def first(self) -> tuple[float, K] | None:
        """The key with the earliest due time, and that time."""
        while self._heap:
            due_at, key = self._heap[0]
            if self._due.get(key) == due_at:
                return due_at, key
            heapq.heappop(self._heap)
        return None

    def pop(self, now: float) -> K | None:
        """Remove and return the key that is due first, if one is due."""
        first = self.first()
        if first is None or first[0] > now:
            return None
        self.drop(first[1])
        return first[1]

    def pause_seconds(self, now: float) -> float:
        """In how many seconds the next key becomes due, at most a minute; a minute if one is due and was left."""
        first = self.first()
        return _IDLE_SECONDS if first is None or first[0] <= now else min(first[0] - now, _IDLE_SECONDS)
