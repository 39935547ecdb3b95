"""One loop that owns all unended jobs of this process and starts each one's next step when its time has come.

When to look next lives in memory only, computed from stored facts; a look that changes nothing writes nothing. It must
not know what a step does.
"""

import asyncio
import heapq
from collections import Counter
from collections.abc import Awaitable
from dataclasses import replace

import structlog

from bot.engine.fetch import fetch
from bot.engine.parts import Parts
from bot.engine.queueing import fair_order
from bot.engine.steps import Next, let_arrive
from bot.engine.submit import submit
from bot.engine.traffic import Traffic
from bot.engine.watch import Watcher
from bot.jobs.database import StoreUnavailableError
from bot.jobs.deadlines import give_up_at, late_at
from bot.jobs.model import Cause, Job, JobId, UserId
from bot.jobs.states import AT_PROVIDER, ENDS, Event, State
from bot.jobs.store import finding, moving
from bot.videos.faults import LookFault

_LEASE_SECONDS = 60.0
_RENEW_SECONDS = 20.0
_LOOKS_AT_ONCE = 32
_FETCHES_AT_ONCE = 3
_IDLE_SECONDS = 60.0
_STORE_RETRY_SECONDS = 5.0
_QUARANTINE_AFTER = 5
_log = structlog.stdlib.get_logger(__name__)


