"""Moving a job: one call stores the change and hands the stored row to the loops that react. Neither is done alone.

Rows are handed over in the order of their commits, also for a caller that was cancelled meanwhile
(docs/decisions/0020-what-becomes-due.md).
"""

from collections.abc import Awaitable, Callable, Collection
from functools import partial, wraps
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.engine.context import EngineContext
from bot.jobs.model import Job, UserId
from bot.jobs.pending_write import once_stored
from bot.jobs.reasons import Refusal
from bot.jobs.states import ENDS, Event
from bot.jobs.store import accepting, blocking, finding, moving
from bot.jobs.store.accepting import Accepted

T = TypeVar("T")


async def move(context: EngineContext, job: Job, event: Event, **changes: Any) -> Job | None:
    """The job after that event; None if it was moved meanwhile."""
    return await change(context, moving.apply, job, event, now=context.clock.now(), **changes)


async def revive(context: EngineContext, job: Job, event: Event, **changes: Any) -> Job | None:
    """The same for a job that may have ended: then this process owns it from now on."""
    if job.state not in ENDS:
        return await move(context, job, event, **changes)
    now = context.clock.now()
    owned = {"owner": context.process, "fence": job.fence + 1}
    return await _store(context, context.signals.job_owned, moving.apply, job, event, now=now, **owned, **changes)


async def change(
    context: EngineContext, work: Callable[..., Awaitable[Job | None]], *args: Any, **changes: Any
) -> Job | None:
    """Store what `work` does to a job and return its row; None if it was moved meanwhile."""
    return await _store(context, context.signals.job_moved, work, *args, **changes)


async def remove(context: EngineContext, job: Job, by: UserId | None = None) -> None:
    """The video was deleted, `by` that person: nothing can be made of it any more, and its first frame goes, too."""
    await change(context, moving.remove, job, context.clock.now(), by)
    await context.first_frames.forget([job.id])


async def take_unlearned(context: EngineContext) -> None:
    """Hand over jobs that were stored as this process's own by a write whose outcome it didn't learn."""
    owned = await context.database.read(finding.find_owned, context.process)
    unlearned = [job_id for job_id in owned if not context.signals.owns(job_id)]
    for job in (await context.database.read(finding.find_by_ids, unlearned)).values():
        context.signals.job_owned(job)


async def accept(context: EngineContext, job: Job, taking: int = 0, others: Collection[Job] = ()) -> Accepted | Refusal:
    """Store a new job, or with `others` a batch, unless a limit is reached. The same origin accepted twice is one job.

    The process that submits owns it from the start; from another one it is claimed.
    """

    def hand_over(accepted: Accepted | Refusal) -> None:
        if isinstance(accepted, Accepted) and accepted.new:
            context.signals.job_accepted(accepted.job, *accepted.others, owned=owner is not None)

    owner = context.process if context.signals.submits else None
    return await _store(context, hand_over, accepting.accept, job, context.rules.limits, taking, owner, others)


async def block(context: EngineContext, person: UserId, by: UserId) -> list[Job]:
    """Block that person. Returns their waiting jobs, which are cancelled now."""

    def hand_over(cancelled: list[Job]) -> None:
        for job in cancelled:
            context.signals.job_moved(job)

    return await _store(context, hand_over, blocking.block, person, by, context.clock.now())


async def _store(
    context: EngineContext,
    hand_over: Callable[[T], None],
    work: Callable[..., Awaitable[T]],
    *args: Any,
    **changes: Any,
) -> T:
    @wraps(work)
    async def handed_over(connection: AsyncConnection) -> T:
        result = await work(connection, *args, **changes)
        once_stored(partial(hand_over, result))
        return result

    return await context.database.write(handed_over)
