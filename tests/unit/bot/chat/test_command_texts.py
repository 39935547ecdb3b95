"""What Discord gets as texts of the slash commands in other languages."""

from collections.abc import Mapping

import discord
import pytest
from babel import Locale
from discord import app_commands
from discord.app_commands import TranslationContext, TranslationContextLocation, locale_str

from bot.chat.command_texts import CommandTranslator, choices
from bot.chat.words import Language, Reader, Readers, Sentence
from tests.readers import READERS

GERMAN, ENGLISH, FRENCH = discord.Locale.german, discord.Locale.american_english, discord.Locale.french


@app_commands.command(name="video", description="Make a video")
async def video(interaction: discord.Interaction, prompt: str) -> None:
    """A command to translate."""


@app_commands.command(name="pause", description="Stop")
async def pause(interaction: discord.Interaction) -> None:
    """A command of a group."""


owner = app_commands.Group(name="owner", description="For owners")
owner.add_command(pause)

OF_COMMAND = TranslationContext(TranslationContextLocation.command_name, video)
ABOUT_COMMAND = TranslationContext(TranslationContextLocation.command_description, video)
OF_OPTION = TranslationContext(TranslationContextLocation.parameter_name, video.parameters[0])
ABOUT_OPTION = TranslationContext(TranslationContextLocation.parameter_description, video.parameters[0])
OF_GROUP = TranslationContext(TranslationContextLocation.group_name, owner)
ABOUT_GROUP = TranslationContext(TranslationContextLocation.group_description, owner)
ABOUT_PAUSE = TranslationContext(TranslationContextLocation.command_description, pause)


def german(sentences: Mapping[str, Sentence]) -> Readers:
    """Every installed language, and a German one with those texts."""
    return Readers({**READERS.languages, "de": Language("de", Locale("de"), sentences)})


async def translated(
    sentences: Mapping[str, Sentence], context: app_commands.TranslationContextTypes, locale: discord.Locale = GERMAN
) -> str | None:
    return await CommandTranslator(german(sentences)).translate(locale_str("English"), locale, context)


@pytest.mark.parametrize(
    ("context", "name", "text"),
    [
        (OF_COMMAND, "names.video", "wideo"),
        (ABOUT_COMMAND, "commands.video", "Ein Video machen"),
        (OF_OPTION, "names.video prompt", "beschreibung"),
        (ABOUT_OPTION, "options.video.prompt", "Was soll es zeigen?"),
        (OF_GROUP, "names.owner", "besitzer"),
        (ABOUT_GROUP, "commands.owner", "Für Besitzer"),
        (ABOUT_PAUSE, "commands.owner pause", "Anhalten"),
    ],
)
async def test_each_text_has_its_name(context: app_commands.TranslationContextTypes, name: str, text: str) -> None:
    """Names and descriptions of commands, groups and options; without a text, and elsewhere, it stays English."""
    assert await translated({name: text}, context) == text
    assert await translated({}, context) is None
    assert await translated({name: text}, context, FRENCH) is None
    assert await translated({name: text}, context, ENGLISH) is None


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        *(("a", True), ("x" * 32, True), ("vidéo-2_b", True), ("видео", True)),
        *(("x" * 33, False), ("", False), ("my video", False), ("Video", False), ("video!", False), ("🎬", False)),
    ],
)
async def test_a_name_that_discord_would_refuse_stays_english(text: str, fits: bool) -> None:
    """One bad name would make Discord refuse all commands."""
    for context, name in ((OF_COMMAND, "names.video"), (OF_OPTION, "names.video prompt")):
        assert await translated({name: text}, context) == (text if fits else None)


@pytest.mark.parametrize(("text", "fits"), [("x", True), ("x" * 100, True), ("x" * 101, False), ("", False)])
async def test_a_description_that_discord_would_refuse_stays_english(text: str, fits: bool) -> None:
    """Discord takes 1 to 100 characters."""
    for context, name in ((ABOUT_COMMAND, "commands.video"), (ABOUT_OPTION, "options.video.prompt")):
        assert await translated({name: text}, context) == (text if fits else None)


async def test_plural_forms_are_no_text_of_a_command() -> None:
    """Nothing is counted there."""
    assert await translated({"commands.video": {"by": "count", "other": "Videos"}}, ABOUT_COMMAND) is None


@pytest.mark.parametrize(
    ("german_name", "expected"), [("groß", "groß"), ("x" * 101, "x" * 99 + "…"), ("English", None)]
)
async def test_the_name_of_a_choice_is_cut_to_what_discord_takes(german_name: str, expected: str | None) -> None:
    """At most 100 characters; a name as in English is not sent again."""

    def name_of(_value: str, reader: Reader) -> str:
        return german_name if reader.languages[0].tag == "de" else "English"

    (choice,) = choices(["1x1"], name_of, READERS)
    assert isinstance(choice._locale_name, locale_str)
    context = TranslationContext(TranslationContextLocation.choice_name, choice)
    translator = CommandTranslator(german({}))
    assert await translator.translate(choice._locale_name, GERMAN, context) == expected
    assert await translator.translate(choice._locale_name, FRENCH, context) is None


def test_no_more_choices_than_discord_shows() -> None:
    """The first 25 are offered."""
    values = [str(number) for number in range(30)]
    offered = choices(values, lambda value, _reader: f"{value} s", READERS)
    assert [choice.value for choice in offered] == values[:25]


def test_with_english_alone_nothing_is_asked_for() -> None:
    """The commands are built with English texts, so that only another language needs the translator."""
    assert CommandTranslator(german({})).is_needed
    assert not CommandTranslator(Readers({tag: one for tag, one in READERS.languages.items() if tag == "en"})).is_needed
