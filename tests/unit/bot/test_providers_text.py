"""The text of a written providers file can be read by the bot, also with the strangest lists of models."""

import tomllib
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.jobs.offered_models import OfferedModel, Option, Price, Route
from bot.settings import Setup
from bot.settings.providers_file import FILE_MAX_BYTES, ProvidersFile
from bot.settings.providers_text import Answers, Written, write_text
from bot.videos.model_lists import MODELS_MAX, ModelList, read_model_list
from bot.videos.provider_setup import Abilities, ProviderSetup
from tests.unit.bot.videos.test_model_lists import JSON, KEY, VEO

MAIN = ProviderSetup("main", "https://main.test/v1", "main-canary-1", abilities=Abilities(remix=True, list=True))
BACKUP = ProviderSetup(
    "My Backup", "http://127.0.0.1:8000", "backup-canary-2", "openrouter",
    reference_fit="off", retry_server_errors=0,
)  # fmt: skip
FOX = OfferedModel("fox", "Fox", (Route("main", "fox"),), ("1280x720",), ("4", "2.5"), 4)
KEYS = {"VIDEOS_API_KEY": "main-canary-1", "BACKUP_API_KEY": "backup-canary-2"}
ONE = Setup((MAIN,), (FOX,), {"main": "env:VIDEOS_API_KEY"})
TWO = Setup((MAIN, BACKUP), (FOX,), {"main": "env:VIDEOS_API_KEY", "My Backup": "env:BACKUP_API_KEY"})
NONE = "it has no such list (404)"


def models(*entries: object) -> ModelList:
    found = read_model_list({"data": list(entries)}, KEY)
    assert found is not None
    return found


def read(written: Written) -> Setup:
    """What the bot reads from the text; every mistake fails the test."""
    mistakes: list[str] = []
    assert len(written.text.encode()) <= FILE_MAX_BYTES
    file = ProvidersFile("f", written.text, tomllib.loads(written.text), 0o600)
    setup = file.judge(KEYS, mistakes.append, lambda _doubt: None)
    assert mistakes == []
    assert setup is not None
    assert len(setup.models) == written.offered
    assert all(model.price is None for model in setup.models)
    return setup


def write(setup: Setup, *answers: tuple[ModelList | str, ModelList | str], guess: bool = False) -> Written:
    paired = zip(setup.providers, answers, strict=True)
    return write_text(setup, [Answers(provider, *lists) for provider, lists in paired], guess_dialect=guess)


def test_without_any_list_the_file_says_what_is_configured() -> None:
    """And that nothing else is known."""
    written = write(ONE, (NONE, "it can't be reached"))
    assert read(written) == ONE
    assert "# GET /models: unknown, it has no such list (404).\n" in written.text
    assert "# GET /videos/models: unknown, it can't be reached.\n" in written.text
    assert "# As configured: main has no list of models that can be read." in written.text
    assert (written.offered, written.others) == (1, 0)


def test_a_described_model_is_offered_with_what_is_said_about_it() -> None:
    """Its price is a comment, and OpenRouter's form of a list is taken for its dialect where none is configured."""
    written = write(ONE, (NONE, models(VEO)), guess=True)
    setup = read(written)
    assert setup.providers == (replace(MAIN, dialect="openrouter", abilities=Abilities()),)
    assert setup.models[1] == OfferedModel(
        "google/veo-3.1", "Google: Veo 3.1", (Route("main", "google/veo-3.1"),), ("1280x720", "1920x1080"),
        ("4", "6", "8"), 2, ("first", "last"),
        options=(Option("sound", "switch", "generate_audio", "With sound"),),
    )  # fmt: skip
    assert '# price = { currency = "USD", per_second = "0.50" }\n' in written.text
    assert '"per-video-second-1080p" = "0.75"' in written.text
    assert 'dialect = "openrouter"  # a guess: by its list of video models' in written.text
    # With that comment taken away it is a price that can be read.
    priced = written.text.replace("# price = ", "price = ")
    model = tomllib.loads(priced)["models"]["google/veo-3.1"]
    assert model["price"] == {"currency": "USD", "per_second": "0.50"}
    assert read(write(ONE, (NONE, models(VEO)))).providers == (MAIN,)


