"""Polls rendering jobs and schedules the next poll. A fault of the provider never fails a paid job.

No job ends by the clock alone: its deadline must be over and a poll of this process must have been answered.
"""

import random
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass

import structlog

from bot.engine.context import EngineContext, can_stop
from bot.engine.moves import change, move
from bot.engine.pipeline.fault_window import Sender
from bot.engine.pipeline.provider_alerts import alert_of, note_answered
from bot.engine.pipeline.reported import reported
from bot.engine.pipeline.steps import StepResult
from bot.engine.pipeline.stopping import (
    Verdict,
    ask_to_stop,
    gap_after_asking,
    give_up_stopping,
    is_to_be_asked,
    judge_stop,
)
from bot.engine.pipeline.throttle import ProviderThrottle
from bot.engine.pipeline.throttles import Throttles
from bot.jobs import pacing
from bot.jobs.alerts import AlertKind
from bot.jobs.database import StoreUnavailableError
from bot.jobs.deadlines import give_up_at, late_at
from bot.jobs.model import Cause, Job, JobId, PostKind
from bot.jobs.render_times import History, RenderClass
from bot.jobs.states import Event
from bot.jobs.store import marks, moving, renders
from bot.videos.provider_faults import NotFound, PollFailed, PollFault, PollForbidden, PollRefused
from bot.videos.providers import Provider
from bot.videos.values import RemoteError, RemoteState, RemoteVideo

_NOT_FOUND_TIMES = 3
_NOT_FOUND_SPAN_SECONDS = 120.0
# A job of another provider can't be polled: a mistyped address gets this long to be corrected.
_ELSEWHERE_SECONDS = 3600.0
_REFUSED_TIMES = 3
_RENDERS_PER_CLASS = 50
_STORE_RETRY_SECONDS = 10.0
_CEILING_CHANGE = 0.1
_log = structlog.stdlib.get_logger(__name__)


@dataclass(slots=True)
class _PollRecord:
    """This process's record of one job's polls; lost at a restart, without harm."""

    faults_in_a_row: int = 0
    first_refused_at: float | None = None
    not_found_times: int = 0
    first_not_found_at: float = 0.0
    refused_times: int = 0
    running_at_age_seconds: float = 0.0
    progress: pacing.ProgressTrack | None = None


