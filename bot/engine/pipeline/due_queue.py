"""The due queue: jobs ordered by the time at which something is due, each once. A change costs O(log n)."""

import heapq

from bot.jobs.model import JobId

# So many outdated entries are kept at least.
_OUTDATED_MAX = 64


class DueQueue:
    """Jobs by the moment at which they are due, in epoch seconds."""

    def __init__(self) -> None:
        self._due: dict[JobId, float] = {}
        # Outdated entries, which differ from `_due`, are skipped when they come up.
        self._heap: list[tuple[float, JobId]] = []

    def __contains__(self, job_id: JobId) -> bool:
        return job_id in self._due

    def due_at(self, job_id: JobId) -> float | None:
        """When the job is due; None if it isn't listed."""
        return self._due.get(job_id)

    def put(self, job_id: JobId, due_at: float | None) -> None:
        """Put the job at that moment, and at no other; None removes it."""
        if due_at is None:
            self.drop(job_id)
        elif self._due.get(job_id) != due_at:
            self._due[job_id] = due_at
            heapq.heappush(self._heap, (due_at, job_id))
            if len(self._heap) > 2 * len(self._due) + _OUTDATED_MAX:
                self._heap = [(at, listed_id) for listed_id, at in self._due.items()]
                heapq.heapify(self._heap)

    def drop(self, job_id: JobId) -> None:
        """Remove the job, if it is listed."""
        self._due.pop(job_id, None)

    def first(self) -> tuple[float, JobId] | None:
        """The job with the earliest due time, and that time."""
        while self._heap:
            due_at, job_id = self._heap[0]
            if self._due.get(job_id) == due_at:
                return due_at, job_id
            heapq.heappop(self._heap)
        return None
