"""Finds text that the made-up language did not make."""

import re

from sandbox.made_up_language import CLOSING, OPENING

# What people and the provider's list say, the provider's name, and what Discord makes of our markup.
FOREIGN = re.compile(r"`[^`]*`|<[^>]*>|https?://\S+|\b[0-9A-HJKMNP-TV-Z]{8}\b|gpt-4o-video|^main$")


def unmarked(text: str) -> str:
    """What of the text is outside of every mark, apart from foreign text; one that was cut off ends with the text."""
    depth, outside = 0, ""
    for character in FOREIGN.sub("", text):
        depth += (character == OPENING) - (character == CLOSING)
        outside += character if depth == 0 and character != CLOSING else ""
    return "".join(filter(str.isalpha, outside))
