"""Recognises what the bot says by the sentence's name: wording may change without a test of something else breaking.

How a sentence reads is asserted where wording is the subject (`tests/unit/bot/chat`).
"""

import re
import string
from collections.abc import Callable

from bot.chat.words import Key, Label, Sentence, _filling, label, say
from bot.chat.words._endings import Ending
from bot.jobs.alerts import AlertKind
from bot.jobs.drill import DrillProblem
from bot.jobs.reasons import Reason
from tests.readers import ENGLISH

__all__ = [
    "AlertKind",
    "DrillProblem",
    "Ending",
    "Key",
    "Label",
    "Reason",
    "label_of",
    "pattern",
    "permission_name",
    "rendered",
    "says",
    "sentence",
]

Named = Key | Label | Reason | Ending | AlertKind | DrillProblem
_MARKDOWN = re.compile(r"[*`]+")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def says(text: str | None, *named: Named, **given: object) -> bool:
    """Whether the text has one of the sentences with these values; other gaps hold anything.

    Of an ending it is the cause, of an alert what happened.
    """
    return any(pattern(one, **given).search(text or "") for one in named)


def pattern(what: Named, **given: object) -> re.Pattern[str]:
    """What finds that sentence as the bot sends it."""
    return _pattern(what, given, lambda template: template)


def rendered(what: Named, **given: object) -> re.Pattern[str]:
    """What finds that sentence in a browser, where its markup isn't text any more."""
    return _pattern(what, given, lambda template: _LINK.sub(r"\1", _MARKDOWN.sub("", template)))


def _pattern(what: Named, given: dict[str, object], shown: Callable[[str], str]) -> re.Pattern[str]:
    written = _written(what)
    forms = [written] if isinstance(written, str) else [text for form, text in written.items() if form != "by"]
    unknown = set(given) - {name for text in forms for _, name, _, _ in string.Formatter().parse(text)}
    assert not unknown, f"{what!r} has no gap for {unknown}"
    if not isinstance(written, str) and written["by"] in given:
        forms = [_filling._form(written, given, ENGLISH.languages[0].formats)]
    return re.compile("|".join(_form(shown(text), given) for text in forms), re.DOTALL)


def label_of(button: Label) -> str:
    """What is written on the button, for tests that see nothing else of it."""
    return label(button, ENGLISH)


def sentence(key: Key, **gaps: object) -> str:
    """The whole sentence, for what is compared with all of it."""
    return say(key, ENGLISH, **gaps)


def permission_name(name: str) -> str:
    """What people read for a permission that is called so in discord.py."""
    found = ENGLISH.find(f"permissions.{name}")
    assert found is not None, name
    return found


def _written(what: Named) -> Sentence:
    section = {
        Key: "sentences.{}",
        Label: "labels.{}",
        Ending: "endings.{}.cause",
        Reason: "refusals.{}",
        AlertKind: "alerts.{}.what",
        DrillProblem: "drill_problems.{}",
    }[type(what)]
    return ENGLISH.languages[0].sentences[section.format(what.name.lower())]


def _form(template: str, given: dict[str, object]) -> str:
    filler = _filling._Filler(ENGLISH.languages[0].formats, ENGLISH._ours)
    parts: list[str] = []
    words = ""
    for literal, name, _, mark in string.Formatter().parse(template):
        parts.append(re.escape(literal))
        words += literal
        if name in given:
            parts.append(re.escape(str(filler.convert_field(given[name], mark))))
        elif name is not None:
            parts.append(".*?")
    # Else it would be found everywhere.
    assert given or re.search(r"\w{2}", words), f"{template!r} has no word of its own"
    return "".join(parts)
