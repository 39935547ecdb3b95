"""Every mistake in a providers file has its path, what is there and what is allowed, and all are found at once."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.settings._tables import Findings
from bot.settings.providers_file import ProvidersFile, open_providers_file
from tests.unit.bot.settings_file import KEYS, MODEL, PROVIDER, Folder, empty_environment
from tests.unit.bot.test_providers_file import WHOLE

OPTION = """
[models.fox.options.seed]
type = "integer"
wire = "seed"
description = "A seed"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    return empty_environment(tmp_path, monkeypatch)


def test_every_mistake_is_named_at_once(folder: Folder) -> None:
    """Of providers, models and options, and of the other settings."""
    folder.set(MAX_RENDERING_JOBS="0", OWNER_IDS="me")
    said = folder.mistakes(
        """
        extra = 1
        [providers.main]
        base_url = "http://8.8.8.8/v1"
        api_key = "env:GONE_API_KEY"
        dialect = "openia"
        remix = "yes"
        retry_server_error = 3
        [models.a]
        providers = [{ provider = "mian", model = "x" }]
        sizes = ["1280x720", "big"]
        seconds = [4, "8"]
        references = 0
        roles = ["first"]
        price = { per_video = 0.1 }
        [models.a.options.size]
        type = "switch"
        """
    )
    begins = [
        "OWNER_IDS is wrong", "MAX_RENDERING_JOBS is wrong", "extra is unknown: known: models, providers.",
        "providers.main.retry_server_error is unknown: did you mean retry_server_errors?",
        "providers.main.base_url is wrong: it is 'http://8.8.8.8/v1' and must be an address",
        "providers.main.api_key names GONE_API_KEY", "providers.main.dialect is wrong: it is 'openia' and must be",
        "providers.main.remix is wrong: it is 'yes' and must be true or false.",
        "models.a.options.size: the commands", "models.a.options.size.wire is missing: it must be",
        "models.a.options.size.description is missing",
        "models.a.providers[0].provider is wrong: there is no provider 'mian': did you mean main?",
        "models.a.sizes[1] is wrong: it is 'big' and must be a size such as 1280x720.",
        "models.a.seconds[1] is wrong: it is '8' and must be a number of seconds such as 8.",
        "models.a.roles is wrong: the model takes no pictures", "models.a.price.currency is missing",
        "models.a.price.per_video is wrong: it is 0.1 and must be a number as a text, such as \"0.10\".",
    ]  # fmt: skip
    for begin in begins:
        assert sum(each.startswith(begin) for each in said) == 1, (begin, said)
    assert len(said) == len(begins)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "providers.main.base_url is missing"),
        ("base_url = 5", "providers.main.base_url is wrong: it is 5 and must be an address"),
        ('base_url = "ftp://a.test"', "providers.main.base_url is wrong"),
        ('base_url = "https://a.test/?key=canary"', "providers.main.base_url is wrong"),
        ('base_url = "https://canary:x@a.test/"', "providers.main.base_url is wrong"),
        ('body = "xml"', "providers.main.body is wrong: it is 'xml' and must be auto, json or multipart."),
        ('reference_field = "a b"', "providers.main.reference_field is wrong: it is 'a b' and must be the name"),
        ('reference_fit = "crop"', "providers.main.reference_fit is wrong: it is 'crop' and must be cover, contain or"),
        ("retry_server_errors = 11", "providers.main.retry_server_errors is wrong: it is 11 and must be a whole"),
        ("retry_server_errors = true", "providers.main.retry_server_errors is wrong: it is true"),
        ("cancel = 1", "providers.main.cancel is wrong: it is 1 and must be true or false."),
        ("list = 1979-05-27", "providers.main.list is wrong: it is a date or a time and must be true or false."),
        ("keys = 1", "providers.main.keys is unknown: known: api_key, base_url"),
        ('model = "x"', "providers.main.model is unknown"),
    ],
)
def test_mistakes_of_a_provider(folder: Folder, written: str, said: str) -> None:
    """One sentence each."""
    known = 'api_key = "env:MAIN_API_KEY"\n' + ("" if "base_url is" in said else 'base_url = "https://a.test"\n')
    (mistake,) = folder.mistakes(f"[providers.main]\n{known}{written}\n{MODEL}")
    assert mistake.startswith(said)


