"""Looks at rendering jobs and says when to look again. A fault of the provider never fails a job that was paid for.

No job ends by the clock alone: its time must be up and a poll of this process must have been answered.
"""

import random
from collections import defaultdict
from dataclasses import dataclass, replace

import structlog

from bot.chat.words import Key
from bot.engine.looking import look
from bot.engine.parts import Parts
from bot.engine.steps import Next
from bot.engine.traffic import Traffic
from bot.jobs import pacing
from bot.jobs.database import StoreUnavailableError
from bot.jobs.deadlines import give_up_at, late_at
from bot.jobs.model import Cause, Job, JobId, PostKind
from bot.jobs.states import Event
from bot.jobs.store import finding, moving
from bot.jobs.store.finding import Rendered
from bot.videos.faults import LookFailed, LookFault, LookRefused, NotFound
from bot.videos.values import RemoteError, RemoteState, RemoteVideo

_NOT_FOUND_TIMES = 3
_NOT_FOUND_SPAN_SECONDS = 120.0
# A job of a provider that is not set up can't be polled: a mistyped address gets this long to be put right.
_ELSEWHERE_SECONDS = 3600.0
_REFUSED_TIMES = 3
_HISTORY_JOBS = 200
_STORE_RETRY_SECONDS = 10.0
_log = structlog.stdlib.get_logger(__name__)


@dataclass(slots=True)
class _Seen:
    """What this process remembers of the looks at one job; lost at a restart, without harm."""

    faults_in_a_row: int = 0
    first_refused_at: float | None = None
    not_found_times: int = 0
    first_not_found_at: float = 0.0
    refused_times: int = 0
    progress: pacing.ProgressTrack | None = None


