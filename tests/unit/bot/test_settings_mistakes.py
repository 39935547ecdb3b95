"""All mistakes at once, each with its name, what it is and what it must be; secrets are never shown."""

import os
from pathlib import Path

import pytest

from bot.settings import NAMES, SettingsError, load_settings
from bot.settings._names import find_meant
from tests.unit.bot.test_settings import EXAMPLE, REQUIRED, folder, load, refused, write

__all__ = ["folder"]


def warned(monkeypatch: pytest.MonkeyPatch, **values: str) -> list[str]:
    for name, value in {**REQUIRED, **values}.items():
        monkeypatch.setenv(name, value)
    doubts: list[str] = []
    load_settings(warn=doubts.append)
    return doubts


def test_every_mistake_is_named_at_once(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """In the file and in the environment, of a value, a name, a pair and a missing secret."""
    write(folder, "MAX_RENDERING_JOBS=many\nMAX_JOBS_PER_USER_PERDAY=2\nVIDEOS_SIZES=1280x720,large\n")
    monkeypatch.setenv("VIDEOS_API_KEY", "short")
    monkeypatch.setenv("VIDEOS_SECONDS", "soon")
    monkeypatch.setenv("VIDEOS_MODELS", "m" * 101)
    monkeypatch.setenv("FETCH_ALLOW_HOSTS", "a b")
    monkeypatch.setenv("VIDEOS_API_BASE_URL", "http://8.8.8.8/v1")
    monkeypatch.setenv("POLL_MIN_SECONDS", "20")
    monkeypatch.setenv("POLL_MAX_SECONDS", "10")
    monkeypatch.setenv("JOB_DEADLINE_SECONDS", "2d")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    mistakes = caught.value.mistakes
    for name in (
        "MAX_RENDERING_JOBS is wrong: it is 'many' and must be a whole number",
        "MAX_JOBS_PER_USER_PERDAY is not a setting: did you mean MAX_JOBS_PER_USER_PER_DAY?",
        "VIDEOS_SIZES is wrong: it is '1280x720,large'",
        "DISCORD_TOKEN is missing",
        "VIDEOS_API_KEY is wrong",
        "VIDEOS_SECONDS is wrong: it is 'soon'",
        "VIDEOS_MODELS is wrong",
        "FETCH_ALLOW_HOSTS is wrong: it is 'a b'",
        "VIDEOS_API_BASE_URL is wrong: it is 'http://8.8.8.8/v1'",
        "POLL_MIN_SECONDS must not be larger than POLL_MAX_SECONDS: POLL_MIN_SECONDS is 20, POLL_MAX_SECONDS is 10",
        "JOB_DEADLINE_SECONDS must not be larger than JOB_GIVE_UP_SECONDS",
    ):
        assert sum(mistake.startswith(name) for mistake in mistakes) == 1, (name, mistakes)
    assert len(mistakes) == 11
    assert "\n" not in str(caught.value)
    assert "short" not in str(caught.value)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"SHARD_IDS": "0,1"}, "SHARD_IDS needs SHARD_COUNT: set it to the number of all shards."),
        (
            {"SHARD_COUNT": "4", "SHARD_IDS": "2-5"},
            "SHARD_IDS must be below SHARD_COUNT: SHARD_COUNT is 4, SHARD_IDS has 4, 5.",
        ),
    ],
)
def test_shards_that_do_not_exist_are_named(monkeypatch: pytest.MonkeyPatch, values: dict[str, str], said: str) -> None:
    """Ids alone say nothing, and ids from the count on are of no shard."""
    assert refused(monkeypatch, **values) == said


def test_nightly_backups_are_not_promised_for_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator would rely on copies that are never made: the mistake names what makes them."""
    said = refused(monkeypatch, BACKUP_DIR="backups", DATABASE_URL="postgresql+asyncpg://bot:secret@db/videos")
    assert said.startswith("BACKUP_DIR is for SQLite")
    assert "pg_dump" in said


def test_a_wrong_shard_setting_is_one_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the count is wrong the ids are not judged by it."""
    said = refused(monkeypatch, SHARD_COUNT="none", SHARD_IDS="7")
    assert said.startswith("SHARD_COUNT is wrong: it is 'none' and must be a whole number")
    assert "SHARD_IDS" not in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VIDEOS_API_BASE_URL", "ftp://anna:canary@api.test/v1"),
        ("VIDEOS_API_BASE_URL", "https://api.test/v1?key=canary"),
        ("VIDEOS_API_BASE_URL", "https://api.test/v1#canary"),
        ("LOG_LEVEL", "sk-canary"),
        ("MAX_RENDERING_JOBS", f"x{REQUIRED['VIDEOS_API_KEY']}x"),
        ("VIDEOS_BODY", "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA.canary.a1b2c3"),
        ("VIDEOS_API_KEY", "two words-canary"),
        ("DISCORD_TOKEN", "canary\u00e9-canary"),
        ("DISCORD_TOKEN", "canary7"),
    ],
)
def test_what_may_be_a_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """Also not one that was written into the wrong place, or into an address."""
    said = refused(monkeypatch, **{name: value})
    assert said.startswith(f"{name} is wrong: ")
    assert "canary" not in said


