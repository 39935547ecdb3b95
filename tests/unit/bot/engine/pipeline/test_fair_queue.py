"""Whose turn it is."""

from bisect import insort
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.pipeline import fair_queue
from bot.engine.pipeline.fair_queue import FairQueue
from bot.jobs.model import Job, JobId, UserId
from tests.unit.bot.jobs.samples import a_job

ANNA, BEN, CLEO = UserId(1), UserId(2), UserId(3)


def queue(*people: UserId) -> list[Job]:
    """One job each, in the order in which they were accepted."""
    return [a_job(user_id=person, accepted_at=float(second)) for second, person in enumerate(people)]


def fair_order(
    jobs: list[Job], at_provider: dict[UserId, int], turned_at: dict[UserId, float] | None = None
) -> list[Job]:
    """All of the queue in its order."""
    line = FairQueue()
    for job in jobs:
        line.put(job)
    for user_id, at in sorted((turned_at or {}).items(), key=lambda turn: turn[1]):
        line.turned(user_id, at)
    for user_id, number in at_provider.items():
        line.count_at_provider(user_id, number)
    return list(line.order())


def turns(jobs: list[Job], at_provider: dict[UserId, int] | None = None) -> list[UserId]:
    return [job.origin.user_id for job in fair_order(jobs, at_provider or {})]


def test_an_empty_queue_has_no_next_job() -> None:
    """No jobs, no order."""
    assert fair_order([], {ANNA: 3}) == []


def test_one_persons_jobs_keep_their_order() -> None:
    """Oldest first."""
    jobs = queue(ANNA, ANNA, ANNA)
    assert fair_order(list(reversed(jobs)), {}) == jobs


def test_a_crowd_of_one_person_lets_another_pass() -> None:
    """Ten jobs of one person: the other's first one comes after at most one of them."""
    assert turns(queue(*[ANNA] * 10, BEN, BEN))[:5] == [ANNA, BEN, ANNA, BEN, ANNA]


def test_the_person_with_fewer_at_the_provider_goes_first() -> None:
    """What already renders counts, so that full hands wait."""
    jobs = queue(ANNA, ANNA, BEN, CLEO)
    assert turns(jobs, {ANNA: 2, BEN: 1}) == [CLEO, BEN, ANNA, ANNA]


def test_among_equals_the_oldest_goes_first() -> None:
    """With as many at the provider, time decides, then the id, so that the order never flickers."""
    assert turns(queue(CLEO, BEN, ANNA)) == [CLEO, BEN, ANNA]
    same = [a_job(user_id=ANNA, accepted_at=1.0) for _ in range(5)]
    assert fair_order(same, {}) == fair_order(same[::-1], {}) == sorted(same, key=lambda job: job.id)


def test_among_equals_the_person_with_the_last_turn_waits() -> None:
    """Where one renders at a time, people still take turns, even if one of them requested ten first."""
    jobs = queue(ANNA, ANNA, ANNA, BEN, BEN, CLEO)
    order = fair_order(jobs, {}, {ANNA: 20.0, BEN: 10.0})
    assert [job.origin.user_id for job in order] == [CLEO, BEN, ANNA, BEN, ANNA, ANNA]


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 50)), max_size=40),
    st.dictionaries(st.integers(1, 6), st.integers(0, 5)),
)
def test_every_order_is_fair(given_jobs: list[tuple[int, int]], given_counts: dict[int, int]) -> None:
    """Everyone gets a turn, and no turn goes to a person with more jobs than another who waits."""
    jobs = [a_job(user_id=UserId(person), accepted_at=float(second)) for person, second in given_jobs]
    taken = Counter({UserId(person): count for person, count in given_counts.items()})
    order = fair_order(jobs, dict(taken))
    assert sorted(job.id for job in order) == sorted(job.id for job in jobs)
    left = list(order)
    for job in order:
        person = job.origin.user_id
        assert all(taken[person] <= taken[other.origin.user_id] for other in left)
        assert all(job.accepted_at <= other.accepted_at for other in left if other.origin.user_id == person)
        taken[person] += 1
        left.remove(job)


class CountedJobs(dict[JobId, Job]):
    """The jobs of a queue; counts how many of them were looked up."""

    def __init__(self, jobs: Mapping[JobId, Job]) -> None:
        super().__init__(jobs)
        self.read = 0

    def __getitem__(self, job_id: JobId) -> Job:
        self.read += 1
        return super().__getitem__(job_id)


def test_the_next_few_of_thousands_cost_as_many_steps() -> None:
    """Two thousand people with three jobs each: twenty places need twenty jobs, and twenty people once."""
    line = FairQueue()
    for number in range(6_000):
        line.put(a_job(user_id=UserId(number % 2_000), accepted_at=float(number)))
    line._jobs = counted = CountedJobs(line._jobs)
    with closing(line.order()) as order:
        first = list(islice(order, 20))
    assert [job.accepted_at for job in first] == [float(number) for number in range(20)]
    assert counted.read == 20
    assert len(line._heaps[()]) == 2_000


