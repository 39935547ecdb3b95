"""What a poll means for a person's wish to stop a job: decided by the job, the poll and the time alone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.pipeline.stopping import STOP_SECONDS, Verdict, gap_after_asking, is_to_be_asked, judge_stop
from bot.jobs.model import Cause, Job
from bot.jobs.states import State
from bot.videos.provider_faults import NotFound, PollFailed, PollFault, PollForbidden, PollRefused
from bot.videos.values import RemoteError, RemoteState, RemoteVideo
from tests.unit.bot.jobs.samples import a_job

ASKED, SENT = 1_000.0, 1_001.0
PLAIN = a_job(State.RENDERING, remote_id="video_1")
WITHHELD = replace(PLAIN, withheld=True)
WANTED = replace(WITHHELD, stop_asked_at=ASKED)
WATCHED = replace(WANTED, stop_sent_at=SENT)
IN_VAIN = replace(WITHHELD, stop_sent_at=SENT)
# Asked to be stopped, and wanted after all.
REVOKED = replace(PLAIN, stop_sent_at=SENT)

RUNNING = RemoteVideo("video_1", RemoteState.RUNNING)
COMPLETED = RemoteVideo("video_1", RemoteState.COMPLETED)
CANCELLED = RemoteVideo("video_1", RemoteState.FAILED, error=RemoteError(Cause.PROVIDER), cancelled=True)
FAILED = replace(CANCELLED, cancelled=False)
DELETED = replace(FAILED, error=RemoteError(Cause.LOST))
REFUSED = replace(FAILED, error=RemoteError(Cause.CONTENT))
GONE = NotFound(status=404)
FAULTS = [PollFailed(status=500), PollFailed(status=429), PollForbidden(status=403), PollFailed(detail="silence")]
FAULTS += [PollRefused(cause=Cause.CONTENT, status=400)]
SEEN = [RUNNING, COMPLETED, CANCELLED, FAILED, DELETED, REFUSED, GONE, *FAULTS]
JOBS = [PLAIN, WITHHELD, WANTED, WATCHED, IN_VAIN, REVOKED]


def judged(job: Job, seen: RemoteVideo | PollFault, *, after: float = 1.0, can_stop: bool = True) -> Verdict:
    return judge_stop(job, seen, SENT + after, can_stop=can_stop)


@pytest.mark.parametrize("job", [PLAIN, WITHHELD])
@pytest.mark.parametrize("seen", SEEN)
def test_a_job_that_nobody_stops_is_as_ever(job: Job, seen: RemoteVideo | PollFault) -> None:
    """Also one that the provider calls cancelled: other hands than ours did that, and it is a failure."""
    assert judged(job, seen) is Verdict.NOTHING


@pytest.mark.parametrize("seen", SEEN)
def test_the_provider_is_asked_once_the_job_is_seen_to_run(seen: RemoteVideo | PollFault) -> None:
    """A video that is finished by then is kept instead of deleted, and a provider in trouble would not hear it."""
    assert judged(WANTED, seen) is (Verdict.ASK if seen is RUNNING else Verdict.NOTHING)


def test_a_provider_that_stops_none_any_more_is_not_asked() -> None:
    """The providers file has been changed since the press: the job goes on as after *Don't post*."""
    assert judged(WANTED, RUNNING, can_stop=False) is Verdict.IN_VAIN


@pytest.mark.parametrize("can_stop", [True, False])
@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (CANCELLED, Verdict.STOPPED),
        (GONE, Verdict.STOPPED),
        (DELETED, Verdict.STOPPED),
        (FAILED, Verdict.STOPPED),
        (REFUSED, Verdict.NOTHING),
        (COMPLETED, Verdict.NOTHING),
        (RUNNING, Verdict.WAIT),
        *((fault, Verdict.NOTHING) for fault in FAULTS),
    ],
)
def test_after_the_request_cancelled_or_gone_is_stopped(
    seen: RemoteVideo | PollFault, expected: Verdict, can_stop: bool
) -> None:
    """A render that ends without a cause of its own was stopped, one that broke the rules failed."""
    assert judged(WATCHED, seen, can_stop=can_stop) is expected


@pytest.mark.parametrize(("after", "expected"), [(59.9, Verdict.WAIT), (60.0, Verdict.IN_VAIN), (6e4, Verdict.IN_VAIN)])
def test_still_running_after_a_minute_is_not_stopped_any_more(after: float, expected: Verdict) -> None:
    """From then on it is as after *Don't post*."""
    assert judged(WATCHED, RUNNING, after=after) is expected


@pytest.mark.parametrize("job", [IN_VAIN, REVOKED])
@pytest.mark.parametrize("seen", SEEN)
def test_later_only_the_providers_word_shows_that_it_was_stopped(job: Job, seen: RemoteVideo | PollFault) -> None:
    """A stop may take its time. A failure is one again, and a job that isn't found is lost as slowly as any other."""
    assert judged(job, seen, after=7_000.0) is (Verdict.STOPPED if seen is CANCELLED else Verdict.NOTHING)


@given(st.sampled_from(JOBS), st.sampled_from(SEEN), st.floats(-1e6, 1e6), st.booleans())
def test_no_poll_leads_to_a_second_request(
    job: Job, seen: RemoteVideo | PollFault, after: float, can_stop: bool
) -> None:
    """The provider is asked only if a person has asked for it, it stops renders, and it was not asked before."""
    if judged(job, seen, after=after, can_stop=can_stop) is Verdict.ASK:
        assert job.stop_asked_at is not None
        assert job.stop_sent_at is None
        assert can_stop
    assert is_to_be_asked(job) is (job is WANTED)


def test_a_job_that_may_be_stopped_at_any_moment_is_polled_often() -> None:
    """A second after the request, then every few seconds; any other job has its own times."""
    gaps = [gap_after_asking(WATCHED, SENT + after) for after in (0.0, 4.0, 8.0, 60.0, 4_000.0)]
    assert gaps == [1.0, 1.0, 2.0, 5.0, 5.0]
    assert [gap_after_asking(job, SENT) for job in (PLAIN, WANTED, IN_VAIN, REVOKED)] == [None] * 4
    assert STOP_SECONDS == 60.0
