"""How often the queue is ordered, and which cards are painted again for it."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.views import PLACES_COUNTED
from bot.engine.pipeline.fair_queue import FairQueue
from bot.engine.pipeline.fault_window import Sender
from bot.engine.pipeline.submit_queue import SubmitQueue
from bot.engine.pipeline.throttle import ProviderThrottle
from bot.engine.pipeline.throttles import Throttles
from bot.engine.signals import Signals
from bot.jobs.model import Job, JobId, UserId
from bot.jobs.states import State
from tests.unit.bot.engine.fake_clock import FakeClock
from tests.unit.bot.engine.providers_of_test import NoVideos, one_provider, one_throttle
from tests.unit.bot.jobs.samples import a_job

ORDERED: Counter[str] = Counter()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def signals() -> Signals:
    return Signals()


@pytest.fixture
def turns(clock: FakeClock, signals: Signals, monkeypatch: pytest.MonkeyPatch) -> SubmitQueue:
    """Twenty places; how many jobs the queue's orders gave out is counted."""
    ORDERED.clear()
    order = FairQueue.order

    def counted(self: FairQueue, *args: object) -> object:
        ORDERED["orders"] += 1
        for job in order(self, *args):  # pyright: ignore[reportArgumentType]
            ORDERED["jobs"] += 1
            yield job

    monkeypatch.setattr(FairQueue, "order", counted)
    return SubmitQueue(clock, signals, throttles_of(clock), places=20)


def throttles_of(clock: FakeClock) -> Throttles:
    """Those of one provider that takes any number."""
    return one_throttle(ProviderThrottle(clock, submits_per_minute=100_000), one_provider(NoVideos()))


def ready(_: Job) -> bool:
    return True


def fill(turns: SubmitQueue, clock: FakeClock, number: int) -> list[Job]:
    """So many jobs of as many people."""
    jobs = [a_job(user_id=UserId(one + 1), accepted_at=clock.now() - 1_000 + one / 10) for one in range(number)]
    for job in jobs:
        turns.put(job)
    return jobs


def send(turns: SubmitQueue, clock: FakeClock, job: Job) -> None:
    """The provider takes the job, which then renders."""
    turns._throttles.of_id(NoVideos().provider).took_work(Sender.of(job))
    turns.put(a_job(State.RENDERING, id=job.id, user_id=job.origin.user_id, submitted_at=clock.now()))
    turns._throttles.end_submit(job.id)


def test_an_unchanged_queue_is_not_ordered_again(turns: SubmitQueue, clock: FakeClock) -> None:
    """All places are taken and two thousand wait: a hundred further events order nothing."""
    fill(turns, clock, 2_000)
    while picked := turns.pick(ready)[0]:
        for job in picked:
            send(turns, clock, job)
    clock.seconds += 30
    turns.pick(ready)
    ORDERED.clear()
    for _ in range(100):
        clock.seconds += 1
        assert turns.pick(ready)[0] == []
    assert ORDERED["orders"] == 0


def test_each_place_that_becomes_free_costs_what_it_takes(turns: SubmitQueue, clock: FakeClock) -> None:
    """Of two thousand that wait one is picked for each place; the first are named every two seconds at most."""
    fill(turns, clock, 2_000)
    while picked := turns.pick(ready)[0]:
        for job in picked:
            send(turns, clock, job)
    rendering = list(turns._holders)
    ORDERED.clear()
    for job_id in rendering[:10]:
        turns.forget(job_id)
        clock.seconds += 0.1
        (job,) = turns.pick(ready)[0]
        send(turns, clock, job)
    assert ORDERED["jobs"] <= 10 + 3


