"""Who reads English, for tests that look at what the bot says."""

import re
import string

from bot.chat.words import Readers, read_languages

FORMATTER = string.Formatter()
READERS = Readers(read_languages())
ENGLISH = READERS.of("en")


def says(text: str, name: str) -> bool:
    """Whether the text holds the English sentence of that full name (`refusals.paused`), whatever its gaps hold."""
    sentence = READERS.languages["en"].sentences[name]
    forms = [sentence] if isinstance(sentence, str) else [form for key, form in sentence.items() if key != "by"]
    return any(re.search("".join(map(_pattern, FORMATTER.parse(form))), text, re.DOTALL) for form in forms)


def _pattern(part: tuple[str, str | None, str | None, str | None]) -> str:
    literal, gap, _, _ = part
    if gap is None:
        return re.escape(literal)
    label = ENGLISH.find(f"labels.{gap}")
    return re.escape(literal) + (".+?" if label is None else re.escape(label))
