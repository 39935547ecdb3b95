"""Moving a job: one call stores the change and wakes the loops that react to it. Neither is ever done alone."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from bot.engine.context import EngineContext
from bot.jobs.model import Job, JobId, UserId
from bot.jobs.reasons import Refusal
from bot.jobs.states import Event
from bot.jobs.store import accepting, blocking, moving
from bot.jobs.store.accepting import Accepted

T = TypeVar("T")


async def move(context: EngineContext, job: Job, event: Event, **changes: Any) -> Job | None:
    """The job after that event; None if it was moved meanwhile."""
    return await change(context, job.id, moving.apply, job, event, now=context.clock.now(), **changes)


async def revive(context: EngineContext, job: Job, event: Event, **changes: Any) -> Job | None:
    """The same for a job that may have ended, and that no process has claimed then."""
    moved = await move(context, job, event, **changes)
    if moved is not None:
        context.signals.job_accepted()
    return moved


async def change(
    context: EngineContext, job_id: JobId, work: Callable[..., Awaitable[T]], *args: Any, **changes: Any
) -> T:
    """Store what `work` does to the job, then let every loop read it again. Returns what `work` returned."""
    result = await context.database.write(work, *args, **changes)
    context.signals.job_changed(job_id)
    return result


async def change_card(
    context: EngineContext, job_id: JobId, work: Callable[..., Awaitable[T]], *args: Any, **changes: Any
) -> T:
    """The same for a change that concerns the job's card alone."""
    result = await context.database.write(work, *args, **changes)
    context.signals.card_touched(job_id)
    return result


async def accept(context: EngineContext, job: Job) -> Accepted | Refusal:
    """Store a new job, unless a limit is reached. The same origin accepted twice is one job."""
    accepted = await context.database.write(accepting.accept, job, context.rules.limits)
    if isinstance(accepted, Accepted) and accepted.new:
        context.signals.job_accepted()
    return accepted


async def block(context: EngineContext, person: UserId, by: UserId) -> list[Job]:
    """Block that person. Returns their waiting jobs, which are cancelled now."""
    cancelled = await context.database.write(blocking.block, person, by, context.clock.now())
    for job in cancelled:
        context.signals.job_changed(job.id)
    return cancelled
