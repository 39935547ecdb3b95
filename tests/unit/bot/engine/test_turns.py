"""How often the queue is ordered, and which cards are painted again for it."""

from collections import Counter

import pytest

from bot.engine.board import Board
from bot.engine.queueing import FairQueue
from bot.engine.signals import Sender
from bot.engine.traffic import Traffic
from bot.engine.turns import Turns
from bot.jobs.model import Job, JobId, UserId
from bot.jobs.states import State
from tests.unit.bot.engine.fake_clock import FakeClock
from tests.unit.bot.jobs.samples import a_job

ORDERED: Counter[str] = Counter()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def turns(clock: FakeClock, board: Board, monkeypatch: pytest.MonkeyPatch) -> Turns:
    """Twenty places; how many jobs the queue's orders gave out is counted."""
    ORDERED.clear()
    order = FairQueue.order

    def counted(self: FairQueue, *args: object) -> object:
        ORDERED["orders"] += 1
        for job in order(self, *args):  # pyright: ignore[reportArgumentType]
            ORDERED["jobs"] += 1
            yield job

    monkeypatch.setattr(FairQueue, "order", counted)
    return Turns(clock, board, Traffic(clock, submits_per_minute=100_000), places=20)


def ready(_: Job) -> bool:
    return True


def fill(turns: Turns, clock: FakeClock, number: int) -> list[Job]:
    """So many jobs of as many people."""
    jobs = [a_job(user_id=UserId(one + 1), accepted_at=clock.now() - 1_000 + one / 10) for one in range(number)]
    for job in jobs:
        turns.put(job)
    return jobs


def send(turns: Turns, clock: FakeClock, job: Job) -> None:
    """The provider takes the job, which then renders."""
    turns._traffic.took_work(Sender.of(job))
    turns.put(a_job(State.RENDERING, id=job.id, user_id=job.origin.user_id, submitted_at=clock.now()))
    turns._traffic.end_submit(job.id)


def test_an_unchanged_queue_is_not_ordered_again(turns: Turns, clock: FakeClock) -> None:
    """All places are taken and two thousand wait: a hundred further events order nothing."""
    fill(turns, clock, 2_000)
    while picked := turns.pick(ready)[0]:
        for job in picked:
            send(turns, clock, job)
    clock.seconds += 10
    turns.pick(ready)
    ORDERED.clear()
    for _ in range(100):
        clock.seconds += 1
        assert turns.pick(ready)[0] == []
    assert ORDERED["orders"] == 0


def test_each_place_that_becomes_free_costs_what_it_takes(turns: Turns, clock: FakeClock) -> None:
    """Of two thousand that wait one is picked for each place; their numbers are put right every two seconds at most."""
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
    assert ORDERED["jobs"] <= 10 + 2 * 2_000


def test_only_the_first_few_cards_are_always_exact(turns: Turns, clock: FakeClock, board: Board) -> None:
    """Sixty wait, one is sent after the other: each card is painted a few times, those of the first three exactly."""
    fill(turns, clock, 80)
    for job in turns.pick(ready)[0]:
        send(turns, clock, job)
    for _ in range(3):
        for job in turns.pick(ready)[0]:
            send(turns, clock, job)
    painted: Counter[JobId] = Counter()
    shown: dict[JobId, int] = {}
    while board.positions:
        for job_id in board.touched:
            painted[job_id] += 1
            shown[job_id] = board.positions.get(job_id, 0)
        board.touched.clear()
        for place, job_id in enumerate(board.positions, start=1):
            if place <= 3:
                assert shown[job_id] == place
        clock.seconds += 3
        turns.forget(next(iter(turns._holders)))
        for job in turns.pick(ready)[0]:
            send(turns, clock, job)
    assert max(painted.values()) <= 3 + 6 + 1
    assert sum(painted.values()) <= 60 * 9


def test_cards_further_back_are_put_right_after_a_while(clock: FakeClock) -> None:
    """A place that is off by a little is painted five minutes later."""
    board = Board()
    jobs = [JobId(f"JOB{number:05}") for number in range(10)]
    board.queue_ordered(jobs, clock.monotonic())
    board.touched.clear()
    board.queue_ordered(jobs[1:], clock.monotonic() + 1)
    assert board.touched == {jobs[1], jobs[2], jobs[3]}
    board.touched.clear()
    board.queue_ordered(jobs[1:], clock.monotonic() + 302)
    assert board.touched == set(jobs[4:])


def test_one_that_sleeps_is_not_in_the_queue(turns: Turns, clock: FakeClock, board: Board) -> None:
    """A job that waits for a moment of its own has no number until that has come."""
    job = a_job(not_before=clock.now() + 30)
    turns.put(job)
    picked, pause_seconds = turns.pick(ready)
    assert (picked, pause_seconds, board.positions) == ([], pytest.approx(30), {})
    clock.seconds += 30
    assert turns.pick(ready)[0] == [job]
