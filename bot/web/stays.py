"""Remembers since when each job has been in its state. Bounded; what it doesn't know is taken from the job's row."""

from collections import OrderedDict

from bot.jobs.model import Job, JobId
from bot.jobs.states import ENDS, State

_REMEMBERED_MAX = 50_000


class Stays:
    """All times are of the bot's clock, in epoch seconds."""

    def __init__(self) -> None:
        self._since: OrderedDict[JobId, tuple[State, float]] = OrderedDict()

    def moved(self, before: Job, job: Job, now: float) -> float | None:
        """Note a move at that time; returns for how many seconds the job was in the state before, if that is known."""
        since = self.since(before)
        self._since.pop(job.id, None)
        if job.state not in ENDS:
            self._since[job.id] = job.state, now
            while len(self._since) > _REMEMBERED_MAX:
                self._since.popitem(last=False)
        return None if since is None else max(now - since, 0.0)

    def since(self, job: Job) -> float | None:
        """Since when the job has been in its state; None if neither this process nor the row knows."""
        state, since = self._since.get(job.id, (None, 0.0))
        return since if state is job.state else _stored(job)


def _stored(job: Job) -> float | None:
    match job.state:
        case State.ACCEPTED:
            return job.accepted_at
        case State.SUBMITTING | State.RENDERING | State.UNCERTAIN:
            return job.submitted_at
        case State.FETCHING | State.POSTING:
            return job.completed_at if job.revived_at is None else job.revived_at
        case _:
            return job.ended_at
