"""A job as a message shows it."""

from dataclasses import dataclass

from bot.jobs.model import Job


@dataclass(frozen=True, slots=True)
class JobView:
    """A job, the time, and the facts that are shown beside it.

    `queue_position` counts from 1. `link` leads to the job's newest message, `parent_link` to the video it remixes.
    `paused`: spending is paused, so a job that waits to be sent waits for that. `kept`: an ended job's files are kept.
    `veiled`: the job belongs to a channel that the reader can't see.
    """

    job: Job
    now: float
    queue_position: int | None = None
    link: str | None = None
    parent_link: str | None = None
    paused: bool = False
    kept: bool = True
    veiled: bool = False
