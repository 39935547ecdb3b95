"""A made-up language (pseudo-locale, `qps`): every English text marked and made two fifths longer.

A text without a mark is not in the language files; one that no longer fits leaves too little room for translations.
Discord has no such locale, so it replaces one that the bot has no language for.
"""

import functools
import itertools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from babel.numbers import format_decimal

from bot.chat.words import ENGLISH, Language, Sentence, read_language, read_languages

# Who chooses Lithuanian in the sandbox gets the made-up language.
LOCALE = "lt"
QPS = "qps"
# Names the language that the sandbox adds: "qps", or a language file, which replaces any other of its locale.
VARIABLE = "SANDBOX_LANGUAGE"

OPENING, CLOSING = "⟦", "⟧"
_LONGER = 0.4
_FILLER = "one two three four five six seven eight nine ten "
_NAME_ENDING = "-qps"


def made_up(english: Language) -> Language:
    """The made-up language; names of commands, which can't be marked, get an ending."""
    sentences = {name: _marked(sentence) for name, sentence in english.sentences.items()}
    return replace(english, tag=QPS, sentences=sentences | _names(english))


def locale_of(chosen: str) -> str:
    """The locale of people who get that language: English, the made-up one, or that of a file."""
    return {ENGLISH: "en-US", QPS: LOCALE}.get(chosen, Path(chosen).stem)


def sandbox_languages(chosen: str | None) -> dict[str, Language]:
    """The bot's own languages, and the one that is chosen by `VARIABLE`."""
    languages = dict(_own_languages())
    if chosen == QPS:
        languages[LOCALE] = made_up(languages[ENGLISH])
    elif chosen and chosen != ENGLISH:
        language = read_language(Path(chosen))
        languages[language.tag] = language
    return languages


def read_own_languages() -> None:
    """Read the bot's own languages and their formats, so that processes forked from this one need not."""
    for language in _own_languages().values():
        format_decimal(1, locale=language.formats)


@functools.cache
def _own_languages() -> Mapping[str, Language]:
    return read_languages()


def _marked(sentence: Sentence) -> Sentence:
    if isinstance(sentence, Mapping):
        return {form: text if form == "by" else _mark(text) for form, text in sentence.items()}
    return _mark(sentence)


def _mark(text: str) -> str:
    filler = "".join(itertools.islice(itertools.cycle(_FILLER), round(len(text) * _LONGER)))
    return f"{OPENING}{text} {filler.strip()}".rstrip() + CLOSING


def _names(english: Language) -> dict[str, Sentence]:
    """A name of its own for each command and option, by the name in the code."""
    found: dict[str, Sentence] = {}
    for name in english.sentences:
        section, _, rest = name.partition(".")
        if section == "commands":
            found[f"names.{rest}"] = rest.rpartition(" ")[2] + _NAME_ENDING
        elif section == "options":
            command, _, option = rest.rpartition(".")
            found[f"names.{command} {option}"] = option + _NAME_ENDING
    return found
