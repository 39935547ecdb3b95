"""Whether a job was charged, by its events. Pure; `moving.apply` is the one place that stores it."""

from bot.jobs.model import Charged, Job
from bot.jobs.states import ENDS, Event, State

# Nothing was sent, or the provider definitely took nothing.
_NOT_TAKEN = frozenset({Event.POSTPONE, Event.REFUSE, Event.REJECT})
# Only a finished video gets this far, so a job that an older version stored is corrected, too.
_COMPLETED = frozenset(
    {Event.COMPLETE, Event.FETCHED, Event.KEEP, Event.GIVE_UP, Event.POSTED, Event.UNPOSTABLE, Event.REFETCH}
)
_GIVES_BACK = frozenset({State.REFUSED, State.FAILED, State.LOST})
_NEVER_SENT = frozenset({State.ACCEPTED, State.SUBMITTING})


def uses_daily_limit(job: Job) -> bool:
    """Whether the job uses up one of its requester's videos of the day.

    A stopped one does: it may have been charged, and would else be made and stopped without end.
    """
    if job.state is State.CANCELLED:
        return job.withheld
    return job.state not in _GIVES_BACK


def may_be_charged(job: Job) -> bool:
    """Whether the job was charged, or may still be."""
    return job.charged is not Charged.NO or job.state not in ENDS


def charged_after(job: Job, event: Event, cost_micros: int | None = None) -> Charged:
    """The charge after that event; `cost_micros` is the cost that the provider reported with it."""
    if event in _NOT_TAKEN:
        return Charged.NO
    if job.charged is Charged.YES or event in _COMPLETED or job.state is State.FETCHING or (cost_micros or 0) > 0:
        return Charged.YES
    if job.state in _NEVER_SENT and event not in (Event.TAKEN, Event.DOUBT):
        return job.charged
    if event is Event.POST_IT:
        return job.charged
    return Charged.UNKNOWN
