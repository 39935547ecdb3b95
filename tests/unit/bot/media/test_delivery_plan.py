"""The ladder as a pure plan: which ways are left, in which order, and why."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.denials import ENDS_PLACE, Denial
from bot.jobs.rungs import BY_FFMPEG, Rung, Why
from bot.jobs.upload_limits import MIB, UploadLimit
from bot.media.container import Container
from bot.media.delivery_plan import DeliveryFacts, plan_delivery

GOOD = Container("mp4", "h264", "yuv420p", 1280, 720, 8.0, 24.0, index_first=True)
LIMIT = UploadLimit(10 * MIB, 20 * MIB)
FULL = UploadLimit(10 * MIB, 10 * MIB)
SMALL = DeliveryFacts(2 * MIB, LIMIT, LIMIT, GOOD, has_ffmpeg=True)
LARGE = replace(SMALL, size_bytes=30 * MIB)


def ways(facts: DeliveryFacts) -> list[tuple[Rung, Why]]:
    return [(step.rung, step.why) for step in plan_delivery(facts)]


def rungs(facts: DeliveryFacts) -> list[Rung]:
    return [step.rung for step in plan_delivery(facts)]


def test_a_video_that_fits_and_plays_is_uploaded_as_it_is() -> None:
    """The other ways follow, for the case that Discord refuses it after all."""
    assert ways(SMALL)[0] == (Rung.UPLOAD, Why.FITS)
    assert rungs(SMALL) == [Rung.UPLOAD, Rung.FIT, Rung.SMALLER, Rung.LINK, Rung.KEEP]


def test_what_may_fit_is_tried_first() -> None:
    """Between the hint and twice it Discord's answer decides."""
    assert ways(replace(SMALL, size_bytes=15 * MIB))[0] == (Rung.UPLOAD, Why.MAY_FIT)


def test_a_video_that_is_too_large_goes_down_in_order() -> None:
    """Fewer bytes, then fewer pixels, then the link, then kept; a DM takes no more than its server."""
    assert ways(LARGE) == [(rung, Why.SIZE) for rung in (Rung.FIT, Rung.SMALLER, Rung.LINK, Rung.KEEP)]
    fit, smaller = plan_delivery(LARGE)[:2]
    assert fit.encode is not None
    assert smaller.encode is not None
    assert (fit.encode.width, fit.encode.height, fit.encode.target_bytes) == (1280, 720, 10 * MIB)
    assert (smaller.encode.width, smaller.encode.height) == (960, 540)


def test_no_larger_file_is_made_than_was_asked_for() -> None:
    """Neither than the place takes, nor than the operator lets the bot keep, nor than the video is."""
    for facts in (LARGE, replace(LARGE, most_bytes=5 * MIB), replace(LARGE, limit=UploadLimit(40 * MIB, 20 * MIB))):
        for step in plan_delivery(facts):
            if step.encode is not None:
                assert step.encode.target_bytes <= min(facts.limit.safe_bytes, facts.most_bytes, facts.size_bytes)


def test_without_ffmpeg_the_other_ways_are_left() -> None:
    """No program: the link, then kept."""
    assert rungs(replace(LARGE, has_ffmpeg=False)) == [Rung.LINK, Rung.KEEP]


def test_a_video_that_cannot_be_read_is_not_encoded() -> None:
    """Its size in pixels and its length are unknown, so that no plan can be made."""
    assert rungs(replace(LARGE, container=None)) == [Rung.LINK, Rung.KEEP]
    assert rungs(replace(SMALL, container=None))[0] is Rung.UPLOAD


def test_a_size_that_would_be_too_poor_is_not_tried() -> None:
    """A minute of 4K in ten MiB looks poor: it becomes smaller at once."""
    long = replace(LARGE, container=replace(GOOD, width=3840, height=2160, duration_seconds=60.0))
    (smaller, *_) = plan_delivery(long)
    assert smaller.rung is Rung.SMALLER
    assert smaller.encode is not None
    assert smaller.encode.height == 720
    hour = replace(LARGE, container=replace(GOOD, duration_seconds=36_000.0))
    assert rungs(hour) == [Rung.LINK, Rung.KEEP]


