"""The fair queue: round-robin between people, oldest first for each."""

import heapq
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Container, Generator, Iterator
from math import inf

from bot.jobs.model import Job, JobId, UserId

_TURNS_KEPT = 1_000
# So many outdated entries of people are kept at least.
_OUTDATED_MAX = 64
_Place = tuple[int, float, JobId]
_Turn = tuple[int, float, tuple[float, JobId], UserId]


class FairQueue:
    """The jobs that may be submitted, kept in order by person. A change, and each job of the order, costs O(log n).

    The person with the fewest jobs at the provider goes first, among equals the one whose last turn is longest ago,
    then the oldest job. So one person's ten jobs let another's first one pass after at most one more.
    """

    def __init__(self) -> None:
        self._jobs: dict[JobId, Job] = {}
        self._places: dict[JobId, _Place] = {}
        self._people: dict[UserId, list[_Place]] = {}
        self._at_provider: Counter[UserId] = Counter()
        # In the order of the turns, on any clock.
        self._turned_at: dict[UserId, float] = {}
        self._latest = 0.0
        # Each person's next turn. Outdated entries of the heap, which differ from `_turns`, are skipped.
        self._turns: dict[UserId, _Turn] = {}
        self._heap: list[_Turn] = []
        self.version = 0

    def __len__(self) -> int:
        return len(self._jobs)

    def __contains__(self, job_id: JobId) -> bool:
        return job_id in self._jobs

    def __iter__(self) -> Iterator[JobId]:
        """The jobs, in no order that matters."""
        return iter(self._jobs)

    def put(self, job: Job, times_refused: int = 0) -> None:
        """Put the job into the queue; among its requester's own, those that were never refused come first."""
        place = (times_refused, job.accepted_at, job.id)
        if self._places.get(job.id) != place:
            self.drop(job.id)
            insort(self._people.setdefault(job.origin.user_id, []), place)
            self._places[job.id] = place
            self._list(job.origin.user_id)
        self._jobs[job.id] = job

    def drop(self, job_id: JobId) -> None:
        """Remove the job, if it is queued."""
        job = self._jobs.pop(job_id, None)
        if job is None:
            return
        waiting = self._people[job.origin.user_id]
        del waiting[bisect_left(waiting, self._places.pop(job_id))]
        if not waiting:
            del self._people[job.origin.user_id]
        self._list(job.origin.user_id)

    def turned(self, user_id: UserId, at: float) -> None:
        """That person has a turn at that moment, the latest of all. The oldest turns are dropped in time."""
        self._turned_at.pop(user_id, None)
        self._turned_at[user_id] = self._latest = at
        self._list(user_id)
        while len(self._turned_at) > len(self._people) + _TURNS_KEPT:
            oldest = next(iter(self._turned_at))
            del self._turned_at[oldest]
            self._list(oldest)

    def count_at_provider(self, user_id: UserId, change: int) -> None:
        """That person has so many more jobs, or fewer, at the provider."""
        self._at_provider[user_id] += change
        if not self._at_provider[user_id]:
            del self._at_provider[user_id]
        self._list(user_id)

    def order(self, held: Container[UserId] = ()) -> Generator[Job]:
        """The queue in the order in which it will be submitted, computed lazily.

        People in `held` are left out, from the moment on at which they are in it. The queue must not change before the
        iterator is closed or at its end.
        """
        latest = self._latest
        served: dict[UserId, int] = {}
        # The further turns of people who are served; everybody else's is in the heap.
        later: list[_Turn] = []
        try:
            while (turn := self._first(served, later)) is not None:
                taken, _, _, user = turn
                number = served.setdefault(user, 0)
                if user in held:
                    continue
                waiting = self._people[user]
                yield self._jobs[waiting[number][2]]
                served[user] = number = number + 1
                latest += 1.0
                if number < len(waiting):
                    heapq.heappush(later, (taken + 1, latest, waiting[number][1:], user))
        finally:
            for user in served:
                self._push(user)

    def _first(self, served: Container[UserId], later: list[_Turn]) -> _Turn | None:
        """Remove the earliest turn of the heap, or of `later`, and return it; None at the end."""
        while self._heap and (self._turns.get(self._heap[0][3]) != self._heap[0] or self._heap[0][3] in served):
            heapq.heappop(self._heap)
        first = later if later and not (self._heap and self._heap[0] < later[0]) else self._heap
        return heapq.heappop(first) if first else None

    def _list(self, user_id: UserId) -> None:
        """Put that person's next turn into the heap; they, their jobs or their places have changed."""
        self.version += 1
        waiting = self._people.get(user_id)
        if waiting is None:
            self._turns.pop(user_id, None)
            return
        turned_at = self._turned_at.get(user_id, -inf)
        turn = (self._at_provider[user_id], turned_at, waiting[0][1:], user_id)
        if self._turns.get(user_id) != turn:
            self._turns[user_id] = turn
            self._push(user_id)

    def _push(self, user_id: UserId) -> None:
        heapq.heappush(self._heap, self._turns[user_id])
        if len(self._heap) > 2 * len(self._turns) + _OUTDATED_MAX:
            self._heap = list(self._turns.values())
            heapq.heapify(self._heap)