def test_a_place_is_counted_when_it_is_shown(turns: SubmitQueue, clock: FakeClock, signals: Signals) -> None:
    """It is right at that moment, also a moment after somebody ahead has gone; it costs two hundred steps at most."""
    jobs = fill(turns, clock, 2_000)
    while picked := turns.pick(ready)[0]:
        for job in picked:
            send(turns, clock, job)
    waiting = jobs[20:]
    assert [signals.place_in_queue(job.id) for job in waiting[:3]] == [1, 2, 3]
    turns.drop(waiting.pop(1).id)
    ORDERED.clear()
    assert [signals.place_in_queue(job.id) for job in waiting[:3]] == [1, 2, 3]
    assert signals.place_in_queue(waiting[PLACES_COUNTED - 1].id) == PLACES_COUNTED
    assert {signals.place_in_queue(job.id) for job in waiting[PLACES_COUNTED:]} == {PLACES_COUNTED + 1}
    assert ORDERED["jobs"] <= PLACES_COUNTED
    assert signals.place_in_queue(jobs[0].id) is None, "it is at the provider"


@given(st.lists(st.tuples(st.integers(1, 5), st.sampled_from(["put", "drop", "send", "end"])), max_size=60))
def test_the_place_is_that_in_which_jobs_are_sent(steps: list[tuple[int, str]]) -> None:
    """After anything that happens to the queue: those with smaller numbers are picked before."""
    clock, signals = FakeClock(), Signals()
    turns = SubmitQueue(clock, signals, throttles_of(clock), places=3)
    jobs: list[Job] = []
    for number, (person, what) in enumerate(steps):
        clock.seconds += 1
        if what == "put":
            jobs.append(a_job(user_id=UserId(person), accepted_at=float(number)))
            turns.put(jobs[-1])
        elif what == "send":
            for job in turns.pick(ready)[0]:
                send(turns, clock, job)
        elif jobs:
            turns.forget(jobs.pop(person % len(jobs)).id)
        places = {job.id: place for job in jobs if (place := signals.place_in_queue(job.id)) is not None}
        assert [job.id for job in turns._queue.order()] == sorted(places, key=places.__getitem__)
        assert sorted(places.values()) == list(range(1, len(places) + 1))


def test_only_the_first_few_cards_are_always_exact(turns: SubmitQueue, clock: FakeClock, signals: Signals) -> None:
    """Sixty wait, one is sent after the other: those of the first three are named whenever they move, no others."""
    fill(turns, clock, 80)
    for job in turns.pick(ready)[0]:
        send(turns, clock, job)
    for _ in range(3):
        for job in turns.pick(ready)[0]:
            send(turns, clock, job)

    def first() -> list[JobId]:
        return sorted(signals.queued_jobs(), key=lambda job_id: signals.place_in_queue(job_id) or 0)[:3]

    shown = {job_id: signals.place_in_queue(job_id) for job_id in first()}
    named: Counter[JobId] = Counter()
    while signals.queued_jobs():
        for job_id in signals.moved_up:
            named[job_id] += 1
            shown[job_id] = signals.place_in_queue(job_id)
        signals.moved_up.clear()
        for place, job_id in enumerate(first(), start=1):
            assert shown[job_id] == place
        clock.seconds += 3
        turns.forget(next(iter(turns._holders)))
        for job in turns.pick(ready)[0]:
            send(turns, clock, job)
    assert max(named.values()) <= 3


def test_the_first_order_after_a_start_moves_no_card() -> None:
    """The cards are taken to show it; later ones name the first few that moved."""
    signals, jobs = Signals(), [JobId(f"JOB{number:05}") for number in range(10)]
    signals.queue_ordered(jobs[:3])
    assert signals.moved_up == set()
    signals.queue_ordered(jobs[1:4])
    assert signals.moved_up == set(jobs[1:4])


def test_one_that_sleeps_is_not_in_the_queue(turns: SubmitQueue, clock: FakeClock, signals: Signals) -> None:
    """A job that waits for a moment of its own has no number until that has come."""
    job = a_job(not_before=clock.now() + 30)
    turns.put(job)
    picked, pause_seconds = turns.pick(ready)
    assert (picked, pause_seconds, signals.place_in_queue(job.id)) == ([], pytest.approx(30), None)
    clock.seconds += 30
    assert turns.pick(ready)[0] == [job]