def test_what_a_dialect_has_no_use_for(folder: Folder) -> None:
    """It would silently do nothing."""
    written = 'dialect = "openrouter"\nbody = "auto"\nreference_field = "x"\nremix = true\nlist = true\ncancel = true\n'
    said = folder.mistakes(PROVIDER + written + MODEL)
    assert [each.split(" ")[0] for each in said] == [
        f"providers.main.{name}" for name in ("body", "reference_field", "cancel", "list", "remix")
    ]
    assert said[0] == "providers.main.body is wrong: the dialect openrouter has no body."


@pytest.mark.parametrize("name", ['"a#b"', '""', '" a"', '"a\\nb"', f'"{"a" * 33}"', '"<@1>"', '"a/b"'])
def test_names_of_providers(folder: Folder, name: str) -> None:
    """People see them, so they are words, and nothing that Discord would render."""
    said = folder.mistakes(PROVIDER + PROVIDER.replace("main", name, 1) + MODEL)
    assert "the name of a provider must have 1 to 32" in " ".join(said)


def test_providers_that_people_could_not_tell_apart(folder: Folder) -> None:
    """Names that differ in their case only; and an address so long that two names don't fit behind it."""
    assert (
        "providers.Main: another provider"
        in folder.mistakes(PROVIDER + PROVIDER.replace("s.main", "s.Main") + MODEL)[0]
    )
    long = PROVIDER.replace("main.test/v1/", "main.test/" + "v" * 490)
    assert folder.read(
        long
        + PROVIDER.replace("s.main", "s.other")
        + long.replace("s.main", "s.m2")[:0]
        + MODEL.replace('provider = "main" }', 'provider = "main" }, { provider = "other" }')
    ).providers
    said = folder.mistakes(long + long.replace("s.main", "s.second") + MODEL)
    assert "providers.second.base_url is too long" in " ".join(said)


