"""The fair queue: round-robin between people, oldest first for each."""

import heapq
from bisect import bisect_left, insort
from collections.abc import Container, Iterator, Mapping
from math import inf

from bot.jobs.model import Job, JobId, UserId

_TURNS_KEPT = 1_000
_Place = tuple[int, float, JobId]


class FairQueue:
    """The jobs that may be submitted, kept in order by person, so that a change costs only its own person's.

    The person with the fewest jobs at the provider goes first, among equals the one whose last turn is longest ago,
    then the oldest job. So one person's ten jobs let another's first one pass after at most one more.
    """

    def __init__(self) -> None:
        self._jobs: dict[JobId, Job] = {}
        self._places: dict[JobId, _Place] = {}
        self._people: dict[UserId, list[_Place]] = {}
        # In the order of the turns, on any clock.
        self._turned_at: dict[UserId, float] = {}
        self._latest = 0.0
        self.version = 0

    def __len__(self) -> int:
        return len(self._jobs)

    def __contains__(self, job_id: JobId) -> bool:
        return job_id in self._jobs

    def put(self, job: Job, times_refused: int = 0) -> None:
        """Put the job into the queue; among its requester's own, those that were never refused come first."""
        place = (times_refused, job.accepted_at, job.id)
        if self._places.get(job.id) != place:
            self.drop(job.id)
            insort(self._people.setdefault(job.origin.user_id, []), place)
            self._places[job.id] = place
            self.version += 1
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
        self.version += 1

    def turned(self, user_id: UserId, at: float) -> None:
        """That person has a turn at that moment, the latest of all. The oldest turns are dropped in time."""
        self._turned_at.pop(user_id, None)
        self._turned_at[user_id] = self._latest = at
        while len(self._turned_at) > len(self._people) + _TURNS_KEPT:
            del self._turned_at[next(iter(self._turned_at))]

    def order(self, at_provider: Mapping[UserId, int], held: Container[UserId] = ()) -> Iterator[Job]:
        """The queue in the order in which it will be submitted, computed lazily.

        `at_provider` is how many jobs each person has there. People in `held` are left out, from the moment on at which
        they are in it. The queue must not change before the last job was taken.
        """
        latest = self._latest
        heap = [
            (at_provider.get(user, 0), self._turned_at.get(user, -inf), waiting[0][1:], user)
            for user, waiting in self._people.items()
        ]
        heapq.heapify(heap)
        served: dict[UserId, int] = {}
        while heap:
            taken, _, _, user = heap[0]
            if user in held:
                heapq.heappop(heap)
                continue
            waiting, number = self._people[user], served.get(user, 0)
            yield self._jobs[waiting[number][2]]
            served[user] = number = number + 1
            latest += 1.0
            if number < len(waiting):
                heapq.heapreplace(heap, (taken + 1, latest, waiting[number][1:], user))
            else:
                heapq.heappop(heap)
