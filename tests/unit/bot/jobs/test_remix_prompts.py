"""What a fallback remix asks for: the examples of docs/remix.md, and where room is short."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.model import PROMPT_MAX_CHARACTERS
from bot.jobs.remix_prompts import merge

PAGE = (Path(__file__).parents[4] / "docs" / "remix.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (?P<prompts>[^|]+) \| (?P<sent>(?:[^|\\]|\\\|)+) \|$", re.MULTILINE)
EXAMPLES = [
    (row["prompts"].split("; "), row["sent"].replace("\\|", "\n"))
    for row in ROW.finditer(PAGE.partition("## The prompt")[2])
    if not row["prompts"].startswith(("the prompts", "---"))
]


@pytest.mark.parametrize(("prompts", "sent"), EXAMPLES)
def test_the_examples_of_the_page(prompts: list[str], sent: str) -> None:
    """The page says what is sent."""
    assert merge(prompts) == sent


def test_the_page_has_examples() -> None:
    """They are found in it."""
    assert len(EXAMPLES) == 7


def test_where_room_is_short_the_oldest_change_goes_first() -> None:
    """The first prompt says what it is about, the newest what is wanted now."""
    assert merge(["A heron", "at night", "in the snow"], 30) == "A heron\n\nChange: in the snow"


def test_then_the_end_of_the_first_prompt_goes() -> None:
    """Up to a whole word."""
    assert merge(["A heron that stands still", "at night"], 28) == "A heron…\n\nChange: at night"


def test_the_newest_stays_whole() -> None:
    """Also if nothing else finds room beside it."""
    assert merge(["A heron", "x" * 40], 40) == "x" * 40


def test_a_blank_prompt_says_nothing() -> None:
    """No empty change is sent."""
    assert merge(["A heron", "  ", " at night "]) == "A heron\n\nChange: at night"
    assert merge([]) == ""


@given(st.lists(st.text(max_size=60), min_size=1, max_size=8), st.integers(min_value=60, max_value=200))
def test_it_fits_and_says_the_newest(prompts: list[str], limit: int) -> None:
    """For all that people write."""
    merged = merge(prompts, limit)
    assert len(merged) <= limit
    newest = prompts[-1].strip()
    assert newest in merged
    assert merge([merged]) == merged.strip()[:PROMPT_MAX_CHARACTERS]
