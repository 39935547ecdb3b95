"""The scheduler: one loop that owns all unended jobs of this process and starts each one's next step when it is due.

Due times live in memory only, computed from stored facts. An event costs what it concerns, however many jobs there are
(docs/decisions/0020-what-becomes-due.md). A poll that changes nothing writes nothing, and a database in trouble stops
no poll.
"""

import asyncio
from collections.abc import Awaitable, Collection
from functools import partial

import structlog

from bot.engine.context import EngineContext
from bot.engine.moves import move
from bot.engine.pipeline.claims import RETRY_SECONDS, Claims
from bot.engine.pipeline.fetch_step import fetch
from bot.engine.pipeline.owned_jobs import OwnedJobs, due_at_once
from bot.engine.pipeline.poll import Poller
from bot.engine.pipeline.preflight import KEEPS_PLACE_SECONDS, Preflights, preflight_kind
from bot.engine.pipeline.provider_alerts import alert_of, note_answered
from bot.engine.pipeline.steps import StepKind, StepResult, Steps
from bot.engine.pipeline.submit_queue import SubmitQueue
from bot.engine.pipeline.submit_step import MarkInDoubtError, submit, take_back
from bot.engine.pipeline.throttle import ProviderThrottle
from bot.engine.pipeline.throttles import Throttles
from bot.jobs.alerts import AlertKind
from bot.jobs.database import StoreUnavailableError
from bot.jobs.model import Cause, Job
from bot.jobs.states import Event, State
from bot.ops.tasks import drain
from bot.videos.provider_faults import PollFault, PollForbidden
from bot.videos.providers import Provider

_IDLE_SECONDS = 60.0
_LIST_AGAIN_SECONDS = 10.0
_LATE_AGAIN_SECONDS = 10.0
_UNPOLLED_AT_ONCE = 32
_log = structlog.stdlib.get_logger(__name__)


