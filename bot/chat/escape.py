"""The one door for foreign text: everything that passes here is readable on Discord, and has no effect there.

Inside a code span Discord renders no mention, link, timestamp, command, emoji or markup (docs/facts/discord.md,
"Text"), so text whose back-ticks are broken cannot get out of one.
"""

import unicodedata
from functools import lru_cache

from bot.chat.unseen import is_blank, is_ignorable

PROMPT_SHOWN_CHARACTERS = 300
NO_TEXT = "(no text)"

_BACKTICK_LOOKALIKE = "\N{MODIFIER LETTER GRAVE ACCENT}"
_ELLIPSIS = "…"
_MARKS = frozenset({"Mn", "Me"})
_MARKS_PER_LETTER = 3
# More is never shown; the rest of a huge text is not even read.
_READ_CHARACTERS = 20_000


def quote(text: str, limit: int = PROMPT_SHOWN_CHARACTERS) -> str:
    """Foreign text as a code span, for message content and embeds.

    `limit` is how much of the text is shown, in Discord's units; the two back-ticks come on top.
    """
    return f"`{plain(text, limit).replace('`', _BACKTICK_LOOKALIKE)}`"


def plain(text: str, limit: int) -> str:
    """Foreign text in one line without invisible characters, for places where Discord renders no markup.

    Those are labels of buttons, names of autocomplete choices, titles of forms, footers of embeds. Never empty; at most
    `limit` (at least 1) long, in Discord's units.
    """
    text = text[:_READ_CHARACTERS]
    # Most prompts have only characters that stay as they are.
    if not (text.isascii() and text.isprintable()):
        seen = text.translate({ord(character): _seen(character) for character in set(text)})
        text = unicodedata.normalize("NFC", seen)
        if not _MARKS.isdisjoint(map(unicodedata.category, set(text))):
            text = _without_piles(text)
    return clip(" ".join(text.split()) or NO_TEXT, limit)


def discord_length(text: str) -> int:
    """The text's length in Discord's programs: in UTF-16 units, so an emoji counts twice."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def clip(text: str, limit: int) -> str:
    """The text, or its beginning and an ellipsis if it is longer than `limit`."""
    if discord_length(text) <= limit:
        return text
    room = limit - len(_ELLIPSIS)
    kept: list[str] = []
    for character in text:
        room -= discord_length(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept).rstrip() + _ELLIPSIS


@lru_cache(maxsize=2_000)
def _seen(character: str) -> str:
    """The character; a space for any kind of blank; nothing for control and invisible characters."""
    if is_blank(character):
        return " "
    if is_ignorable(character):
        return ""
    code = ord(character)
    category = unicodedata.category(character)
    if category == "Cs" or code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF:
        return "\N{REPLACEMENT CHARACTER}"
    return character


def _without_piles(text: str) -> str:
    """The text with at most three marks on each letter and none on blanks."""
    kept: list[str] = []
    marks = _MARKS_PER_LETTER
    for character in text:
        if unicodedata.category(character) in _MARKS:
            marks += 1
            if marks > _MARKS_PER_LETTER:
                continue
        else:
            marks = _MARKS_PER_LETTER if character == " " else 0
        kept.append(character)
    return "".join(kept)
