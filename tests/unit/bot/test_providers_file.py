"""`PROVIDERS_FILE`: what is read from it, from which keys, and what stops the bot before anything else happens."""

import os
from decimal import Decimal
from pathlib import Path

import pytest

from bot.jobs.offered_models import OfferedModel, Option, Price, Route
from bot.settings import Setup, load_settings
from bot.videos.provider_setup import Abilities, ProviderSetup
from tests.unit.bot.settings_file import KEYS, MODEL, PROVIDER, TOKEN, Folder, empty_environment

WHOLE = """
[providers.main]
base_url = "https://main.test:443/v1/"
api_key = "env:MAIN_API_KEY"
dialect = "openai"
body = "json"
reference_field = "file[]"
reference_fit = "contain"
retry_server_errors = 0
remix = true
cancel = true
list = true
extend = true

[providers."My Backup"]
base_url = "http://127.0.0.1:8000"
api_key = "file:backup.key"
dialect = "openrouter"
idempotency = true

[models.cinema-2]
label = "Cinema 2"
providers = [{ provider = "main", model = "cinema" }, { provider = "My Backup", model = "vendor/cinema-2" }]
sizes = ["1280x720", "1080X1920"]
seconds = [4, 2.5, 8.0]
references = 3
roles = ["reference", "first", "last"]
price = { currency = "USD", per_second = "0.10", sizes = { "1080X1920" = "0.2" } }

[models.cinema-2.options.seed]
type = "integer"
wire = "seed"
minimum = 0
maximum = 4294967295
default = 7
description = "The same seed gives a similar video"

[models.cinema-2.options.look]
type = "choice"
wire = "style"
choices = ["Film", "anime"]
default = "anime"
description = "How it looks"
price_factor = "1.5"

[models.cinema-2.options.sound]
type = "switch"
wire = "generate_audio"
default = true
description = "With sound"

[models.cinema-2.options.avoid]
type = "text"
wire = "negative_prompt"
max_length = 300
description = "What it must not show"

[models."vendor/still"]
providers = [{ provider = "main" }]
sizes = ["640x640"]
seconds = [5]
references = 0
price = { currency = "EUR", per_video = "0" }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    return empty_environment(tmp_path, monkeypatch)


def put(folder: Folder, name: str, content: str, mode: int = 0o600) -> None:
    (folder.path / name).write_text(content)
    (folder.path / name).chmod(mode)


def test_everything_that_a_file_can_say(folder: Folder) -> None:
    """Each name becomes its value; lengths are texts, addresses have one form, and the order is that of the file."""
    put(folder, "backup.key", "file-canary-0123456789\n")
    assert folder.read(WHOLE) == Setup(
        (
            ProviderSetup(
                "main", "https://main.test/v1", KEYS["MAIN_API_KEY"], "openai",
                Abilities(remix=True, cancel=True, list=True, extend=True),
                "json", "file[]", "contain", 0,
            ),
            ProviderSetup(
                "My Backup", "http://127.0.0.1:8000", "file-canary-0123456789",
                "openrouter", Abilities(idempotency=True),
            ),
        ),
        (
            OfferedModel(
                "cinema-2", "Cinema 2", (Route("main", "cinema"), Route("My Backup", "vendor/cinema-2")),
                ("1280x720", "1080x1920"), ("4", "2.5", "8"), 3, ("reference", "first", "last"),
                Price("USD", per_second=Decimal("0.10"), sizes={"1080x1920": Decimal("0.2")}),
                (
                    Option("seed", "integer", "seed", "The same seed gives a similar video", minimum=0,
                           maximum=4294967295, default=7),
                    Option("look", "choice", "style", "How it looks", ("Film", "anime"), default="anime",
                           price_factor=Decimal("1.5")),
                    Option("sound", "switch", "generate_audio", "With sound", default=True),
                    Option("avoid", "text", "negative_prompt", "What it must not show", max_length=300),
                ),
            ),
            OfferedModel(
                "vendor/still", "vendor/still", (Route("main", "vendor/still"),), ("640x640",), ("5",), 0, (),
                Price("EUR", per_video=Decimal(0)),
            ),
        ),
    )  # fmt: skip


def test_what_a_file_leaves_out(folder: Folder) -> None:
    """No abilities, four pictures without a role of their own, the dialect and the fields of OpenAI."""
    setup = folder.read(PROVIDER + MODEL)
    assert setup.providers == (ProviderSetup("main", "https://main.test/v1", KEYS["MAIN_API_KEY"]),)
    assert setup.models == (OfferedModel("fox", "fox", (Route("main", "fox"),), ("1280x720",), ("4",)),)


def test_without_a_file_the_settings_make_one_provider(folder: Folder) -> None:
    """Which can do what the bot has always asked of it."""
    folder.set(
        PROVIDERS_FILE="", VIDEOS_API_KEY="settings-canary", VIDEOS_MODELS="a,b", VIDEOS_SIZES="1x2",
        VIDEOS_BODY="json", VIDEOS_API_BASE_URL="https://API.test/v1/", VIDEOS_REFERENCE_FIELD="f",
        VIDEOS_RETRY_SERVER_ERRORS="1",
    )  # fmt: skip
    setup = folder.read()
    abilities = Abilities(remix=True, list=True)
    assert setup.providers == (
        ProviderSetup("main", "https://api.test/v1", "settings-canary", "openai", abilities, "json", "f", "cover", 1),
    )
    assert setup.models == tuple(
        OfferedModel(name, name, (Route("main", name),), ("1x2",), ("4", "8", "12")) for name in ("a", "b")
    )


def test_no_key_is_shown(folder: Folder) -> None:
    """Neither by the providers nor by the settings."""
    settings, _doubts = folder.settings()
    for shown in (repr(settings), repr(settings.setup), settings.model_dump_json()):
        assert "canary" not in shown


@pytest.mark.parametrize("name", ["BASE_URL", "MODELS", "SIZES", "SECONDS", "BODY", "REFERENCE_FIELD"])
def test_settings_that_the_file_replaces_are_a_mistake(folder: Folder, name: str) -> None:
    """Both would be two answers to one question."""
    name = {"BASE_URL": "VIDEOS_API_BASE_URL"}.get(name, f"VIDEOS_{name}")
    value = {"VIDEOS_API_BASE_URL": "https://a.test", "VIDEOS_SIZES": "1x1", "VIDEOS_SECONDS": "4"}.get(name, "json")
    folder.set(**{name: value, "VIDEOS_RETRY_SERVER_ERRORS": "2"})
    (said,) = folder.mistakes()
    assert name in said
    assert "VIDEOS_RETRY_SERVER_ERRORS" in said
    assert said.endswith("delete those lines, or leave PROVIDERS_FILE empty.")


def test_a_key_may_come_from_dotenv_or_a_file(folder: Folder) -> None:
    """`env:NAME_API_KEY` is NAME_API_KEY of the environment or `.env`, or the file that NAME_API_KEY_FILE names."""
    folder.monkeypatch.delenv("MAIN_API_KEY")
    put(folder, ".env", "MAIN_API_KEY= dotenv-canary \n")
    assert folder.read().providers[0].api_key == "dotenv-canary"
    put(folder, ".env", "MAIN_API_KEY_FILE=key\n")
    put(folder, "key", "filed-canary\n")
    assert folder.read().providers[0].api_key == "filed-canary"
    folder.set(MAIN_API_KEY="main-canary")
    (said,) = folder.mistakes()
    assert "MAIN_API_KEY and MAIN_API_KEY_FILE are both set" in said


def test_the_key_of_the_settings_serves_the_file_if_it_names_it(folder: Folder) -> None:
    """It isn't required otherwise, and judged if it is there."""
    folder.set(VIDEOS_API_KEY="videos-canary")
    assert folder.read(PROVIDER.replace("MAIN", "VIDEOS") + MODEL).providers[0].api_key == "videos-canary"
    folder.set(VIDEOS_API_KEY="x")
    assert any(each.startswith("VIDEOS_API_KEY is wrong") for each in folder.mistakes(PROVIDER + MODEL))


