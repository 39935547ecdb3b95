"""The work of one event doesn't depend on how many jobs there are. Instructions of the bot's own code are counted."""

import asyncio
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import bot
from bot.engine.pipeline.fault_window import Sender
from bot.engine.pipeline.owned_jobs import OwnedJobs
from bot.engine.pipeline.submit_queue import SubmitQueue
from bot.engine.pipeline.throttle import ProviderThrottle
from bot.engine.signals import Signals
from bot.jobs.model import Job, JobId, UserId
from bot.jobs.states import State
from bot.videos.values import RemoteState, RemoteVideo
from tests.figures import figure
from tests.unit.bot.engine.fake_clock import FakeClock
from tests.unit.bot.engine.providers_of_test import NoVideos, one_provider, one_throttle
from tests.unit.bot.engine.scheduler_harness import SchedulerHarness, a_scheduler_harness
from tests.unit.bot.jobs.samples import a_job

BOT = str(Path(bot.__file__).parent)
PLACES = 20
MANY = figure((100, 1_000), (100, 1_000, 10_000))
# A heap is as many levels higher.
ALLOWED = 1.1


class Steps:
    """How many instructions of `bot` ran."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> "Steps":
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _trace(self, frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.startswith(BOT):
            return None
        frame.f_trace_opcodes = True
        self.count += event == "opcode"
        return self._trace


class Unlisted(dict[JobId, Job]):
    """Can't be gone through as a whole, not even inside of Python, where no instruction of ours is counted."""

    def refuse(self, *_: object) -> Any:
        raise AssertionError("all jobs are gone through")

    __iter__ = keys = values = items = refuse


class FakeVideos:
    """A provider where everything renders for ever."""

    leaving = False

    async def poll(self, remote_id: str) -> RemoteVideo:
        return RemoteVideo(remote_id, RemoteState.RUNNING, "processing")

    def leave(self) -> None:
        """Nothing is sent."""

    async def close(self) -> None:
        """Nothing is open."""


class Many:
    """A scheduler with so many jobs, each of its own person: a quarter renders, the others wait for their turn."""

    def __init__(self, harness: SchedulerHarness, number: int) -> None:
        self.harness, self.scheduler, self.signals = harness, harness.scheduler, harness.signals
        (provider,) = harness.providers
        object.__setattr__(provider, "client", FakeVideos())
        self.signals.has_unclaimed = False
        # Leases are renewed by one statement, at their own time.
        self.scheduler._claims._renew_at = math.inf
        now = harness.clock.now()
        self.rendering = [self.job(State.RENDERING, one, submitted_at=now) for one in range(number // 4)]
        self.waiting = [self.job(State.ACCEPTED, one) for one in range(number // 4, number)]
        for job in (*self.rendering, *self.waiting):
            self.owned.place(job, now + 600.0 if job.state is State.RENDERING else None)
        self.owned.jobs = Unlisted(self.owned.jobs)

    @property
    def owned(self) -> OwnedJobs:
        return self.scheduler._owned

    def job(self, state: State, one: int, **changes: Any) -> Job:
        now = self.harness.clock.now()
        provider = self.harness.videos.provider
        facts = {"user_id": UserId(one + 1), "accepted_at": now - 30.0 + one / 1_000, "provider": provider}
        return replace(a_job(state, **facts | changes), id=JobId(f"J{one:07}"), remote_id=f"video_{one}")

    async def steps(self, event: Callable[[], object]) -> int:
        """The steps of the event and of all that the scheduler does about it."""
        await self.scheduler._start_due()
        with Steps() as steps:
            event()
            await self.scheduler._start_due()
            tasks = [step.task for step in self.scheduler._steps._steps.values()]
            await asyncio.gather(*tasks)
            await self.scheduler._start_due()
        assert steps.count > 0
        return steps.count

    # ------------------------------------------------------------- the events

    def nothing(self) -> None:
        """A wake-up without a reason."""

    def poll_answered(self) -> None:
        """One of the rendering jobs is due to be polled."""
        self.owned.place(self.rendering[7], self.harness.clock.now() - 1.0)

    def accepted(self) -> None:
        """One more request."""
        self.signals.job_accepted(self.job(State.ACCEPTED, 5_000_000))

    def moved(self) -> None:
        """*Don't post* on one that renders."""
        self.signals.job_moved(replace(self.rendering[7], withheld=True))

    def ended(self) -> None:
        """One is cancelled while it waits."""
        self.signals.job_moved(replace(self.waiting[7], state=State.CANCELLED))

    def card_tried(self) -> None:
        """The card of one is posted."""
        self.signals.card_tried(self.waiting[7].id)

    def late(self) -> None:
        """One is past its deadline, while the clock is in doubt."""
        self.signals.time_in_doubt = True
        self.owned.deadlines.put(self.rendering[7].id, self.harness.clock.now() - 1.0)


EVENTS = ("nothing", "poll_answered", "accepted", "moved", "ended", "card_tried", "late")


async def test_an_event_costs_the_same_with_any_number_of_jobs(tmp_path: Path) -> None:
    """Any event of one of a hundred jobs, of a thousand, of ten thousand; all places are in use."""
    counts: dict[str, dict[int, int]] = {event: {} for event in EVENTS}
    for number in MANY:
        (tmp_path / str(number)).mkdir()
        async with a_scheduler_harness(tmp_path / str(number), max_rendering_jobs=PLACES) as harness:
            many = Many(harness, number)
            for event in EVENTS:
                counts[event][number] = await many.steps(getattr(many, event))
    growing = {event: steps for event, steps in counts.items() if max(steps.values()) > min(steps.values()) * ALLOWED}
    assert growing == {}


def test_a_free_place_costs_the_same_with_any_number_of_people() -> None:
    """One place becomes free: the next job is picked without a step for each person who waits."""
    counts: dict[int, int] = {}
    for number in MANY:
        clock = FakeClock()
        throttle = ProviderThrottle(clock, submits_per_minute=100_000)
        throttles = one_throttle(throttle, one_provider(NoVideos()))
        queue = SubmitQueue(clock, Signals(), throttles, places=1)
        for one in range(number):
            queue.put(a_job(user_id=UserId(one + 1), accepted_at=float(one)))
        (first,) = queue.pick(lambda _: True)[0]
        throttle.took_work(Sender.of(first))
        queue.end_submit(first.id, replace(first, state=State.RENDERING))
        with Steps() as steps:
            queue.forget(first.id)
            (second,) = queue.pick(lambda _: True)[0]
        assert second.accepted_at == 1.0
        counts[number] = steps.count
    assert max(counts.values()) <= min(counts.values()) * ALLOWED, counts