def test_what_a_provider_says_about_a_configured_model_replaces_the_settings() -> None:
    """Sizes and lengths; the rest stays as it was, with its price and factors as comments."""
    option = Option("look", "choice", "style", 'A "look"', ("a\\b", "c"), default="c", price_factor=Decimal("1.5"))
    text = Option("avoid", "text", "negative_prompt", "Not this", max_length=5, default="x")
    number = Option("steps", "integer", "steps", "Steps", minimum=-1, maximum=9, default=0)
    switch = Option("fast", "switch", "fast", "Fast", default=False)
    veo = OfferedModel(
        "veo", "Veo", (Route("My Backup", "google/veo-3.1"), Route("main", "veo")), ("1x1",), ("1",), 3,
        ("reference", "last"), Price("EUR", per_video=Decimal("0.10"), sizes={"1x1": Decimal(1)}),
        (option, text, number, switch),
    )  # fmt: skip
    setup = replace(TWO, models=(veo,))
    written = write(setup, (NONE, NONE), (NONE, models(VEO)))
    sound = Option("sound", "switch", "generate_audio", "With sound")
    assert read(written) == replace(
        setup,
        models=(
            replace(
                veo, sizes=("1280x720", "1920x1080"), seconds=("4", "6", "8", "2.5"), price=None,
                options=(replace(option, price_factor=Decimal(1)), text, number, switch, sound),
            ),
        ),
    )  # fmt: skip
    assert '# price = { currency = "EUR", per_video = "0.10", sizes = { "1x1" = "1" } }\n' in written.text
    assert '# price_factor = "1.5"\n' in written.text


def test_models_of_a_long_plain_list_are_comments() -> None:
    """They may be for chat. A short list is one of a server of one's own; what is guessed about it is said."""
    long = models(*(f"model-{number}" for number in range(40)), "fox")
    written = write(ONE, (long, NONE))
    assert read(written).models == (FOX,)
    assert written.others == 40
    assert "# [models.model-7]\n" in written.text
    short = read(write(ONE, (models("wan"), NONE)))
    assert [model.name for model in short.models] == ["fox", "wan"]
    assert short.models[1] == replace(FOX, name="wan", label="wan", routes=(Route("main", "wan"),), references=1)
    assert "A guess: the provider doesn't say whether it makes videos." in written.text


def test_a_list_of_video_models_makes_the_other_list_needless() -> None:
    """That one has the chat models of the provider, too."""
    written = write(ONE, (models("chat", "fox"), models(VEO)))
    assert [model.name for model in read(written).models] == ["fox", "google/veo-3.1"]
    assert written.others == 0
    assert "chat" not in written.text


def test_comments_can_be_turned_into_models() -> None:
    """Without the marks of the comment each of them is a table of its own."""
    written = write(ONE, (models(*(f"model-{number}" for number in range(10))), NONE))
    kept = [line.removeprefix("# ") if line.startswith(('# [', '# label', "# prov", "# size", "# sec", "# r")) else line
            for line in written.text.splitlines()]  # fmt: skip
    document = tomllib.loads("\n".join(kept))
    mistakes: list[str] = []
    assert ProvidersFile("f", "", document, 0o600).judge(KEYS, mistakes.append, mistakes.append)
    assert mistakes == []
    assert len(document["models"]) == 11


def test_no_more_is_offered_than_fits() -> None:
    """25 models, 200 in all, one label once, eleven options."""
    many = models(*(VEO | {"id": f"v{number}", "name": f"V {number // 2}"} for number in range(300)))
    written = write(ONE, (NONE, many))
    setup = read(written)
    assert len(setup.models) == 25
    assert written.offered + written.others == MODELS_MAX
    assert [model.label for model in setup.models[:4]] == ["Fox", "V 0", "v1", "V 1"]
    options = tuple(Option(f"o{number}", "switch", f"w{number}", "On") for number in range(11))
    full = replace(ONE, models=(replace(FOX, options=options),))
    assert read(write(full, (NONE, many))).models[1].options == ()


def test_an_option_of_another_type_is_left_out() -> None:
    """One slash option serves all models."""
    text = Option("sound", "text", "audio", "Which sound", max_length=9)
    setup = replace(ONE, models=(replace(FOX, options=(text,)),))
    assert [model.options for model in read(write(setup, (NONE, models(VEO)))).models] == [(text,), ()]


def test_a_name_that_two_providers_have() -> None:
    """It is one model of the first; the other is named, since nothing says that they are the same."""
    written = write(TWO, (models("wan"), NONE), (models("wan", "fox"), NONE))
    assert [model.routes for model in read(written).models] == [(Route("main", "fox"),), (Route("main", "wan"),)]
    assert '# My Backup lists a model of that name, too: { provider = "My Backup", model = "wan" }\n' in written.text
    assert '# My Backup lists a model of that name, too: { provider = "My Backup", model = "fox" }\n' in written.text


