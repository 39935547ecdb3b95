"""The unended jobs of this process, as they are stored, and when each is due: its next step, its deadline, its rest."""

from collections import Counter
from collections.abc import Iterable, Mapping

from bot.engine.context import EngineContext
from bot.engine.due_queue import DueQueue
from bot.engine.pipeline.poll import Poller
from bot.engine.pipeline.poll_queue import PollQueue
from bot.engine.pipeline.steps import StepResult, Steps
from bot.engine.pipeline.stopping import is_to_be_asked
from bot.engine.pipeline.submit_queue import SubmitQueue
from bot.jobs.alerts import AlertKind
from bot.jobs.deadlines import give_up_at, late_at
from bot.jobs.model import Job, JobId
from bot.jobs.states import AT_PROVIDER, ENDS, State

_BROKEN_TIMES = 5
_BROKEN_REST_SECONDS = 3600.0


class OwnedJobs:
    """Each change costs what its own job costs. Jobs that wait for a place at the provider are in the submit queue."""

    def __init__(self, context: EngineContext, poller: Poller, submit_queue: SubmitQueue, steps: Steps) -> None:
        self._context = context
        self._poller = poller
        self._submit_queue = submit_queue
        self._steps = steps
        self.jobs: dict[JobId, Job] = {}
        # When rendering jobs are polled, when others continue, when jobs are overdue, and until when (monotonic) those
        # rest whose step broke.
        self.polls = PollQueue(context.providers)
        self.other_steps = DueQueue[JobId]()
        self.deadlines = DueQueue[JobId]()
        self.backoffs = DueQueue[JobId]()
        self.failures: Counter[JobId] = Counter()
        # When this process marked a job as being sent without learning if that is stored. It sent nothing for it.
        self.marks_in_doubt: dict[JobId, float] = {}
        context.signals.owns, context.signals.watches = self.jobs.__contains__, self._watches
        # Rows of jobs that were moved while a step of theirs is running.
        self._moved_meanwhile: dict[JobId, Job] = {}

    def is_free(self, job_id: JobId) -> bool:
        """Whether a step of that job may start: none is running, and it doesn't rest after one that broke."""
        return job_id not in self._steps and job_id not in self.backoffs

    def take_moved(self) -> None:
        """Take over what other actions have stored, and wake jobs whose card was tried."""
        signals = self._context.signals
        for job_id in signals.ready_jobs:
            job = self.jobs.get(job_id)
            if job is not None and job.state is State.ACCEPTED and self.is_free(job_id):
                self.place(job, None)
        signals.ready_jobs.clear()
        moved, signals.moved_jobs = signals.moved_jobs, {}
        owned, signals.owned_jobs = signals.owned_jobs, set()
        # One by one: a difference of the keys would go through all jobs.
        self.jobs.update({job_id: moved[job_id] for job_id in owned if job_id in moved and job_id not in self.jobs})
        self.take(moved.values())

    def take_missed(self) -> None:
        """Take over what other processes may have done: read own jobs again, and free places that are not used."""
        signals = self._context.signals
        if signals.missed_notices:
            signals.missed_notices = False
            signals.dirty_jobs.update(self.jobs)
        if signals.at_provider is not None:
            self._submit_queue.take_places(signals.at_provider, self.jobs)
            signals.at_provider = None

    def _watches(self, job_id: JobId, state: State | None) -> bool:
        return job_id in self.jobs or (state not in AT_PROVIDER and self._submit_queue.holds_place(job_id))

    def take_read(self, stored: Iterable[Job], before: Mapping[JobId, Job]) -> None:
        """Take over rows that were read, with due times by what is stored; `before`: the jobs before the read.

        A row is read again if its job was handed over or placed meanwhile: it may be older than that.
        """
        for job in stored:
            known = self.jobs.get(job.id)
            if job.id in self._context.signals.moved_jobs or known is not before.get(job.id):
                self._context.signals.dirty_jobs.add(job.id)
            elif known is not None and job.state is known.state and job.id not in self._steps:
                # What is planned may be by a clock that was wrong.
                self.place(job, None)
            else:
                self.take((job,))

    def take(self, stored: Iterable[Job]) -> None:
        """Place those of these jobs that this process owns; one whose step is running, at its end."""
        for job in stored:
            known = self.jobs.get(job.id)
            if known is None:
                self._submit_queue.observe(job)
            if known is None or job.fence < known.fence:
                continue
            if job.id in self._steps:
                self._moved_meanwhile[job.id] = job
            elif job.state is known.state and job is not known and not _is_newly_stopped(job, known):
                self.place(job, self.polls.due_at(job.id) or self.other_steps.due_at(job.id))
            else:
                self.place(job, due_at_once(job))

    def place(self, job: Job, due_at: float | None) -> None:
        """Remember the job as it is now and when its next step is due."""
        if job.state in ENDS:
            self._forget(job.id)
            self._context.owner_alerts.over(AlertKind.STUCK, job.id)
            return
        if job.owner not in (None, self._context.process) or (job.owner is None and self._context.database.is_shared):
            # Another process goes on with it; its place at the provider is still used.
            self._forget(job.id)
            self._submit_queue.observe(job)
            return
        self.jobs[job.id] = job
        if job.state is State.ACCEPTED and job.id in self.backoffs:
            self._submit_queue.drop(job.id)
        else:
            self._submit_queue.put(job, due_at or 0.0)
        if job.state is not State.ACCEPTED:
            self._context.signals.card_was_tried.pop(job.id, None)
        if job.state is State.UNCERTAIN:
            self._context.signals.reconcile()
        if job.state is State.RENDERING:
            self.other_steps.drop(job.id)
            # It counts among those that render when its first poll is planned.
            self.polls.put(job, due_at)
            self.polls.put(job, self._wants_step_at(job, due_at))
        else:
            self.polls.drop(job.id)
            self.other_steps.put(job.id, self._wants_step_at(job, due_at))
        self.deadlines.put(job.id, self._overdue_at(job))

    def place_after(self, job_id: JobId, following: StepResult | None) -> None:
        """Place the job after a step (None: it broke): as it was stored last, by the step or by any other action."""
        moved = self._moved_meanwhile.pop(job_id, None)
        moved = self._context.signals.moved_jobs.pop(job_id, moved)
        left = None if following is None else following.job
        is_new = moved is not None and _is_newly_stopped(moved, self.jobs.get(job_id, moved))
        if moved is not None and (left is None or moved.state is not left.state or is_new):
            self.place(moved, due_at_once(moved))
        elif following is not None and left is not None:
            self.place(moved or left, following.due_at)
        elif following is not None:
            self._context.signals.dirty_jobs.add(job_id)

    def was_never_sent(self, job: Job) -> bool:
        """Whether a job that is marked as being sent has just the mark for which this process sent nothing."""
        return job.submitted_at is not None and self.marks_in_doubt.get(job.id) == job.submitted_at

    def note_failure(self, job_id: JobId) -> float:
        """A step of the job broke; return for how long the job rests: an hour after five times in a row."""
        self.failures[job_id] += 1
        times = self.failures[job_id]
        return _BROKEN_REST_SECONDS if self.is_stuck(job_id) else 2.0**times

    def is_stuck(self, job_id: JobId) -> bool:
        """Whether steps of the job keep breaking."""
        return self.failures[job_id] >= _BROKEN_TIMES

    def settle_at(self, job: Job) -> float | None:
        """When a rendering job is late or lost, also without the provider; None if only a poll can decide."""
        return self._poller.settle_at(job, broken=self.is_stuck(job.id))

    def _forget(self, job_id: JobId) -> None:
        self._submit_queue.forget(job_id)
        for queue in (self.polls, self.other_steps, self.deadlines, self.backoffs):
            queue.drop(job_id)
        signals = self._context.signals
        for remembered in (self.jobs, self.failures, self.marks_in_doubt, signals.card_was_tried):
            remembered.pop(job_id, None)

    def _wants_step_at(self, job: Job, due_at: float | None) -> float | None:
        match job.state:
            case State.RENDERING:
                return self._poller.first_poll_at(job, self.polls.rendering_beside(job)) if due_at is None else due_at
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

    def _overdue_at(self, job: Job) -> float | None:
        """When it has to be decided if the job ends by its time, or is late."""
        if job.state is State.ACCEPTED or (job.state is State.RENDERING and job.late_at is None):
            return late_at(job, self._context.rules.job_deadline_seconds)
        return self.settle_at(job) if job.state is State.RENDERING else None


def _is_newly_stopped(job: Job, before: Job) -> bool:
    """Whether a person has asked meanwhile that the provider stops it: that is due at once."""
    return is_to_be_asked(job) and not is_to_be_asked(before)


def due_at_once(job: Job) -> float | None:
    """When the next step of a job is due that this process has not moved: a rendering one now, the oldest first."""
    return job.submitted_at if job.state is State.RENDERING else job.not_before