class Watcher:
    """One for all rendering jobs; remembers how long renders take and how the looks at each job went."""

    def __init__(self, parts: Parts, traffic: Traffic) -> None:
        self._parts = parts
        self._traffic = traffic
        self._seen: defaultdict[JobId, _Seen] = defaultdict(_Seen)
        self._history = pacing.History()
        self._note_again_at = 0.0
        self._began_at = parts.clock.monotonic()
        self._rng = random.Random()  # noqa: S311  # spreads load, guards nothing
        # Where the last look found the finished video; links expire, so they are not stored.
        self.urls: dict[JobId, str | None] = {}

    async def learn(self) -> None:
        """Read from the store how long the latest renders took."""
        for rendered in await self._parts.database.read(finding.find_rendered, _HISTORY_JOBS):
            self._remember(rendered)

    def first_look_at(self, job: Job, rendering_jobs: int) -> float:
        """When to look at a job for the first time in this process."""
        return self._parts.clock.now() + self._gap(job, None, rendering_jobs)

    def settle_at(self, job: Job, *, broken: bool) -> float | None:
        """When `settle` is due, whether or not the provider can be asked; None if only a poll can decide.

        `broken` says that polls of this job raise again and again: it then ends by its time alone.
        """
        ends_at = give_up_at(job, self._parts.rules.job_give_up_seconds)
        if job.late_at is not None:
            return ends_at if broken else None
        if self._parts.clock.now() >= ends_at and not (broken or self._was_in_vain(job)):
            # The poll that is due may end it: then nothing needs to be said of its being late.
            return None
        return late_at(job, self._parts.rules.job_deadline_seconds)

    def _was_in_vain(self, job: Job) -> bool:
        """Whether the provider was asked about the job and gave no answer, or can't be asked just now."""
        seen = self._seen.get(job.id)
        return self._traffic.is_open or (seen is not None and seen.faults_in_a_row > 0)

    async def settle(self, job: Job) -> Next:
        """Tell the requester once that the job is late; end as lost one that was told so before."""
        now = self._parts.clock.now()
        if job.late_at is not None:
            return await self._move(job, Event.VANISH, cause=Cause.LATE)
        if job.withheld:
            return Next(await self._parts.database.write(moving.note, job, late_at=now), now)
        noted = await self._parts.database.write(moving.note_late, job, PostKind.LATE, late_at=now)
        self._parts.board.job_changed(job.id)
        return Next(noted, now)

    async def look(self, job: Job, rendering_jobs: int) -> Next:
        """Ask the provider about the job and move it if it has ended there."""
        if job.remote_id is None or job.provider != self._parts.videos.provider:
            return await self._wait_for_provider(job)
        try:
            remote = await look(self._parts, self._traffic, job, job.remote_id)
        except LookFault as fault:
            return await self._after_fault(job, fault)
        seen = self._seen[job.id]
        seen.faults_in_a_row = seen.not_found_times = seen.refused_times = 0
        seen.first_refused_at = None
        match remote.state:
            case RemoteState.COMPLETED:
                return await self._completed(job, remote)
            case RemoteState.FAILED:
                cause = remote.error.cause if remote.error else Cause.PROVIDER
                error = remote.error or RemoteError(cause)
                why = {"about": error.about, "field": error.field, "provider_code": error.code, **_cost(remote)}
                with structlog.contextvars.bound_contextvars(detail=error.detail):
                    return await self._move(job, Event.RENDER_FAILED, cause=cause, **why)
            case RemoteState.RUNNING:
                return await self._still_running(job, remote, rendering_jobs)

    async def _wait_for_provider(self, job: Job) -> Next:
        """A job that was sent to another provider than today's can't be polled, only waited for."""
        clock = self._parts.clock
        wait_seconds = max(
            give_up_at(job, self._parts.rules.job_give_up_seconds) - clock.now(),
            self._began_at + _ELSEWHERE_SECONDS - clock.monotonic(),
        )
        if wait_seconds > 0 or self._parts.board.time_in_doubt:
            return Next(job, clock.now() + max(wait_seconds, _ELSEWHERE_SECONDS))
        return await self._move(job, Event.VANISH, cause=Cause.LATE)

    def _is_over(self, job: Job) -> bool:
        """Whether the job has been waited for long enough, so that a poll may end it as lost."""
        if self._parts.board.time_in_doubt:
            return False
        return self._parts.clock.now() >= give_up_at(job, self._parts.rules.job_give_up_seconds)

    async def _completed(self, job: Job, remote: RemoteVideo) -> Next:
        now = self._parts.clock.now()
        self.urls[job.id] = remote.url
        ended = {"completed_at": now, "progress": None, **_cost(remote)}
        moved = await self._move(job, Event.COMPLETE, **ended)
        if job.submitted_at is not None:
            request = job.request
            self._remember(Rendered(request.model, request.size, request.seconds, now - job.submitted_at))
        return Next(moved.job, now)

    async def _still_running(self, job: Job, remote: RemoteVideo, rendering_jobs: int) -> Next:
        if self._is_over(job):
            return await self._move(job, Event.VANISH, cause=Cause.LATE)
        now = self._parts.clock.now()
        seen = self._seen[job.id]
        noted: Job | None = job
        if remote.progress is not None:
            age_seconds = now - (job.submitted_at or job.accepted_at)
            seen.progress = pacing.track(seen.progress, age_seconds, remote.progress)
            if remote.progress > (job.progress or 0):
                noted = await self._note_progress(job, remote.progress)
        return Next(noted, now + self._gap(job, remote.look_again_seconds, rendering_jobs))

    async def _note_progress(self, job: Job, percent: int) -> Job | None:
        """Store how far the render is; while the database is in trouble it is enough to know it."""
        monotonic = self._parts.clock.monotonic
        if monotonic() >= self._note_again_at:
            try:
                noted = await self._parts.database.write(moving.note, job, progress=percent)
            except StoreUnavailableError as error:
                _log.error("progress not stored", job=job.id, error=str(error))
                self._parts.alarm.ring(Key.ALARM_STORE)
                self._note_again_at = monotonic() + _STORE_RETRY_SECONDS
            else:
                self._parts.board.card_touched(job.id)
                return noted
        return replace(job, progress=percent)

    async def _after_fault(self, job: Job, fault: LookFault) -> Next:
        now = self._parts.clock.now()
        seen = self._seen[job.id]
        seen.faults_in_a_row += 1
        if isinstance(fault, LookRefused):
            seen.refused_times += 1
            if seen.refused_times >= _REFUSED_TIMES:
                why = {"about": fault.about, "field": fault.field, "provider_code": fault.code}
                return await self._move(job, Event.RENDER_FAILED, cause=fault.cause, **why)
        if isinstance(fault, NotFound):
            if seen.not_found_times == 0:
                seen.first_not_found_at = now
            seen.not_found_times += 1
            lasted_seconds = now - seen.first_not_found_at
            if seen.not_found_times >= _NOT_FOUND_TIMES and lasted_seconds >= _NOT_FOUND_SPAN_SECONDS:
                return await self._move(job, Event.VANISH, cause=fault.cause, provider_code=fault.code)
        if _is_refusal(fault):
            seen.first_refused_at = now if seen.first_refused_at is None else seen.first_refused_at
            if self._is_over(job) and now - seen.first_refused_at >= _NOT_FOUND_SPAN_SECONDS:
                return await self._move(job, Event.VANISH, cause=Cause.LATE)
        else:
            seen.first_refused_at = None
        asked_seconds = fault.retry_after_seconds if isinstance(fault, LookFailed) else None
        return Next(job, now + pacing.fault_gap(seen.faults_in_a_row, asked_seconds, self._rng))

    async def _move(self, job: Job, event: Event, **changes: object) -> Next:
        moved = await self._parts.database.write(moving.apply, job, event, now=self._parts.clock.now(), **changes)
        self._seen.pop(job.id, None)
        self._parts.board.job_changed(job.id)
        return Next(moved)

    def _gap(self, job: Job, asked_seconds: float | None, rendering_jobs: int) -> float:
        age_seconds = self._parts.clock.now() - (job.submitted_at or job.accepted_at)
        request = job.request
        return pacing.next_gap(
            self._history.fit(request.model, request.size, request.seconds),
            self._parts.rules.looks,
            age_seconds,
            progress=self._seen[job.id].progress,
            asked_seconds=asked_seconds,
            price=pacing.price_for(rendering_jobs, self._traffic.looks_per_second),
            late=job.late_at is not None,
        ).seconds

    def _remember(self, rendered: Rendered) -> None:
        self._history = self._history.with_render(
            rendered.model, rendered.size, rendered.seconds, rendered.took_seconds
        )


def _cost(remote: RemoteVideo) -> dict[str, object]:
    """What the provider says that the video cost; nothing if it doesn't, so that what it said before stays."""
    return {} if remote.cost_micros is None else {"cost_micros": remote.cost_micros}


def _is_refusal(fault: LookFault) -> bool:
    """Whether the provider is well and answers that it won't say; neither a busy one nor one that refuses the key."""
    return (
        isinstance(fault, LookFailed)
        and fault.status is not None
        and not fault.too_many
        and not fault.provider_at_fault
    )
