"""A language: its sentences by their names, and how it writes numbers and lists. Each is one file of `languages/`."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from babel import Locale

LANGUAGES = Path(__file__).parent / "languages"
ENGLISH = "en"
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,4})?")

# One text, or the forms that depend on a number: {"by": the gap that holds it, "one": ..., "other": ...}.
Sentence = str | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Language:
    """`sentences` by their full names: `sentences.queued`, `labels.retry`, `endings.size.next_step`."""

    tag: str
    formats: Locale
    sentences: Mapping[str, Sentence]


def read_language(path: Path) -> Language:
    """The language of one file, which is named for its locale, as Discord spells it: `de.toml`, `pt-BR.toml`.

    Raises ValueError (TOMLDecodeError, UnknownLocaleError among them) for a file that holds no language.
    """
    if not _TAG.fullmatch(path.stem):
        raise ValueError(f"{path.name} is not named for a locale")
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return Language(path.stem, Locale.parse(path.stem, sep="-"), dict(_flat(tables)))


def read_languages(folder: Path = LANGUAGES) -> dict[str, Language]:
    """Every language of the folder, by its tag."""
    return {language.tag: language for language in map(read_language, sorted(folder.glob("*.toml")))}


def _flat(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Sentence]]:
    for name, value in table.items():
        if isinstance(value, dict) and "other" not in value:
            yield from _flat(cast("dict[str, Any]", value), f"{above}{name}.")
        else:
            yield f"{above}{name}", value
