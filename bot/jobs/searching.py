"""Searching prompts as people expect it, in any script: the same on every database, which know only some letters. Pure.

Every character means itself: there are no wildcards.
"""

import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from bot.jobs.model import ChannelId, JobId


class Prompt(NamedTuple):
    """What a search reads of a job."""

    id: JobId
    text: str
    channel_id: ChannelId
    private: bool = False


def folded(text: str) -> str:
    """The text without differences of case, width, composition and blanks."""
    if not text.isascii():
        # Twice: folding may take a character apart.
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(text.lower().split())


def matching(prompts: Iterable[Prompt], wanted: str) -> list[Prompt]:
    """Those whose text contains the folded words, or whose id they are."""
    return [one for one in prompts if wanted in folded(one.text) or wanted == one.id.lower()]
