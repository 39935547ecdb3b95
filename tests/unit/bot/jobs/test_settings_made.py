"""What a video is made as, in every form in which providers were seen to report it, and as its file has it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.settings_made import REPORTED_MAX, Made, made_as, measured, merged, split_measured


@pytest.mark.parametrize(
    ("settings", "made"),
    [
        (
            {"model": "gpt-4o-video", "size": "1280x720", "seconds": "8"},
            Made("gpt-4o-video", "1280x720", "1280x720", 8.0),
        ),
        ({"duration": "5.2"}, Made(seconds=5.2)),
        ({"seconds": "4.0444"}, Made(seconds=4.04)),
        ({"seconds": "short", "duration": "8s"}, Made(seconds=8.0)),
        ({"size": "1920 X 1080"}, Made(size="1920x1080", size_in_words="1920 X 1080")),
        ({"resolution": "720*1280"}, Made(size="720x1280", size_in_words="720*1280")),
        ({"size": "small", "width": "640", "height": "480"}, Made(size="640x480", size_in_words="small")),
        ({"resolution": "1080p"}, Made(size_in_words="1080p")),
        ({"size": "1080p", "measured_size": "1920x1080"}, Made(size="1920x1080", size_in_words="1080p")),
        ({"size": "1280x720", "measured_size": "1280x704"}, Made(size="1280x720", size_in_words="1280x720")),
        ({"measured_seconds": "4.04"}, Made(seconds=4.04)),
        ({"width": "640", "seconds": "-1"}, Made()),
        ({"width": "0", "height": "480", "seconds": "nan"}, Made()),
        ({"width": "inf", "height": "nan", "seconds": "inf"}, Made()),
        ({"seconds": "1e9", "seed": "7"}, Made()),
        ({}, Made()),
    ],
)
def test_what_the_video_is_made_as(settings: dict[str, str], made: Made) -> None:
    """What isn't plain counts as missing."""
    assert made_as(tuple(settings.items())) == made


@given(
    st.lists(st.tuples(st.sampled_from(["size", "resolution", "width", "height", "seconds", "duration"]), st.text()))
)
def test_any_text_of_a_provider_is_read(settings: list[tuple[str, str]]) -> None:
    """A size is in pixels and a length is finite, or there is none."""
    made = made_as(tuple(settings))
    assert made.size is None or made.size.isascii()
    assert made.seconds is None or 0 < made.seconds <= 36_000


def test_a_later_report_changes_what_it_names() -> None:
    """The rest of the earlier one stays; two sizes of different reports are never mixed."""
    taken = (("model", "m-1"), ("size", "640x480"), ("seconds", "4"))
    assert merged(taken, ()) == taken
    assert merged((), taken) == taken
    assert merged(taken, (("seconds", "5"),)) == (("seconds", "5"), ("model", "m-1"), ("size", "640x480"))
    larger = merged(taken, (("width", "1280"), ("height", "720")))
    assert made_as(larger) == Made("m-1", "1280x720", None, 4.0)
    many = tuple((f"name{number}", "x") for number in range(REPORTED_MAX))
    assert merged(taken, many) == many


def test_the_claims_of_a_file_are_bounded() -> None:
    """A header may claim anything."""
    assert measured(1280, 720, 4.0444) == (("measured_size", "1280x720"), ("measured_seconds", "4.04"))
    assert measured(2**32, 1, 1e300) == measured(0, 5, 0.0) == measured(None, 5, None) == ()


def test_what_was_measured_is_told_from_what_was_reported() -> None:
    """In the order in which they were stored."""
    reported, in_file = (("size", "small"), ("seed", "7")), measured(640, 480, None)
    assert split_measured((*reported, *in_file)) == (reported, in_file)
