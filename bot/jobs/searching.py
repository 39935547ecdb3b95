"""Searching prompts as people expect it, in any script: the same on every database, which know only some letters. Pure.

Every character means itself: there are no wildcards.
"""

import unicodedata
from collections.abc import Iterable
from typing import NamedTuple, Protocol, TypeVar

from bot.jobs.model import ChannelId, JobId


class Searchable(Protocol):
    """What a search reads of a job."""

    @property
    def id(self) -> JobId:
        """Its short id."""
        ...

    @property
    def prompt(self) -> str:
        """Its prompt."""
        ...


S = TypeVar("S", bound=Searchable)


class Prompt(NamedTuple):
    """The prompt of a job, and where others may see it."""

    id: JobId
    prompt: str
    channel_id: ChannelId
    private: bool = False


def folded(text: str) -> str:
    """The text without differences of case, width, composition and blanks."""
    if not text.isascii():
        # Twice: folding may take a character apart.
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(text.lower().split())


def matching(prompts: Iterable[S], wanted: str) -> list[S]:
    """Those whose prompt contains the folded words, or whose id they are."""
    return [one for one in prompts if wanted in folded(one.prompt) or wanted == one.id.lower()]