class Scheduler:
    """Holds the claimed jobs; `run` until cancelled, then `finish` to wait for paid requests."""

    def __init__(self, context: EngineContext, throttles: Throttles, poller: Poller) -> None:
        self._context = context
        self._throttles = throttles
        self._poller = poller
        self._claims = Claims(context)
        self._steps = Steps()
        self._submit_queue = SubmitQueue(context.clock, context.signals, throttles, context.rules.max_rendering_jobs)
        self._preflights = Preflights(context, self._steps)
        self._owned = OwnedJobs(context, poller, self._submit_queue, self._steps)
        # The running free probes, by the ids of the providers.
        self._probes: dict[str, asyncio.Task[None]] = {}

    @property
    def jobs(self) -> Collection[Job]:
        """The unended jobs of this process."""
        return self._owned.jobs.values()

    async def run(self) -> None:
        """Start due steps, until cancelled; restarted after an error, it continues with its jobs."""
        signals = self._context.signals
        try:
            await self._poller.learn()
        except StoreUnavailableError as error:
            self._claims.report_store_trouble("how long renders took", error)
        while True:
            signals.work.clear()
            pause_seconds = await self._start_due()
            await signals.wait(signals.work, self._context.clock, pause_seconds)

    def stop(self) -> None:
        """Begin no paid request from now on."""
        self._context.providers.leave()

    async def finish(self, within_seconds: float) -> None:
        """Wait for paid requests; everything else is repeated at the next start without harm."""
        self.stop()
        await asyncio.gather(self._steps.finish(within_seconds), drain(list(self._probes.values()), 0.0))

    async def _start_due(self) -> float:
        """Start every step that is due; return in how many seconds to come back."""
        self._owned.take_moved()
        self._owned.take_missed()
        pauses = [await self._refresh_jobs(), self._end_overdue(), self._start_submits()]
        pauses += [self._start_polls(), self._start_others(), self._start_probes()]
        return min(pauses)

    async def _refresh_jobs(self) -> float:
        """Read what is not at hand from the store, some rows at once; return in how many seconds to come back."""
        signals, now = self._context.signals, self._context.clock.monotonic()
        while (job_id := self._owned.backoffs.pop(now)) is not None:
            signals.dirty_jobs.add(job_id)
        try:
            before = {job_id: job for job_id in signals.dirty_jobs if (job := self._owned.jobs.get(job_id)) is not None}
            self._owned.take_read(await self._claims.read_changed(), before)
            for job in await self._claims.claim():
                self._owned.place(job, due_at_once(job))
                if signals.shares_work:
                    # The process that had it before doesn't edit its card any more.
                    signals.card_touched(job.id, job)
        except StoreUnavailableError as error:
            self._claims.report_store_trouble("what changed", error)
            return RETRY_SECONDS
        if signals.dirty_jobs or signals.has_unclaimed:
            return 0.0
        return self._owned.backoffs.pause_seconds(now)

    def _end_overdue(self) -> float:
        """End unsubmitted jobs at their deadline, and announce late ones, also without the provider.

        Return in how many seconds the next one is due.
        """
        now = self._context.clock.now()
        while not self._context.signals.time_in_doubt and (job_id := self._owned.deadlines.pop(now)) is not None:
            if not self._owned.is_free(job_id):
                # It is placed again after its step or its rest.
                continue
            job = self._owned.jobs[job_id]
            if job.state is State.ACCEPTED:
                self._start(StepKind.OTHER, job, self._move(job, Event.EXPIRE, job.waiting_for or Cause.LATE))
            elif (settle_at := self._owned.settle_at(job)) is not None and now >= settle_at:
                self._start(StepKind.OTHER, job, self._poller.settle(job))
            elif job.late_at is None:
                # The next poll may end it, or the provider may go down before.
                self._owned.deadlines.put(job_id, now + _LATE_AGAIN_SECONDS)
        return self._owned.deadlines.pause_seconds(now)

    async def _move(self, job: Job, event: Event, cause: Cause) -> StepResult:
        return StepResult(await move(self._context, job, event, cause=cause))

    def _start_submits(self) -> float:
        """Submit as many queued jobs as there is room for; return in how many seconds to come back."""
        if not self._context.signals.submits:
            return _IDLE_SECONDS
        if self._context.signals.has_unclaimed:
            # The unclaimed ones may be older, or use a place at the provider.
            return _IDLE_SECONDS
        unchecked: list[Job] = []
        kept_places = self._preflights.kept_places()
        picked, pause_seconds = self._submit_queue.pick(partial(self._preflights.is_ready, unchecked), kept_places)
        for job in picked:
            # From now on something may be sent.
            self._owned.marks_in_doubt.pop(job.id, None)
            self._start(
                StepKind.PAY, job, submit(self._context, self._throttles, job, self._submit_queue.chosen(job.id))
            )
        for job in unchecked:
            self._start(preflight_kind(job), job, self._preflights.run(job))
        return min(pause_seconds, KEEPS_PLACE_SECONDS) if unchecked or kept_places else pause_seconds

    def _start_polls(self) -> float:
        """Poll every due rendering job; return in how many seconds the next one is due."""
        return min((self._start_polls_at(at) for at in self._owned.polls.providers()), default=_IDLE_SECONDS)

    def _start_polls_at(self, provider_id: str | None) -> float:
        now, polls = self._context.clock.now(), self._steps.count(StepKind.POLL, provider_id)
        # Of a provider that isn't set up nothing is requested.
        throttle = None if provider_id is None else self._throttles.of_id(provider_id)
        while (due := self._owned.polls.first(provider_id)) is not None:
            due_at, job_id = due
            if due_at > now:
                return due_at - now
            if self._owned.is_free(job_id):
                if polls >= (_UNPOLLED_AT_ONCE if throttle is None else throttle.polls_at_once):
                    return _IDLE_SECONDS
                if throttle is not None and (wait_seconds := throttle.seconds_until_poll()) > 0:
                    return wait_seconds
                polls += 1
                job = self._owned.jobs[job_id]
                beside = self._owned.polls.rendering_beside(job)
                self._start(StepKind.POLL, job, self._poller.poll(job, beside), provider_id)
            self._owned.polls.taken(job_id)
        return _IDLE_SECONDS

    def _start_others(self) -> float:
        """Start every other due step; return in how many seconds the next one is due."""
        now = self._context.clock.now()
        while (job_id := self._owned.other_steps.pop(now)) is not None:
            if self._owned.is_free(job_id):
                job = self._owned.jobs[job_id]
                self._start(StepKind.OTHER, job, self._step(job))
        return self._owned.other_steps.pause_seconds(now)

    async def _step(self, job: Job) -> StepResult:
        match job.state:
            case State.FETCHING:
                return await fetch(self._context, self._throttles, job, self._poller.urls.pop(job.id, None))
            case State.SUBMITTING if self._owned.was_never_sent(job):
                return await take_back(self._context, job)
            case State.SUBMITTING:
                # The outcome is unknown; it must never be sent again by itself.
                return await self._move(job, Event.DOUBT, Cause.LOST)
            case _:
                signals, provider = self._context.signals, self._context.providers.of(job.provider)
                # Its video may be in the provider's list, which this process has not read yet.
                if signals.time_in_doubt or (provider is not None and provider.id not in signals.lists_read):
                    return StepResult(job, self._context.clock.now() + _LIST_AGAIN_SECONDS)
                return await self._move(job, Event.EXPIRE, Cause.LOST)

    def _start(self, kind: StepKind, job: Job, step: Awaitable[StepResult], at: str | None = None) -> None:
        self._submit_queue.drop(job.id)
        self._steps.begin(kind, job.id, self._guard(job, step), at)

    async def _guard(self, job: Job, step: Awaitable[StepResult]) -> None:
        """Run one step; an exception delays this job only, which is then read again."""
        try:
            following = await step
            self._owned.failures.pop(job.id, None)
            self._context.owner_alerts.over(AlertKind.STUCK, job.id)
            self._owned.place_after(job.id, following)
        except Exception as error:  # noqa: BLE001  # the loop's one guard
            self._rest_after(job, error)
            self._owned.place_after(job.id, None)
        finally:
            if self._steps.is_paying(job.id):
                self._submit_queue.end_submit(job.id, self._owned.jobs.get(job.id))
            self._steps.end(job.id)
            self._context.signals.work.set()

    def _rest_after(self, job: Job, error: Exception) -> None:
        """Let a job whose step broke rest for a while; after five times in a row for an hour, and alert."""
        if isinstance(error, MarkInDoubtError):
            self._owned.marks_in_doubt[job.id] = error.marked_at
        if isinstance(error, StoreUnavailableError):
            # A store fault is not the job's.
            self._claims.report_store_trouble(f"the next step of {job.id}", error)
            rest_seconds = RETRY_SECONDS
        else:
            rest_seconds = self._owned.note_failure(job.id)
            times = self._owned.failures[job.id]
            _log.error("step failed", job=job.id, state=job.state, times=times, rest=rest_seconds, exc_info=error)
            if self._owned.is_stuck(job.id):
                self._context.owner_alerts.alert(AlertKind.STUCK, job.id)
        self._owned.backoffs.put(job.id, self._context.clock.monotonic() + rest_seconds)

    def _start_probes(self) -> float:
        """Start a free probe of each provider when there is reason to; never with a paid request."""
        wanted = False
        for provider in self._context.providers:
            throttle = self._throttles.of(provider)
            throttle.note_trouble()
            if throttle.take_probe():
                self._probes[provider.id] = asyncio.create_task(self._ping(provider, throttle))
            wanted |= throttle.wants_probe
        return 1.0 if wanted else _IDLE_SECONDS

    async def _ping(self, provider: Provider, throttle: ProviderThrottle) -> None:
        try:
            await provider.client.ping()
        except PollForbidden as fault:
            _log.warning("provider refuses the key", provider=provider.name, status=fault.status, detail=fault.detail)
            if throttle.probe_forbidden():
                alert_of(self._context, AlertKind.KEY, provider)
        except PollFault as fault:
            _log.info("provider down", provider=provider.name, status=fault.status)
            throttle.probe_failed()
        else:
            _log.info("provider up", provider=provider.name)
            throttle.probe_answered()
            note_answered(self._context, provider)
        self._context.signals.work.set()
