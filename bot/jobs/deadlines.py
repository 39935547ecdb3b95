"""The moments at which waiting turns into something else, as pure functions of a job; times are epoch seconds."""

from bot.jobs.model import Job

# What is ready when its time is nearly up still gets this long to be fetched and posted.
DELIVERY_EXTRA_SECONDS = 600.0
# A request that isn't accepted yet is kept for so long; the message under a reply is shown for so long.
DRAFT_SECONDS = 3600.0
OFFER_SECONDS = 60.0


def give_up_at(job: Job, give_up_seconds: float) -> float:
    """When the job ends as lost if it is not rendered, as undeliverable if it cannot be fetched or posted."""
    moments = [job.accepted_at + give_up_seconds]
    if job.completed_at is not None:
        moments.append(job.completed_at + DELIVERY_EXTRA_SECONDS)
    if job.revived_at is not None:
        moments.append(job.revived_at + give_up_seconds)
    return max(moments)


def late_at(job: Job, deadline_seconds: float) -> float:
    """When a job that was not submitted ends, and when a rendering one's requester is told that it is late."""
    return job.accepted_at + deadline_seconds