@pytest.mark.parametrize(
    ("name", "written", "said"),
    [
        ("label", 'label = ""', "label is wrong: it is '' and must be a line"),
        ("label", 'label = " a"', "label is wrong"),
        ("label", f'label = "{"a" * 101}"', "label is wrong: it is 'aaaa"),
        ("providers", "", "providers is missing: it must be a list of 1 to 10"),
        ("providers", "providers = []", "providers is wrong"),
        ("providers", 'providers = "main"', "providers is wrong"),
        ("providers", 'providers = ["main"]', "providers[0] is wrong: it is 'main' and must be a table"),
        ("providers", 'providers = [{ model = "x" }]', "providers[0].provider is missing"),
        ("providers", 'providers = [{ provider = "main", name = "x" }]', "providers[0].name is unknown"),
        ("providers", 'providers = [{ provider = "main", model = "" }]', "providers[0].model is wrong: it is ''"),
        ("providers", 'providers = [{ provider = "main" }, { provider = "main" }]', "providers[1].provider is wrong"),
        ("sizes", "", "sizes is missing: it must be a list with each entry a size such as 1280x720."),
        ("sizes", "sizes = []", "sizes is wrong: it is empty and must be a list"),
        ("sizes", 'sizes = "1280x720"', "sizes is wrong: it is '1280x720' and must be a list"),
        ("sizes", 'sizes = ["1280x720", 7]', "sizes[1] is wrong: it is 7 and"),
        ("sizes", 'sizes = ["0x720"]', "sizes[0] is wrong"),
        ("sizes", 'sizes = ["1x1", "1X1"]', "sizes[1] repeats '1X1'."),
        ("sizes", f"sizes = {[f'{n}x1' for n in range(1, 27)]}", "sizes has 26 entries, and at most 25 fit."),
        ("seconds", "", "seconds is missing"),
        ("seconds", "seconds = 4", "seconds is wrong: it is 4 and must be a list"),
        ("seconds", "seconds = [4, 4.0]", "seconds[1] repeats 4.0."),
        ("seconds", "seconds = [-4]", "seconds[0] is wrong: it is -4"),
        ("seconds", "seconds = [nan]", "seconds[0] is wrong: it is nan"),
        ("seconds", "seconds = [inf]", "seconds[0] is wrong: it is inf"),
        ("seconds", "seconds = [true]", "seconds[0] is wrong: it is true"),
        ("seconds", "seconds = [1.00001]", "seconds[0] is wrong: it is 1.00001"),
        ("seconds", "seconds = [0xffffffffffffffffffffffffffffff]", "seconds[0] is wrong: it is a very large number"),
        ("references", "references = 5", "references is wrong: it is 5 and must be a whole number from 0 to 4."),
        ("references", "references = -1", "references is wrong: it is -1"),
        ("roles", 'references = 0\nroles = ["first"]', "roles is wrong: the model takes no pictures"),
        ("roles", 'roles = ["reference", "last"]', "roles is wrong: the dialect openai has no field for"),
        ("roles", "roles = []", "roles is wrong: it is empty"),
        ("roles", 'roles = ["middle"]', "roles[0] is wrong: it is 'middle' and must be one of reference, first, last"),
        ("roles", 'references = 3\nroles = ["first", "last"]', "roles is wrong: with first and last alone"),
        ("price", "price = 5", "price is wrong: it is 5 and must be a table"),
        ("price", 'price = { per_video = "1" }', "price.currency is missing"),
        ("price", 'price = { currency = "usd", per_video = "1" }', "price.currency is wrong: it is 'usd' and must be"),
        ("price", 'price = { currency = "UDS", per_video = "1" }', "price.currency is wrong: it is 'UDS' and must be"),
        ("price", 'price = { currency = "USD" }', "price needs per_video or per_second."),
        ("price", 'price = { currency = "USD", per_video = "1", per_second = "1" }', "price has both per_v"),
        ("price", 'price = { currency = "USD", per_video = 1 }', "price.per_video is wrong: it is 1 and must be"),
        ("price", 'price = { currency = "USD", per_second = "-1" }', "price.per_second is wrong: it is '-1'"),
        ("price", 'price = { currency = "USD", per_second = "1,5" }', "price.per_second is wrong: it is '1,5'"),
        ("price", 'price = { currency = "USD", per_second = "0.0000001" }', "price.per_second is wrong"),
        ("price", 'price = { currency = "USD", per_second = "1e3" }', "price.per_second is wrong"),
        ("price", 'price = { currency = "USD", per_video = "1", sizes = 1 }', "price.sizes is wrong: it is 1"),
        (
            "price", 'price = { currency = "USD", per_video = "1", sizes = { "1280x721" = "1" } }',
            "price.sizes.1280x721 is unknown: did you mean 1280x720?",
        ),
        (
            "price", 'price = { currency = "USD", per_video = "1", sizes = { "1280x720" = 1 } }',
            "price.sizes.1280x720 is wrong: it is 1 and must be a number as a text",
        ),
        ("options", "options = 1", "options is wrong: it is 1 and must have a table for each"),
        ("options", "options = { seed = 1 }", "options.seed is wrong: it is 1 and must be a table"),
        ("secs", "secs = [4]", "secs is unknown"),
    ],
)  # fmt: skip
def test_mistakes_of_a_model(folder: Folder, name: str, written: str, said: str) -> None:
    """One sentence each, with the path."""
    model = "\n".join(line for line in MODEL.splitlines() if not line.startswith(f"{name} ="))
    (mistake,) = folder.mistakes(f"{PROVIDER}{model}\n{written}\n")
    assert mistake.startswith(f"models.fox.{said}")


def test_roles_that_fit(folder: Folder) -> None:
    """No pictures and no roles; frames alone, as many as there are."""
    assert folder.read(PROVIDER + MODEL + "references = 0\nroles = []").models[0].roles == ()
    frames = PROVIDER + 'dialect = "openrouter"\n' + MODEL
    assert folder.read(frames + 'references = 2\nroles = ["last", "first"]').models[0].roles == ("last", "first")
    assert folder.read(frames + 'references = 4\nroles = ["first", "reference"]').models[0].references == 4


