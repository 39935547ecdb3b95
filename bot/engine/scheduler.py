"""One loop that owns all unended jobs of this process and starts each one's next step when its time has come.

When to look next lives in memory only, computed from stored facts; a look that changes nothing writes nothing, and a
database in trouble stops no look. It must not know what a step does.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from dataclasses import replace

import structlog

from bot.chat.words import Key
from bot.engine.agenda import Agenda
from bot.engine.fetch import fetch
from bot.engine.news import RETRY_SECONDS, News
from bot.engine.parts import Parts
from bot.engine.preflight import look_first
from bot.engine.steps import Kind, Next, Steps, let_arrive
from bot.engine.submit import submit
from bot.engine.traffic import Traffic
from bot.engine.turns import Turns
from bot.engine.watch import Watcher
from bot.jobs.database import StoreUnavailableError
from bot.jobs.deadlines import give_up_at, late_at
from bot.jobs.model import Cause, Job, JobId, Via
from bot.jobs.states import ENDS, Event, State
from bot.jobs.store import moving
from bot.videos.faults import LookFault, LookForbidden

_LOOKS_AT_ONCE = 32
_LOOKS_FIRST_AT_ONCE = {Kind.CHECK: 16, Kind.ASK: 8}
# A place and a reply that were seen so lately are taken to be there.
_SEEN_SECONDS = 10.0
# So long a job that is being looked at keeps its place in the order; one that hangs lets the others pass.
_KEEPS_PLACE_SECONDS = 2.0
_IDLE_SECONDS = 60.0
_LIST_AGAIN_SECONDS = 10.0
_BROKEN_TIMES = 5
_BROKEN_REST_SECONDS = 3600.0
_log = structlog.stdlib.get_logger(__name__)


class Scheduler:
    """Holds the claimed jobs; `run` until cancelled, then `finish` to let paid requests under way come home."""

    def __init__(self, parts: Parts, traffic: Traffic, watcher: Watcher, owner: str) -> None:
        self._parts = parts
        self._traffic = traffic
        self._watcher = watcher
        self._news = News(parts, owner)
        self._jobs: dict[JobId, Job] = {}
        # When rendering jobs are looked at, when others go on, and until when those rest whose step broke.
        self._looks = Agenda()
        self._others = Agenda()
        self._rests = Agenda()
        self._steps = Steps()
        self._failures: Counter[JobId] = Counter()
        self._turns = Turns(parts.clock, parts.board, traffic, parts.rules.max_rendering_jobs)
        self._seen_at: dict[JobId, float] = {}
        self._looked_since: dict[JobId, float] = {}
        self._probe: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Start what is due, until cancelled; begun again after a break, it goes on with the jobs it holds."""
        board = self._parts.board
        await self._learn()
        while True:
            board.work.clear()
            pauses = [await self._read_news(), self._news.start_renewal()]
            self._end_overdue()
            pauses += [self._start_submits(), self._start_looks(), self._start_others(), self._start_probe()]
            await board.wait(board.work, self._parts.clock, min(pauses))

    def stop(self) -> None:
        """Begin no paid request from now on."""
        self._parts.videos.leave()

    async def finish(self, within_seconds: float) -> None:
        """Let paid requests be answered; everything else is begun anew at the next start without harm."""
        self.stop()
        beside = [task for task in (self._probe, self._news.renewal) if task is not None]
        await asyncio.gather(self._steps.finish(within_seconds), let_arrive(beside, 0.0))

    async def _learn(self) -> None:
        try:
            await self._watcher.learn()
        except StoreUnavailableError as error:
            self._news.tell_trouble("how long renders took", error)

    async def _read_news(self) -> float:
        """Take in what changed in the store; return in how many seconds to come back."""
        while (due := self._rests.first()) is not None and due[0] <= self._parts.clock.now():
            self._rests.drop(due[1])
            self._parts.board.changed.add(due[1])
        try:
            for job in await self._news.read_changed():
                if job.id in self._jobs and job.id not in self._steps:
                    same = job.state is self._jobs[job.id].state
                    self._place(job, self._due_at(job.id) if same else _due_at_once(job))
            for job in await self._news.claim():
                self._place(job, _due_at_once(job))
        except StoreUnavailableError as error:
            self._news.tell_trouble("what changed", error)
            return RETRY_SECONDS
        return _IDLE_SECONDS if due is None else max(due[0] - self._parts.clock.now(), 0.0)

    def _due_at(self, job_id: JobId) -> float | None:
        look_at = self._looks.due_at(job_id)
        return self._others.due_at(job_id) if look_at is None else look_at

    def _place(self, job: Job, due_at: float | None) -> None:
        """Remember the job as it is now and when it wants its next step."""
        if job.state in ENDS:
            self._forget(job.id)
            return
        if job.state is State.ACCEPTED and due_at is not None and due_at > job.not_before:
            job = replace(job, not_before=due_at)
        self._jobs[job.id] = job
        if job.state is State.ACCEPTED and job.id in self._rests:
            self._turns.drop(job.id)
        else:
            self._turns.put(job)
        if job.state is State.UNCERTAIN:
            self._parts.board.doubt.set()
        agenda, other = self._others, self._looks
        if job.state is State.RENDERING:
            agenda, other = other, agenda
        other.drop(job.id)
        wants_at = self._wants_step_at(job, due_at)
        if wants_at is None:
            agenda.drop(job.id)
        else:
            agenda.put(job.id, wants_at)

    def _forget(self, job_id: JobId) -> None:
        self._jobs.pop(job_id, None)
        self._turns.forget(job_id)
        for agenda in (self._looks, self._others, self._rests):
            agenda.drop(job_id)
        self._failures.pop(job_id, None)
        self._seen_at.pop(job_id, None)
        self._parts.board.positions.pop(job_id, None)

    def _wants_step_at(self, job: Job, due_at: float | None) -> float | None:
        match job.state:
            case State.RENDERING:
                return self._watcher.first_look_at(job, self._rendering_jobs()) if due_at is None else due_at
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

    def _is_free(self, job_id: JobId) -> bool:
        """Whether a step of that job may begin: none is under way, and it doesn't rest after one that broke."""
        return job_id not in self._steps and job_id not in self._rests

    def _end_overdue(self) -> None:
        """End what was not submitted in time, and tell of what is late, whether or not the provider can be asked."""
        now = self._parts.clock.now()
        if self._parts.board.time_in_doubt:
            return
        for job in tuple(self._jobs.values()):
            if job.state is State.ACCEPTED and now >= late_at(job, self._parts.rules.job_deadline_seconds):
                if self._is_free(job.id):
                    self._start(Kind.OTHER, job, self._move(job, Event.EXPIRE, job.waiting_for or Cause.LATE))
            elif job.state is State.RENDERING and self._is_free(job.id):
                settle_at = self._watcher.settle_at(job, broken=self._failures[job.id] >= _BROKEN_TIMES)
                if settle_at is not None and now >= settle_at:
                    self._start(Kind.OTHER, job, self._watcher.settle(job))

    async def _move(self, job: Job, event: Event, cause: Cause | None) -> Next:
        changes = {} if cause is None else {"cause": cause}
        moved = await self._parts.database.write(moving.apply, job, event, now=self._parts.clock.now(), **changes)
        self._parts.board.job_changed(job.id)
        return Next(moved)

    def _start_submits(self) -> float:
        """Submit as many of the queue as there is room for; return in how many seconds to come back."""
        now = self._parts.clock.monotonic()
        unseen: list[Job] = []

        def is_ready(job: Job) -> bool | None:
            if self._is_seen(job):
                return True
            kind = _look_kind(job)
            others = sum(_look_kind(other) is kind for other in unseen)
            if self._steps.count(kind) + others >= _LOOKS_FIRST_AT_ONCE[kind]:
                return None
            unseen.append(job)
            return False

        kept = sum(now - since < _KEEPS_PLACE_SECONDS for since in self._looked_since.values())
        picked, pause_seconds = self._turns.pick(is_ready, kept)
        for job in picked:
            self._start(Kind.PAY, job, submit(self._parts, self._traffic, job))
        for job in unseen:
            self._looked_since[job.id] = now
            self._start(_look_kind(job), job, self._look_first(job))
        return min(pause_seconds, _KEEPS_PLACE_SECONDS) if self._looked_since else pause_seconds

    def _is_seen(self, job: Job) -> bool:
        """Whether the job may be sent as far as its card, its place and the reply that asked for it are concerned."""
        seen_at = self._seen_at.get(job.id)
        return seen_at is not None and self._parts.clock.monotonic() - seen_at <= _SEEN_SECONDS

    async def _look_first(self, job: Job) -> Next:
        try:
            instead = await look_first(self._parts, job)
        finally:
            self._looked_since.pop(job.id, None)
        if instead is None:
            self._seen_at[job.id] = self._parts.clock.monotonic()
        return instead or Next(job)

    def _rendering_jobs(self) -> int:
        return sum(job.state is State.RENDERING for job in self._jobs.values())

    def _start_looks(self) -> float:
        """Look at every rendering job whose time has come; return in how many seconds the next one is due."""
        now, looks = self._parts.clock.now(), self._steps.count(Kind.LOOK)
        while (due := self._looks.first()) is not None:
            due_at, job_id = due
            if due_at > now:
                return due_at - now
            if self._is_free(job_id):
                if looks >= _LOOKS_AT_ONCE:
                    return _IDLE_SECONDS
                if (wait_seconds := self._traffic.seconds_until_look()) > 0:
                    return wait_seconds
                looks += 1
                job = self._jobs[job_id]
                self._start(Kind.LOOK, job, self._watcher.look(job, self._rendering_jobs()))
            self._looks.drop(job_id)
        return _IDLE_SECONDS

    def _start_others(self) -> float:
        """Start every other step whose time has come; return in how many seconds the next one is due."""
        now = self._parts.clock.now()
        while (due := self._others.first()) is not None:
            due_at, job_id = due
            if due_at > now:
                return due_at - now
            self._others.drop(job_id)
            if self._is_free(job_id):
                job = self._jobs[job_id]
                self._start(Kind.OTHER, job, self._step(job))
        return _IDLE_SECONDS

    async def _step(self, job: Job) -> Next:
        match job.state:
            case State.FETCHING:
                return await fetch(self._parts, self._traffic, job, self._watcher.urls.pop(job.id, None))
            case State.SUBMITTING:
                # Nobody knows whether the provider took it; it must never be sent again by itself.
                return await self._move(job, Event.DOUBT, Cause.LOST)
            case _:
                board = self._parts.board
                # Its video may stand in the provider's list, which this process has not seen yet.
                if board.time_in_doubt or (job.provider == self._parts.videos.provider and not board.listed):
                    return Next(job, self._parts.clock.now() + _LIST_AGAIN_SECONDS)
                return await self._move(job, Event.EXPIRE, Cause.LOST)

    def _start(self, kind: Kind, job: Job, step: Awaitable[Next]) -> None:
        self._turns.drop(job.id)
        self._steps.begin(kind, job.id, self._guard(job, step))

    async def _guard(self, job: Job, step: Awaitable[Next]) -> None:
        """Run one step; whatever it raises delays this job only, which is then read anew."""
        try:
            following = await step
            self._failures.pop(job.id, None)
            if following.job is not None:
                self._place(following.job, following.due_at)
            else:
                self._parts.board.changed.add(job.id)
        except Exception as error:  # noqa: BLE001  # the loop's one guard
            self._rest_after(job, error)
        finally:
            if self._steps.is_paying(job.id):
                self._turns.end_submit(self._jobs.get(job.id, job))
            self._steps.end(job.id)
            self._parts.board.work.set()

    def _rest_after(self, job: Job, error: Exception) -> None:
        """Leave a job whose step broke alone for a while; after five times in a row for an hour, and alert."""
        if isinstance(error, StoreUnavailableError):
            # That says nothing about the job.
            self._news.tell_trouble(f"the next step of {job.id}", error)
            rest_seconds = RETRY_SECONDS
        else:
            self._failures[job.id] += 1
            times = self._failures[job.id]
            rest_seconds = 2.0**times if times < _BROKEN_TIMES else _BROKEN_REST_SECONDS
            _log.error("step failed", job=job.id, state=job.state, times=times, rest=rest_seconds, exc_info=error)
            if times >= _BROKEN_TIMES:
                self._parts.alarm.ring(Key.ALARM_STUCK)
        self._rests.put(job.id, self._parts.clock.now() + rest_seconds)

    def _start_probe(self) -> float:
        """Ask for free how the provider is, when there is reason to; never with a paid request."""
        if self._traffic.take_probe():
            self._probe = asyncio.create_task(self._ask())
        return 1.0 if self._traffic.wants_probe else _IDLE_SECONDS

    async def _ask(self) -> None:
        try:
            await self._parts.videos.ping()
        except LookForbidden as fault:
            _log.warning("provider refuses the key", status=fault.status, detail=fault.detail)
            if self._traffic.probe_forbidden():
                self._parts.alarm.ring(Key.ALARM_KEY)
        except LookFault as fault:
            _log.info("provider down", status=fault.status)
            self._traffic.probe_failed()
        else:
            _log.info("provider is there")
            self._traffic.probe_answered()
        self._parts.board.work.set()


def _due_at_once(job: Job) -> float | None:
    """When a job that this process has not moved wants its next step: a rendering one now, the oldest first."""
    return job.submitted_at if job.state is State.RENDERING else job.not_before


def _look_kind(job: Job) -> Kind:
    """How the job is looked at before it is sent: a reply's needs Discord."""
    return Kind.ASK if job.origin.via is Via.REPLY else Kind.CHECK
