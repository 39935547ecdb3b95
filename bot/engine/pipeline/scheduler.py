"""The scheduler: one loop that owns all unended jobs of this process and starts each one's next step when it is due.

Due times live in memory only, computed from stored facts. A poll that changes nothing writes nothing, and a database in
trouble stops no poll.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from dataclasses import replace

import structlog

from bot.chat.words import Key
from bot.engine.context import EngineContext
from bot.engine.moves import move
from bot.engine.pipeline.claims import RETRY_SECONDS, Claims
from bot.engine.pipeline.due_queue import DueQueue
from bot.engine.pipeline.fetch_step import fetch
from bot.engine.pipeline.poll import Poller
from bot.engine.pipeline.preflight import run_preflight
from bot.engine.pipeline.steps import StepKind, StepResult, Steps
from bot.engine.pipeline.submit_queue import SubmitQueue
from bot.engine.pipeline.submit_step import submit
from bot.engine.pipeline.throttle import ProviderThrottle
from bot.jobs.database import StoreUnavailableError
from bot.jobs.deadlines import give_up_at, late_at
from bot.jobs.model import Cause, Job, JobId, Via
from bot.jobs.states import ENDS, Event, State
from bot.ops.tasks import drain
from bot.videos.provider_faults import PollFault, PollForbidden

_POLLS_AT_ONCE = 32
_PREFLIGHTS_AT_ONCE = {StepKind.CHECK: 16, StepKind.ASK: 8}
# A place and a reply that were checked so recently count as existing.
_PREFLIGHT_VALID_SECONDS = 10.0
# For so long a job in its preflight keeps its place in the order; one that hangs lets the others pass.
_KEEPS_PLACE_SECONDS = 2.0
_IDLE_SECONDS = 60.0
_LIST_AGAIN_SECONDS = 10.0
_BROKEN_TIMES = 5
_BROKEN_REST_SECONDS = 3600.0
_log = structlog.stdlib.get_logger(__name__)


class Scheduler:
    """Holds the claimed jobs; `run` until cancelled, then `finish` to wait for paid requests."""

    def __init__(self, context: EngineContext, throttle: ProviderThrottle, poller: Poller, lease_owner: str) -> None:
        self._context = context
        self._throttle = throttle
        self._poller = poller
        self._claims = Claims(context, lease_owner)
        self._jobs: dict[JobId, Job] = {}
        # When rendering jobs are polled, when others continue, and until when those rest whose step broke.
        self._polls = DueQueue()
        self._other_steps = DueQueue()
        self._backoffs = DueQueue()
        self._steps = Steps()
        self._failures: Counter[JobId] = Counter()
        self._submit_queue = SubmitQueue(context.clock, context.signals, throttle, context.rules.max_rendering_jobs)
        self._preflighted_at: dict[JobId, float] = {}
        self._preflight_since: dict[JobId, float] = {}
        self._probe: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Start due steps, until cancelled; restarted after an error, it continues with its jobs."""
        signals = self._context.signals
        await self._learn()
        while True:
            signals.work.clear()
            pauses = [await self._refresh_jobs(), self._claims.start_renewal()]
            self._end_overdue()
            pauses += [self._start_submits(), self._start_polls(), self._start_others(), self._start_probe()]
            await signals.wait(signals.work, self._context.clock, min(pauses))

    def stop(self) -> None:
        """Begin no paid request from now on."""
        self._context.videos.leave()

    async def finish(self, within_seconds: float) -> None:
        """Wait for paid requests; everything else is repeated at the next start without harm."""
        self.stop()
        beside = [task for task in (self._probe, self._claims.renewal) if task is not None]
        await asyncio.gather(self._steps.finish(within_seconds), drain(beside, 0.0))

    async def _learn(self) -> None:
        try:
            await self._poller.learn()
        except StoreUnavailableError as error:
            self._claims.report_store_trouble("how long renders took", error)

    async def _refresh_jobs(self) -> float:
        """Read changes from the store; return in how many seconds to come back."""
        while (due := self._backoffs.first()) is not None and due[0] <= self._context.clock.now():
            self._backoffs.drop(due[1])
            self._context.signals.dirty_jobs.add(due[1])
        try:
            for job in await self._claims.read_changed():
                if job.id in self._jobs and job.id not in self._steps:
                    same = job.state is self._jobs[job.id].state
                    self._place(job, self._due_at(job.id) if same else _due_at_once(job))
            for job in await self._claims.claim():
                self._place(job, _due_at_once(job))
        except StoreUnavailableError as error:
            self._claims.report_store_trouble("what changed", error)
            return RETRY_SECONDS
        return _IDLE_SECONDS if due is None else max(due[0] - self._context.clock.now(), 0.0)

    def _due_at(self, job_id: JobId) -> float | None:
        poll_at = self._polls.due_at(job_id)
        return self._other_steps.due_at(job_id) if poll_at is None else poll_at

    def _place(self, job: Job, due_at: float | None) -> None:
        """Remember the job as it is now and when its next step is due."""
        if job.state in ENDS:
            self._forget(job.id)
            return
        if job.state is State.ACCEPTED and due_at is not None and due_at > job.not_before:
            job = replace(job, not_before=due_at)
        self._jobs[job.id] = job
        if job.state is State.ACCEPTED and job.id in self._backoffs:
            self._submit_queue.drop(job.id)
        else:
            self._submit_queue.put(job)
        if job.state is State.UNCERTAIN:
            self._context.signals.reconcile.set()
        queue, other = self._other_steps, self._polls
        if job.state is State.RENDERING:
            queue, other = other, queue
        other.drop(job.id)
        wants_at = self._wants_step_at(job, due_at)
        if wants_at is None:
            queue.drop(job.id)
        else:
            queue.put(job.id, wants_at)

    def _forget(self, job_id: JobId) -> None:
        self._jobs.pop(job_id, None)
        self._submit_queue.forget(job_id)
        for queue in (self._polls, self._other_steps, self._backoffs):
            queue.drop(job_id)
        self._failures.pop(job_id, None)
        self._preflighted_at.pop(job_id, None)
        self._context.signals.queue_positions.pop(job_id, None)

    def _wants_step_at(self, job: Job, due_at: float | None) -> float | None:
        match job.state:
            case State.RENDERING:
                return self._poller.first_poll_at(job, self._rendering_jobs()) if due_at is None else due_at
            case State.FETCHING:
                return max(job.not_before, due_at or 0.0)
            case State.SUBMITTING:
                # No process is sending it: its process died, or the outcome could not be stored.
                return self._context.clock.now()
            case State.UNCERTAIN:
                return give_up_at(job, self._context.rules.job_give_up_seconds)
            case _:
                # Accepted jobs wait in the queue, posting ones for the outbox.
                return None

    def _is_free(self, job_id: JobId) -> bool:
        """Whether a step of that job may start: none is running, and it doesn't rest after one that broke."""
        return job_id not in self._steps and job_id not in self._backoffs

    def _end_overdue(self) -> None:
        """End unsubmitted jobs at their deadline, and announce late ones, also without the provider."""
        now = self._context.clock.now()
        if self._context.signals.time_in_doubt:
            return
        for job in tuple(self._jobs.values()):
            if job.state is State.ACCEPTED and now >= late_at(job, self._context.rules.job_deadline_seconds):
                if self._is_free(job.id):
                    self._start(StepKind.OTHER, job, self._move(job, Event.EXPIRE, job.waiting_for or Cause.LATE))
            elif job.state is State.RENDERING and self._is_free(job.id):
                settle_at = self._poller.settle_at(job, broken=self._failures[job.id] >= _BROKEN_TIMES)
                if settle_at is not None and now >= settle_at:
                    self._start(StepKind.OTHER, job, self._poller.settle(job))

    async def _move(self, job: Job, event: Event, cause: Cause | None) -> StepResult:
        changes = {} if cause is None else {"cause": cause}
        return StepResult(await move(self._context, job, event, **changes))

    def _start_submits(self) -> float:
        """Submit as many queued jobs as there is room for; return in how many seconds to come back."""
        now = self._context.clock.monotonic()
        unchecked: list[Job] = []

        def is_ready(job: Job) -> bool | None:
            if self._has_passed_preflight(job):
                return True
            kind = _preflight_kind(job)
            others = sum(_preflight_kind(other) is kind for other in unchecked)
            if self._steps.count(kind) + others >= _PREFLIGHTS_AT_ONCE[kind]:
                return None
            unchecked.append(job)
            return False

        kept = sum(now - since < _KEEPS_PLACE_SECONDS for since in self._preflight_since.values())
        picked, pause_seconds = self._submit_queue.pick(is_ready, kept)
        for job in picked:
            self._start(StepKind.PAY, job, submit(self._context, self._throttle, job))
        for job in unchecked:
            self._preflight_since[job.id] = now
            self._start(_preflight_kind(job), job, self._preflight(job))
        return min(pause_seconds, _KEEPS_PLACE_SECONDS) if self._preflight_since else pause_seconds

    def _has_passed_preflight(self, job: Job) -> bool:
        """Whether the job may be sent as far as its card, its place and its reply are concerned."""
        preflighted_at = self._preflighted_at.get(job.id)
        return (
            preflighted_at is not None and self._context.clock.monotonic() - preflighted_at <= _PREFLIGHT_VALID_SECONDS
        )

    async def _preflight(self, job: Job) -> StepResult:
        try:
            instead = await run_preflight(self._context, job)
        finally:
            self._preflight_since.pop(job.id, None)
        if instead is None:
            self._preflighted_at[job.id] = self._context.clock.monotonic()
        return instead or StepResult(job)

    def _rendering_jobs(self) -> int:
        return sum(job.state is State.RENDERING for job in self._jobs.values())

    def _start_polls(self) -> float:
        """Poll every due rendering job; return in how many seconds the next one is due."""
        now, polls = self._context.clock.now(), self._steps.count(StepKind.POLL)
        while (due := self._polls.first()) is not None:
            due_at, job_id = due
            if due_at > now:
                return due_at - now
            if self._is_free(job_id):
                if polls >= _POLLS_AT_ONCE:
                    return _IDLE_SECONDS
                if (wait_seconds := self._throttle.seconds_until_poll()) > 0:
                    return wait_seconds
                polls += 1
                job = self._jobs[job_id]
                self._start(StepKind.POLL, job, self._poller.poll(job, self._rendering_jobs()))
            self._polls.drop(job_id)
        return _IDLE_SECONDS

    def _start_others(self) -> float:
        """Start every other due step; return in how many seconds the next one is due."""
        now = self._context.clock.now()
        while (due := self._other_steps.first()) is not None:
            due_at, job_id = due
            if due_at > now:
                return due_at - now
            self._other_steps.drop(job_id)
            if self._is_free(job_id):
                job = self._jobs[job_id]
                self._start(StepKind.OTHER, job, self._step(job))
        return _IDLE_SECONDS

    async def _step(self, job: Job) -> StepResult:
        match job.state:
            case State.FETCHING:
                return await fetch(self._context, self._throttle, job, self._poller.urls.pop(job.id, None))
            case State.SUBMITTING:
                # The outcome is unknown; it must never be sent again by itself.
                return await self._move(job, Event.DOUBT, Cause.LOST)
            case _:
                signals = self._context.signals
                # Its video may be in the provider's list, which this process has not read yet.
                if signals.time_in_doubt or (
                    job.provider == self._context.videos.provider and not signals.list_was_read
                ):
                    return StepResult(job, self._context.clock.now() + _LIST_AGAIN_SECONDS)
                return await self._move(job, Event.EXPIRE, Cause.LOST)

    def _start(self, kind: StepKind, job: Job, step: Awaitable[StepResult]) -> None:
        self._submit_queue.drop(job.id)
        self._steps.begin(kind, job.id, self._guard(job, step))

    async def _guard(self, job: Job, step: Awaitable[StepResult]) -> None:
        """Run one step; an exception delays this job only, which is then read again."""
        try:
            following = await step
            self._failures.pop(job.id, None)
            if following.job is not None:
                self._place(following.job, following.due_at)
            else:
                self._context.signals.dirty_jobs.add(job.id)
        except Exception as error:  # noqa: BLE001  # the loop's one guard
            self._rest_after(job, error)
        finally:
            if self._steps.is_paying(job.id):
                self._submit_queue.end_submit(self._jobs.get(job.id, job))
            self._steps.end(job.id)
            self._context.signals.work.set()

    def _rest_after(self, job: Job, error: Exception) -> None:
        """Let a job whose step broke rest for a while; after five times in a row for an hour, and alert."""
        if isinstance(error, StoreUnavailableError):
            # A store fault is not the job's.
            self._claims.report_store_trouble(f"the next step of {job.id}", error)
            rest_seconds = RETRY_SECONDS
        else:
            self._failures[job.id] += 1
            times = self._failures[job.id]
            rest_seconds = 2.0**times if times < _BROKEN_TIMES else _BROKEN_REST_SECONDS
            _log.error("step failed", job=job.id, state=job.state, times=times, rest=rest_seconds, exc_info=error)
            if times >= _BROKEN_TIMES:
                self._context.owner_alerts.alert(Key.ALERT_STUCK)
        self._backoffs.put(job.id, self._context.clock.now() + rest_seconds)

    def _start_probe(self) -> float:
        """Start a free probe of the provider when there is reason to; never with a paid request."""
        if self._throttle.take_probe():
            self._probe = asyncio.create_task(self._ping_provider())
        return 1.0 if self._throttle.wants_probe else _IDLE_SECONDS

    async def _ping_provider(self) -> None:
        try:
            await self._context.videos.ping()
        except PollForbidden as fault:
            _log.warning("provider refuses the key", status=fault.status, detail=fault.detail)
            if self._throttle.probe_forbidden():
                self._context.owner_alerts.alert(Key.ALERT_KEY)
        except PollFault as fault:
            _log.info("provider down", status=fault.status)
            self._throttle.probe_failed()
        else:
            _log.info("provider up")
            self._throttle.probe_answered()
        self._context.signals.work.set()


def _due_at_once(job: Job) -> float | None:
    """When the next step of a job is due that this process has not moved: a rendering one now, the oldest first."""
    return job.submitted_at if job.state is State.RENDERING else job.not_before


def _preflight_kind(job: Job) -> StepKind:
    """The kind of a job's preflight: a reply's needs Discord."""
    return StepKind.ASK if job.origin.via is Via.REPLY else StepKind.CHECK
