"""A job's deadlines, as pure functions; times are epoch seconds."""

from bot.jobs.model import Job
from bot.jobs.states import State

# A video that is ready shortly before its deadline still gets this long to be fetched and posted.
DELIVERY_EXTRA_SECONDS = 600.0
# How long a draft is kept, and how long the message under a reply is shown.
DRAFT_SECONDS = 3600.0
OFFER_SECONDS = 60.0


def give_up_at(job: Job, give_up_seconds: float) -> float:
    """When the job ends as lost if it is not rendered, as undeliverable if it can't be fetched or posted."""
    moments = [job.accepted_at + give_up_seconds]
    if job.completed_at is not None:
        moments.append(job.completed_at + DELIVERY_EXTRA_SECONDS)
    if job.revived_at is not None:
        moments.append(job.revived_at + give_up_seconds)
    return max(moments)


def slow_at(job: Job) -> float | None:
    """From when on a rendering job is slower than usual; None while nothing is known of such renders."""
    return end_of_usual(job.state, job.submitted_at, job.usual_high_seconds)


def end_of_usual(state: State, submitted_at: float | None, usual_high_seconds: int | None) -> float | None:
    """`slow_at` of a job of which only that is known."""
    if state is not State.RENDERING or submitted_at is None or usual_high_seconds is None:
        return None
    return submitted_at + usual_high_seconds


def is_slow(job: Job, now: float) -> bool:
    """Whether the job renders for longer than is usual, or than its deadline."""
    passed_at = slow_at(job)
    is_late = job.state is State.RENDERING and job.late_at is not None
    return is_late or (passed_at is not None and now >= passed_at)


def late_at(job: Job, deadline_seconds: float) -> float:
    """When a job that was not submitted ends, and when a rendering one is announced as late."""
    return job.accepted_at + deadline_seconds
