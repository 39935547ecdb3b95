"""The results of steps, and the set of running steps."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, NamedTuple

from bot.jobs.model import Job, JobId
from bot.ops.tasks import drain


@dataclass(frozen=True, slots=True)
class StepResult:
    """The job after the step (None: it was moved by someone else) and when its next step is due.

    `due_at` is in epoch seconds; None means that nothing is due until it is moved.
    """

    job: Job | None
    due_at: float | None = None


class StepKind(Enum):
    """The kind of a step, which decides how many may run at once."""

    PAY = auto()
    CHECK = auto()  # whether a job's card was tried and its place is there
    ASK = auto()  # at Discord, whether a reply still exists
    POLL = auto()
    OTHER = auto()


class _Step(NamedTuple):
    kind: StepKind
    at: str | None
    task: asyncio.Task[None]


class Steps:
    """The running steps, at most one for each job."""

    def __init__(self) -> None:
        self._steps: dict[JobId, _Step] = {}
        self._counts: Counter[tuple[StepKind, str | None]] = Counter()

    def __contains__(self, job_id: JobId) -> bool:
        return job_id in self._steps

    def begin(self, kind: StepKind, job_id: JobId, step: Coroutine[Any, Any, None], at: str | None = None) -> None:
        """Run a step in its own task, which calls `end` at its end. `at` is the provider that it is counted at."""
        self._steps[job_id] = _Step(kind, at, asyncio.create_task(step))
        self._counts[kind, at] += 1

    def end(self, job_id: JobId) -> None:
        """The job's step is over."""
        step = self._steps.pop(job_id)
        self._counts[step.kind, step.at] -= 1

    def is_paying(self, job_id: JobId) -> bool:
        """Whether a paid request for that job is running, or about to be sent."""
        return job_id in self._steps and self._steps[job_id].kind is StepKind.PAY

    def count(self, kind: StepKind, at: str | None = None) -> int:
        """How many steps of that kind are running, at that provider."""
        return self._counts[kind, at]

    async def finish(self, paying_seconds: float) -> None:
        """Give paid requests that long to be answered, and cancel the rest at once."""
        paying = [step.task for step in self._steps.values() if step.kind is StepKind.PAY]
        others = [step.task for step in self._steps.values() if step.kind is not StepKind.PAY]
        await asyncio.gather(drain(paying, paying_seconds), drain(others, 0.0))