class Scheduler:
    """Holds the claimed jobs; `run` until cancelled, then `finish` to let paid requests under way come home."""

    def __init__(self, parts: Parts, traffic: Traffic, watcher: Watcher, owner: str) -> None:
        self._parts = parts
        self._traffic = traffic
        self._watcher = watcher
        self._owner = owner
        self._jobs: dict[JobId, Job] = {}
        self._due: dict[JobId, float] = {}
        self._heap: list[tuple[float, JobId]] = []
        self._steps: dict[JobId, tuple[State, asyncio.Task[None]]] = {}
        self._fetches = asyncio.Semaphore(_FETCHES_AT_ONCE)
        self._failures: Counter[JobId] = Counter()
        self._turned_at: dict[UserId, float] = {}
        self._renew_at = 0.0
        self._probe: asyncio.Task[None] | None = None

    @property
    def jobs_waiting(self) -> bool:
        """Whether any accepted job waits to be submitted."""
        return any(job.state is State.ACCEPTED for job in self._jobs.values())

    async def run(self) -> None:
        """Start what is due, until cancelled; begun again after a break, it goes on with the jobs it holds."""
        await self._watcher.learn()
        board = self._parts.board
        while True:
            board.work.clear()
            await self._read_news()
            self._expire_overdue()
            pause_seconds = min(_RENEW_SECONDS, self._start_submits(), self._start_due(), self._start_probe())
            await board.wait(board.work, self._parts.clock, pause_seconds)

    async def finish(self, within_seconds: float) -> None:
        """Let paid requests be answered; everything else is begun anew at the next start without harm."""
        paid = [task for state, task in self._steps.values() if state is State.ACCEPTED]
        for _state, task in self._steps.values():
            if task not in paid:
                task.cancel()
        if self._probe is not None:
            self._probe.cancel()
        await let_arrive(paid, within_seconds)
        await asyncio.gather(*(task for _state, task in self._steps.values()), return_exceptions=True)

    async def _read_news(self) -> None:
        parts, now = self._parts, self._parts.clock.now()
        if changed := frozenset(parts.board.changed):
            # Whatever changes while they are read is read once more.
            parts.board.changed -= changed
            try:
                known = await parts.database.read(finding.find_many, changed)
            except StoreUnavailableError:
                parts.board.changed |= changed
                raise
            for job_id in changed & self._jobs.keys():
                if job_id not in self._steps and job_id in known:
                    job = known[job_id]
                    same = job.state is self._jobs[job_id].state
                    self._place(job, self._due.get(job_id) if same else _due_at_once(job))
        if parts.board.unclaimed:
            parts.board.unclaimed = False
            try:
                claimed = await parts.database.write(moving.claim, self._owner, now, _LEASE_SECONDS)
            except StoreUnavailableError:
                parts.board.unclaimed = True
                raise
            for job in claimed:
                self._place(job, _due_at_once(job))
        if now >= self._renew_at:
            await parts.database.write(moving.renew, self._owner, now, _LEASE_SECONDS)
            self._renew_at = now + _RENEW_SECONDS

    def _place(self, job: Job, due_at: float | None) -> None:
        """Remember the job as it is now and when it wants its next step."""
        if job.state in ENDS:
            self._jobs.pop(job.id, None)
            self._due.pop(job.id, None)
            self._failures.pop(job.id, None)
            self._parts.board.positions.pop(job.id, None)
            return
        if job.state is State.ACCEPTED and due_at is not None and due_at > job.not_before:
            job = replace(job, not_before=due_at)
        self._jobs[job.id] = job
        if job.state is State.UNCERTAIN:
            self._parts.board.doubt.set()
        wants_at = self._wants_step_at(job, due_at)
        if wants_at is None:
            self._due.pop(job.id, None)
        elif self._due.get(job.id) != wants_at:
            self._due[job.id] = wants_at
            heapq.heappush(self._heap, (wants_at, job.id))

    def _wants_step_at(self, job: Job, due_at: float | None) -> float | None:
        match job.state:
            case State.RENDERING:
                look_at = self._watcher.first_look_at(job, self._rendering_jobs()) if due_at is None else due_at
                return min(look_at, self._watcher.settle_at(job))
            case State.FETCHING:
                return max(job.not_before, due_at or 0.0)
            case State.SUBMITTING:
                # Nobody is sending it: its process died, or the outcome could not be stored.
                return self._parts.clock.now()
            case State.UNCERTAIN:
                return give_up_at(job, self._parts.rules.job_give_up_seconds)
            case _:
                # Accepted jobs wait in the queue, posting ones for the teller.
                return None

    def _expire_overdue(self) -> None:
        now = self._parts.clock.now()
        for job in tuple(self._jobs.values()):
            overdue = job.state is State.ACCEPTED and now >= late_at(job, self._parts.rules.job_deadline_seconds)
            if overdue and job.id not in self._steps:
                self._start(job, self._move(job, Event.EXPIRE, job.waiting_for or Cause.LATE))

    async def _move(self, job: Job, event: Event, cause: Cause) -> Next:
        moved = await self._parts.database.write(moving.apply, job, event, now=self._parts.clock.now(), cause=cause)
        self._parts.board.job_changed(job.id)
        return Next(moved)

    def _start_submits(self) -> float:
        """Submit as many of the queue as there is room for; return in how many seconds to come back."""
        now = self._parts.clock.now()
        queued = [job for job in self._jobs.values() if job.state is State.ACCEPTED and job.id not in self._steps]
        held = [job for job in self._jobs.values() if self._holds_slot(job)]
        free = self._parts.rules.max_rendering_jobs - len(held)
        wait_seconds = self._traffic.seconds_until_submit()
        if self._traffic.account_trouble is not None:
            # One job at a time finds out whether the account is in order again.
            submitting = any(state is State.ACCEPTED for state, _task in self._steps.values())
            free = min(free, 0 if submitting else 1)
        order = fair_order(queued, Counter(job.origin.user_id for job in held), self._turned_at)
        pause_seconds = _IDLE_SECONDS
        for job in order:
            if free > 0 and wait_seconds == 0 and job.not_before <= now:
                self._turned_at[job.origin.user_id] = self._parts.clock.monotonic()
                self._start(job, submit(self._parts, self._traffic, job))
                free -= 1
            elif job.not_before > now:
                pause_seconds = min(pause_seconds, job.not_before - now)
            elif wait_seconds > 0:
                pause_seconds = min(pause_seconds, wait_seconds)
        ready = [job.id for job in order if job.id not in self._steps and job.not_before <= now]
        self._parts.board.queue_ordered(ready)
        return pause_seconds

    def _holds_slot(self, job: Job) -> bool:
        """Whether the job takes one of the places at the provider (late ones do not, nor do those being fetched)."""
        if job.id in self._steps and self._steps[job.id][0] is State.ACCEPTED:
            return True
        return job.state in AT_PROVIDER and job.late_at is None

    def _rendering_jobs(self) -> int:
        return sum(job.state is State.RENDERING for job in self._jobs.values())

    def _start_due(self) -> float:
        """Start every step whose time has come; return in how many seconds the next one is due."""
        now = self._parts.clock.now()
        while self._heap:
            due_at, job_id = self._heap[0]
            if self._due.get(job_id) != due_at or job_id in self._steps:
                heapq.heappop(self._heap)
                continue
            if due_at > now:
                return due_at - now
            job = self._jobs[job_id]
            if job.state is State.RENDERING and now < self._watcher.settle_at(job):
                looks = sum(state is State.RENDERING for state, _task in self._steps.values())
                if looks >= _LOOKS_AT_ONCE:
                    return _IDLE_SECONDS
                if (wait_seconds := self._traffic.seconds_until_look()) > 0:
                    return wait_seconds
            heapq.heappop(self._heap)
            del self._due[job_id]
            self._start(job, self._step(job))
        return _IDLE_SECONDS

    async def _step(self, job: Job) -> Next:
        match job.state:
            case State.RENDERING if self._parts.clock.now() >= self._watcher.settle_at(job):
                return await self._watcher.settle(job)
            case State.RENDERING:
                return await self._watcher.look(job, self._rendering_jobs())
            case State.FETCHING:
                async with self._fetches:
                    return await fetch(self._parts, job, self._watcher.urls.pop(job.id, None))
            case State.SUBMITTING:
                # Nobody knows whether the provider took it; it must never be sent again by itself.
                return await self._move(job, Event.DOUBT, Cause.LOST)
            case _:
                return await self._move(job, Event.EXPIRE, Cause.LOST)

    def _start(self, job: Job, step: Awaitable[Next]) -> None:
        self._steps[job.id] = (job.state, asyncio.create_task(self._guard(job, step)))

    async def _guard(self, job: Job, step: Awaitable[Next]) -> None:
        """Run one step; whatever it raises delays this job only, which is then read anew."""
        try:
            following = await step
            if following.job is not None:
                self._place(following.job, following.due_at)
            else:
                self._parts.board.changed.add(job.id)
        except Exception as error:  # noqa: BLE001  # the loop's one guard
            await self._rest_after(job, error)
        finally:
            del self._steps[job.id]
            self._parts.board.work.set()

    async def _rest_after(self, job: Job, error: Exception) -> None:
        """Leave a job whose step broke alone for a while; after five times until the next start."""
        self._failures[job.id] += 1
        times = self._failures[job.id]
        if isinstance(error, StoreUnavailableError):
            _log.error("step not stored", job=job.id, state=job.state, error=str(error))
            await self._parts.clock.sleep(_STORE_RETRY_SECONDS)
        elif times >= _QUARANTINE_AFTER:
            _log.error("job set aside until the next start", job=job.id, state=job.state, exc_info=error)
            self._jobs.pop(job.id, None)
            self._due.pop(job.id, None)
            return
        else:
            _log.error("step failed", job=job.id, state=job.state, times=times, exc_info=error)
            await self._parts.clock.sleep(2.0**times)
        self._parts.board.changed.add(job.id)

    def _start_probe(self) -> float:
        """While the provider counts as down, ask now and then whether it is there; never with a paid request."""
        if self._traffic.take_probe():
            self._probe = asyncio.create_task(self._ask())
        return 1.0 if self._traffic.is_open else _IDLE_SECONDS

    async def _ask(self) -> None:
        try:
            await self._parts.videos.ping()
        except LookFault as fault:
            _log.info("provider still down", status=fault.status)
        else:
            self._traffic.answered()
            _log.info("provider is back")
        self._parts.board.work.set()


def _due_at_once(job: Job) -> float | None:
    """When a job that this process has not moved wants its next step: a rendering one now, the oldest first."""
    return job.submitted_at if job.state is State.RENDERING else job.not_before