@pytest.mark.parametrize(
    ("name", "written", "meant"),
    [
        ("REFERENCE_MAX_BYTES", "20MB", 20_000_000),
        ("REFERENCE_MAX_BYTES", "20 MiB", 20 * 1024**2),
        ("VIDEO_MAX_BYTES", "1.5gib", 1_610_612_736),
        ("VIDEO_MAX_BYTES", "512 kB", 512_000),
        ("VIDEO_MAX_BYTES", "1000", 1000),
        ("JOB_DEADLINE_SECONDS", "90s", 90),
        ("JOB_DEADLINE_SECONDS", "5m", 300),
        ("JOB_DEADLINE_SECONDS", "1h 30m", 5400),
        ("JOB_GIVE_UP_SECONDS", "24h", 86_400),
        ("JOB_GIVE_UP_SECONDS", "7D", 604_800),
        ("RETENTION_DAYS", "7d", 7),
        ("RETENTION_DAYS", "12h", 0.5),
        ("RETENTION_DAYS", "3", 3),
        ("POLL_MAX_SECONDS", "1m", 60),
        ("REPLY_GRACE_SECONDS", "0", 0),
    ],
)
def test_sizes_and_times_take_units(monkeypatch: pytest.MonkeyPatch, name: str, written: str, meant: float) -> None:
    """As people write them; a plain number means what it always did."""
    assert getattr(load(monkeypatch, **{name: written}), name.lower()) == meant


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("REFERENCE_MAX_BYTES", "20 parsecs"),
        ("REFERENCE_MAX_BYTES", "0MB"),
        ("REFERENCE_MAX_BYTES", "-1MB"),
        ("REFERENCE_MAX_BYTES", "24h"),
        ("JOB_DEADLINE_SECONDS", "1 fortnight"),
        ("JOB_DEADLINE_SECONDS", "0s"),
        ("POLL_MAX_SECONDS", "1h"),
        ("RETENTION_DAYS", "-1d"),
    ],
)
def test_units_that_make_no_sense_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, written: str) -> None:
    """Named with what was written and an example of what works."""
    said = refused(monkeypatch, **{name: written})
    assert said.startswith(f"{name} is wrong: it is '{written}' and must be ")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("MAX_JOBS_PER_USER_PERDAY", "MAX_JOBS_PER_USER_PER_DAY"),
        ("REPLY_REMX", "REPLY_REMIX"),
        ("VIDEO_API_KEY", "VIDEOS_API_KEY"),
        ("VIDEOS_APIKEY", "VIDEOS_API_KEY"),
        ("DISCORD_BOT_TOKEN", "DISCORD_TOKEN"),
        ("IDSCORD_TOKEN", "DISCORD_TOKEN"),
        ("discord_tokn", "DISCORD_TOKEN"),
        ("OWNER_ID", "OWNER_IDS"),
        ("VIDEOS_MODEL", "VIDEOS_MODELS"),
        ("MAX_VIDEO_BYTES", "VIDEO_MAX_BYTES"),
        ("JOB_DEADLINE", "JOB_DEADLINE_SECONDS"),
        ("DATADIR", "DATA_DIR"),
        ("LOGLEVEL", "LOG_LEVEL"),
        ("OWNER_IDS_FILE", "OWNER_IDS"),
        ("VIDEOS_API_KEY_FIL", "VIDEOS_API_KEY_FILE"),
        ("ALLOWED_GUILDS_IDS", "ALLOWED_GUILD_IDS"),
    ],
)
def test_a_name_that_resembles_ours_is_a_mistake_in_the_file(folder: Path, written: str, meant: str) -> None:
    """In `.env`, which is ours: with the setting that was meant."""
    write(folder, f"DISCORD_TOKEN=token-canary\nVIDEOS_API_KEY=key-canary\n{written}=2\n")
    with pytest.raises(SettingsError, match=f"did you mean {meant}\\?"):
        load_settings()


@pytest.mark.parametrize(
    "name",
    [
        *("HOME", "PATH", "LANG", "TZ", "PORT", "HOSTNAME", "COMPOSE_PROJECT_NAME", "POSTGRES_PASSWORD", "HTTP_PROXY"),
        *("OPENAI_API_KEY", "DISCORD_CLIENT_ID", "DISCORD_PUBLIC_KEY", "LOG_FILE", "MAIN_API_KEY", "DATABASE_NAME"),
        *("PYTHONPATH", "DEBUG", "SENTRY_DSN", "POLL", "LOGNAME"),
    ],
)
def test_other_programs_names_are_ignored(monkeypatch: pytest.MonkeyPatch, folder: Path, name: str) -> None:
    """What is surely not meant for the bot stops nothing."""
    write(folder, f"{name}=1\n")
    assert load(monkeypatch)
    assert find_meant(name, NAMES) is None


def test_no_name_of_ours_is_taken_for_a_typo_of_another() -> None:
    """Any setting that is removed later would be found, and no two names are too similar."""
    assert [name for name in NAMES if find_meant(name, {name}) != name] == []
    assert EXAMPLE.exists()


