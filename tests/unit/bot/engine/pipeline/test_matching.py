"""Which of the listed videos is an uncertain job's."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.pipeline.matching import EARLIER_SECONDS, LATER_SECONDS, NoMatch, find_match
from bot.jobs.model import Job, JobId, Origin, Place, UserId, Via, VideoRequest
from bot.jobs.states import State
from bot.videos.values import RemoteState, RemoteVideo

SENT_AT = 1_700_000_000.0


def a_job(name: str = "A", prompt: str = "a red fox", sent_at: float | None = SENT_AT, **more: object) -> Job:
    request = VideoRequest(prompt, **more)
    origin = Origin(f"act-{name}", Via.COMMAND, UserId(1), Place(2))
    return Job(
        JobId(name), State.UNCERTAIN, request, origin, "https://p.test/v1", f"key-{name}", 1.0, submitted_at=sent_at
    )


def a_video(name: str = "v", after_seconds: float | None = 3.0, **more: object) -> RemoteVideo:
    created_at = None if after_seconds is None else SENT_AT + after_seconds
    return RemoteVideo(name, RemoteState.RUNNING, created_at=created_at, **{"prompt": "a red fox", **more})


JOB = a_job()


def test_the_only_video_of_that_prompt_and_time_is_the_jobs() -> None:
    """Among others with other prompts and other times, with the job itself among the unclear ones or not."""
    video = a_video()
    listed = [a_video("w", prompt="a blue whale"), video, a_video("x", LATER_SECONDS + 1), a_video("y", None)]
    assert find_match(JOB, listed, set(), []) is video
    assert find_match(JOB, listed, {"z"}, [JOB]) is video
    assert find_match(JOB, [video, video], set(), [JOB]) is video


@pytest.mark.parametrize(
    ("after_seconds", "fits"),
    [
        (-EARLIER_SECONDS - 1, False), (-EARLIER_SECONDS, True), (0.0, True),
        (LATER_SECONDS, True), (LATER_SECONDS + 1, False), (None, False),
    ],
)  # fmt: skip
def test_the_time_has_two_bounds(after_seconds: float | None, fits: bool) -> None:
    """From two minutes before the job was submitted to five after; a video without a time fits no job."""
    video = a_video(after_seconds=after_seconds)
    assert find_match(JOB, [video], set(), []) is (video if fits else NoMatch.NOT_LISTED)


@pytest.mark.parametrize(
    ("echo", "fits"),
    [
        ("a red fox", True),
        (" a red\nfox ", True),
        ("a red foxes", False),
        ("A red fox", False),
        ("", False),
        (None, False),
    ],
)
def test_the_prompt_must_be_the_same(echo: str | None, fits: bool) -> None:
    """Blanks may be folded on the way; anything else makes it another video, and no echo fits no job."""
    video = a_video(prompt=echo)
    assert find_match(JOB, [video], set(), []) is (video if fits else NoMatch.NOT_LISTED)


def test_a_remix_is_found_like_any_other() -> None:
    """The list need not show of which video it is a remix."""
    video = a_video()
    assert find_match(a_job(parent_id=JobId("P")), [video], set(), []) is video


def test_what_belongs_to_a_job_is_never_taken() -> None:
    """Neither by prompt nor by key; what is left then may be plain."""
    other = a_video("w")
    assert find_match(JOB, [a_video()], {"v"}, []) is NoMatch.NOT_LISTED
    assert find_match(JOB, [a_video(idempotency_key="key-A")], {"v"}, []) is NoMatch.NOT_LISTED
    assert find_match(JOB, [a_video(), other], {"v"}, []) is other


def test_of_several_none_is_taken() -> None:
    """Two videos that could both be the job's are left alone."""
    assert find_match(JOB, [a_video("v"), a_video("w")], set(), []) is NoMatch.SEVERAL_LISTED


def test_two_jobs_that_could_claim_one_video_get_none() -> None:
    """Same words, both sent around its creation: it could be either's. Far apart in time or words they don't meet."""
    video = a_video()
    twin = a_job("B", sent_at=SENT_AT - 60)
    assert find_match(JOB, [video], set(), [JOB, twin]) is NoMatch.SEVERAL_ASKED
    assert find_match(twin, [video], set(), [JOB, twin]) is NoMatch.SEVERAL_ASKED
    for stranger in (a_job("B", sent_at=SENT_AT - 1000), a_job("B", "a blue whale"), a_job("B", sent_at=None)):
        assert find_match(JOB, [video], set(), [JOB, stranger]) is video


def test_our_key_decides_where_it_is_shown() -> None:
    """It distinguishes two videos of the same prompt; a video with another key belongs to no job of ours."""
    twin = a_job("B")
    videos = [a_video("v", idempotency_key="key-A"), a_video("w", idempotency_key="key-B")]
    assert find_match(JOB, videos, set(), [JOB, twin]) is videos[0]
    assert find_match(twin, videos, set(), [JOB, twin]) is videos[1]
    assert find_match(a_job("C"), videos, set(), []) is NoMatch.NOT_LISTED
    by_key_alone = a_video("v", None, prompt=None, idempotency_key="key-A")
    assert find_match(JOB, [by_key_alone, a_video("w")], set(), [JOB, twin]) is by_key_alone
    assert find_match(JOB, [replace(videos[0], id="u"), videos[0]], set(), []) is NoMatch.SEVERAL_LISTED


NAMES = st.sampled_from("vwxyz")
VIDEOS = st.builds(
    a_video,
    NAMES,
    st.none() | st.integers(-200, 400).map(float),
    prompt=st.sampled_from(["a red fox", "a blue whale", None]),
    idempotency_key=st.sampled_from([None, None, "key-A", "key-B"]),
)
JOBS = st.lists(
    st.builds(
        a_job,
        st.sampled_from("ABC"),
        st.sampled_from(["a red fox", "a blue whale"]),
        st.none() | st.integers(-300, 300).map(lambda offset: SENT_AT + offset),
    ),
    unique_by=lambda job: job.id,
)


@given(st.lists(VIDEOS, max_size=5, unique_by=lambda video: video.id), st.sets(NAMES), JOBS)
def test_no_video_is_given_to_two_jobs(listed: list[RemoteVideo], owned: set[str], unclear: list[Job]) -> None:
    """For any list and any jobs, a match is listed, unowned, and no other job's."""
    matches = [find_match(job, listed, owned, unclear) for job in unclear]
    found = [match.id for match in matches if isinstance(match, RemoteVideo)]
    assert len(found) == len(set(found))
    assert set(found) <= {video.id for video in listed} - owned