def test_frames_alone_must_be_taken_by_every_provider(folder: Folder) -> None:
    """Beside references it is enough if one takes them."""
    both = MODEL.replace('provider = "main" }', 'provider = "main" }, { provider = "frames" }') + "references = 1\n"
    providers = PROVIDER + PROVIDER.replace("s.main", "s.frames") + 'dialect = "openrouter"\n'
    assert folder.read(providers + both + 'roles = ["reference", "first"]').models[0].references == 1
    (said,) = folder.mistakes(providers + both + 'roles = ["first"]')
    assert said.startswith("models.fox.roles is wrong: the dialect openai has no field for the role first")


def test_models_that_people_could_not_tell_apart(folder: Folder) -> None:
    """One label twice, in another case too, and one that is the name of a model without a label."""
    for label in ("fox", "FOX"):
        (said,) = folder.mistakes(PROVIDER + MODEL + MODEL.replace(".fox]", f'.other]\nlabel = "{label}"'))
        assert said == f"models.other.label is wrong: models.fox has the label '{label}', too."
    (said,) = folder.mistakes(PROVIDER + MODEL.replace(".fox]", '."a\\tb"]\nlabel = "b"'))
    assert said.startswith('models."a\\tb": the name of a model must be a line')


def test_at_most_as_many_providers_as_the_owner_can_choose_from(folder: Folder) -> None:
    """One more, and Discord would refuse all commands."""
    others = [PROVIDER.replace("[providers.main]", f"[providers.other-{number}]") for number in range(25)]
    settings, _unused = folder.settings(PROVIDER + MODEL + "".join(others[:24]))
    assert len(settings.setup.providers) == 25
    mistakes = folder.mistakes(PROVIDER + MODEL + "".join(others))
    assert mistakes == ["providers has 26 providers, and at most 25 can be used."]


def test_at_most_as_many_models_as_a_command_offers(folder: Folder) -> None:
    """25; and none is too few."""
    models = [MODEL.replace("fox", f"fox-{number}") for number in range(26)]
    assert len(folder.read(PROVIDER + "".join(models[:25])).models) == 25
    assert folder.mistakes(PROVIDER + "".join(models)) == ["models has 26 models, and at most 25 can be offered."]
    assert folder.mistakes(PROVIDER) == ["models is missing: it must have a table for each, such as [models.NAME]."]
    assert len(folder.mistakes("models = {}\nproviders = 5")) == 2


@pytest.mark.parametrize(
    ("name", "written", "said"),
    [
        ("type", "", "type is missing: it must be choice, integer, switch or text."),
        ("type", 'type = "number"', "type is wrong: it is 'number' and must be choice"),
        ("wire", "", "wire is missing"),
        ("wire", 'wire = "a b"', "wire is wrong: it is 'a b'"),
        ("wire", 'wire = "seconds"', "wire is wrong: the dialect openai sends 'seconds' itself"),
        ("wire", 'wire = "input_reference[]"', "wire is wrong: the dialect openai sends"),
        ("wire", 'wire = "n"', "wire is wrong: 'n' can't be an option"),
        ("description", "", "description is missing"),
        ("description", f'description = "{"a" * 101}"', "description is wrong"),
        ("minimum", "minimum = 1.5", "minimum is wrong: it is 1.5 and must be a whole number"),
        ("minimum", "minimum = 5\nmaximum = 4", "minimum is wrong: it is 5, above the maximum of 4."),
        ("maximum", f"maximum = {2**53 + 1}", "maximum is wrong"),
        ("default", "minimum = 1\nmaximum = 3\ndefault = 4", "default is wrong: it is 4 and must be"),
        ("default", "default = true", "default is wrong: it is true"),
        ("choices", 'choices = ["a"]', "choices is wrong: an option of the type integer has no choices."),
        ("max_length", "max_length = 5", "max_length is wrong: an option of the type integer has no max_length."),
        ("type", 'type = "choice"', "choices is missing"),
        ("type", 'type = "choice"\nchoices = []', "choices is wrong: it is empty"),
        ("type", 'type = "choice"\nchoices = ["a", 1]', "choices[1] is wrong: it is 1"),
        ("type", 'type = "choice"\nchoices = ["a", "a"]', "choices[1] repeats 'a'."),
        ("type", f"type = 'choice'\nchoices = {[str(n) for n in range(101)]}", "choices has 101 entries"),
        ("type", 'type = "choice"\nchoices = ["a", "b"]\ndefault = "c"', "default is wrong: it is 'c' and must"),
        ("type", 'type = "switch"\ndefault = "on"', "default is wrong: it is 'on' and must be true or false."),
        ("type", 'type = "switch"\nminimum = 1', "minimum is wrong: an option of the type switch has no minimum."),
        ("type", 'type = "text"\nmax_length = 0', "max_length is wrong: it is 0"),
        ("type", 'type = "text"\nmax_length = 2\ndefault = "abc"', "default is wrong: it is 'abc' and must"),
        ("price_factor", "price_factor = 1.5", "price_factor is wrong: it is 1.5 and must be a number above 0"),
        ("price_factor", 'price_factor = "0"', "price_factor is wrong"),
        ("price_factor", 'price_factor = "1.5"', "price_factor is wrong: models.fox has no price to multiply."),
        ("minimun", "minimun = 1", "minimun is unknown: did you mean minimum?"),
    ],
)  # fmt: skip
def test_mistakes_of_an_option(folder: Folder, name: str, written: str, said: str) -> None:
    """One sentence each, with the path."""
    option = "\n".join(line for line in OPTION.splitlines() if not line.startswith(f"{name} ="))
    (mistake,) = folder.mistakes(f"{PROVIDER}{MODEL}{option}\n{written}\n")
    assert mistake.startswith(f"models.fox.options.seed.{said}")


