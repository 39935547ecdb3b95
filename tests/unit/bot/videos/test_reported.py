"""The settings on a video: short plain values of known names, each once."""

import pytest

from bot.videos.reported import reported_settings


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("8", "8"),
        (8, "8"),
        (23.976, "23.976"),
        (True, "yes"),
        (False, "no"),
        (" 8s ", "8s"),
        ("x" * 60, "x" * 60),
        ("x" * 61, None),
        ("", None),
        (" ", None),
        ("a\nb", None),
        (2**64, str(2**64)),
        (2**64 + 1, None),
        (-(2**64) - 1, None),
        (None, None),
        (["8"], None),
    ],
)
def test_a_value_is_a_short_text_or_number(value: object, text: str | None) -> None:
    """Sixty characters at most, on one line."""
    assert reported_settings(({"seconds": value},)) == (() if text is None else (("seconds", text),))


def test_the_first_holder_wins_and_the_secret_is_left_out() -> None:
    """Other names may hold anything, and what isn't an object holds none."""
    holders = (None, {"size": "1280x720", "prompt": "a fox", "model": "sk-1"}, {"size": "720x1280", "fps": 24})
    assert reported_settings(holders, "sk-1") == (("size", "1280x720"), ("fps", "24"))
    assert reported_settings(({"model": "sora"},), "") == (("model", "sora"),)
