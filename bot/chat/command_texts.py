"""The texts of slash commands and menus: names and descriptions of commands and options, and names of choices.

The commands are built with English texts; Discord gets the others through discord.py's translator when they are synced.
"""

import re
from collections.abc import Callable, Collection, Sequence
from typing import Any, cast

import discord
from discord import app_commands
from discord.app_commands import TranslationContextLocation as Where
from discord.app_commands import locale_str

from bot.chat.choices import CHOICES_MAX
from bot.chat.escape import clip
from bot.chat.words import ENGLISH, Label, Reader, Readers, label

_TEXT_MAX = 100
_MENU_NAME_MAX = 32
_OPTION_NAME = re.compile(r"[-_'\w]{1,32}")
_NAMES = frozenset({Where.command_name, Where.group_name, Where.parameter_name})

ChoiceName = Callable[[str, Reader], str]


def description(command: str, readers: Readers) -> str:
    """The English description of a command, by its full name: `owner pause`."""
    return readers.of(ENGLISH).read(f"commands.{command}", {})


def options(command: str, readers: Readers, without: Collection[str] = ()) -> dict[str, str]:
    """The English descriptions of a command's options, but for those."""
    above = f"options.{command}."
    english = readers.of(ENGLISH)
    names = [name for name in english.languages[0].sentences if name.startswith(above)]
    described = {name.removeprefix(above): english.read(name, {}) for name in names}
    return {name: text for name, text in described.items() if name not in without}


def choices(values: Sequence[str], name_of: ChoiceName, readers: Readers) -> list[app_commands.Choice[str]]:
    """The choices of an option; Discord shows at most 25."""
    english = readers.of(ENGLISH)
    return [
        app_commands.Choice(name=locale_str(name_of(value, english), value=value, name_of=name_of), value=value)
        for value in values[:CHOICES_MAX]
    ]


def menu_name(of_menu: Label, readers: Readers) -> locale_str:
    """The name of a command in the menu of messages."""
    return locale_str(label(of_menu, readers.of(ENGLISH)), label=of_menu)


class CommandTranslator(app_commands.Translator):
    """Finds the texts of a command in the language of a locale; missing ones stay English."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers
        found = {locale.value: readers.language(locale.value) for locale in discord.Locale}
        self._languages = {tag: language for tag, language in found.items() if language and language.tag != ENGLISH}

    @property
    def is_needed(self) -> bool:
        """Whether there is any language but English."""
        return bool(self._languages)

    async def translate(
        self, string: locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        """The text in that locale; None for the English one."""
        language = self._languages.get(locale.value)
        if language is None:
            return None
        if context.location is Where.choice_name:
            name_of = cast("ChoiceName", string.extras["name_of"])
            name = clip(name_of(string.extras["value"], self._readers.of(locale.value)), _TEXT_MAX)
            return None if name == string.message else name
        if "label" in string.extras:
            return clip(label(string.extras["label"], self._readers.of(locale.value)), _MENU_NAME_MAX)
        text = language.sentences.get(_full_name(context))
        if not isinstance(text, str) or not _fits(text, is_name=context.location in _NAMES):
            return None
        return text


def _full_name(context: app_commands.TranslationContextTypes) -> str:
    about: Any = context.data
    if isinstance(about, app_commands.Parameter):
        command = about.command.qualified_name
        is_name = context.location is Where.parameter_name
        return f"names.{command} {about.name}" if is_name else f"options.{command}.{about.name}"
    return f"{'names' if context.location in _NAMES else 'commands'}.{about.qualified_name}"


def _fits(text: str, *, is_name: bool) -> bool:
    """Whether it fits Discord's limits: one text over them makes Discord refuse all commands."""
    if is_name:
        return _OPTION_NAME.fullmatch(text) is not None and text == text.lower()
    return 1 <= len(text) <= _TEXT_MAX
