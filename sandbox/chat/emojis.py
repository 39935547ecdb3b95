"""What counts as an emoji: a character of its own, or one of a server's by its id; it knows no message."""

import re

from sandbox.chat.errors import bad_field
from sandbox.chat.records import Json

_KEYCAP = re.compile(r"[0-9#*]\ufe0f?\u20e3")
_INFORMATION = "\u2139"
_LONGEST = 32


def is_emoji(text: str) -> bool:
    """Whether that is a character, or several joined into one, that is an emoji, as far as can be told."""
    if _KEYCAP.fullmatch(text):
        return True
    # The one emoji that Unicode counts among the letters.
    plain = text.replace(_INFORMATION, "", 1)
    return 0 < len(text) <= _LONGEST and not any(one.isascii() or one.isalpha() or one.isspace() for one in plain)


def check_emoji(emoji: Json | None, path: str) -> None:
    """An emoji on a button, an option or an answer; those with an id are believed; raises `ApiError` 50035."""
    if emoji and not emoji.get("id") and not is_emoji(str(emoji.get("name") or "")):
        raise bad_field(f"{path}.emoji.name", "Invalid emoji", "COMPONENT_INVALID_EMOJI")
