"""*Stop*: the provider is asked once to stop a render, and the polls that follow tell what became of it.

The press has stored the wish, and withholds the video: wherever this breaks off, nothing is posted. The request is
marked before it is sent and never sent twice. Only polls can show that the render was stopped: servers forget what they
go on with, or confirm what they don't do.
"""

from enum import Enum, auto

from bot.engine.context import EngineContext
from bot.engine.moves import change
from bot.engine.pipeline.steps import StepResult
from bot.jobs.life_log import log_event
from bot.jobs.model import Cause, Job
from bot.jobs.store import moving
from bot.jobs.store.processes import SEND_WITHIN_SECONDS
from bot.videos.provider_faults import NotFound, PollFault
from bot.videos.values import CancelOutcome, RemoteState, RemoteVideo

# A render that goes on for so long after the request is not stopped any more.
STOP_SECONDS = 60.0
_GAP_SHARE = 0.25
_GAP_SECONDS_MIN = 1.0
_GAP_SECONDS_MAX = 5.0
# A render that ends so right after the request has no cause of its own.
_UNEXPLAINED = frozenset({Cause.PROVIDER, Cause.LOST})


class Verdict(Enum):
    """What a poll means for the wish to stop the job."""

    NOTHING = auto()  # what it means for any other job
    ASK = auto()  # the provider is to be asked now
    WAIT = auto()  # it was asked a moment ago
    STOPPED = auto()
    IN_VAIN = auto()  # it goes on, and is withheld


def judge_stop(job: Job, seen: RemoteVideo | PollFault, now: float, *, can_stop: bool) -> Verdict:
    """What that poll means for the job; `can_stop`: its provider stops a render that is running."""
    if job.stop_sent_at is None:
        if job.stop_asked_at is None or isinstance(seen, PollFault) or seen.state is not RemoteState.RUNNING:
            return Verdict.NOTHING
        return Verdict.ASK if can_stop else Verdict.IN_VAIN
    if job.stop_asked_at is None:
        is_cancelled = not isinstance(seen, PollFault) and seen.cancelled
        return Verdict.STOPPED if is_cancelled else Verdict.NOTHING
    if isinstance(seen, PollFault):
        return Verdict.STOPPED if isinstance(seen, NotFound) else Verdict.NOTHING
    match seen.state:
        case RemoteState.COMPLETED:
            return Verdict.NOTHING
        case RemoteState.FAILED:
            has_cause = seen.error is not None and seen.error.cause not in _UNEXPLAINED
            return Verdict.NOTHING if has_cause and not seen.cancelled else Verdict.STOPPED
        case RemoteState.RUNNING:
            return Verdict.IN_VAIN if now >= job.stop_sent_at + STOP_SECONDS else Verdict.WAIT


def is_to_be_asked(job: Job) -> bool:
    """Whether the provider is to be asked to stop the job, as soon as a poll has shown that it runs."""
    return job.stop_asked_at is not None and job.stop_sent_at is None


def gap_after_asking(job: Job, now: float) -> float | None:
    """In how many seconds the job is polled while it may be stopped at any moment; None if it isn't."""
    if job.stop_asked_at is None or job.stop_sent_at is None:
        return None
    return min(max(_GAP_SHARE * (now - job.stop_sent_at), _GAP_SECONDS_MIN), _GAP_SECONDS_MAX)


async def ask_to_stop(context: EngineContext, job: Job) -> StepResult:
    """Ask the provider to stop the job, unless that isn't wanted any more; its next poll is due soon after."""
    begun_at = context.clock.monotonic()
    marked = await change(context, moving.begin_stop, job, context.clock.now())
    provider = context.providers.of(job.provider)
    if marked is None or marked.remote_id is None or provider is None:
        return StepResult(None)
    if context.clock.monotonic() - begun_at > SEND_WITHIN_SECONDS:
        # This process stood still for so long that the person may want the video by now.
        return await give_up_stopping(context, marked)
    answer = await provider.client.cancel(marked.remote_id)
    log_event("asked to stop", marked, answer=answer.outcome, status=answer.status, detail=answer.detail or None)
    if answer.outcome is CancelOutcome.REFUSED:
        return await give_up_stopping(context, marked)
    now = context.clock.now()
    return StepResult(marked, now + (gap_after_asking(marked, now) or 0.0))


async def give_up_stopping(context: EngineContext, job: Job) -> StepResult:
    """The job goes on as after *Don't post*."""
    return StepResult(await change(context, moving.note, job, stop_asked_at=None), context.clock.now())
