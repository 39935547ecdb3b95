"""Foreign text is stored as both databases can hold it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.storable_text import storable


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("a fox", "a fox"),
        ("", ""),
        ("a\0b\0", "ab"),
        ("\ud83e\udd8a", "🦊"),
        ("a\ud83e", "a\ufffd"),
        ("\udd8ab", "\ufffdb"),
        ("\0\ud83e", "\ufffd"),
        ("ünd 🦊", "ünd 🦊"),
    ],
)
def test_what_no_database_holds_is_left_out_or_replaced(text: str, stored: str) -> None:
    """A NUL goes, half a pair becomes the replacement character, and a whole pair its character."""
    assert storable(text) == stored


@given(st.text(st.characters() | st.characters(categories=["Cs"])))
def test_any_text_can_be_encoded_and_grows_by_nothing(text: str) -> None:
    """So that a column's length is still right."""
    assert len(storable(text)) <= len(text)
    assert "\0" not in storable(text)
    storable(text).encode()