def test_what_is_configured_of_a_provider_is_kept() -> None:
    """All that is not the default, and that its dialect uses."""
    main = replace(MAIN, body="json", reference_field="file[]", retry_server_errors=5)
    setup = replace(ONE, providers=(main,))
    assert read(write(setup, (NONE, NONE))).providers == (main,)
    other = replace(main, dialect="openrouter", abilities=Abilities(), body="auto", reference_field="input_reference")
    assert read(write(setup, (NONE, models(VEO)), guess=True)).providers == (other,)


def test_no_key_is_written() -> None:
    """Only where it comes from."""
    text = write(TWO, (models("wan"), NONE), (NONE, models(VEO))).text
    assert "canary" not in text
    assert 'api_key = "env:BACKUP_API_KEY"' in text


def test_names_that_could_not_be_told_apart() -> None:
    """A label that looks like another one, or another model's name, isn't used; what can't be seen isn't offered."""
    listed = [
        VEO | {"id": "one", "name": "Ｆｏｘ"},
        VEO | {"id": "two", "name": "three"},
        VEO | {"id": "three", "name": "\u3164"},
        VEO | {"id": "ＴＷＯ", "name": "Two"},
        VEO | {"id": "\u2800", "name": "Blank"},
    ]
    written = write(ONE, (NONE, models(*listed)))
    found = {model.name: model.label for model in read(written).models}
    assert found == {"fox": "Fox", "one": "one", "two": "two", "three": "three"}
    assert '# label = "ＴＷＯ"' in written.text


def test_nothing_that_looks_like_a_key_is_written() -> None:
    """The bot would refuse the file; foreign text that looks like one is left out."""
    key = "sk-live-abcdef0123456789"
    listed = [
        VEO | {"id": "one", "name": f"One {key}"},
        VEO | {"id": key, "name": "Two"},
        VEO | {"id": f"x/{key}", "name": "Three"},
        VEO | {"id": "four", "supported_resolutions": [key], "pricing_skus": {key: "1"}},
    ]
    written = write(ONE, (NONE, models(*listed)))
    assert [model.name for model in read(written).models] == ["fox", "one", "four"]
    assert key not in written.text


@pytest.mark.slow
def test_the_largest_lies_make_a_file_that_can_be_read() -> None:
    """What doesn't fit is left out and counted."""
    about = ("supported_resolutions", "supported_aspect_ratios", "allowed_passthrough_parameters")
    words = [f"{number:02}{'é' * 98}" for number in range(40)]
    huge = [
        VEO | {
            "id": f"{number:03}{'x' * 97}", "name": f"{number:03}{'é' * 97}",
            "supported_sizes": [f"{size}x99999" for size in range(10000, 10030)],
            "supported_durations": list(range(1000, 1030)),
            "pricing_skus": {word: word for word in words},
            **dict.fromkeys(about, words),
        }
        for number in range(250)
    ]  # fmt: skip
    written = write(TWO, (models(*huge), models(*huge)), (models(*huge), models(*huge)))
    assert len(read(written).models) == 25
    assert "more models are left out: the file would be too large." in written.text


LISTS = st.one_of(
    st.just(NONE),
    st.lists(
        st.builds(
            lambda known, more: {**known, **more},
            st.sampled_from([{}, VEO]),
            st.dictionaries(st.sampled_from(sorted(VEO)), JSON, max_size=5)
            | st.fixed_dictionaries({"id": st.text(max_size=12), "name": st.text(max_size=12)}),
        )
        | st.text(max_size=20),
        max_size=8,
    ).map(lambda entries: models(*entries)),
)


@pytest.mark.slow
@given(LISTS, LISTS, LISTS, LISTS, st.booleans(), st.booleans())
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60)
def test_every_written_text_can_be_read(
    first: Any, second: Any, third: Any, fourth: Any, guess: bool, two: bool
) -> None:
    """With any lists: it is TOML without a mistake, without prices, and with the configured models."""
    written = write(TWO, (first, second), (third, fourth)) if two else write(ONE, (first, second), guess=guess)
    setup = read(written)
    assert setup.models[0].name == "fox"
    assert all(line == "" or line.isprintable() for line in written.text.split("\n"))
    assert KEY not in written.text
