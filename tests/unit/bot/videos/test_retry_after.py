"""How long the provider asks us to wait."""

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from bot.videos.retry_after import asked_poll, asked_wait

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("17", 17.0),
        (" 1.5 ", 1.5),
        ("0", 0.0),
        ("1e9", 600.0),
        ("1000000000", 600.0),
        (formatdate(NOW + 90, usegmt=True), 90.0),
        (formatdate(NOW + 90, localtime=False), 90.0),
        (formatdate(NOW - 90, usegmt=True), 0.0),
        (formatdate(NOW + 90_000, usegmt=True), 600.0),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("inf", None),
        ("Mon, 99 Foo 2026 99:99:99 GMT", None),
        ("1" * 400, None),
    ],
)
def test_retry_after_in_every_form(value: str, seconds: float | None) -> None:
    """Seconds, fractions and dates are seconds from 0 to 600; negative numbers and garbage say nothing."""
    assert asked_wait(CIMultiDict({"retry-after": value}), None, NOW) == seconds


def test_the_most_exact_word_wins() -> None:
    """Milliseconds beat seconds, and a header beats the body; an unreadable one leaves it to the next."""
    assert asked_wait(CIMultiDict({"Retry-After-Ms": "1500", "Retry-After": "9"}), 3, NOW) == 1.5
    assert asked_wait(CIMultiDict({"Retry-After-Ms": "x", "Retry-After": "9"}), 3, NOW) == 9.0
    assert asked_wait(CIMultiDict({"Retry-After": "x"}), 3, NOW) == 3.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(15, 15.0), ("15", 15.0), (0.5, 0.5), (-1, None), (True, None), (None, None), ([], None), (float("nan"), None),
     (float("inf"), 600.0), (10**400, 600.0)],
)  # fmt: skip
def test_a_wait_in_the_body(value: object, seconds: float | None) -> None:
    """A number in the body counts like one in a header."""
    assert asked_wait(CIMultiDict(), value, NOW) == seconds


def test_the_next_poll_may_be_asked_for_in_milliseconds() -> None:
    """`openai-poll-after-ms` says when to poll again, else Retry-After does, else nothing does."""
    assert asked_poll(CIMultiDict({"OpenAI-Poll-After-Ms": "2000", "Retry-After": "9"}), NOW) == 2.0
    assert asked_poll(CIMultiDict({"OpenAI-Poll-After-Ms": "9999999"}), NOW) == 600.0
    assert asked_poll(CIMultiDict({"OpenAI-Poll-After-Ms": "often", "Retry-After": "9"}), NOW) == 9.0
    assert asked_poll(CIMultiDict(), NOW) is None


@given(st.text(), st.text(), st.none() | st.integers() | st.floats() | st.text())
def test_no_wait_breaks_anything(header: str, milliseconds: str, in_body: object) -> None:
    """For any headers and body, the wait is 0 to 600 seconds or None."""
    wait = asked_wait(CIMultiDict({"Retry-After": header, "Retry-After-Ms": milliseconds}), in_body, NOW)
    assert wait is None or 0 <= wait <= 600
