"""What a step tells the scheduler when it has done its part of a job."""

from dataclasses import dataclass

from bot.jobs.model import Job


@dataclass(frozen=True, slots=True)
class Next:
    """The job as it is now (None: somebody else moved it, read it again) and when it wants the next step.

    `due_at` is in epoch seconds; None means that nothing is to be done until somebody moves the job.
    """

    job: Job | None
    due_at: float | None = None
