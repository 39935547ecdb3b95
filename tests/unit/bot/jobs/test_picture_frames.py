"""Pictures that are the first and the last frame of a video."""

from dataclasses import replace

import pytest

from bot.jobs.model import Reference, Upload, VideoRequest
from bot.jobs.offered_models import Frames
from bot.jobs.picture_frames import judge_frames, with_fetched, with_new, without_frames, without_surplus
from bot.jobs.reasons import Reason, Refusal

A, B, C = (Reference(letter * 64, "png", 1) for letter in "abc")
NEW, MORE, OLD, OLDER = (Upload(f"https://cdn/{name}", f"{name}.png", 1) for name in ("new", "more", "old", "older"))
PAIR, LOOP, PLAIN = (VideoRequest("fox", frames=frames) for frames in ("pair", "loop", None))


def of(request: VideoRequest, *pictures: Reference) -> VideoRequest:
    return replace(request, references=pictures)


def test_a_kept_last_frame_stays_the_last_one() -> None:
    """What is fetched comes after the request's own pictures otherwise."""
    assert with_fetched(of(PLAIN, A), (B, C)).references == (A, B, C)
    assert with_fetched(of(PAIR, A), (B,)).references == (B, A)
    assert with_fetched(of(PAIR), (B, C)).references == (B, C)
    assert with_fetched(of(LOOP), (A,)).references == (A,)


@pytest.mark.parametrize(
    ("request_", "uploads", "new", "after"),
    [
        (of(PLAIN, A, B), (), (NEW,), (of(PLAIN), (NEW,))),
        (of(LOOP, A), (), (NEW,), (of(LOOP), (NEW,))),
        (of(PAIR, A, B), (), (NEW,), (of(PAIR, B), (NEW,))),
        (of(PAIR, B), (OLD,), (NEW,), (of(PAIR, B), (NEW,))),
        (PAIR, (OLDER, OLD), (NEW,), (PAIR, (NEW, OLD))),
        (PAIR, (OLD,), (NEW,), (PAIR, (NEW, OLD))),
        (PAIR, (), (NEW,), (PAIR, (NEW,))),
        (of(PAIR, A, B), (), (NEW, MORE), (of(PAIR), (NEW, MORE))),
    ],
)
def test_one_new_file_replaces_the_first_frame(
    request_: VideoRequest, uploads: tuple[Upload, ...], new: tuple[Upload, ...],
    after: tuple[VideoRequest, tuple[Upload, ...]],
) -> None:  # fmt: skip
    """The last one is kept, wherever it is; all other pictures are replaced."""
    assert with_new(request_, uploads, new) == after


def test_what_cannot_be_frames_is_left_out() -> None:
    """Of too many pictures the first, and the last one beside it; without a last frame the last picture goes."""
    assert without_surplus(PAIR, (OLD, NEW, MORE)) == (PAIR, (OLD, MORE))
    assert without_surplus(LOOP, (OLD, NEW)) == (LOOP, (OLD,))
    assert without_surplus(of(LOOP, A, B), ()) == (of(LOOP, A), ())
    assert without_surplus(of(PLAIN, A, B), (NEW,)) == (of(PLAIN, A, B), (NEW,))
    assert without_frames(PAIR, (OLD, NEW)) == (PLAIN, (OLD,))
    assert without_frames(of(PAIR, A, B), ()) == (of(PLAIN, A), ())
    assert without_frames(of(LOOP, A), ()) == (of(PLAIN, A), ())


@pytest.mark.parametrize(
    ("frames", "pictures", "reason"),
    [
        (None, 4, None),
        ("pair", 2, None),
        ("loop", 1, None),
        ("pair", 3, Reason.FRAMES_TOO_MANY),
        ("loop", 2, Reason.FRAMES_TOO_MANY),
        ("pair", 1, Reason.LAST_WITHOUT_FIRST),
        ("pair", 0, Reason.LAST_WITHOUT_FIRST),
        ("loop", 0, Reason.LOOP_WITHOUT_PICTURE),
    ],
)
def test_frames_need_their_pictures(frames: Frames | None, pictures: int, reason: Reason | None) -> None:
    """No more, and no fewer unless a form may still bring them."""
    refusal = judge_frames(frames, pictures)
    assert (refusal and refusal.reason) == reason
    missing = reason in (Reason.LAST_WITHOUT_FIRST, Reason.LOOP_WITHOUT_PICTURE)
    assert judge_frames(frames, pictures, may_come=True) == (None if missing else refusal)


def test_the_refusal_of_too_many_has_the_limit() -> None:
    """Two with a last picture, one for a loop."""
    assert judge_frames("pair", 3) == Refusal(Reason.FRAMES_TOO_MANY, {"limit": 2})
    assert judge_frames("loop", 3) == Refusal(Reason.FRAMES_TOO_MANY, {"limit": 1})
