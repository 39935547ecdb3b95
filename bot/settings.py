"""The only reader of the environment: frozen settings with their defaults, and one human line for what is wrong.

It must not know what the values are used for. `.env.example` lists the same names and defaults (a test holds the two
equal). Secrets are `SecretStr`, so that no log or traceback shows them.
"""

import stat
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_FILE = ".env"
_BASE_URL_WANTED = (
    "must be an http(s) address such as https://api.routin.ai/v1, without a name, a key or a question mark"
)


class SettingsError(Exception):
    """A setting is missing or wrong; the message is one line that names it."""


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _strip(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _base_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        whole = parts.scheme in {"http", "https"} and parts.hostname and (parts.port or parts.port is None)
    except ValueError:
        # Python's own sentence would repeat what was given.
        raise ValueError(_BASE_URL_WANTED) from None
    if not whole or "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError(_BASE_URL_WANTED)
    return value.rstrip("/")


def _not_empty(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise ValueError("must name at least one")
    return value


def _fits_a_header(value: SecretStr) -> SecretStr:
    secret = value.get_secret_value()
    if not secret.isascii() or not secret.isprintable() or " " in secret:
        raise ValueError("must be one word of plain letters, digits and signs")
    return value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
SomeNames = Annotated[Names, AfterValidator(_not_empty)]
# Discord's ids are whole numbers below 2**63.
Ids = Annotated[tuple[Annotated[int, Field(gt=0, lt=2**63)], ...], NoDecode, BeforeValidator(_split)]
# Files of secrets often end with a line break.
Secret = Annotated[SecretStr, Field(min_length=1), BeforeValidator(_strip), AfterValidator(_fits_a_header)]


class Settings(BaseSettings):
    """What the person who runs the bot can set; INTERFACE of the bot, so a change needs a line in CHANGELOG.md."""

    model_config = SettingsConfigDict(
        env_file=_FILE,
        # As Windows editors write it: with or without a byte order mark.
        env_file_encoding="utf-8-sig",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )

    discord_token: Secret
    discord_guild_ids: Ids = ()
    owner_ids: Ids = ()

    videos_api_key: Secret
    videos_api_base_url: Annotated[str, BeforeValidator(_strip), AfterValidator(_base_url)] = "https://api.routin.ai/v1"
    videos_models: SomeNames = ("gpt-4o-video",)
    videos_sizes: SomeNames = ("1280x720", "1920x1080", "1080x1920")
    videos_seconds: SomeNames = ("4", "8", "12")
    videos_body: Annotated[Literal["auto", "json", "multipart"], BeforeValidator(_lower)] = "auto"
    videos_reference_field: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.\-]+(\[\])?$")] = "input_reference"
    videos_retry_server_errors: Annotated[int, Field(ge=0, le=10)] = 2
    fetch_allow_hosts: Names = ()

    data_dir: Path = Path("data")

    poll_min_seconds: Annotated[float, Field(gt=0, le=300)] = 2
    poll_max_seconds: Annotated[float, Field(gt=0, le=300)] = 30
    job_deadline_seconds: Annotated[float, Field(gt=0)] = 3600
    job_give_up_seconds: Annotated[float, Field(gt=0)] = 86400
    retention_days: Annotated[float, Field(ge=0)] = 7

    max_rendering_jobs: Annotated[int, Field(ge=1)] = 20
    max_submits_per_minute: Annotated[int, Field(ge=1)] = 60
    max_active_jobs_per_user: Annotated[int, Field(ge=1)] = 3
    max_jobs_per_user_per_day: Annotated[int, Field(ge=0)] = 25

    reply_remix: Annotated[Literal["on", "ask", "off"], BeforeValidator(_lower)] = "on"
    reply_grace_seconds: Annotated[float, Field(ge=0, le=600)] = 5

    reference_max_bytes: Annotated[int, Field(ge=1)] = 20_971_520
    video_max_bytes: Annotated[int, Field(ge=1)] = 536_870_912

    log_level: Annotated[
        Literal["debug", "info", "warning", "error", "critical"],
        BeforeValidator(_lower),
    ] = "info"
    log_format: Annotated[Literal["auto", "json", "console"], BeforeValidator(_lower)] = "auto"


def load_settings() -> Settings:
    """Read the environment and `.env` of the working directory. Raises `SettingsError` with one line for a person."""
    if _others_may_use(Path(_FILE)):
        raise SettingsError("The file .env holds secrets and is open to others on this machine: run chmod 600 .env.")
    try:
        settings = Settings()  # pyright: ignore[reportCallIssue]  # the required values come from the environment
    except ValidationError as error:
        raise SettingsError(_explain(error)) from None
    except UnicodeDecodeError:
        raise SettingsError("The file .env is not UTF-8 text: save it as such.") from None
    if settings.poll_min_seconds > settings.poll_max_seconds:
        raise SettingsError("POLL_MIN_SECONDS must not be larger than POLL_MAX_SECONDS.")
    if settings.job_deadline_seconds > settings.job_give_up_seconds:
        raise SettingsError("JOB_DEADLINE_SECONDS must not be larger than JOB_GIVE_UP_SECONDS.")
    return settings


def _others_may_use(file: Path) -> bool:
    """Whether anybody but the file's owner may read or change it; a file that isn't there is nobody's."""
    try:
        return bool(file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
    except OSError:
        return False


def _explain(error: ValidationError) -> str:
    lines: list[str] = []
    for fault in error.errors(include_input=False, include_url=False):
        name = str(fault["loc"][0]).upper() if fault["loc"] else "the settings"
        if fault["type"] == "missing":
            lines.append(f"{name} is missing: set it in the environment or in a file named .env (see .env.example).")
        else:
            lines.append(f"{name} is wrong: {fault['msg'].removeprefix('Value error, ')}.")
    return " ".join(dict.fromkeys(lines))
