"""What a step tells its loop when it is done, which steps are under way, and how they end; not what they do."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, NamedTuple

from bot.jobs.model import Job, JobId
from bot.ops.tasks import drain


@dataclass(frozen=True, slots=True)
class StepResult:
    """The job as it is now (None: somebody else moved it, read it again) and when it wants the next step.

    `due_at` is in epoch seconds; None means that nothing is to be done until somebody moves the job.
    """

    job: Job | None
    due_at: float | None = None


class StepKind(Enum):
    """What a step does, as far as it matters for how many may run at once."""

    PAY = auto()
    CHECK = auto()  # whether a job's card was tried and its place is there
    ASK = auto()  # at Discord, whether a reply still stands
    POLL = auto()
    OTHER = auto()


class _Step(NamedTuple):
    kind: StepKind
    task: asyncio.Task[None]


class Steps:
    """The steps under way, at most one for each job."""

    def __init__(self) -> None:
        self._steps: dict[JobId, _Step] = {}

    def __contains__(self, job_id: JobId) -> bool:
        return job_id in self._steps

    def begin(self, kind: StepKind, job_id: JobId, step: Coroutine[Any, Any, None]) -> None:
        """Run a step in a task of its own, which calls `end` at its end."""
        self._steps[job_id] = _Step(kind, asyncio.create_task(step))

    def end(self, job_id: JobId) -> None:
        """The job's step is over."""
        del self._steps[job_id]

    def is_paying(self, job_id: JobId) -> bool:
        """Whether a paid request for that job is under way, or about to be sent."""
        return job_id in self._steps and self._steps[job_id].kind is StepKind.PAY

    def count(self, kind: StepKind) -> int:
        """How many steps of that kind are under way."""
        return sum(step.kind is kind for step in self._steps.values())

    async def finish(self, paying_seconds: float) -> None:
        """Give paid requests that long to be answered, and end the rest at once."""
        paying = [step.task for step in self._steps.values() if step.kind is StepKind.PAY]
        others = [step.task for step in self._steps.values() if step.kind is not StepKind.PAY]
        await asyncio.gather(drain(paying, paying_seconds), drain(others, 0.0))
