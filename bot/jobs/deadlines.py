"""A job's deadlines, as pure functions; times are epoch seconds."""

from bot.jobs.model import Job

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


def late_at(job: Job, deadline_seconds: float) -> float:
    """When a job that was not submitted ends, and when a rendering one is announced as late."""
    return job.accepted_at + deadline_seconds
