"""What is wrong with a language: names, gaps and their marks compared with English, and Discord's limits."""

import re
import string
from collections.abc import Iterator, Mapping

from bot.chat.words import Language, Sentence
from bot.chat.words._filling import MARKS

FORMATTER = string.Formatter()
OPTION_NAME = re.compile(r"[-_'\w]{1,32}")
MARKUP = re.compile(r"[*`<>]|\{/")
# docs/facts/discord.md, "Sizes". Of all that a message says at most 2,000
# characters fit, and no sentence of ours comes alone.
LABEL, TITLE, FIELD, LINE, EMBED_TITLE, FOOTER, TEXT = 80, 45, 45, 100, 256, 2_048, 600
# Where Discord renders no markup, and how much it shows there.
PLAIN: Mapping[str, int] = {
    "labels.": LABEL,
    **{f"labels.menu_{name}": 32 for name in ("remix", "animate", "details")},
    "commands.": LINE,
    "options.": LINE,
    "names.": 32,
    "sentences.form_video": TITLE,
    "sentences.form_remix": TITLE,
    **{f"sentences.form_{row}": FIELD for row in ("prompt", "change", "pictures", "model", "size", "length")},
    **{f"sentences.form_{row}_hint": LINE for row in ("prompt", "change", "pictures")},
    "sentences.form_elements": LINE,
    "sentences.form_pictures_kept": LINE,
    "sentences.form_pictures_dropped": LINE,
    "sentences.choice": LINE,
    "sentences.short_id": FOOTER,
    "sentences.reply_hint": FOOTER,
}
# A gap where markup is not rendered, filled: the longest that is shown there.
FILLED = "9"


def mistakes(language: Language, english: Language) -> list[str]:
    """Everything that has to be mended in the language, in sentences for its translator; what is missing is none."""
    found = [
        f"{name}: English has no such text"
        for name in language.sentences
        if name not in english.sentences and not _is_command_name(name, english)
    ]
    for name, sentence in language.sentences.items():
        found += [f"{name}: {mistake}" for mistake in _mistakes_of(name, sentence, language, english)]
    return found


def _is_command_name(name: str, english: Language) -> bool:
    """Whether it is the name of a command or an option that exists; in English the code has them."""
    section, _, rest = name.partition(".")
    command, _, option = rest.rpartition(" ")
    known = f"commands.{rest}" in english.sentences or f"options.{command}.{option}" in english.sentences
    return section == "names" and known


def _mistakes_of(name: str, sentence: Sentence, language: Language, english: Language) -> Iterator[str]:
    if not _is_well_formed(sentence):
        yield "neither a text nor plural forms with `by` and `other`"
        return
    if isinstance(sentence, Mapping):
        yield from _plural_mistakes(sentence, language)
    forms = _forms(sentence)
    for form, text in forms.items():
        if not text.strip():
            yield f"{form}empty"
    try:
        yield from _gap_mistakes(sentence, english.sentences.get(name, sentence), english)
    except ValueError as error:
        yield f"a brace is wrong ({error})"
        return
    for form, text in forms.items():
        yield from (f"{form}{mistake}" for mistake in _limit_mistakes(name, text))


def _is_well_formed(sentence: object) -> bool:
    if isinstance(sentence, str):
        return True
    if not isinstance(sentence, Mapping):
        return False
    return {"by", "other"} <= set(sentence) and all(isinstance(text, str) for text in sentence.values())


def _forms(sentence: Sentence) -> dict[str, str]:
    """Every text of the sentence, by what goes before a complaint about it."""
    if isinstance(sentence, str):
        return {"": sentence}
    return {f"{form}: ": text for form, text in sentence.items() if form != "by"}


def _plural_mistakes(sentence: Mapping[str, str], language: Language) -> Iterator[str]:
    forms = language.formats.plural_form.tags | {"other", "by"}
    for form in sentence.keys() - forms:
        yield f"the language has no plural form {form!r}: it has {', '.join(sorted(forms - {'by'}))}"


def _gaps(text: str) -> dict[str, str]:
    """The marks of the gaps by their names. Raises ValueError for braces that don't fit."""
    gaps: dict[str, str] = {}
    for _, name, spec, mark in FORMATTER.parse(text):
        if name is not None:
            if spec:
                raise ValueError(f"{name}:{spec}")
            gaps[name] = mark or ""
    return gaps


def _gap_mistakes(sentence: Sentence, model: Sentence, english: Language) -> Iterator[str]:
    given = {name: mark for text in _forms(model).values() for name, mark in _gaps(text).items()}
    number = "" if isinstance(sentence, str) else sentence["by"]
    if number and given.get(number, "?") not in ("", "d", "b"):
        yield f"no number is called {number!r}"
    for form, text in _forms(sentence).items():
        gaps = _gaps(text)
        for name, mark in gaps.items():
            if name not in given:
                yield f"{form}there is no {{{name}}}: there is {sorted(given)}"
            elif mark != given[name]:
                yield f"{form}{{{name}}} is marked {mark!r}, in English {given[name]!r}"
            if mark and mark not in MARKS:
                yield f"{form}no such mark: {mark!r}"
        # Of one picture one need not say the number.
        missing = set(given) - set(gaps) - (set() if form in ("", "other: ") else {number})
        if missing:
            yield f"{form}lacks {sorted(missing)}"
        for command in (name[1:] for name in gaps if name.startswith("/")):
            if f"commands.{command}" not in english.sentences:
                yield f"{form}there is no command /{command}"


def _limit_mistakes(name: str, text: str) -> Iterator[str]:
    section = name.partition(".")[0]
    if section == "names" and not (OPTION_NAME.fullmatch(text) and text == text.lower()):
        yield "not a name for a command: small letters, digits, - and _, at most 32"
    limit = PLAIN.get(name) or PLAIN.get(f"{section}.")
    if limit is not None and MARKUP.search(text):
        yield "markup is not rendered there"
    if limit is None and name.startswith("sentences.choice"):
        limit = LINE
    shown = len(_GAP.sub(FILLED, text))
    if shown > (limit or TEXT):
        yield f"{shown} characters; at most {limit or TEXT} fit"


_GAP = re.compile(r"\{[^{}]*\}")
