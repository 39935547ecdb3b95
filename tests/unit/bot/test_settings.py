"""The environment, read once: defaults, lists, and one line that names what is wrong without showing it."""

import json
import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.settings import Settings, SettingsError, load_settings

REQUIRED = {"DISCORD_TOKEN": "token-canary-1", "VIDEOS_API_KEY": "key-canary-2"}
CANARY = "wrong-canary-3"
EXAMPLE = Path(__file__).parents[3] / ".env.example"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory and an environment without any setting."""
    for name in Settings.model_fields:
        for written in (name, name.upper()):
            monkeypatch.delenv(written, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    for name, value in {**REQUIRED, **values}.items():
        monkeypatch.setenv(name, value)
    return load_settings()


def write(folder: Path, content: str | bytes, mode: int = 0o600) -> None:
    """A `.env` with those permissions."""
    file = folder / ".env"
    file.touch(mode=0o600)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    file.chmod(mode)


def refused(monkeypatch: pytest.MonkeyPatch, **values: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load(monkeypatch, **values)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    said = str(caught.value)
    assert "\n" not in said
    return said


def test_defaults_are_those_that_are_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing but the two secrets set, everything has the value that the interface names."""
    settings = load(monkeypatch)
    assert settings.discord_token.get_secret_value() == "token-canary-1"
    assert settings.videos_api_key.get_secret_value() == "key-canary-2"
    plain = settings.model_dump(exclude={"discord_token", "videos_api_key"})
    assert plain == {
        "discord_guild_ids": (),
        "allowed_guild_ids": (),
        "direct_messages": None,
        "discord_proxy": None,
        "owner_ids": (),
        "owner_channel_id": None,
        "shard_count": None,
        "shard_ids": (),
        "videos_api_base_url": "https://api.routin.ai/v1",
        "videos_models": ("gpt-4o-video",),
        "videos_sizes": ("1280x720", "1920x1080", "1080x1920"),
        "videos_seconds": ("4", "8", "12"),
        "videos_body": "auto",
        "videos_reference_field": "input_reference",
        "videos_reference_fit": "cover",
        "videos_retry_server_errors": 2,
        "providers_file": None,
        "fetch_allow_hosts": (),
        "data_dir": Path("data"),
        "database_url": None,
        "backup_dir": None,
        "poll_min_seconds": 1,
        "poll_max_seconds": 60,
        "job_deadline_seconds": 3600,
        "job_give_up_seconds": 86400,
        "retention_days": 7,
        "prompt_model": None,
        "prompt_improvements_per_user_per_day": 20,
        "max_rendering_jobs": 20,
        "max_submits_per_minute": 60,
        "max_active_jobs_per_user": 5,
        "max_jobs_per_user_per_day": 25,
        "max_jobs_per_guild_per_day": 0,
        "max_jobs_per_day": 0,
        "max_queued_jobs": 200,
        "reply_remix": "auto",
        "reply_grace_seconds": 10,
        "reference_max_bytes": 20971520,
        "video_max_bytes": 536870912,
        "http_host": "127.0.0.1",
        "http_port": None,
        "log_level": "info",
        "log_format": "auto",
    }


def test_an_empty_value_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """`NAME=` means the default, for every setting that has one."""
    defaults = load(monkeypatch)
    empty = {name.upper(): "" for name in Settings.model_fields if name.upper() not in REQUIRED}
    assert load(monkeypatch, **empty) == defaults


@pytest.mark.parametrize("written", ["a,b", " a , b ", "a,,b,", "a,\tb"])
def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    """Blanks around entries and empty ones are forgiven; a value that looks like JSON is no more than text."""
    assert load(monkeypatch, VIDEOS_MODELS=written).videos_models == ("a", "b")