def test_names_of_keys_are_no_typos_of_ours(folder: Folder) -> None:
    """A name that the file names belongs to it, however much it resembles a setting."""
    put(folder, ".env", "VIDEO_API_KEY=other-canary-1\n")
    assert folder.read(PROVIDER.replace("MAIN", "VIDEO") + MODEL).providers[0].api_key == "other-canary-1"
    assert "VIDEO_API_KEY is not a setting: did you mean VIDEOS_API_KEY?" in folder.mistakes(PROVIDER + MODEL)


@pytest.mark.parametrize(
    "written",
    [
        '"sk-canary-0123456789"', '"env:MAIN_KEY"', '"env:main_api_key"', '"env:DISCORD_TOKEN"', '"env: MAIN_API_KEY"',
        '"file:"', '""', "12345678", '["env:MAIN_API_KEY"]', '"https://canary@host"', '"env:MAIN_API_KEY\\n"',
    ],
)  # fmt: skip
def test_a_key_itself_is_refused(folder: Folder, written: str) -> None:
    """Only the two forms are taken, and what else was written isn't shown. In an open file it is no secret any more."""
    content = PROVIDER.replace('"env:MAIN_API_KEY"', written) + MODEL
    (said,) = folder.mistakes(content)
    assert said.startswith('providers.main.api_key is wrong: it must be "env:NAME_API_KEY"')
    folder.write(content, 0o644)
    assert len(folder.mistakes()) == 2


@pytest.mark.parametrize("secret", [KEYS["MAIN_API_KEY"], TOKEN])
def test_a_secret_anywhere_in_the_file_is_found(folder: Folder, secret: str) -> None:
    """In a comment, too."""
    (said,) = folder.mistakes(f"# {secret}\n{PROVIDER}{MODEL}")
    assert "a key is written in it" in said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("short", "the key must be one word of 8 or more"),
        ("two words canary", "the key must be one word"),
        ("ключ-canary", "the key must be one word"),
        (TOKEN, "it is the token of Discord"),
    ],
)
def test_a_wrong_key_is_refused(folder: Folder, value: str, said: str) -> None:
    """As it would be in the settings; Discord's token goes to no provider."""
    folder.set(MAIN_API_KEY=value)
    (mistake,) = folder.mistakes()
    assert mistake.startswith("providers.main.api_key is wrong")
    assert said in mistake


