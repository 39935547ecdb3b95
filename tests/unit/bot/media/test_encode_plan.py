"""Sizes and rates of an encode."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.media.container import Container
from bot.media.encode_plan import QUALITY_FLOOR, EncodePlan, rates, smaller, within
from bot.media.ffmpeg_faults import TooPoor, Unreadable

MIB = 1024 * 1024
HD = Container("mp4", "hevc", "yuv420p", 1920, 1080, 20.0, 30.0, True, True, "aac")


def test_a_usual_video() -> None:
    """Twenty seconds of full HD fit into 10 MiB at a good 3.5 Mbit/s, with sound at 128 kbit/s."""
    how = rates(HD, EncodePlan(10 * MIB, 1920, 1080))
    assert (how.width, how.height, how.sound_bits) == (1920, 1080, 128_000)
    assert 3_400_000 < how.video_bits < 3_900_000
    assert 9.9 * MIB < how.stop_bytes < 10 * MIB


def test_a_long_one_needs_fewer_pixels() -> None:
    """A minute and a half of full HD is too poor for 10 MiB, and not at a smaller size."""
    long = replace(HD, duration_seconds=90.0)
    with pytest.raises(TooPoor):
        rates(long, EncodePlan(10 * MIB, 1920, 1080))
    assert rates(long, EncodePlan(10 * MIB, *smaller(1920, 1080, 480))).height == 480


def test_no_sound_leaves_more() -> None:
    """Without sound its share goes to the pictures."""
    plan = EncodePlan(10 * MIB, 1920, 1080)
    silent = rates(replace(HD, has_audio=False), plan)
    assert silent.sound_bits == 0
    assert silent.video_bits > rates(HD, plan).video_bits + 100_000


@pytest.mark.parametrize("missing", ["width", "height", "duration_seconds"])
def test_what_is_unknown_can_not_be_planned(missing: str) -> None:
    """Without size or length there is no rate."""
    with pytest.raises(Unreadable):
        rates(replace(HD, **{missing: None}), EncodePlan(10 * MIB, 100, 100))


@pytest.mark.parametrize(
    ("size", "bounds"), [((1920, 1080), (1280, 720)), ((1080, 1920), (720, 1280)), ((64, 36), (64, 36))]
)
def test_smaller_keeps_the_shape(size: tuple[int, int], bounds: tuple[int, int]) -> None:
    """The shorter side gets so many pixels, upright videos too, and none grows."""
    assert smaller(*size, 720) == bounds


_SIDE = st.integers(2, 10_000)


@given(_SIDE, _SIDE, _SIDE, _SIDE)
def test_within_bounds(width: int, height: int, most_width: int, most_height: int) -> None:
    """Sides are even, and neither grows nor passes its bound."""
    wide, high = within(width, height, most_width, most_height)
    assert wide % 2 == high % 2 == 0
    assert 2 <= wide <= max(2, min(width, most_width))
    assert 2 <= high <= max(2, min(height, most_height))


@given(
    st.integers(0, 500 * MIB), st.floats(1e-6, 1e6), st.floats(1e-3, 1e5), st.booleans(), _SIDE, _SIDE,
    st.floats(0.0, 1.0),
)  # fmt: skip
def test_all_bits_fit(
    target_bytes: int, seconds: float, rate: float, sound: bool, width: int, height: int, floor: float
) -> None:
    """For every source: either it is too poor, or rate, sound and index fit into the target."""
    source = Container("mp4", "h264", "yuv420p", width, height, seconds, rate, True, sound)
    try:
        how = rates(source, EncodePlan(target_bytes, width, height, floor))
    except TooPoor:
        return
    assert how.video_bits >= 1
    assert (how.sound_bits > 0) is sound
    assert 0 < how.stop_bytes < target_bytes
    assert how.video_bits * (seconds + 0.9) + how.sound_bits * seconds <= 8 * how.stop_bytes
    assert how.video_bits >= floor * how.width * how.height * rate * 0.99 or how.video_bits == 2**31 - 1


def test_the_floor_is_what_is_promised() -> None:
    """docs/facts/media.md names it."""
    assert QUALITY_FLOOR == 0.03