def test_a_name_in_the_environment_is_only_warned_about(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is shared with other programs, so the same finding stops nothing there."""
    (doubt,) = warned(monkeypatch, REPLY_REMX="off")
    assert "did you mean REPLY_REMIX?" in doubt


def test_a_file_that_its_group_may_read_is_warned_about(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """It may be meant so."""
    for mode in (0o640, 0o440):
        write(folder, "", mode)
        (doubt,) = warned(monkeypatch)
        assert "group" in doubt
        (folder / ".env").chmod(0o600)


def test_a_file_that_is_none_is_said(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """A folder, a link that leads nowhere, a pipe: one line, and no waiting."""
    file = folder / ".env"
    file.mkdir()
    assert ".env can't be read (it is a folder)" in refused(monkeypatch)
    file.rmdir()
    file.symlink_to("nowhere")
    assert ".env can't be read" in refused(monkeypatch)
    file.unlink()
    os.mkfifo(file, 0o600)
    assert ".env can't be read (it is not a plain file)" in refused(monkeypatch)


@pytest.mark.parametrize("broken", [b"export \n", b"FOO BAR=1\n", b"FOO=b\xe4r\n"])
def test_a_broken_line_hides_no_other_mistake(monkeypatch: pytest.MonkeyPatch, folder: Path, broken: bytes) -> None:
    """And the settings in the other lines are not called missing."""
    file = folder / ".env"
    file.write_bytes(
        b"\xef\xbb\xbfDISCORD_TOKEN=token-canary\r\nVIDEOS_API_KEY=key-canary\nMAX_JOBS_PER_DAY=x\n" + broken
    )
    file.chmod(0o600)
    said = refused(monkeypatch)
    assert "The file .env" in said
    assert "MAX_JOBS_PER_DAY is wrong" in said
    assert "missing" not in said


def test_a_folder_that_can_be_no_path_is_the_operators_mistake(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """It ends with the other mistakes instead of a traceback."""
    write(folder, "DISCORD_TOKEN=token-canary\nVIDEOS_API_KEY=key-canary\nDATA_DIR=a\0b\n")
    assert "DATA_DIR is wrong" in refused(monkeypatch)


@pytest.mark.parametrize("root", ["/", "//", "/usr/..", "linked"])
def test_the_root_folder_is_no_data_folder(monkeypatch: pytest.MonkeyPatch, folder: Path, root: str) -> None:
    """The bot closes its folder to others, so `/` is refused before it is touched, however it is spelled."""
    (folder / "linked").symlink_to("/")
    said = refused(monkeypatch, DATA_DIR=root)
    assert said == f"DATA_DIR is wrong: it is {root!r} and must be the path of a folder other than /."


def test_lines_that_are_no_settings_are_named(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """By their number: the line may hold a secret."""
    write(folder, "# fine\nDISCORD_TOKEN=token-canary\nVIDEOS_API_KEY 'canary\n")
    said = refused(monkeypatch)
    assert "lines that are not NAME=value: 3" in said
    assert "canary" not in said


def test_without_secrets_none_is_wanted(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """For migrations: neither missing nor wrong ones matter; everything else does."""
    monkeypatch.setenv("VIDEOS_API_KEY", "x")
    monkeypatch.setenv("DISCORD_TOKEN_FILE", "nowhere")
    assert load_settings(secrets=False).data_dir == Path("data")
    monkeypatch.setenv("MAX_RENDERING_JOBS", "0")
    with pytest.raises(SettingsError, match="MAX_RENDERING_JOBS"):
        load_settings(secrets=False)


@pytest.mark.parametrize(
    ("values", "takes"),
    [
        ({}, True),
        ({"DIRECT_MESSAGES": "off"}, False),
        ({"ALLOWED_GUILD_IDS": "1"}, False),
        ({"ALLOWED_GUILD_IDS": "1", "DIRECT_MESSAGES": "ON"}, True),
    ],
)
def test_direct_messages_follow_the_servers(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], takes: bool
) -> None:
    """On, unless the bot works in some servers only; what is set wins."""
    assert load(monkeypatch, **values).takes_direct_messages is takes


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("HTTP_PORT", "0"),
        ("HTTP_PORT", "65536"),
        ("HTTP_PORT", "http"),
        ("HTTP_HOST", "http://127.0.0.1"),
        ("HTTP_HOST", "[::1]"),
        ("HTTP_HOST", "two words"),
        ("HTTP_HOST", "a..b"),
    ],
)
def test_where_nothing_can_be_served_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, written: str) -> None:
    """A port that doesn't exist, or what is no name and no address."""
    assert refused(monkeypatch, **{name: written}).startswith(f"{name} is wrong: it is '{written}' and must be ")


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.7", "::1", "::", "localhost", "bot_1.internal", "fe80::1%eth0"])
def test_any_address_may_be_listened_at(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """An address of either kind, or a name, which is resolved at the start."""
    settings = load(monkeypatch, HTTP_HOST=f" {host} ", HTTP_PORT=" 8080 ")
    assert (settings.http_host, settings.http_port) == (host, 8080)