def test_a_missing_key_is_named(folder: Folder) -> None:
    """Of each provider."""
    folder.monkeypatch.delenv("MAIN_API_KEY")
    (said,) = folder.mistakes()
    assert said.startswith("providers.main.api_key names MAIN_API_KEY, which is missing")


def test_files_of_keys_have_the_rules_of_secret_files(folder: Folder) -> None:
    """Missing, open to changes, too large, empty."""
    content = PROVIDER.replace("env:MAIN_API_KEY", "file:key") + MODEL
    assert "providers.main.api_key is wrong: the file 'key' can't be read" in folder.mistakes(content)[0]
    put(folder, "key", "filed-canary", 0o666)
    assert "changed by others" in folder.mistakes()[0]
    put(folder, "key", "filed-canary", 0o644)
    settings, (doubt,) = folder.settings()
    assert settings.setup.providers[0].api_key == "filed-canary"
    assert "may be read by everybody" in doubt
    put(folder, "key", "c" * 4097)
    assert "4096" in folder.mistakes()[0]
    put(folder, "key", "\n")
    assert "empty" in folder.mistakes()[0]


def test_without_secrets_no_key_is_read(folder: Folder) -> None:
    """For `migrate`: the file is judged all the same."""
    folder.monkeypatch.delenv("MAIN_API_KEY")
    folder.monkeypatch.delenv("DISCORD_TOKEN")
    assert load_settings(secrets=False).setup.models[0].name == "fox"
    folder.set(DISCORD_TOKEN=TOKEN, MAIN_API_KEY=KEYS["MAIN_API_KEY"])
    assert "providers is missing" in folder.mistakes(MODEL)[0]


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o644])
def test_a_file_without_keys_may_be_read_by_others(folder: Folder, mode: int) -> None:
    """It holds no secret."""
    folder.write(PROVIDER + MODEL, mode)
    assert folder.read()


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_change_is_refused(folder: Folder, mode: int) -> None:
    """An address in it decides where a key goes. One from a service manager may have any mode."""
    folder.write(PROVIDER + MODEL, mode)
    (said,) = folder.mistakes()
    assert "chmod go-w" in said
    folder.set(CREDENTIALS_DIRECTORY=str(folder.path))
    assert folder.read()


def test_a_file_that_cannot_be_read(folder: Folder) -> None:
    """Missing, a folder, a pipe, too big, no UTF-8, no TOML: one line, and the other mistakes."""
    folder.set(MAX_RENDERING_JOBS="0")
    folder.file.unlink()
    assert "the file 'providers.toml' can't be read (No such file" in folder.mistakes()[1]
    folder.file.mkdir()
    assert "it is a folder" in folder.mistakes()[1]
    folder.file.rmdir()
    os.mkfifo(folder.file)
    assert "not a plain file" in folder.mistakes()[1]
    folder.file.unlink()
    assert "larger than 1 MiB" in folder.mistakes(b"#" * (1024 * 1024 + 1))[1]
    assert "not UTF-8" in folder.mistakes(PROVIDER.encode() + b"# \xe4\n")[1]
    for content, said in (
        (PROVIDER + "name\n", "Expected '=' after a key in a key/value pair, at line 5, column 5"),
        ('[providers.main]\nkey = "sk-canary', "not TOML"),
        ("[a]\n[a]\n", "at line 2"),
        ("[sk-canary]\n[sk-canary]\n", "Cannot declare ... twice, at line 2"),
        ("a = " + "9" * 5000, "a number in it is too long"),
        ("a = " + "[" * 5000, "nested too deeply"),
        ("a = 0xg", "at line 1"),
    ):
        first, second = folder.mistakes(content)
        assert first.startswith("MAX_RENDERING_JOBS is wrong")
        assert said in second
    # A path that is none is one mistake of the setting.
    put(folder, ".env", f"DISCORD_TOKEN={TOKEN}\nPROVIDERS_FILE=a\0b\n")
    folder.monkeypatch.delenv("PROVIDERS_FILE")
    assert any("PROVIDERS_FILE" in each for each in folder.mistakes())


def test_a_file_as_some_editors_write_it(folder: Folder) -> None:
    """A byte order mark and Windows line ends do no harm."""
    folder.write(b"\xef\xbb\xbf" + (PROVIDER + MODEL).replace("\n", "\r\n").encode())
    assert folder.read()


def test_a_provider_without_models_is_allowed(folder: Folder) -> None:
    """It may have jobs that are under way; the log says so."""
    settings, (doubt,) = folder.settings(PROVIDER + PROVIDER.replace("main", "old").replace("MAIN", "BACKUP") + MODEL)
    assert [provider.name for provider in settings.setup.providers] == ["main", "old"]
    assert "no model uses the provider old" in doubt
