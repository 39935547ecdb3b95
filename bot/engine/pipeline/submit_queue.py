"""The submit queue: which accepted jobs are submitted next and where, as free places and the throttles allow.

The order is computed only when the queue or the places have changed, and only as far as places are free. A job's place
is counted when it is shown, so that it is never an old one; those far back are not counted. The first few are named
whenever they move.
"""

from collections.abc import Callable, Collection, Container, Mapping
from contextlib import closing
from itertools import islice

from bot.chat.views import PLACES_COUNTED
from bot.engine.due_queue import DueQueue
from bot.engine.pipeline.fair_queue import FairQueue, Lane, Line
from bot.engine.pipeline.fault_window import Sender
from bot.engine.pipeline.throttles import Throttles
from bot.engine.signals import Signals
from bot.jobs.model import Job, JobId, UserId
from bot.jobs.states import AT_PROVIDER, State
from bot.ops.clock import Clock

_IDLE_SECONDS = 60.0
_FINDING_OUT_SECONDS = 2.0
# So many have cards that are put right whenever they move, at most that often.
_NAMED = 3
_NAME_AGAIN_SECONDS = 2.0


class SubmitQueue:
    """The queue of one scheduler, and the places in use at the providers."""

    def __init__(self, clock: Clock, signals: Signals, throttles: Throttles, places: int) -> None:
        self._clock = clock
        self._signals = signals
        self._throttles = throttles
        self._places = places
        self._queue = FairQueue()
        # The provider that each job goes to whose paid step is running or being prepared; None if there is none.
        self._chosen: dict[JobId, str | None] = {}
        # Jobs that wait for their own moment.
        self._sleepers = DueQueue[JobId]()
        self._sleeping: dict[JobId, Job] = {}
        self._holders: dict[JobId, UserId] = {}
        # In which version of the queue the first were named, and when; and in which its places were counted.
        self._named: tuple[int, float] = (-1, 0.0)
        self._counted: tuple[int, dict[JobId, int]] = (-1, {})
        signals.place_in_queue, signals.queued_jobs = self.place_of, self._list

    def put(self, job: Job, not_before: float = 0.0) -> None:
        """Store the job as it is now: it waits, uses a place at the provider, or neither.

        `not_before` is when its next step is due at the earliest, besides its own time.
        """
        not_before = max(job.not_before, not_before)
        at_provider = job.state in AT_PROVIDER and job.late_at is None
        self._hold(job, holds=at_provider)
        if job.state is not State.ACCEPTED:
            self.drop(job.id)
        elif not_before > self._clock.now():
            self._queue.drop(job.id)
            self._sleeping[job.id] = job
            self._sleepers.put(job.id, not_before)
        else:
            self._wake(job)

    def drop(self, job_id: JobId) -> None:
        """Remove the job from the queue: it has ended, or a step of it is running."""
        self._queue.drop(job_id)
        self._sleeping.pop(job_id, None)
        self._sleepers.drop(job_id)

    def forget(self, job_id: JobId) -> None:
        """The job has ended."""
        self.drop(job_id)
        self._release(job_id)
        self._chosen.pop(job_id, None)
        self._throttles.forget(job_id)

    def observe(self, job: Job) -> None:
        """A job as it is now: it uses a place at the provider or not."""
        self._hold(job, holds=job.state in AT_PROVIDER and job.late_at is None)

    def holds_place(self, job_id: JobId) -> bool:
        """Whether the job uses a place at the provider, as far as is known."""
        return job_id in self._holders

    def take_places(self, at_provider: Mapping[JobId, UserId], own: Container[JobId]) -> None:
        """Take over who uses a place, for jobs of other processes; this process knows its own better."""
        for job_id in [job_id for job_id in self._holders if job_id not in at_provider and job_id not in own]:
            self._release(job_id)
        for job_id, user_id in at_provider.items():
            if job_id not in own and job_id not in self._holders:
                self._occupy(job_id, user_id)

    def place_of(self, job_id: JobId) -> int | None:
        """The job's place at this moment, from 1 on; `PLACES_COUNTED` + 1 for all behind those that are counted.

        None if it is not in the queue: it waits for its own moment, is being sent, or has been.
        """
        if job_id not in self._queue:
            return None
        if self._counted[0] != self._queue.version:
            with closing(self._queue.order()) as order:
                first = enumerate(islice(order, PLACES_COUNTED), start=1)
                self._counted = (self._queue.version, {job.id: place for place, job in first})
        return self._counted[1].get(job_id, PLACES_COUNTED + 1)

    def pick(
        self, is_ready: Callable[[Job], bool | None], kept_places: Collection[JobId] = ()
    ) -> tuple[list[Job], float]:
        """The jobs to submit now, each with a place, and in how many seconds to come back at the latest.

        `is_ready` is called for each first: False keeps a place for it, None passes it over. `kept_places` are the jobs
        of an earlier round that have one. Jobs that wait for their provider delay no others.
        """
        pause_seconds = self._wake_due()
        room, closed, wait_seconds = self._room(kept_places)
        free = self._places - len(self._holders) - len(kept_places)
        picked: list[Job] = []
        if free > 0:
            wait_seconds = min(wait_seconds, self._pick(picked, free, room, closed, is_ready))
        elif len(self._queue) and len(self._holders) < self._places:
            wait_seconds = min(wait_seconds, _FINDING_OUT_SECONDS)
        for job in picked:
            self.drop(job.id)
            self._hold(job, holds=True)
            self._queue.turned(job.origin.user_id, self._clock.monotonic())
        return picked, min(pause_seconds, wait_seconds, self._name_first())

    def _room(self, kept_places: Collection[JobId]) -> tuple[dict[str, int], set[Lane], float]:
        """How many jobs each provider may be sent, the lanes that wait for theirs, and for how long at the most."""
        kept = [self._chosen.get(job_id) for job_id in kept_places]
        room, closed, pause_seconds = dict[str, int](), set[Lane](), _IDLE_SECONDS
        for lane in self._queue.lanes():
            choice = self._throttles.choose(lane)
            for provider_id in lane:
                if provider_id not in room:
                    room[provider_id] = self._throttles.of_id(provider_id).submits_free - kept.count(provider_id)
            if choice.wait_seconds:
                closed.add(lane)
                pause_seconds = min(pause_seconds, choice.wait_seconds)
            elif choice.provider is not None and room[choice.provider] <= 0:
                # A probing request delays the others for some seconds only.
                closed.add(lane)
                pause_seconds = min(pause_seconds, _FINDING_OUT_SECONDS)
        return room, closed, pause_seconds

    def _pick(
        self,
        picked: list[Job],
        free: int,
        room: dict[str, int],
        closed: set[Lane],
        is_ready: Callable[[Job], bool | None],
    ) -> float:
        """Pick jobs for so many free places from the lanes that aren't closed; return in how many seconds to come back.

        Jobs that wait for their provider are passed over.
        """
        pause_seconds = _IDLE_SECONDS
        held: set[UserId | Line] = set()
        with closing(self._queue.order(held, closed)) as order:
            for job in order:
                lane, user_id = self._queue.lane_of(job.id), job.origin.user_id
                choice = self._throttles.choose(lane, user_id)
                provider_id = choice.provider
                if choice.wait_seconds != 0 or (provider_id is not None and room[provider_id] <= 0):
                    held.add((user_id, lane))
                    wait_seconds = _FINDING_OUT_SECONDS if choice.wait_seconds == 0 else choice.wait_seconds
                    pause_seconds = min(pause_seconds, wait_seconds or _IDLE_SECONDS)
                elif (ready := is_ready(job)) is not None:
                    self._chosen[job.id] = provider_id
                    free -= 1
                    if ready:
                        picked.append(job)
                    if provider_id is not None:
                        room[provider_id] -= 1
                        if ready:
                            self._throttles.of_id(provider_id).begin_submit(Sender.of(job))
                        if room[provider_id] <= 0:
                            closed.update(lane for lane in self._queue.lanes() if self._goes_to(lane, provider_id))
                    if free <= 0:
                        break
        return pause_seconds

    def _goes_to(self, lane: Lane, provider_id: str) -> bool:
        """Whether the lane's jobs go to that provider now, unless it is closed for their requester alone."""
        return self._throttles.choose(lane).provider == provider_id

    def chosen(self, job_id: JobId) -> str | None:
        """The provider that a picked job goes to; None if there is none for it."""
        return self._chosen.get(job_id)

    def end_submit(self, job_id: JobId, job: Job | None) -> None:
        """The job's paid step is over, with any outcome; None if another process goes on with the job, or it ended."""
        self._chosen.pop(job_id, None)
        self._throttles.end_submit(job_id)
        if job is not None:
            self.observe(job)

    def _list(self) -> list[JobId]:
        return list(self._queue)

    def _wake(self, job: Job) -> None:
        now = self._clock.now()
        self._sleeping.pop(job.id, None)
        self._queue.put(job, self._throttles.times_refused(job.id), self._throttles.lane_of(job, now))
        # It changes its lane when a provider that refused it may be tried again.
        opens_at = [route.until for route in job.closed_routes if route.until is not None and route.until > now]
        self._sleepers.put(job.id, min(opens_at, default=None))

    def _wake_due(self) -> float:
        """Queue jobs whose own moment has come; return in how many seconds the next one's comes."""
        now = self._clock.now()
        while (job_id := self._sleepers.pop(now)) is not None:
            job = self._sleeping.get(job_id) or self._queue.get(job_id)
            if job is not None:
                self._wake(job)
        return self._sleepers.pause_seconds(now)

    def _hold(self, job: Job, *, holds: bool) -> None:
        if not holds:
            self._release(job.id)
        elif job.id not in self._holders:
            self._occupy(job.id, job.origin.user_id)

    def _occupy(self, job_id: JobId, user_id: UserId) -> None:
        self._holders[job_id] = user_id
        self._queue.count_at_provider(user_id, 1)

    def _release(self, job_id: JobId) -> None:
        user_id = self._holders.pop(job_id, None)
        if user_id is not None:
            self._queue.count_at_provider(user_id, -1)

    def _name_first(self) -> float:
        """Name the first few jobs, if the order has changed; return in how many seconds to come back."""
        version, now = self._queue.version, self._clock.monotonic()
        if version == self._named[0]:
            return _IDLE_SECONDS
        rest_seconds = self._named[1] + _NAME_AGAIN_SECONDS - now
        if rest_seconds > 0:
            return rest_seconds
        self._named = (version, now)
        with closing(self._queue.order()) as order:
            self._signals.queue_ordered([job.id for job in islice(order, _NAMED)])
        return _IDLE_SECONDS
