"""Faults of the provider, each with its job and person, within a time window.

Repeats of one job are one signal: a signal that one job can cause says something about that job only
(docs/decisions/0014-whose-signal-it-is.md).
"""

from typing import NamedTuple

from bot.jobs.model import Job, JobId, UserId
from bot.ops.clock import Clock


class Sender(NamedTuple):
    """The job that a request to the provider was made for, and its requester."""

    job_id: JobId
    user_id: UserId

    @classmethod
    def of(cls, job: Job) -> "Sender":
        """The sender of that job's requests."""
        return cls(job.id, job.origin.user_id)


class FaultWindow:
    """Which jobs had one kind of fault lately. All times are monotonic."""

    def __init__(self, clock: Clock, window_seconds: float) -> None:
        self._clock = clock
        self._window_seconds = window_seconds
        self._seen: dict[JobId, tuple[UserId, float]] = {}

    def add(self, sender: Sender) -> None:
        """Count this job's fault as of now; its earlier one is replaced."""
        self._seen.pop(sender.job_id, None)
        self._seen[sender.job_id] = (sender.user_id, self._clock.monotonic())

    def clear(self) -> None:
        """Forget all of them: the provider works."""
        self._seen.clear()

    def job_count(self) -> int:
        """How many different jobs had it within the window."""
        self._prune()
        return len(self._seen)

    def job_count_of(self, user_id: UserId) -> int:
        """How many of that person's jobs had it within the window."""
        self._prune()
        return sum(other == user_id for other, _ in self._seen.values())

    def users(self) -> set[UserId]:
        """The people whose jobs had it within the window."""
        self._prune()
        return {other for other, _ in self._seen.values()}

    def user_count(self) -> int:
        """How many different people's jobs had it within the window."""
        return len(self.users())

    def has_others(self, sender: Sender) -> bool:
        """Whether another person's job had it within the window."""
        self._prune()
        return any(other != sender.user_id for other, _ in self._seen.values())

    def has_another_job(self, sender: Sender) -> bool:
        """Whether another job of the same person had it within the window."""
        self._prune()
        return any(other == sender.user_id and job_id != sender.job_id for job_id, (other, _) in self._seen.items())

    def holds(self, sender: Sender) -> bool:
        """Whether this very job had it within the window."""
        self._prune()
        return sender.job_id in self._seen

    def _prune(self) -> None:
        oldest = self._clock.monotonic() - self._window_seconds
        # The oldest signal comes first, since a repeated one moves to the end.
        while self._seen and (first := next(iter(self._seen.items())))[1][1] < oldest:
            del self._seen[first[0]]
