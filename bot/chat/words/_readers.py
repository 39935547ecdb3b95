"""The reader of a text: the languages for it, and the slash commands that they can click."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

import structlog
from babel import Locale
from babel.core import UnknownLocaleError

from bot.chat.words._filling import fill, plain_text
from bot.chat.words._language import ENGLISH, Language, Sentence
from bot.jobs.model import GuildId

_FAULTS_LOGGED = 1_000
_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reader:
    """`languages`: the first one with a sentence is used. `commands`: ids of slash commands by their names.

    `has_daily_limit`: whether people's videos are limited per day, so that using that up is worth a sentence.
    `models`: the labels of models by their names.
    """

    languages: tuple[Language, ...]
    commands: Mapping[str, int]
    has_daily_limit: bool = True
    models: Mapping[str, str] = field(default_factory=dict[str, str])

    def read(self, name: str, named: Mapping[str, object]) -> str:
        """The sentence of that full name, with its gaps filled.

        A sentence that can't be filled is logged, and the next language is used; the last one leaves open what is
        missing.
        """
        sentence: Sentence = name
        for language in self.languages:
            found = language.sentences.get(name)
            if found is None:
                continue
            sentence = found
            try:
                if text := fill(found, named, language.formats, self._ours).strip():
                    return text
                raise ValueError("the sentence is empty")
            except Exception as error:  # noqa: BLE001  # no fault of a sentence stops a video
                _log_fault(language.tag, name, repr(error))
        return plain_text(sentence)

    def model_label(self, model: str) -> str:
        """What people call the model; one that isn't offered any more is called by its name."""
        return self.models.get(model, model)

    def find(self, name: str) -> str | None:
        """A text without gaps; None if no language has it."""
        found = (language.sentences.get(name) for language in self.languages)
        return next((text for text in found if isinstance(text, str)), None)

    def _ours(self, name: str) -> str | None:
        if not name.startswith("/"):
            return self.find(name)
        command_id = self.commands.get(name[1:].partition(" ")[0])
        return f"`{name}`" if command_id is None else f"<{name}:{command_id}>"


class Readers:
    """All languages, the labels of the models, and the commands that Discord has registered, as far as known."""

    def __init__(self, languages: Mapping[str, Language], *, has_daily_limit: bool = True) -> None:
        """`languages` by their tags, English among them."""
        self.languages = languages
        self._has_daily_limit = has_daily_limit
        self._english = languages[ENGLISH]
        self._commands: dict[GuildId | None, Mapping[str, int]] = {}
        self._models: Mapping[str, str] = {}

    def note_commands(self, guild_id: GuildId | None, ids: Mapping[str, int]) -> None:
        """Remember the ids of the commands of that server, or of those that work everywhere (None)."""
        self._commands[guild_id] = dict(ids)

    def note_models(self, labels: Mapping[str, str]) -> None:
        """Remember the labels of the models by their names."""
        self._models = dict(labels)

    def of(self, locale: str, guild_id: GuildId | None = None) -> Reader:
        """The reader in that locale, as Discord names it (`en-US`), in that server or in a DM.

        A locale without a language of its own gets English.
        """
        language = self.language(locale) or self._english
        formats = _formats(language.tag, locale)
        first = language if formats is None else replace(language, formats=formats)
        languages = (first,) if language is self._english else (first, self._english)
        commands = self._commands.get(guild_id) or self._commands.get(None) or {}
        return Reader(languages, commands, self._has_daily_limit, self._models)

    def language(self, locale: str) -> Language | None:
        """The language of that locale: `pt-BR` if there is one, else `pt`; None if there is neither."""
        return self.languages.get(locale) or self.languages.get(locale.partition("-")[0])


@lru_cache(maxsize=_FAULTS_LOGGED)
def _log_fault(tag: str, name: str, error: str) -> None:
    """Log it once, however often the sentence is said."""
    _log.error("sentence can't be filled", language=tag, sentence=name, error=error)


@lru_cache(maxsize=64)
def _formats(tag: str, locale: str) -> Locale | None:
    """How that region writes numbers; None where the language's own way is used."""
    if locale == tag or not locale.startswith(f"{tag}-"):
        return None
    try:
        return Locale.parse(locale, sep="-")
    except (ValueError, UnknownLocaleError):
        return None
