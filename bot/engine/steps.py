"""What a step tells its loop when it is done, which steps are under way, and how they end; not what they do."""

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, NamedTuple

from bot.jobs.model import Job, JobId

_LAST_WORD_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Next:
    """The job as it is now (None: somebody else moved it, read it again) and when it wants the next step.

    `due_at` is in epoch seconds; None means that nothing is to be done until somebody moves the job.
    """

    job: Job | None
    due_at: float | None = None


class Kind(Enum):
    """What a step does, as far as it matters for how many may run at once."""

    PAY = auto()
    CHECK = auto()  # whether a job's card was tried and its place is there
    ASK = auto()  # at Discord, whether a reply still stands
    LOOK = auto()
    OTHER = auto()


class _Step(NamedTuple):
    kind: Kind
    task: asyncio.Task[None]


class Steps:
    """The steps under way, at most one for each job."""

    def __init__(self) -> None:
        self._steps: dict[JobId, _Step] = {}

    def __contains__(self, job_id: JobId) -> bool:
        return job_id in self._steps

    def begin(self, kind: Kind, job_id: JobId, step: Coroutine[Any, Any, None]) -> None:
        """Run a step in a task of its own, which calls `end` at its end."""
        self._steps[job_id] = _Step(kind, asyncio.create_task(step))

    def end(self, job_id: JobId) -> None:
        """The job's step is over."""
        del self._steps[job_id]

    def is_paying(self, job_id: JobId) -> bool:
        """Whether a paid request for that job is under way, or about to be sent."""
        return job_id in self._steps and self._steps[job_id].kind is Kind.PAY

    def count(self, kind: Kind) -> int:
        """How many steps of that kind are under way."""
        return sum(step.kind is kind for step in self._steps.values())

    async def finish(self, paying_seconds: float) -> None:
        """Give paid requests that long to be answered, and end the rest at once."""
        paying = [step.task for step in self._steps.values() if step.kind is Kind.PAY]
        others = [step.task for step in self._steps.values() if step.kind is not Kind.PAY]
        await asyncio.gather(let_arrive(paying, paying_seconds), let_arrive(others, 0.0))


async def let_arrive(under_way: Iterable[asyncio.Task[None]], within_seconds: float) -> None:
    """Give tasks that long to end by themselves, then cancel the rest, which get 2 s for their last word."""
    tasks = tuple(under_way)
    if not tasks:
        return
    await asyncio.wait(tasks, timeout=within_seconds)
    for task in tasks:
        task.cancel()
    ended, _ = await asyncio.wait(tasks, timeout=_LAST_WORD_SECONDS)
    await asyncio.gather(*ended, return_exceptions=True)