@pytest.mark.parametrize(
    ("container", "rung", "why"),
    [
        (replace(GOOD, index_first=False), Rung.REPACK, Why.INDEX),
        (replace(GOOD, kind="mov"), Rung.REPACK, Why.INDEX),
        (replace(GOOD, video_codec="hevc"), Rung.CONVERT, Why.CODEC),
        (replace(GOOD, video_codec="av1"), Rung.CONVERT, Why.CODEC),
        (replace(GOOD, pixel_format="yuv420p10le"), Rung.CONVERT, Why.CODEC),
        (replace(GOOD, kind="webm", video_codec="vp9"), Rung.CONVERT, Why.CODEC),
    ],
)
def test_what_does_not_play_everywhere_is_mended(container: Container, rung: Rung, why: Why) -> None:
    """Repacked or converted if ffmpeg is there; otherwise, and after a fault of it, posted as it is."""
    facts = replace(SMALL, container=container)
    assert ways(facts)[:2] == [(rung, why), (Rung.UPLOAD, why)]
    assert ways(replace(facts, has_ffmpeg=False))[0] == (Rung.UPLOAD, why)
    assert ways(replace(facts, begun=rung))[0] == (Rung.UPLOAD, why)
    made = replace(facts, begun=rung, made_bytes=MIB)
    assert ways(made)[0] == (rung, why)
    assert plan_delivery(made)[0].posts_file


def test_a_converted_video_may_have_more_bytes_than_it_had() -> None:
    """H.264 takes more for the same picture: its bound is what the place takes, not the size of the source."""
    (convert, *_) = plan_delivery(replace(SMALL, container=replace(GOOD, video_codec="av1")))
    assert convert.encode is not None
    assert convert.encode.target_bytes == LIMIT.safe_bytes > SMALL.size_bytes


def test_a_finished_file_is_used_again() -> None:
    """It is on the disk: after a restart it is posted, and nothing is encoded."""
    facts = replace(LARGE, begun=Rung.FIT, made_bytes=9 * MIB)
    step = plan_delivery(facts)[0]
    assert (step.rung, step.why, step.posts_file, step.encode) == (Rung.FIT, Why.SIZE, True, None)
    # Also where every program plays neither: its size is the reason.
    rare = replace(facts, container=replace(GOOD, video_codec="hevc"))
    assert ways(rare)[0] == (Rung.FIT, Why.SIZE)
    # Discord has refused that one as well.
    assert rungs(replace(facts, limit=UploadLimit(5 * MIB, 5 * MIB)))[0] is Rung.SMALLER


@pytest.mark.parametrize("begun", BY_FFMPEG)
def test_nothing_is_begun_twice(begun: Rung) -> None:
    """What ffmpeg began and did not finish is not begun again, nor is anything before it."""
    left = [rung for rung in rungs(replace(LARGE, begun=begun)) if rung in BY_FFMPEG]
    assert left == [rung for rung in (Rung.FIT, Rung.SMALLER) if BY_FFMPEG.index(rung) > BY_FFMPEG.index(begun)]


@pytest.mark.parametrize("denial", [Denial.EXPLICIT, Denial.UPLOADS, Denial.OTHER])
def test_a_refused_file_is_linked_then_sent_by_dm(denial: Denial) -> None:
    """Discord refuses the file itself: no encoding helps."""
    why = Why(denial.value)
    facts = replace(SMALL, file_denial=denial)
    assert ways(facts) == [(Rung.LINK, why), (Rung.DM, why), (Rung.KEEP, why)]
    assert ways(replace(facts, may_link=False, direct_limit=None)) == [(Rung.KEEP, why)]