@pytest.mark.parametrize("name", ["Seed", '"a b"', '""', "a" * 33, '"a.b"', '"ä!"'])
def test_names_that_discord_refuses(folder: Folder, name: str) -> None:
    """Small letters, digits, hyphens and underscores, at most 32."""
    (said,) = folder.mistakes(PROVIDER + MODEL + OPTION.replace("seed", name, 1))
    assert "must have 1 to 32 small letters" in said


@pytest.mark.parametrize(
    "name",
    [
        "prompt", "model", "size", "seconds", "reference", "reference_2", "reference_9", "references", "private",
        "last_picture", "loop", "improve", "count", "video",
    ],
)  # fmt: skip
def test_names_that_the_bot_has(folder: Folder, name: str) -> None:
    """Its own options, those to come included."""
    (said,) = folder.mistakes(PROVIDER + MODEL + OPTION.replace("seed", name, 1))
    assert "the commands of the bot have an option of that name" in said


def test_options_over_all_models(folder: Folder) -> None:
    """One type for a name, one field for an option of a model, and at most eleven names."""
    other = MODEL.replace("fox", "owl")
    text = OPTION.replace("fox", "owl").replace('"integer"', '"text"')
    assert folder.mistakes(PROVIDER + MODEL + OPTION + other + text) == [
        "models.owl.options.seed.type is wrong: it is text, and at models.fox.options.seed it is integer."
    ]
    assert (
        folder.read(PROVIDER + MODEL + OPTION + other + OPTION.replace("fox", "owl")).models[1].options[0].name
        == "seed"
    )
    twice = OPTION.replace("seed]", "grain]")
    assert folder.mistakes(PROVIDER + MODEL + OPTION + twice)[0].startswith(
        "models.fox.options.grain.wire is wrong: an"
    )
    many = [OPTION.replace("seed", f"seed{number}") for number in range(12)]
    assert len(folder.read(PROVIDER + MODEL + "".join(many[:11])).models[0].options) == 11
    halves = PROVIDER + MODEL + "".join(many[:6]) + other + "".join(many[6:]).replace("fox", "owl")
    assert folder.mistakes(halves) == ["models have 12 different options, and at most 11 fit into a command."]


