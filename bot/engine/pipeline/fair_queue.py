"""The fair queue: round-robin between people, oldest first for each, and a lane for each way to the providers."""

import heapq
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Collection, Container, Generator, Iterator
from math import inf

from bot.jobs.model import Job, JobId, UserId

_TURNS_KEPT = 1_000
# So many outdated entries of people are kept at least.
_OUTDATED_MAX = 64
# The providers that may take a job, the preferred one first.
Lane = tuple[str, ...]
# A person's jobs of one lane.
Line = tuple[UserId, Lane]
_Place = tuple[int, float, JobId]
_Turn = tuple[int, float, tuple[float, JobId], Line]


class FairQueue:
    """The jobs that may be submitted, kept in order by person. A change, and each job of the order, costs O(log n).

    The person with the fewest jobs at the providers goes first, among equals the one whose last turn is longest ago,
    then the oldest job. So one person's ten jobs let another's first one pass after at most one more. A lane that is
    closed costs nothing, however many wait in it.
    """

    def __init__(self) -> None:
        self._jobs: dict[JobId, Job] = {}
        self._places: dict[JobId, tuple[_Place, Line]] = {}
        self._people: dict[UserId, dict[Lane, list[_Place]]] = {}
        self._at_provider: Counter[UserId] = Counter()
        # In the order of the turns, on any clock.
        self._turned_at: dict[UserId, float] = {}
        self._latest = 0.0
        # The next turn of each line. Outdated entries of the heaps, which differ from `_turns`, are skipped.
        self._turns: dict[Line, _Turn] = {}
        self._heaps: dict[Lane, list[_Turn]] = {}
        self._sizes: Counter[Lane] = Counter()
        self.version = 0

    def __len__(self) -> int:
        return len(self._jobs)

    def __contains__(self, job_id: JobId) -> bool:
        return job_id in self._jobs

    def __iter__(self) -> Iterator[JobId]:
        """The jobs, in no order that matters."""
        return iter(self._jobs)

    def get(self, job_id: JobId) -> Job | None:
        """The job, if it is queued."""
        return self._jobs.get(job_id)

    def lanes(self) -> Collection[Lane]:
        """The lanes with a job in them."""
        return self._sizes.keys()

    def lane_of(self, job_id: JobId) -> Lane:
        """The lane of a queued job."""
        return self._places[job_id][1][1]

    def put(self, job: Job, times_refused: int = 0, lane: Lane = ()) -> None:
        """Put the job into the queue; among its requester's own, those that were never refused come first."""
        user_id = job.origin.user_id
        place, line = (times_refused, job.accepted_at, job.id), (user_id, lane)
        if self._places.get(job.id) != (place, line):
            self.drop(job.id)
            insort(self._people.setdefault(user_id, {}).setdefault(lane, []), place)
            self._places[job.id] = place, line
            self._sizes[lane] += 1
            self._list(user_id)
        self._jobs[job.id] = job

    def drop(self, job_id: JobId) -> None:
        """Remove the job, if it is queued."""
        if self._jobs.pop(job_id, None) is None:
            return
        place, (user_id, lane) = self._places.pop(job_id)
        lines = self._people[user_id]
        waiting = lines[lane]
        del waiting[bisect_left(waiting, place)]
        if not waiting:
            del lines[lane]
            self._turns.pop((user_id, lane), None)
        if not lines:
            del self._people[user_id]
        self._sizes[lane] -= 1
        if not self._sizes[lane]:
            del self._sizes[lane], self._heaps[lane]
        self._list(user_id)

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
        """That person has so many more jobs, or fewer, at the providers."""
        self._at_provider[user_id] += change
        if not self._at_provider[user_id]:
            del self._at_provider[user_id]
        self._list(user_id)

    def order(self, held: Container[UserId | Line] = (), closed: Container[Lane] = ()) -> Generator[Job]:
        """The queue in the order in which it will be submitted, computed lazily.

        People and lines in `held`, and lanes in `closed`, are left out, from the moment on at which they are in it. The
        queue must not change before the iterator is closed or at its end.
        """
        latest = self._latest
        # How many turns each person has had, the latest one's time, and how many jobs each line has given.
        taken, turned_at, given = Counter[UserId](), dict[UserId, float](), dict[Line, int]()
        # The further turns of lines that were looked at; all others' are in the heaps.
        later: list[_Turn] = []
        try:
            while (turn := self._first(given, later, closed)) is not None:
                before, _, place, line = turn
                user_id, lane = line
                number = given.setdefault(line, 0)
                if user_id in held or line in held or lane in closed:
                    continue
                if before != (due := self._at_provider[user_id] + taken[user_id]):
                    # The person has had a turn by a job of another lane.
                    heapq.heappush(later, (due, turned_at[user_id], place, line))
                    continue
                waiting = self._people[user_id][lane]
                yield self._jobs[waiting[number][2]]
                latest += 1.0
                given[line] = number = number + 1
                taken[user_id] += 1
                turned_at[user_id] = latest
                if number < len(waiting):
                    heapq.heappush(later, (before + 1, latest, waiting[number][1:], line))
        finally:
            for line in given:
                self._push(line)

    def _first(self, given: Container[Line], later: list[_Turn], closed: Container[Lane]) -> _Turn | None:
        """Remove the earliest turn of the heaps, or of `later`, and return it; None at the end."""
        first = later
        for lane, heap in self._heaps.items():
            if lane in closed:
                continue
            while heap and (self._turns.get(heap[0][3]) != heap[0] or heap[0][3] in given):
                heapq.heappop(heap)
            if heap and not (first and first[0] < heap[0]):
                first = heap
        return heapq.heappop(first) if first else None

    def _list(self, user_id: UserId) -> None:
        """Put that person's next turns into the heaps; they, their jobs or their places have changed."""
        self.version += 1
        turned_at = self._turned_at.get(user_id, -inf)
        for lane, waiting in self._people.get(user_id, {}).items():
            line = user_id, lane
            turn = (self._at_provider[user_id], turned_at, waiting[0][1:], line)
            if self._turns.get(line) != turn:
                self._turns[line] = turn
                self._push(line)

    def _push(self, line: Line) -> None:
        lane = line[1]
        heap = self._heaps.setdefault(lane, [])
        heapq.heappush(heap, self._turns[line])
        if len(heap) > 2 * self._sizes[lane] + _OUTDATED_MAX:
            heap[:] = [turn for turn in self._turns.values() if turn[3][1] == lane]
            heapq.heapify(heap)
