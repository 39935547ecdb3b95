"""How a picture is fitted to the size of a video: decided from its shape alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.offered_models import FitMode
from bot.media.fit_plan import Redraw, Shape, loses_too_much, nearest_size, plan_fit, share_kept, sides

WIDE, TALL, SQUARE = "1280x720", "720x1280", "1024x1024"
_SIDE = st.integers(1, 12_000)
SHAPES = st.builds(Shape, _SIDE, _SIDE, st.booleans())
SIZES = st.builds(lambda width, height: f"{width}x{height}", st.integers(16, 4_096), st.integers(16, 4_096))
MODES: list[FitMode] = ["cover", "contain", "off"]


@pytest.mark.parametrize("mode", MODES)
def test_a_picture_of_the_right_size_is_sent_as_it_is(mode: FitMode) -> None:
    """It needs nothing; one that lies on its side is turned, unless nothing may be done to it."""
    assert plan_fit(Shape(1280, 720), WIDE, mode) is None
    turned = plan_fit(Shape(1280, 720, turned=True), WIDE, mode)
    assert turned == (None if mode == "off" else Redraw(1280, 720, mode))


@pytest.mark.parametrize(
    ("shape", "mode", "how"),
    [
        (Shape(4000, 3000), "cover", Redraw(1280, 720, "cover")),
        (Shape(4000, 3000), "contain", Redraw(1280, 720, "contain")),
        (Shape(4000, 3000), "off", None),
        (Shape(640, 360), "cover", Redraw(1280, 720, "cover")),
        (Shape(720, 1280), "cover", Redraw(1280, 720, "contain")),
        (Shape(1, 12_000), "cover", Redraw(1280, 720, "contain")),
    ],
)
def test_another_picture_is_cropped_or_shown_between_bars(shape: Shape, mode: FitMode, how: Redraw | None) -> None:
    """As the mode has it; one that would lose more than half of itself is shown whole."""
    assert plan_fit(shape, WIDE, mode) == how


@pytest.mark.parametrize(
    ("shape", "size", "kept"),
    [
        (Shape(1280, 720), WIDE, 1.0),
        (Shape(2560, 1440), WIDE, 1.0),
        (Shape(2560, 720), WIDE, 0.5),
        (Shape(1280, 1440), WIDE, 0.5),
        (Shape(720, 1280), WIDE, 0.31640625),
    ],
)
def test_what_is_kept_of_a_picture_that_covers(shape: Shape, size: str, kept: float) -> None:
    """A share of its area; exactly half is still taken."""
    assert share_kept(shape, size) == kept
    assert loses_too_much(shape, size, "cover") is (kept < 0.5)
    assert not loses_too_much(shape, size, "contain")
    assert not loses_too_much(shape, size, "off")


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        (Shape(5000, 4000), SQUARE),
        (Shape(4000, 5000), SQUARE),
        (Shape(4000, 2000), WIDE),
        (Shape(1080, 1920), TALL),
        (Shape(1, 12_000), TALL),
        (Shape(12_000, 1), WIDE),
    ],
)
def test_the_nearest_size_is_that_of_the_nearest_shape(shape: Shape, size: str) -> None:
    """Twice as wide is as far as twice as high, however many pixels there are."""
    assert nearest_size(shape, [WIDE, TALL, SQUARE]) == size


def test_of_sizes_as_near_the_first_is_taken() -> None:
    """It is the one that the operator named first."""
    assert nearest_size(Shape(1600, 900), ["1920x1080", "1280x720"]) == "1920x1080"
    assert nearest_size(Shape(1600, 900), ["1280x720", "1920x1080"]) == "1280x720"
    assert nearest_size(Shape(500, 500), [WIDE, TALL]) == WIDE
    # A photo of 4:3 is as far from a square as from 16:9.
    assert nearest_size(Shape(4000, 3000), [SQUARE, WIDE]) == SQUARE
    assert nearest_size(Shape(4000, 3000), [WIDE, SQUARE]) == WIDE


@given(SHAPES, SIZES, st.sampled_from(MODES))
def test_any_picture_has_a_plan(shape: Shape, size: str, mode: FitMode) -> None:
    """It has the video's own size, and keeps at least half of the picture; `off` draws nothing."""
    how = plan_fit(shape, size, mode)
    assert 0 < share_kept(shape, size) <= 1
    if how is None:
        assert mode == "off" or shape == (*sides(size), False)
        return
    assert (how.width, how.height) == sides(size)
    assert how.mode == "contain" or (mode == "cover" and share_kept(shape, size) >= 0.5)


@given(SHAPES, st.lists(SIZES, min_size=1, max_size=8))
def test_no_offered_size_keeps_more_than_the_nearest(shape: Shape, sizes: list[str]) -> None:
    """But for the last digit."""
    best = max(share_kept(shape, size) for size in sizes)
    assert share_kept(shape, nearest_size(shape, sizes)) == pytest.approx(best, abs=1e-5)


@given(st.integers(16, 4_096), st.integers(16, 4_096), st.sampled_from(["cover", "contain"]))
def test_names_of_files_differ_like_their_plans(width: int, height: int, mode: FitMode) -> None:
    """Two plans for one picture never share a file. The form of the name outlives the process."""
    assert mode != "off"
    assert Redraw(width, height, mode).name == f"{width}x{height}-{mode}"