class Poller:
    """One for all rendering jobs; remembers render times and the polls of each job."""

    def __init__(self, context: EngineContext, throttles: Throttles) -> None:
        self._context = context
        self._throttles = throttles
        self._records: defaultdict[JobId, _PollRecord] = defaultdict(_PollRecord)
        self._history = History()
        self._models_with_progress = set[str | None]()
        # As stored, by the providers' ids.
        self._ceilings: dict[str, float | None] = {}
        self._note_again_at = 0.0
        self._began_at = context.clock.monotonic()
        self._rng = random.Random()  # noqa: S311  # spreads load, guards nothing
        # The finished video's link from the last poll; links expire, so they are not stored.
        self.urls: dict[JobId, str | None] = {}

    async def learn(self) -> None:
        """Read from the store how long the latest renders took, and the ceiling of polls of each provider."""
        read = self._context.database.read
        for kind, took_seconds in await read(renders.find_latest_renders, _RENDERS_PER_CLASS):
            self._history = self._history.with_render(kind, took_seconds)
        for provider in self._context.providers:
            ceiling = self._ceilings[provider.id] = await read(marks.read_poll_ceiling, provider.id)
            if ceiling is not None:
                self._throttles.of(provider).poll_rate.remember(ceiling)

    def first_poll_at(self, job: Job, rendering_jobs: int) -> float:
        """The time of a job's first poll in this process: at once if the provider is to stop it."""
        if is_to_be_asked(job):
            return self._context.clock.now()
        return self._context.clock.now() + self._gap(job, None, rendering_jobs)

    def settle_at(self, job: Job, *, broken: bool) -> float | None:
        """When `settle` is due, also without the provider; None if only a poll can decide.

        `broken` means that polls of this job keep raising: it then ends by its time alone.
        """
        ends_at = give_up_at(job, self._context.rules.job_give_up_seconds)
        if job.late_at is not None:
            return ends_at if broken else None
        if self._context.clock.now() >= ends_at and not (broken or self._was_in_vain(job)):
            # The due poll may end it: then it needs no announcement that it is late.
            return None
        return late_at(job, self._context.rules.job_deadline_seconds)

    def _was_in_vain(self, job: Job) -> bool:
        """Whether the last poll got no response, or polling is impossible now."""
        record, provider = self._records.get(job.id), self._context.providers.of(job.provider)
        is_open = provider is not None and self._throttles.of(provider).is_open
        return is_open or (record is not None and record.faults_in_a_row > 0)

    async def settle(self, job: Job) -> StepResult:
        """Announce once that the job is late; end it as lost if it was announced before."""
        now = self._context.clock.now()
        if job.late_at is not None:
            return await self._move(job, Event.VANISH, cause=Cause.LATE)
        if job.withheld:
            return StepResult(await change(self._context, moving.note, job, late_at=now), now)
        noted = await change(self._context, moving.note_late, job, PostKind.LATE, late_at=now)
        return StepResult(noted, now)

    async def poll(self, job: Job, rendering_jobs: int) -> StepResult:
        """Poll the job and move it if it has ended at the provider."""
        provider = self._context.providers.of(job.provider)
        if job.remote_id is None or provider is None:
            return await self._wait_for_provider(job)
        try:
            remote = await poll_video(self._context, self._throttles, provider, job, job.remote_id)
        except PollFault as fault:
            if self._judge_stop(job, fault) is Verdict.STOPPED:
                return await self._stopped(job)
            return await self._after_fault(provider, job, fault)
        record = self._records[job.id]
        record.faults_in_a_row = record.not_found_times = record.refused_times = 0
        record.first_refused_at = None
        match self._judge_stop(job, remote):
            case Verdict.STOPPED:
                return await self._stopped(job, **reported(job, remote))
            case Verdict.ASK:
                return await ask_to_stop(self._context, job)
            case Verdict.IN_VAIN:
                return await give_up_stopping(self._context, job)
            case Verdict.NOTHING | Verdict.WAIT:
                return await self._go_on(job, remote, rendering_jobs)

    def _judge_stop(self, job: Job, seen: RemoteVideo | PollFault) -> Verdict:
        return judge_stop(job, seen, self._context.clock.now(), can_stop=can_stop(self._context, job))

    async def _stopped(self, job: Job, **changes: object) -> StepResult:
        """End a job that the provider has stopped; with a notice if its person has wanted it after all."""
        if job.withheld:
            return await self._move(job, Event.STOP, cause=None, stop_asked_at=None, progress=None, **changes)
        return await self._move(job, Event.VANISH, cause=Cause.STOPPED, **changes)

    async def _go_on(self, job: Job, remote: RemoteVideo, rendering_jobs: int) -> StepResult:
        match remote.state:
            case RemoteState.COMPLETED:
                return await self._completed(job, remote)
            case RemoteState.FAILED:
                error = remote.error or RemoteError(Cause.PROVIDER)
                why = {"about": error.about, "field": error.field, "provider_code": error.code, **reported(job, remote)}
                with structlog.contextvars.bound_contextvars(detail=error.detail):
                    return await self._move(job, Event.RENDER_FAILED, cause=error.cause, **why)
            case RemoteState.RUNNING:
                return await self._still_running(job, remote, rendering_jobs)

    async def _wait_for_provider(self, job: Job) -> StepResult:
        """A job of a provider that isn't set up any more can't be polled; it only waits."""
        clock = self._context.clock
        wait_seconds = max(
            give_up_at(job, self._context.rules.job_give_up_seconds) - clock.now(),
            self._began_at + _ELSEWHERE_SECONDS - clock.monotonic(),
        )
        if wait_seconds > 0 or self._context.signals.time_in_doubt:
            return StepResult(job, clock.now() + max(wait_seconds, _ELSEWHERE_SECONDS))
        return await self._move(job, Event.VANISH, cause=Cause.LATE)

    def _is_over(self, job: Job) -> bool:
        """Whether the job's give-up time is over, so that a poll may end it as lost."""
        if self._context.signals.time_in_doubt:
            return False
        return self._context.clock.now() >= give_up_at(job, self._context.rules.job_give_up_seconds)

    async def _completed(self, job: Job, remote: RemoteVideo) -> StepResult:
        now = self._context.clock.now()
        self.urls[job.id] = remote.url
        running_at_seconds = self._records[job.id].running_at_age_seconds
        ended = {"completed_at": now, "progress": None, "stop_asked_at": None, **reported(job, remote)}
        moved = await self._move(job, Event.COMPLETE, **ended)
        if job.submitted_at is not None:
            took_seconds = now - job.submitted_at
            self._history = self._history.with_render(RenderClass.of(job.request), took_seconds, running_at_seconds)
        return StepResult(moved.job, now)

    async def _still_running(self, job: Job, remote: RemoteVideo, rendering_jobs: int) -> StepResult:
        if self._is_over(job):
            return await self._move(job, Event.VANISH, cause=Cause.LATE)
        now = self._context.clock.now()
        record = self._records[job.id]
        record.running_at_age_seconds = now - (job.submitted_at or job.accepted_at)
        noted: Job | None = job
        if remote.progress is not None:
            record.progress = pacing.track(record.progress, record.running_at_age_seconds, remote.progress)
            if remote.progress in range(1, 100):
                self._models_with_progress.add(job.request.model)
            if remote.progress > (job.progress or 0):
                noted = await self._note_progress(job, remote.progress)
        return StepResult(noted, now + self._gap(job, remote.poll_again_seconds, rendering_jobs))

    async def _note_progress(self, job: Job, percent: int) -> Job | None:
        """Store the progress, and show it only then: what is shown must not fall after a restart."""
        monotonic = self._context.clock.monotonic
        if monotonic() >= self._note_again_at:
            try:
                return await change(self._context, moving.note, job, progress=percent)
            except StoreUnavailableError as error:
                _log.error("progress not stored", job=job.id, error=str(error))
                self._context.owner_alerts.alert_store(error)
                self._note_again_at = monotonic() + _STORE_RETRY_SECONDS
        return job

    async def _after_fault(self, provider: Provider, job: Job, fault: PollFault) -> StepResult:
        now = self._context.clock.now()
        record = self._records[job.id]
        record.faults_in_a_row += 1
        if isinstance(fault, PollRefused):
            record.refused_times += 1
            if record.refused_times >= _REFUSED_TIMES:
                why = {"about": fault.about, "field": fault.field, "provider_code": fault.code}
                return await self._move(job, Event.RENDER_FAILED, cause=fault.cause, **why)
        if isinstance(fault, NotFound):
            if record.not_found_times == 0:
                record.first_not_found_at = now
            record.not_found_times += 1
            lasted_seconds = now - record.first_not_found_at
            if record.not_found_times >= _NOT_FOUND_TIMES and lasted_seconds >= _NOT_FOUND_SPAN_SECONDS:
                if job.stop_sent_at is not None:
                    return await self._stopped(job)
                return await self._move(job, Event.VANISH, cause=fault.cause, provider_code=fault.code)
        if _is_refusal(fault):
            record.first_refused_at = now if record.first_refused_at is None else record.first_refused_at
            if self._is_over(job) and now - record.first_refused_at >= _NOT_FOUND_SPAN_SECONDS:
                return await self._move(job, Event.VANISH, cause=Cause.LATE)
        else:
            record.first_refused_at = None
        await self._keep_ceiling(provider)
        asked_seconds = fault.retry_after_seconds if isinstance(fault, PollFailed) else None
        return StepResult(job, now + pacing.fault_gap(record.faults_in_a_row, asked_seconds, self._rng))

    async def _keep_ceiling(self, provider: Provider) -> None:
        """Store the provider's ceiling of polls once it has changed by a tenth; a failed write is repeated later."""
        ceiling, known = self._throttles.of(provider).poll_rate.ceiling, self._ceilings.get(provider.id)
        if ceiling is None or (known is not None and abs(ceiling - known) < _CEILING_CHANGE * known):
            return
        with suppress(StoreUnavailableError):
            await self._context.database.write(marks.put_poll_ceiling, provider.id, ceiling)
            self._ceilings[provider.id] = ceiling

    async def _move(self, job: Job, event: Event, **changes: object) -> StepResult:
        moved = await move(self._context, job, event, **changes)
        self._records.pop(job.id, None)
        return StepResult(moved)

    def _gap(self, job: Job, asked_seconds: float | None, rendering_jobs: int) -> float:
        now = self._context.clock.now()
        if (soon_seconds := gap_after_asking(job, now)) is not None:
            return max(soon_seconds, asked_seconds or 0.0)
        age_seconds = now - (job.submitted_at or job.accepted_at)
        provider = self._context.providers.of(job.provider)
        return pacing.next_gap(
            self._history.fit(RenderClass.of(job.request)),
            self._context.rules.poll_bounds,
            age_seconds,
            progress=self._records[job.id].progress,
            expects_progress=job.request.model in self._models_with_progress,
            asked_seconds=asked_seconds,
            price=1.0
            if provider is None
            else pacing.price_for(rendering_jobs, self._throttles.of(provider).poll_rate.per_second),
            late=job.late_at is not None,
        ).seconds