def test_a_round_that_is_cut_off_changes_no_order() -> None:
    """The people who were given out come first again, also if one of them was held."""
    line = FairQueue()
    jobs = queue(ANNA, ANNA, BEN, CLEO, BEN)
    for job in jobs:
        line.put(job)
    before = list(line.order())
    for taken in range(5):
        with closing(line.order({BEN} if taken % 2 else ())) as order:
            list(islice(order, taken))
        assert list(line.order()) == before


def test_a_change_is_one_persons(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that comes or goes changes its own person's line only; nothing is sorted again."""
    line = FairQueue()
    jobs = [a_job(user_id=UserId(number % 500), accepted_at=float(number)) for number in range(2_000)]
    for job in jobs:
        line.put(job)
    touched: list[int] = []
    monkeypatch.setattr(
        fair_queue, "insort", lambda places, place: touched.append(len(places)) or insort(places, place)
    )
    line.put(a_job(user_id=UserId(7), accepted_at=5_000.0))
    line.drop(jobs[3].id)
    line.put(jobs[3])
    assert touched == [4, 3]


def test_a_job_put_again_as_it_is_changes_nothing() -> None:
    """Only what alters the order counts as a change of the queue."""
    line, job = FairQueue(), a_job()
    line.put(job)
    version = line.version
    line.put(replace(job, progress=5))
    assert line.version == version
    line.put(job, times_refused=1)
    assert line.version != version


def test_refused_jobs_come_after_their_persons_others() -> None:
    """What the account refused once is tried after another job of the same person; other people don't notice."""
    line = FairQueue()
    old, young, bens = (a_job(user_id=person, accepted_at=at) for person, at in ((ANNA, 1.0), (ANNA, 2.0), (BEN, 3.0)))
    line.put(old, times_refused=1)
    line.put(young)
    line.put(bens)
    assert list(line.order()) == [young, bens, old]


def test_people_who_are_held_are_left_out() -> None:
    """All of their jobs, from the moment on at which they are held."""
    line = FairQueue()
    for job in queue(ANNA, ANNA, BEN, ANNA, BEN):
        line.put(job)
    held: set[UserId] = set()
    order: list[UserId] = []
    for job in line.order(held):
        order.append(job.origin.user_id)
        held.add(ANNA)
    assert order == [ANNA, BEN, BEN]


def test_people_take_turns_across_lanes() -> None:
    """A person with jobs for two providers has no more turns than one with jobs for one."""
    line = FairQueue()
    for job, lane in zip(queue(ANNA, ANNA, ANNA, ANNA, BEN, BEN), ("ab", "b", "ab", "b", "b", "b"), strict=True):
        line.put(job, lane=tuple(lane))
    assert [job.origin.user_id for job in line.order()] == [ANNA, BEN, ANNA, BEN, ANNA, ANNA]
    assert [job.accepted_at for job in line.order()] == [0.0, 4.0, 1.0, 5.0, 2.0, 3.0]


def test_a_closed_lane_costs_nothing() -> None:
    """Ten thousand jobs wait for a provider that is down: the one for another is found at once."""
    line = FairQueue()
    for number in range(10_000):
        line.put(a_job(user_id=UserId(number), accepted_at=float(number)), lane=("down",))
    other = a_job(user_id=ANNA, accepted_at=20_000.0)
    line.put(other, lane=("up",))
    line._jobs = counted = CountedJobs(line._jobs)
    assert list(line.order(closed={("down",)})) == [other]
    assert counted.read == 1
    assert list(line.order({(ANNA, ("up",))}, {("down",)})) == []


@given(st.lists(st.tuples(st.integers(1, 4), st.sampled_from("abc"), st.integers(0, 30)), max_size=30))
def test_every_order_over_lanes_is_fair(given_jobs: list[tuple[int, str, int]]) -> None:
    """Everyone gets a turn, no person two before another who waits, in all lanes."""
    line, taken = FairQueue(), Counter[UserId]()
    for person, lane, second in given_jobs:
        line.put(a_job(user_id=UserId(person), accepted_at=float(second)), lane=(lane,))
    left = list(line.order())
    assert len(left) == len(given_jobs)
    for job in tuple(left):
        assert all(taken[job.origin.user_id] <= taken[other.origin.user_id] for other in left)
        taken[job.origin.user_id] += 1
        left.remove(job)
    for job_id in tuple(line):
        line.drop(job_id)
    assert not line._heaps
    assert not line._turns


def test_turns_are_forgotten_at_last() -> None:
    """However many people have had a turn, a bounded number of them is remembered, the latest."""
    line = FairQueue()
    for number in range(5_000):
        line.turned(UserId(number), float(number))
    assert len(line._turned_at) <= 1_000
    assert UserId(4_999) in line._turned_at
