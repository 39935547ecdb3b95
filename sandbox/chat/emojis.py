"""Emojis: a character, or one of a server's by its id."""

import re

from sandbox.chat.errors import bad_field
from sandbox.chat.records import Json

_KEYCAP = re.compile(r"[0-9#*]\ufe0f?\u20e3")
_INFORMATION = "\u2139"
_LONGEST = 32


def is_emoji(text: str) -> bool:
    """Whether the text is an emoji, of one character or several joined ones, as far as can be decided."""
    if _KEYCAP.fullmatch(text):
        return True
    # The one emoji that Unicode lists among the letters.
    plain = text.replace(_INFORMATION, "", 1)
    return 0 < len(text) <= _LONGEST and not any(one.isascii() or one.isalpha() or one.isspace() for one in plain)


def check_emoji(emoji: Json | None, path: str) -> None:
    """An emoji on a button, an option or an answer; ids are not checked; raises `ApiError` 50035."""
    if emoji and not emoji.get("id") and not is_emoji(str(emoji.get("name") or "")):
        raise bad_field(f"{path}.emoji.name", "Invalid emoji", "COMPONENT_INVALID_EMOJI")