def _is_refusal(fault: PollFault) -> bool:
    """Whether the provider works and refuses to answer; not a busy one, and not one that refuses the key."""
    return (
        isinstance(fault, PollFailed)
        and fault.status is not None
        and not fault.too_many
        and not fault.provider_at_fault
    )


async def poll_video(
    context: EngineContext, throttles: Throttles, provider: Provider, job: Job, remote_id: str
) -> RemoteVideo:
    """The state of the job's video at the provider. The caller checks the throttle. Raises `PollFault`."""
    throttle = throttles.of(provider)
    try:
        remote = await provider.client.poll(remote_id)
    except PollFault as fault:
        _note(context, throttle, provider, Sender.of(job), fault)
        raise
    throttle.answered()
    note_answered(context, provider)
    return remote


def _note(
    context: EngineContext, throttle: ProviderThrottle, provider: Provider, sender: Sender, fault: PollFault
) -> None:
    match fault:
        case NotFound() | PollRefused():
            throttle.answered()
            note_answered(context, provider)
        case PollForbidden():
            _log.warning("provider refuses a poll", job=sender.job_id, status=fault.status, detail=fault.detail)
            if throttle.forbidden(sender):
                alert_of(context, AlertKind.KEY, provider)
        case PollFailed():
            if fault.too_many:
                throttle.poll_slowed(sender, fault.retry_after_seconds)
            elif fault.provider_at_fault:
                throttle.failed(sender)
            _log.info("poll failed", status=fault.status, detail=fault.detail)
        case _:
            _log.warning("poll failed", status=fault.status, detail=fault.detail)
