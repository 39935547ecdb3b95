"""The words of a prompt that another one lacks."""

import re
from collections.abc import Sequence

_MARKS = re.compile(r"\W+")


def words_of(text: str) -> Sequence[str]:
    """The words as they are written, in order."""
    return text.split()


def missing_in(text: str, other: str) -> tuple[bool, ...]:
    """For each word of `text`, whether `other` doesn't have it anywhere; capitals and marks around it don't count."""
    known = {_bare(word) for word in words_of(other)}
    return tuple(_bare(word) not in known for word in words_of(text))


def _bare(word: str) -> str:
    """A word without its marks; one of marks alone stays as it is."""
    return _MARKS.sub("", word).casefold() or word