def test_lists_of_ids_are_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers and people are given by their ids."""
    assert load(monkeypatch, OWNER_IDS="42, 43").owner_ids == (42, 43)
    assert load(monkeypatch, OWNER_CHANNEL_ID=" 42 ").owner_channel_id == 42
    assert load(monkeypatch, DISCORD_GUILD_IDS="1, 9007199254740993").discord_guild_ids == (1, 9007199254740993)


@pytest.mark.parametrize(
    ("written", "meant"), [("0", (0,)), ("3, 1", (1, 3)), ("0-3", (0, 1, 2, 3)), ("6, 0 - 2,4-4", (0, 1, 2, 4, 6))]
)
def test_shard_ids_are_numbers_and_ranges(
    monkeypatch: pytest.MonkeyPatch, written: str, meant: tuple[int, ...]
) -> None:
    """Ids and ranges of ids in any order; the last id of a range belongs to it."""
    assert load(monkeypatch, SHARD_COUNT="8", SHARD_IDS=written).shard_ids == meant


@pytest.mark.parametrize("written", ["https://api.test/v1", "https://api.test/v1/", " https://api.test/v1// "])
def test_the_base_url_may_end_with_a_slash(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    """With or without: it is the same provider."""
    assert load(monkeypatch, VIDEOS_API_BASE_URL=written).videos_api_base_url == "https://api.test/v1"


@pytest.mark.parametrize(
    ("name", "written", "meant"),
    [
        ("LOG_LEVEL", "DEBUG", "debug"),
        ("REPLY_REMIX", "Ask", "ask"),
        ("VIDEOS_BODY", " JSON ", "json"),
        ("LOG_FORMAT", "Json", "json"),
        ("POLL_MIN_SECONDS", "0.25", 0.25),
        ("JOB_DEADLINE_SECONDS", "1800.5", 1800.5),
        ("VIDEOS_REFERENCE_FIELD", "input_reference[]", "input_reference[]"),
        ("MAX_JOBS_PER_USER_PER_DAY", "0", 0),
        ("PROMPT_MODEL", " chat-1 ", "chat-1"),
        ("PROMPT_IMPROVEMENTS_PER_USER_PER_DAY", "0", 0),
    ],
)
def test_values_are_understood(monkeypatch: pytest.MonkeyPatch, name: str, written: str, meant: object) -> None:
    """Words in any case, and fractions of seconds."""
    assert getattr(load(monkeypatch, **{name: written}), name.lower()) == meant


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_secret_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str | None) -> None:
    """Not set, or nothing but blanks: one line says which and where to set it."""
    for other in REQUIRED:
        monkeypatch.setenv(other, "given-canary")
    if value is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    said = str(caught.value)
    assert re.match(rf"{name} is (missing|wrong)", said)
    assert "canary" not in said
    assert "\n" not in said


def test_all_that_is_missing_is_named_at_once() -> None:
    """Both secrets in one line, so that one start shows both."""
    with pytest.raises(SettingsError, match=r"DISCORD_TOKEN is missing.*VIDEOS_API_KEY is missing"):
        load_settings()


def test_blanks_around_a_secret_are_forgiven(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line break at the end of a secret, as files of secrets have it, does not get into a header."""
    settings = load(monkeypatch, DISCORD_TOKEN=" token-canary-1\r\n")
    assert settings.discord_token == SecretStr("token-canary-1")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VIDEOS_API_BASE_URL", CANARY),
        ("VIDEOS_API_BASE_URL", f"ftp://{CANARY}/v1"),
        ("VIDEOS_API_BASE_URL", f"https://anna:{CANARY}@api.test/v1"),
        ("VIDEOS_API_BASE_URL", f"https://:{CANARY}@api.test/v1"),
        ("VIDEOS_API_BASE_URL", f"https://api.test/v1?key={CANARY}"),
        ("VIDEOS_API_BASE_URL", f"https://api.test/v1#{CANARY}"),
        ("VIDEOS_API_BASE_URL", f"https://api.test:{CANARY}/v1"),
        ("VIDEOS_API_BASE_URL", f"https://api.test/{CANARY}/" + "ü" * 100),
        ("VIDEOS_API_BASE_URL", "https://api.test:99999/v1"),
        ("VIDEOS_API_BASE_URL", f"https://[{CANARY}/v1"),
        ("VIDEOS_MODELS", " , "),
        ("VIDEOS_BODY", CANARY),
        ("VIDEOS_REFERENCE_FIELD", f'{CANARY}"\r\n'),
        ("VIDEOS_RETRY_SERVER_ERRORS", "-1"),
        ("VIDEOS_RETRY_SERVER_ERRORS", "2.5"),
        ("DISCORD_GUILD_IDS", f"1,{CANARY}"),
        ("DISCORD_GUILD_IDS", "0"),
        ("OWNER_CHANNEL_ID", "0"),
        ("OWNER_CHANNEL_ID", "1,2"),
        ("OWNER_IDS", f"1,{CANARY}"),
        ("DISCORD_GUILD_IDS", str(2**63)),
        ("SHARD_COUNT", "0"),
        ("SHARD_COUNT", "2.5"),
        ("SHARD_COUNT", CANARY),
        ("SHARD_IDS", CANARY),
        ("SHARD_IDS", " , "),
        ("SHARD_IDS", "-1"),
        ("SHARD_IDS", "3-1"),
        ("SHARD_IDS", "0-"),
        ("SHARD_IDS", "0,1,0"),
        ("SHARD_IDS", "0-3,2"),
        ("SHARD_IDS", "0-99999999"),
        ("POLL_MIN_SECONDS", CANARY),
        ("POLL_MIN_SECONDS", "0"),
        ("POLL_MAX_SECONDS", "nan"),
        ("JOB_DEADLINE_SECONDS", "inf"),
        ("RETENTION_DAYS", "-1"),
        ("MAX_RENDERING_JOBS", "0"),
        ("MAX_SUBMITS_PER_MINUTE", "0"),
        ("MAX_ACTIVE_JOBS_PER_USER", "0"),
        ("MAX_JOBS_PER_USER_PER_DAY", "-1"),
        ("REPLY_REMIX", CANARY),
        ("REPLY_GRACE_SECONDS", "-1"),
        ("REFERENCE_MAX_BYTES", "0"),
        ("VIDEO_MAX_BYTES", "1e9x"),
        ("LOG_LEVEL", CANARY),
        ("LOG_FORMAT", CANARY),
    ],
)
def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """One line with the setting's name, and what it must be instead."""
    said = refused(monkeypatch, **{name: value})
    assert said.startswith(f"{name} is wrong: ")
    assert "must be" in said


