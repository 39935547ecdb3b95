"""The moments at which waiting turns into something else."""

import pytest

from bot.jobs.deadlines import DELIVERY_EXTRA_SECONDS, give_up_at, is_slow, late_at, slow_at
from bot.jobs.model import Job
from bot.jobs.states import State
from tests.unit.bot.jobs.samples import a_job


def test_a_job_is_late_a_deadline_after_it_was_accepted() -> None:
    """JOB_DEADLINE_SECONDS run from the acceptance."""
    assert late_at(a_job(accepted_at=1_000.0, submitted_at=3_000.0), 3_600.0) == 4_600.0


def test_a_job_is_given_up_after_its_time() -> None:
    """JOB_GIVE_UP_SECONDS run from the acceptance as well."""
    assert give_up_at(a_job(accepted_at=1_000.0), 86_400.0) == 87_400.0


def test_a_video_that_is_ready_late_still_gets_time_to_be_delivered() -> None:
    """Completed just before the end, it has ten minutes more; completed early, it gains nothing."""
    late = a_job(accepted_at=1_000.0, completed_at=87_399.0)
    assert give_up_at(late, 86_400.0) == 87_399.0 + DELIVERY_EXTRA_SECONDS
    early = a_job(accepted_at=1_000.0, completed_at=1_100.0)
    assert give_up_at(early, 86_400.0) == 87_400.0


def test_post_it_gives_the_whole_time_again() -> None:
    """A job that was taken up again after its end counts from then."""
    assert give_up_at(a_job(accepted_at=1_000.0, revived_at=500_000.0), 86_400.0) == 586_400.0


def test_a_render_is_slow_from_the_end_of_its_usual_time_on() -> None:
    """Counted from its submission; at the very end it is."""
    job = a_job(State.RENDERING, submitted_at=1_000.0, usual_high_seconds=150)
    assert slow_at(job) == 1_150.0
    assert [is_slow(job, now) for now in (1_149.5, 1_150.0, 1_150.5)] == [False, True, True]


@pytest.mark.parametrize(
    "job",
    [
        a_job(State.RENDERING, submitted_at=1_000.0, usual_high_seconds=None),
        a_job(State.RENDERING, submitted_at=None, usual_high_seconds=150),
        a_job(State.FETCHING, submitted_at=1_000.0, usual_high_seconds=150),
        a_job(State.FETCHING, submitted_at=1_000.0, usual_high_seconds=150, late_at=1_100.0),
    ],
    ids=["nothing known", "not submitted", "rendered", "rendered late"],
)
def test_nothing_else_is_slow(job: Job) -> None:
    """Without a usual time, before the submission and after the render."""
    assert slow_at(job) is None
    assert not is_slow(job, 1e9)


def test_a_late_render_is_slow() -> None:
    """With a usual time or without."""
    assert is_slow(a_job(State.RENDERING, submitted_at=1_000.0, usual_high_seconds=150, late_at=1_100.0), 1_101.0)
    assert is_slow(a_job(State.RENDERING, submitted_at=1_000.0, late_at=1_100.0), 1_101.0)
