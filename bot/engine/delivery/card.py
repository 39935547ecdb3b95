"""What the card updater remembers of a card."""

from dataclasses import dataclass

from bot.jobs.deadlines import slow_at
from bot.jobs.model import Job, Post
from bot.jobs.store.posts import StandingCard


@dataclass(slots=True)
class Card:
    """A card in its channel. Hashes of its message and text file are None if an earlier process posted it."""

    post: Post
    edited_at: float
    shown: int | None = None
    text_file: int | None = None
    # A hash of what is shown at once when it changes; None if that may not be shown.
    state_shown: int | None = None
    place: int | None = None
    parent_link: str | None = None
    # The job to show; None if only its place may have changed.
    job: Job | None = None


def state_of(job: Job | StandingCard, now: float) -> int:
    """What is shown at once when it changes: not progress, place and time, but that the job is slower than usual."""
    passed_at = job.slow_at if isinstance(job, StandingCard) else slow_at(job)
    is_slow = passed_at is not None and now >= passed_at
    shown = (job.state, job.withheld, job.stop_asked_at is None, job.waiting_for, job.late_at is None, is_slow)
    return hash(shown)


def has_moved(card: Card, place: int | None) -> bool:
    """Whether the card shows another place than the job's place now; an earlier process is trusted to have shown it."""
    if card.shown is None and card.place is None:
        card.place = place
    return place is not None and place != card.place
