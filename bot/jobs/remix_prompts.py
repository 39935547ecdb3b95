"""How a fallback remix words its request: the first prompt of a chain and all changes since, as one text. Pure.

The provider of a fallback remix knows nothing of the video before, so its prompt has to say everything. docs/remix.md
has the examples.
"""

import re
from collections.abc import Sequence

from bot.jobs.model import PROMPT_MAX_CHARACTERS

_CHANGE = "\n\nChange: "
_CUT = "…"
_WORDS = re.compile(r"\w+")


def merge(prompts: Sequence[str], limit: int = PROMPT_MAX_CHARACTERS) -> str:
    """The prompts of a chain of remixes, the oldest first, as one prompt of at most `limit` characters.

    The newest is never shortened unless it alone is too long. Where room is short the oldest changes are left out
    first, and then the end of the first prompt.
    """
    first, *changes = _that_count([text for prompt in prompts if (text := prompt.strip())]) or [""]
    if not changes:
        return first[:limit]
    while len(changes) > 1 and len(first) + _length(changes) > limit:
        changes.pop(0)
    if len(first) + _length(changes) > limit:
        first = _shortened(first, limit - _length(changes))
    merged = first + "".join(f"{_CHANGE}{change}" for change in changes)
    return merged.removeprefix(_CHANGE)[:limit]


def _length(changes: Sequence[str]) -> int:
    return sum(len(_CHANGE) + len(change) for change in changes)


def _that_count(prompts: Sequence[str]) -> list[str]:
    """Without a change that is made again later, and without what a later prompt says as a whole itself."""
    kept: list[str] = []
    for prompt in prompts:
        words = _words(prompt)
        if kept and _begins(words, _words(kept[0])):
            # The first prompt again, with more words: somebody wrote the whole out.
            kept = [prompt]
            continue
        kept = [*kept[:1], *(one for one in kept[1:] if _words(one) != words), prompt]
    return kept


def _begins(words: Sequence[str], first: Sequence[str]) -> bool:
    return bool(first) and words[: len(first)] == first


def _words(text: str) -> list[str]:
    return _WORDS.findall(text.casefold())


def _shortened(text: str, room: int) -> str:
    """The beginning of the text up to a whole word, with a sign that there was more; nothing if there is no room."""
    cut = text[: max(0, room - len(_CUT))]
    whole = cut.rsplit(None, 1)[0] if " " in cut.strip() else ""
    return f"{whole.rstrip()}{_CUT}" if whole else ""