@pytest.mark.parametrize("denial", sorted(ENDS_PLACE))
def test_a_place_that_takes_nothing_is_left_for_the_dm(denial: Denial) -> None:
    """A deleted channel's, a lost permission's, a left server's video goes to its requester, then it is kept."""
    why = Why(denial.value)
    assert ways(replace(SMALL, place_denial=denial)) == [(Rung.DM, why), (Rung.KEEP, why)]
    assert ways(replace(SMALL, place_denial=denial, direct_limit=None)) == [(Rung.KEEP, why)]


@pytest.mark.parametrize("denial", [Denial.GONE, Denial.CLOSED])
def test_the_video_of_a_deleted_or_locked_thread_goes_to_the_channel_above(denial: Denial) -> None:
    """Everybody who saw the thread sees it there; where the bot lacks a right it comes by DM."""
    in_thread = replace(SMALL, is_thread=True)
    assert rungs(replace(in_thread, place_denial=denial)) == [Rung.PARENT, Rung.DM, Rung.KEEP]
    assert rungs(replace(in_thread, place_denial=Denial.ACCESS)) == [Rung.DM, Rung.KEEP]


def test_a_refusal_for_another_reason_keeps_the_video() -> None:
    """A message that Discord refuses as it is would be refused elsewhere, too."""
    assert rungs(replace(SMALL, place_denial=Denial.OTHER)) == [Rung.KEEP]


def test_a_dm_that_takes_more_than_the_server_gets_the_video_itself() -> None:
    """After the link: everybody sees a link in the channel."""
    facts = replace(LARGE, size_bytes=8 * MIB, limit=UploadLimit(4 * MIB, 4 * MIB), has_ffmpeg=False)
    assert rungs(facts) == [Rung.LINK, Rung.DM, Rung.KEEP]
    # What a DM may take is not tried there: its server would have tried it.
    assert rungs(replace(facts, size_bytes=15 * MIB, limit=FULL)) == [Rung.LINK, Rung.KEEP]


_SIZES = st.integers(1, 200 * MIB)
_LIMITS = st.builds(lambda safe, more: UploadLimit(safe, safe + more), _SIZES, _SIZES)
_CONTAINERS = st.one_of(
    st.none(),
    st.builds(
        Container,
        st.sampled_from(["mp4", "mov", "webm", "mkv"]),
        st.sampled_from([None, "h264", "hevc", "vp9"]),
        st.sampled_from([None, "yuv420p", "yuv444p"]),
        st.sampled_from([None, 16, 1280, 100_000]),
        st.sampled_from([None, 16, 720, 100_000]),
        st.sampled_from([None, 0.01, 8.0, 1e9]),
        st.sampled_from([None, 1.0, 1e6]),
        index_first=st.booleans(),
    ),
)


@given(
    st.builds(
        DeliveryFacts,
        _SIZES,
        _LIMITS,
        st.none() | _LIMITS,
        _CONTAINERS,
        has_ffmpeg=st.booleans(),
        most_bytes=_SIZES,
        begun=st.none() | st.sampled_from(BY_FFMPEG),
        made_bytes=st.none() | _SIZES,
        file_denial=st.none() | st.sampled_from(Denial),
        place_denial=st.none() | st.sampled_from(Denial),
        may_link=st.booleans(),
        is_thread=st.booleans(),
    )
)
def test_every_plan_ends_with_the_video_kept(facts: DeliveryFacts) -> None:
    """By any facts: a way is never there twice, no file is too large, and the last way is always open."""
    plan = plan_delivery(facts)
    assert plan[-1].rung is Rung.KEEP
    assert len({step.rung for step in plan}) == len(plan)
    for step in plan:
        if step.rung is Rung.UPLOAD:
            assert facts.limit.takes(facts.size_bytes)
        if step.encode is not None:
            assert facts.has_ffmpeg
            assert step.encode.target_bytes <= min(facts.limit.safe_bytes, facts.most_bytes)
