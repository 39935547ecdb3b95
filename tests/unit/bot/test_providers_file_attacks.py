"""Providers files that are huge, deep, ambiguous or full of look-alikes, and keys in wrong places."""

import time
from pathlib import Path

import pytest

from bot.settings import load_settings
from tests.unit.bot.settings_file import KEYS, MODEL, PROVIDER, TOKEN, Folder, empty_environment

OPTION = '\n[models.fox.options.{0}]\ntype = "integer"\nwire = "{1}"\ndescription = "A seed"\n'
OWL = MODEL.replace("fox", "owl")
# A fault would take minutes; a busy machine takes some seconds.
SECONDS = 20.0


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    return empty_environment(tmp_path, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("".join(f"a{number} = 1\n" for number in range(90_000)) + PROVIDER + MODEL, "there are 89"),
        (".".join(["a"] * 200_000) + " = 1\n", "is not TOML: it is nested too deeply."),
        ("[" + '."b" . '.join(["a"] * 100_000) + "]\n", "is not TOML: it is nested too deeply."),
        ("x = " + "[" * 400_000 + "]" * 400_000, "is not TOML: it is nested too deeply."),
        ("x = " + "1" * 900_000, "is not TOML: a number in it is too long."),
        (PROVIDER + MODEL.replace("[4]", f"[0x{'f' * 900_000}]"), "it is a very large number and must be"),
        (PROVIDER + "".join(MODEL.replace("fox", f"f{number}") for number in range(9_000)),
         "models has 9000 models, and at most 25 can be offered."),
        (PROVIDER + MODEL + "".join(OPTION.format(f"o{number}", f"w{number}") for number in range(8_000)),
         "models.fox.options has 8000 options, and at most 11 fit into a command."),
        ("".join(PROVIDER.replace("main]", f"m{number}]") for number in range(9_000)) + MODEL,
         "providers has 9000 providers, and at most 25 can be used."),
        (PROVIDER + MODEL.replace("[4]", f"[{'4, ' * 300_000}]"), "has 300000 entries, and at most 25 fit."),
        (PROVIDER + MODEL.replace('[{ provider = "main" }]', f"[{'{}, ' * 200_000}]"), "must be a list of 1 to 10"),
        (PROVIDER + MODEL + f"price = {{ {', '.join(f'x{number} = 1' for number in range(60_000))} }}", "there are 59"),
        (PROVIDER + MODEL + f'label = "{"x" * 900_000}"', "1 to 100 characters, with no blanks around it."),
    ],
)  # fmt: skip
def test_a_huge_file_is_judged_in_a_moment(folder: Folder, content: str, said: str) -> None:
    """A long list of mistakes is cut, and what is beyond any use isn't looked at."""
    began_at = time.process_time()
    mistakes = folder.mistakes(content)
    assert time.process_time() - began_at < SECONDS
    assert said in " ".join(mistakes)
    assert len(mistakes) <= 51
    assert sum(map(len, mistakes)) < 20_000


def test_a_long_word_with_dots_is_no_deep_name(folder: Folder) -> None:
    """In a description, a comment, or the name of a model."""
    dots = "a." * 45 + "b"
    text = f"# {'a.' * 90}\n" + PROVIDER + MODEL.replace("fox", f'"{dots}"') + f'label = "{"x." * 40}y"\n'
    assert folder.read(text).models[0].name == dots


@pytest.mark.parametrize(("one", "other"), [("Fox", "fOX"), ("Fox", "Ｆｏｘ"), ("ﬁlm", "film"), ("STRASSE", "straße")])
def test_labels_that_look_alike_are_one(folder: Folder, one: str, other: str) -> None:
    """In any case and width: people couldn't choose between them."""
    [said] = folder.mistakes(f'{PROVIDER}{MODEL}label = "{one}"\n{OWL}label = "{other}"\n')
    assert said.startswith("models.owl.label is wrong: models.fox has the label")


def test_a_label_is_no_other_models_name(folder: Folder) -> None:
    """Commands take either, and would make the video with the wrong model."""
    [said] = folder.mistakes(f'{PROVIDER}{MODEL}label = "Owl"\n{OWL}label = "fox 2"\n')
    assert said == "models.fox.label is wrong: another model has the name 'Owl'."
    assert folder.read(f'{PROVIDER}{MODEL}label = "Fox"\n{OWL}')


@pytest.mark.parametrize("blank", ["\u3164", "\u2800", "\u115f\u1160", "\u0301"])
def test_what_people_choose_by_can_be_seen(folder: Folder, blank: str) -> None:
    """Names, labels, choices and descriptions have characters that are drawn."""
    choice = OPTION.format("style", "style").replace('"integer"', f'"choice"\nchoices = ["film", "{blank}"]')
    said = folder.mistakes(
        f'{PROVIDER}{MODEL}label = "{blank}"\n{choice}{OPTION.format("seed", "seed").replace("A seed", blank)}'
    )
    begins = ["models.fox.label is wrong", "models.fox.options.style.choices[1] is", "models.fox.options.seed.desc"]
    assert [any(each.startswith(begin) for each in said) for begin in begins] == [True] * 3
    assert len(said) == 3


