"""Whose turn it is."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bot.engine.queueing import fair_order
from bot.jobs.model import Job, UserId
from tests.unit.bot.jobs.samples import a_job

ANNA, BEN, CLEO = UserId(1), UserId(2), UserId(3)


def queue(*people: UserId) -> list[Job]:
    """One job each, in the order in which they were accepted."""
    return [a_job(user_id=person, accepted_at=float(second)) for second, person in enumerate(people)]


def turns(jobs: list[Job], at_provider: dict[UserId, int] | None = None) -> list[UserId]:
    return [job.origin.user_id for job in fair_order(jobs, at_provider or {})]


def test_nobody_waits_in_an_empty_queue() -> None:
    """No jobs, no order."""
    assert fair_order([], {ANNA: 3}) == []


def test_one_persons_jobs_keep_their_order() -> None:
    """Oldest first."""
    jobs = queue(ANNA, ANNA, ANNA)
    assert fair_order(list(reversed(jobs)), {}) == jobs


def test_a_crowd_of_one_person_lets_another_pass() -> None:
    """Ten jobs of one person: the other's first one comes after at most one of them."""
    assert turns(queue(*[ANNA] * 10, BEN, BEN))[:5] == [ANNA, BEN, ANNA, BEN, ANNA]


def test_whoever_has_fewer_at_the_provider_goes_first() -> None:
    """What already renders counts, so that full hands wait."""
    jobs = queue(ANNA, ANNA, BEN, CLEO)
    assert turns(jobs, {ANNA: 2, BEN: 1}) == [CLEO, BEN, ANNA, ANNA]


def test_among_equals_the_oldest_goes_first() -> None:
    """With as many at the provider, time decides, then the id, so that the order never flickers."""
    assert turns(queue(CLEO, BEN, ANNA)) == [CLEO, BEN, ANNA]
    same = [a_job(user_id=ANNA, accepted_at=1.0) for _ in range(5)]
    assert fair_order(same, {}) == fair_order(same[::-1], {}) == sorted(same, key=lambda job: job.id)


def test_among_equals_whoever_had_the_last_turn_waits() -> None:
    """Where one renders at a time, people take turns all the same, whoever asked for ten first."""
    jobs = queue(ANNA, ANNA, ANNA, BEN, BEN, CLEO)
    order = fair_order(jobs, {}, {ANNA: 20.0, BEN: 10.0})
    assert [job.origin.user_id for job in order] == [CLEO, BEN, ANNA, BEN, ANNA, ANNA]


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 50)), max_size=40),
    st.dictionaries(st.integers(1, 6), st.integers(0, 5)),
)
def test_every_order_is_fair(given_jobs: list[tuple[int, int]], given_counts: dict[int, int]) -> None:
    """Nobody is left out, and at no turn does anyone go who has more than another who waits."""
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
