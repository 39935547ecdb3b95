"""Every language is held to English, and English to the names that the code says."""

import tomllib
from pathlib import Path

import pytest

from bot.chat.words import ENGLISH, LANGUAGES, Key, Label, Language, read_language, read_languages
from bot.chat.words._endings import Ending
from bot.jobs.alerts import AlertKind
from bot.jobs.drill import DrillProblem, DrillStep
from bot.jobs.reasons import Reason
from sandbox.made_up_language import made_up
from tests.rules.languages import mistakes

INSTALLED = read_languages()
QPS_LANGUAGE = made_up(INSTALLED[ENGLISH])
IN_CODE = (
    {f"sentences.{key}" for key in Key}
    | {f"labels.{label}" for label in Label}
    | {f"refusals.{reason.name.lower()}" for reason in Reason}
    | {f"endings.{ending}.{part}" for ending in Ending for part in ("cause", "next_step")}
    | {f"drill.{step}.{part}" for step in DrillStep for part in ("name", "works")}
    | {f"drill_problems.{problem}" for problem in DrillProblem}
    | {f"alerts.{kind}.{part}" for kind in AlertKind for part in ("what", "todo", *(("over",) if kind.ends else ()))}
)


def written(folder: Path, text: str, name: str = "de.toml") -> Language:
    """The language of a file with that text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_language(path)


@pytest.mark.parametrize("language", [*INSTALLED.values(), QPS_LANGUAGE], ids=lambda language: language.tag)
def test_a_language_fits(language: Language) -> None:
    """Its names and gaps are those of English, its texts fit where Discord shows them.

    The made-up language is English and two fifths longer: where it does not fit, English leaves others no room.
    """
    assert mistakes(language, INSTALLED[ENGLISH]) == []


def test_english_has_a_text_for_everything() -> None:
    """Every key of the code has an English text, and there is no text without a key."""
    others = {"commands", "options", "permissions"}
    assert {name for name in INSTALLED[ENGLISH].sentences if name.partition(".")[0] not in others} == IN_CODE


def test_no_label_is_called_like_a_gap() -> None:
    """A gap that a sentence is given is not taken for the label of a button."""
    given = {"user", "video", "when", "link", "seconds", "count", "prompt", "limit", "given", "file", "choices"}
    assert not {str(label) for label in Label} & given


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ('[sentences]\ntook = "dauerte {secods!d}"', "sentences.took: there is no {secods}: there is ['seconds']"),
        ('[sentences]\ntook = "dauerte"', "sentences.took: lacks ['seconds']"),
        ('[sentences]\ntook = "dauerte {seconds}"', "sentences.took: {seconds} is marked '', in English 'd'"),
        ('[sentences]\ntook = "dauerte {seconds!d"', "sentences.took: a brace is wrong"),
        ('[sentences]\ntook = "dauerte {seconds!d:x}"', "sentences.took: a brace is wrong (seconds:x)"),
        ("[sentences]\nqueued = 3", "sentences.queued: neither a text nor plural forms with `by` and `other`"),
        ('[sentences]\nqueud = "Wartet"', "sentences.queud: English has no such text"),
        ('[sentences]\nqueued = " "', "sentences.queued: empty"),
        (f'[labels]\nretry = "{"x" * 81}"', "labels.retry: 81 characters; at most 80 fit"),
        ('[labels]\nretry = "**Nochmal**"', "labels.retry: markup is not rendered there"),
        (f'[commands]\nvideo = "{"x" * 101}"', "commands.video: 101 characters; at most 100 fit"),
        (f'[sentences]\nform_video = "{"x" * 46}"', "sentences.form_video: 46 characters; at most 45 fit"),
        (
            '[sentences]\npictures = { by = "count", few = "Bilder", other = "{count} Bilder" }',
            "sentences.pictures: the language has no plural form 'few': it has one, other",
        ),
        (
            '[sentences]\npictures = { by = "number", other = "{count} Bilder" }',
            "sentences.pictures: no number is called 'number'",
        ),
        (
            '[names]\nvideo = "Mein Video"',
            "names.video: not a name for a command: small letters, digits, - and _, at most 32",
        ),
        ('[names]\nfilm = "video"', "names.film: English has no such text"),
    ],
)  # fmt: skip
def test_a_mistake_is_found(tmp_path: Path, text: str, mistake: str) -> None:
    """What a translator gets wrong is named with its place, and nothing else is."""
    first, *others = mistakes(written(tmp_path, text), INSTALLED[ENGLISH])
    assert first.startswith(mistake)
    assert all("lacks" in other for other in others)


def test_a_language_may_be_unfinished_and_have_plurals_of_its_own(tmp_path: Path) -> None:
    """What is missing is no mistake; a number may have as many forms as the language has."""
    polish = written(
        tmp_path,
        '[names]\nvideo = "wideo"\n"video prompt" = "opis"\n'
        '[sentences.pictures]\nby = "count"\none = "obraz"\nfew = "{count} obrazy"\n'
        'many = "{count} obrazów"\nother = "{count} obrazu"',
        "pl.toml",
    )
    assert mistakes(polish, INSTALLED[ENGLISH]) == []


@pytest.mark.parametrize("name", ["english.toml", "xx.toml"])
def test_a_file_is_named_for_its_locale(tmp_path: Path, name: str) -> None:
    """Another name is refused: no person's Discord would ask for it."""
    with pytest.raises(Exception, match=r"locale"):
        written(tmp_path, "", name)


def test_labels_are_named_by_reference() -> None:
    """No sentence repeats the label of a button in bold: it names it, so that both change together."""
    english = tomllib.loads((LANGUAGES / "en.toml").read_text(encoding="utf-8"))
    texts = [text for text in INSTALLED[ENGLISH].sentences.values() if isinstance(text, str)]
    assert [text for text in texts for label in english["labels"].values() if f"**{label}**" in text] == []
    assert [text for text in texts if "`/" in text] == []
