"""What a step tells its loop when it is done, and how a loop lets its steps end; it must not know what they do."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from bot.jobs.model import Job


@dataclass(frozen=True, slots=True)
class Next:
    """The job as it is now (None: somebody else moved it, read it again) and when it wants the next step.

    `due_at` is in epoch seconds; None means that nothing is to be done until somebody moves the job.
    """

    job: Job | None
    due_at: float | None = None


async def let_arrive(under_way: Iterable[asyncio.Task[None]], within_seconds: float) -> None:
    """Give tasks that long to end by themselves, then cancel the rest; returns when all have ended."""
    tasks = tuple(under_way)
    if tasks:
        await asyncio.wait(tasks, timeout=within_seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