def test_an_option_that_one_provider_can_send_is_no_mistake(folder: Folder) -> None:
    """The others are skipped for it."""
    both = MODEL.replace('provider = "main" }', 'provider = "main" }, { provider = "other" }')
    other = PROVIDER.replace("s.main", "s.other") + 'reference_field = "image"\n'
    field = OPTION.replace('wire = "seed"', 'wire = "image"')
    assert folder.read(PROVIDER + other + both + field)
    only = both.replace('{ provider = "main" }, ', "")
    assert "sends 'image' itself" in " ".join(folder.mistakes(PROVIDER + other + only + field))
    default = PROVIDER + other + both + field + "default = 7\n"
    [said] = folder.mistakes(default)
    assert said.startswith("models.fox.options.seed.default is wrong: the dialect openai sends 'image' itself, and")


def test_a_length_that_no_provider_can_send_is_a_mistake(folder: Folder) -> None:
    """OpenRouter takes whole seconds; with a provider of another dialect beside it, the length is that one's."""
    router = PROVIDER.replace("s.main", "s.other") + 'dialect = "openrouter"\n'
    model = MODEL.replace("seconds = [4]", "seconds = [4, 2.5]")
    only, both = (
        model.replace('{ provider = "main" }', routes)
        for routes in ('{ provider = "other" }', '{ provider = "other" }, { provider = "main" }')
    )
    assert folder.mistakes(PROVIDER + router + only) == [
        "models.fox.seconds is wrong: the dialect openrouter has no length of 2.5 seconds."
    ]
    assert folder.read(PROVIDER + router + both).models[0].seconds == ("4", "2.5")


def test_a_long_list_of_mistakes_is_cut(folder: Folder) -> None:
    """After fifty of the file, and after twenty unknown names in one place."""
    unknown = "".join(f"unknown{number} = 1\n" for number in range(60))
    said = folder.mistakes(unknown + PROVIDER + unknown + MODEL + unknown)
    assert len(said) == 51
    assert said[20] == "there are 40 more unknown names."
    assert said[-1] == "there are 13 more mistakes."


TOML = st.recursive(
    st.dates() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from(["1x1", "main"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.text(max_size=6)
        | st.sampled_from(
            ["main", "fox", "providers", "models", "provider", "options", "price", "sizes", "seconds", "currency",
             "type", "wire", "description", "choices", "minimum", "maximum", "default", "api_key", "base_url"]
        ),
        inner, max_size=6,
    ),
    max_leaves=25,
)  # fmt: skip


def judged(document: dict[str, Any]) -> list[str]:
    said: list[str] = []
    file = ProvidersFile("f", "", document, 0o600)
    setup = file.judge(KEYS, said.append, lambda _doubt: None)
    assert (setup is None) is bool(said)
    return said


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from(["providers", "models", "other"]), TOML, max_size=3))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_no_document_is_too_strange(document: dict[str, Any]) -> None:
    """All that TOML can hold gives sentences on one line, and never a traceback."""
    for each in judged(document):
        assert each.startswith("PROVIDERS_FILE: ")
        assert each.isprintable()


@given(st.data())
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture], max_examples=60)
def test_no_broken_text_is_too_strange(tmp_path: Path, data: st.DataObject) -> None:
    """A good file with some bytes replaced, removed or added is read, or refused in sentences."""
    content = bytearray(WHOLE.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        end = start + data.draw(st.integers(0, 30))
        content[start:end] = data.draw(
            st.binary(max_size=4) | st.sampled_from([b"", b'"', b"]", b"{", b"\n[models.x]\n", b"0xf"])
        )
    path = tmp_path / "broken.toml"
    path.touch(0o600)
    path.write_bytes(content)
    said: list[str] = []
    file = open_providers_file(str(path), said.append)
    if file is not None:
        file.judge(KEYS, said.append, lambda _doubt: None)
    for each in said:
        assert each.startswith("PROVIDERS_FILE")
        assert "\n" not in each


def test_values_are_shown_in_a_few_words() -> None:
    """A secret among them is not."""
    findings = Findings([].append, [].append, ["canary"])
    assert findings.show("a canary") == "something that looks like a secret"
    assert findings.name("a canary") == "(hidden)"
    assert findings.name("a.b") == '"a.b"'
    assert findings.name("a\n" * 99).isprintable()
    assert findings.show({}) == "a table"
