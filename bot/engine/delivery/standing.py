"""The cards that earlier processes have posted, and which of them may have missed their last edit."""

from bot.engine.context import EngineContext
from bot.jobs.model import JobId
from bot.jobs.store import posts
from bot.jobs.store.posts import StandingCard

_READ_AT_ONCE = 100
# Changes of state are shown within so many seconds: the edit for an earlier one was not lost with the process.
_LOST_SECONDS = 15.0


async def find_standing(context: EngineContext) -> tuple[list[StandingCard], float]:
    """The cards of jobs that may change yet, and since when (epoch seconds) an edit of one may have been lost."""
    standing: list[StandingCard] = []
    after: JobId | None = None
    while found := await context.database.read(posts.find_standing_cards, after, _READ_AT_ONCE):
        after = found[-1].post.job_id
        standing += found
    return standing, max((card.changed_at for card in standing), default=0.0) - _LOST_SECONDS


def may_be_outdated(card: StandingCard, since: float, now: float) -> bool:
    """Whether the card may not show its job's state, or that it has become slower than usual."""
    has_slowed = card.slow_at is not None and since < card.slow_at <= now
    return has_slowed or card.changed_at > max(since, 0.0)