@pytest.mark.parametrize("name", ["ｓｅｅｄ", "²", "ſeed", "s\u0435ed", "see\u0501", "-", "__", "se\u0301ed"])
def test_the_name_of_an_option_is_plain(folder: Folder, name: str) -> None:
    """In one script and one width, so that it isn't taken for another option: `sеed` with a Cyrillic letter."""
    [said] = folder.mistakes(PROVIDER + MODEL + OPTION.format(f'"{name}"', "seed"))
    assert "the name of an option must have 1 to 32 small letters, digits, - and _, of one alphabet." in said


@pytest.mark.parametrize("name", ["seed", "größe", "стиль", "スタイル", "画風", "no-2_b"])
def test_options_may_be_named_in_any_language(folder: Folder, name: str) -> None:
    """Discord takes letters of every script."""
    assert folder.read(PROVIDER + MODEL + OPTION.format(f'"{name}"', "seed")).models[0].options[0].name == name


@pytest.mark.parametrize(
    "wire",
    ["n", "N", "n[]", "num_videos", "sample_count", "batch_size", "n_variants", "numberOfVideos", "numberResults",
     "num_generations", "num_images", "count", "quantity", "no_of_clips", "videoCount", "parameters.sampleCount"],
)  # fmt: skip
def test_no_member_chooses_how_many(folder: Folder, wire: str) -> None:
    """One request is one paid video, in the words of any server."""
    [said] = folder.mistakes(PROVIDER + MODEL + OPTION.format("amount", wire))
    assert said == (
        f"models.fox.options.amount.wire is wrong: {wire!r} can't be an option, since one request is one video."
    )


@pytest.mark.parametrize(
    "wire", ["callback_url", "webhook", "webhook_url", "Callback", "callBackUrl", "webhook_endpoint", "hook_url",
             "notify_url", "notificationAddress", "events.webhook"],
)  # fmt: skip
def test_no_member_chooses_where_messages_go(folder: Folder, wire: str) -> None:
    """Nothing is sent to an address of a member's choice."""
    [said] = folder.mistakes(PROVIDER + MODEL + OPTION.format("amount", wire))
    assert said == (
        f"models.fox.options.amount.wire is wrong: {wire!r} can't be an option, since the bot gets no messages of a "
        "provider."
    )


@pytest.mark.parametrize(
    "wire", ["num_frames", "num_inference_steps", "negative_prompt", "noise", "normalize", "resolution", "no_audio",
             "response_format", "output_format", "generate_audio", "video_quality", "sampler", "image_strength"],
)  # fmt: skip
def test_other_fields_may_be_chosen(folder: Folder, wire: str) -> None:
    """Also those that begin or end alike."""
    assert folder.read(PROVIDER + MODEL + OPTION.format("amount", wire)).models[0].options[0].wire == wire


@pytest.mark.parametrize(
    "text",
    [
        MODEL + 'label = "sk-live-abcdef0123456789"\n',
        MODEL + "# the old one: sk-proj-abcdef0123456789abcdef\n",
        PROVIDER.replace("test/v1/", "test/sk-or-v1-abcdef0123456789/v1/").replace("main]", "other]") + MODEL,
        MODEL + "# Authorization: Bearer abcdef0123456789abcdef\n",
    ],
)
def test_what_looks_like_a_key_is_refused_anywhere(folder: Folder, text: str) -> None:
    """Also one that is no key of today's settings, in a comment, a label or an address, which the log would show."""
    said = folder.mistakes(PROVIDER + text)
    assert said == ["something that looks like a key is written in it: take it out, and let the provider replace it."]


def test_words_that_only_begin_so_are_no_keys(folder: Folder) -> None:
    """Names of models, and words of people."""
    text = PROVIDER + MODEL.replace("fox]", '"sk-fox"]') + 'label = "task-oriented-video-generation-2"\n'
    assert folder.read(text + "# A bearer of light; ask-me-about-anything-at-all; sk-\n").models


def test_no_provider_gets_the_token_of_discord(folder: Folder) -> None:
    """Also where both are in files: a path that was copied to the wrong line."""
    folder.monkeypatch.delenv("DISCORD_TOKEN")
    token = folder.path / "token"
    token.touch(0o600)
    token.write_text(f"{TOKEN}\n")
    folder.set(DISCORD_TOKEN_FILE="token")
    said = folder.mistakes(PROVIDER.replace("env:MAIN_API_KEY", "file:token") + MODEL)
    assert said == ["providers.main.api_key is wrong: it is the token of Discord, which no provider may see."]


def test_one_key_for_two_hosts_is_doubtful(folder: Folder) -> None:
    """A line that was copied and not changed gives one provider's key to another."""
    other = PROVIDER.replace("s.main]", "s.other]").replace("main.test", "other.test")
    both = MODEL.replace('provider = "main" }', 'provider = "main" }, { provider = "other" }')
    settings, doubts = folder.settings(PROVIDER + other + both)
    assert [provider.api_key for provider in settings.setup.providers] == [KEYS["MAIN_API_KEY"]] * 2
    assert doubts == ["PROVIDERS_FILE: providers.main and providers.other send the same key to different servers."]
    same_host = other.replace("other.test", "main.test").replace("/v1/", "/v2/")
    assert folder.read(PROVIDER + same_host + both)


def test_blanks_around_its_path_are_no_part_of_it(folder: Folder) -> None:
    """As with every other setting."""
    folder.set(PROVIDERS_FILE=" providers.toml ")
    folder.write(PROVIDER + MODEL)
    assert load_settings().setup.models