@pytest.mark.parametrize(
    ("small", "large"),
    [("POLL_MIN_SECONDS", "POLL_MAX_SECONDS"), ("JOB_DEADLINE_SECONDS", "JOB_GIVE_UP_SECONDS")],
)
def test_bounds_in_the_wrong_order_are_named(monkeypatch: pytest.MonkeyPatch, small: str, large: str) -> None:
    """A lower bound above the upper one names both."""
    said = refused(monkeypatch, **{small: "200", large: "100"})
    assert small in said
    assert large in said


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """`.env` of the working directory is read; the environment beats it; other programs' names in it are ignored."""
    write(folder, "MAX_RENDERING_JOBS=7\nREPLY_REMIX=off\nSOMEBODY_ELSES=1\nMAX_ACTIVE_JOBS_PER_USER=\n")
    settings = load(monkeypatch, REPLY_REMIX="ask")
    assert (settings.max_rendering_jobs, settings.reply_remix, settings.max_active_jobs_per_user) == (7, "ask", 5)


def test_a_file_as_some_editors_write_it(folder: Path) -> None:
    """A byte order mark and Windows line ends do no harm."""
    write(folder, b"\xef\xbb\xbfDISCORD_TOKEN=token-canary\r\nVIDEOS_API_KEY=key-canary\r\n")
    assert load_settings().discord_token.get_secret_value() == "token-canary"


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o602, 0o666, 0o660])
def test_a_file_that_is_open_to_others_is_refused(monkeypatch: pytest.MonkeyPatch, folder: Path, mode: int) -> None:
    """Secrets that others on the machine can read, or replace, are none: one line says what to do about it."""
    write(folder, "DISCORD_TOKEN=token-canary\nVIDEOS_API_KEY=key-canary\n", mode)
    with pytest.raises(SettingsError, match=r"chmod 600 \.env") as caught:
        load_settings()
    assert "canary" not in str(caught.value)
    # Behind a link it is the file that counts.
    (folder / ".env").rename(folder / "elsewhere")
    (folder / ".env").symlink_to("elsewhere")
    assert "chmod 600" in refused(monkeypatch)
    (folder / "elsewhere").chmod(0o600)
    assert load(monkeypatch)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_of_ones_own_is_read(folder: Path, mode: int) -> None:
    """Readable for its owner alone, it may hold the secrets."""
    write(folder, "DISCORD_TOKEN=token-canary\nVIDEOS_API_KEY=key-canary\n", mode)
    assert load_settings().videos_api_key.get_secret_value() == "key-canary"


def test_a_file_that_is_no_text_is_said(folder: Path) -> None:
    """One line instead of a traceback."""
    write(folder, b"DISCORD_TOKEN=\xff\xfe-canary\n")
    with pytest.raises(SettingsError, match=r"\.env") as caught:
        load_settings()
    assert "canary" not in str(caught.value)


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the settings' own text nor their dump says a secret, and they cannot be changed."""
    settings = load(monkeypatch)
    for shown in (
        repr(settings),
        str(settings),
        settings.model_dump_json(),
        json.dumps(settings.model_dump(), default=str),
    ):
        assert "canary" not in shown
    with pytest.raises(ValueError, match="frozen"):
        settings.max_rendering_jobs = 5


def example() -> dict[str, str]:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    pairs = [line.partition("=") for line in lines if line.strip() and not line.startswith("#")]
    assert len({name for name, _, _ in pairs}) == len(pairs), "a name stands twice"
    return {name: value for name, _, value in pairs}


def test_the_example_names_every_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """`.env.example` lists exactly the settings that there are, in their order, and nothing that does not work yet."""
    assert list(example()) == [name.upper() for name in Settings.model_fields]


def test_the_example_shows_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read as settings, the values of `.env.example` are the defaults; where it shows none there is none."""
    shown = example()
    assert all(shown[name] == "" for name in REQUIRED)
    defaults = load(monkeypatch)
    assert load(monkeypatch, **{name: value for name, value in shown.items() if name not in REQUIRED}) == defaults
    for name, value in shown.items():
        if value == "" and name not in REQUIRED:
            assert getattr(defaults, name.lower()) in {(), None}, f"{name} has a default that the example does not show"
