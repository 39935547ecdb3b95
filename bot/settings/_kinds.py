"""The kinds of values: their spelling in the environment, and what is allowed, in words for the operator."""

import re
from contextlib import suppress
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from yarl import URL

from bot.jobs.catalogue import Catalogue
from bot.media.address_guard import AddressGuard
from bot.videos.private_network import is_public_literal
from bot.videos.urls import PROVIDER_MAX_CHARACTERS, normalise_base

# A shorter one would be found, and hidden, inside other words of the log.
SECRET_MIN_CHARACTERS = 8
_DAY_SECONDS = 86_400.0
_SIZE_UNITS = {"": 1, "b": 1} | {
    f"{prefix}{tail}": base**power
    for base, tails in ((1000, ("b",)), (1024, ("ib",)))
    for power, prefix in enumerate(("k", "m", "g"), start=1)
    for tail in tails
}
_TIME_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": _DAY_SECONDS, "w": 7 * _DAY_SECONDS}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)")
_TIME = re.compile(r"(?:\d+(?:\.\d+)?\s*[smhdw]\s*)+")
_TIME_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_HOST = re.compile(r"[\w.:%-]{1,253}", re.ASCII)
_SPAN = re.compile(r"(\d{1,5})(?:\s*-\s*(\d{1,5}))?", re.ASCII)


ALLOWED_BASE_URL = (
    "an address such as https://api.routin.ai/v1 of at most 512 characters, without a name, a key or a question mark; "
    "http:// only to loopback and private addresses"
)
FIELD_PATTERN = r"[A-Za-z0-9_.\-]+(\[\])?"


class Allowed(str):
    """In the annotation of a setting: what is allowed, in words that follow "must be"."""

    __slots__ = ()


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def strip(value: object) -> object:
    """Without the blanks around it."""
    return value.strip() if isinstance(value, str) else value


def lower(value: object) -> object:
    """A word in any case."""
    return value.strip().lower() if isinstance(value, str) else value


def _shard_ids(value: object) -> object:
    """`0,1` or `0-3` as the ids it names; a text that is none stays as it is."""
    if not isinstance(value, str):
        return value
    spans = [_SPAN.fullmatch(part.strip()) for part in value.split(",") if part.strip()]
    ids = [each for span in spans if span for each in range(int(span[1]), int(span[2] or span[1]) + 1)]
    in_order = all(span and int(span[1]) <= int(span[2] or span[1]) for span in spans)
    return tuple(sorted(ids)) if spans and in_order and len(ids) == len({*ids}) else value


def _bytes(value: object) -> object:
    """`20MB`, `20 MiB` or plain bytes; MB are a million bytes, MiB are 1,048,576."""
    written = _SIZE.fullmatch(value.strip().lower()) if isinstance(value, str) else None
    if written is None or written[2] not in _SIZE_UNITS:
        return value
    return int(float(written[1]) * _SIZE_UNITS[written[2]]) if written[2] else value


def _in_seconds(value: object) -> object:
    """`90s`, `5m`, `24h`, `7d`, `1h30m`; a plain number is left as it is."""
    text = value.strip().lower() if isinstance(value, str) else ""
    if not _TIME.fullmatch(text):
        return value
    return sum(float(amount) * _TIME_UNITS[unit] for amount, unit in _TIME_PART.findall(text))


def _in_days(value: object) -> object:
    """The same for a setting whose plain number means days."""
    seconds = _in_seconds(value)
    return seconds / _DAY_SECONDS if seconds is not value and isinstance(seconds, float) else value


def judge_base_url(value: str) -> str:
    """The base URL of a provider without a trailing slash. Raises ValueError for one that isn't allowed."""
    parts = urlsplit(value)
    whole = parts.scheme in {"http", "https"} and parts.hostname and (parts.port or parts.port is None)
    if not whole or "@" in parts.netloc or parts.query or parts.fragment or re.search(r"\s", value):
        raise ValueError("not a base URL")
    if parts.scheme == "http" and is_public_literal(parts.hostname or ""):
        raise ValueError("http to a public address")
    if len(normalise_base(value)) > PROVIDER_MAX_CHARACTERS:
        raise ValueError("longer than the database allows")
    return value.rstrip("/")


_SSL_MODES = frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"})


def _database_url(value: SecretStr) -> SecretStr:
    parts = urlsplit(value.get_secret_value().strip())
    if parts.scheme != "postgresql+asyncpg" or not parts.hostname or not parts.path.strip("/"):
        raise ValueError("not the address of a PostgreSQL database")
    # Raises ValueError for an impossible one.
    _port = parts.port
    # The options of other drivers, such as sslmode, would fail later and elsewhere.
    if not all(name == "ssl" and mode in _SSL_MODES for name, mode in parse_qsl(parts.query, keep_blank_values=True)):
        raise ValueError("an unknown option")
    return value


def _proxy_url(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    parts = urlsplit(text)
    bare = parts.path in {"", "/"} and not parts.query and not parts.fragment
    if parts.scheme not in {"http", "https"} or not parts.hostname or not parts.port or not bare:
        raise ValueError("not the address of a proxy")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("signs that an address can't have")
    # aiohttp reads it so; raises ValueError for what it would refuse at each request.
    URL(text)
    return value


def _models(value: tuple[str, ...]) -> tuple[str, ...]:
    Catalogue.of(value, ("1x1",), ("1",))
    return value


def _model_name(value: str | None) -> str | None:
    if value is not None:
        Catalogue.of((value,), ("1x1",), ("1",))
    return value or None


def _sizes(value: tuple[str, ...]) -> tuple[str, ...]:
    Catalogue.of(("model",), value, ("1",))
    return value


def _lengths(value: tuple[str, ...]) -> tuple[str, ...]:
    Catalogue.of(("model",), ("1x1",), value)
    return value


def _hosts(value: tuple[str, ...]) -> tuple[str, ...]:
    AddressGuard("https://host.invalid", value)
    return value


def fits_a_header(secret: str) -> str:
    """The secret as it is. Raises ValueError for one that is not a single plain word."""
    if not secret.isascii() or not secret.isprintable() or " " in secret:
        raise ValueError("not one word")
    return secret


def _secret(value: SecretStr) -> SecretStr:
    fits_a_header(value.get_secret_value())
    return value


def _http_host(value: str) -> str:
    # Labels of a name that no look-up can encode.
    if not _HOST.fullmatch(value) or not all(0 < len(label) < 64 for label in value.rstrip(".").split(".")):
        raise ValueError("not a host")
    return value


def _file(value: Path) -> Path:
    if "\0" in str(value):
        raise ValueError("not a path")
    return value


def _folder(value: Path) -> Path:
    if "\0" in str(value):
        raise ValueError("not a path")
    with suppress(OSError):
        if value.samefile("/"):
            # The bot closes its folder to others, and deletes files in it.
            raise ValueError("the root folder")
    return value


_Names = Annotated[tuple[str, ...], BeforeValidator(_split)]
Models = Annotated[_Names, AfterValidator(_models), Allowed("names of models, separated by commas")]
ModelName = Annotated[str | None, BeforeValidator(strip), AfterValidator(_model_name), Allowed("the name of one model")]
Sizes = Annotated[_Names, AfterValidator(_sizes), Allowed("sizes like 1280x720, separated by commas")]
Lengths = Annotated[_Names, AfterValidator(_lengths), Allowed("numbers of seconds like 8, separated by commas")]
Hosts = Annotated[_Names, AfterValidator(_hosts), Allowed("hosts as name, name:port or address, separated by commas")]
# Discord's ids are whole numbers below 2**63.
Ids = Annotated[
    tuple[Annotated[int, Field(gt=0, lt=2**63)], ...],
    BeforeValidator(_split),
    Allowed("ids of Discord (whole numbers), separated by commas"),
]
Id = Annotated[int | None, Field(gt=0, lt=2**63), BeforeValidator(strip), Allowed("an id of Discord (a whole number)")]
ShardIds = Annotated[
    tuple[int, ...],
    BeforeValidator(_shard_ids),
    Allowed("ids of shards, each once, separated by commas, such as 0,1 or 0-3"),
]
Secret = Annotated[
    SecretStr,
    Field(min_length=1),
    BeforeValidator(strip),
    AfterValidator(_secret),
    Allowed(f"one word of {SECRET_MIN_CHARACTERS} or more plain letters, digits and signs"),
]
BaseUrl = Annotated[
    str,
    BeforeValidator(strip),
    AfterValidator(judge_base_url),
    Allowed(ALLOWED_BASE_URL),
]
# It may hold a password.
ProxyUrl = Annotated[
    SecretStr | None,
    BeforeValidator(strip),
    AfterValidator(_proxy_url),
    Allowed(
        "an address with a port, such as http://proxy.example:3128 or http://name:password@proxy.example:3128; in name "
        "and password @ is written %40, : %3A and / %2F"
    ),
]
# It holds a password. The driver reads the rest of it.
DatabaseUrl = Annotated[
    SecretStr | None,
    BeforeValidator(strip),
    AfterValidator(_database_url),
    Allowed(
        "an address such as postgresql+asyncpg://name:password@host:5432/database; its only option is ssl, such as "
        "?ssl=verify-full"
    ),
]
# Where the bot listens. It need not be resolvable when the settings are read.
HttpHost = Annotated[
    str,
    BeforeValidator(strip),
    AfterValidator(_http_host),
    Allowed("a name or an address of this machine, such as 127.0.0.1, ::1 or 0.0.0.0"),
]
Port = Annotated[
    int | None, Field(ge=1, le=65_535), BeforeValidator(strip), Allowed("the number of a port, from 1 to 65535")
]
File = Annotated[Path | None, AfterValidator(_file), Allowed("the path of a file")]
Folder = Annotated[Path, AfterValidator(_folder), Allowed("the path of a folder other than /")]
FolderOrNone = Annotated[Path | None, AfterValidator(_file), Allowed("the path of a folder")]
Bytes = Annotated[int, Field(ge=1), BeforeValidator(_bytes), Allowed("a size such as 20MB, 20MiB or 20971520")]
Seconds = Annotated[float, Field(gt=0), BeforeValidator(_in_seconds), Allowed("a time such as 90s, 5m, 24h or 3600")]
PollSeconds = Annotated[
    float, Field(gt=0, le=300), BeforeValidator(_in_seconds), Allowed("a time up to 300 s, such as 2 or 30s")
]
GraceSeconds = Annotated[
    float, Field(ge=0, le=600), BeforeValidator(_in_seconds), Allowed("a time up to 600 s, such as 0 or 10s")
]
Days = Annotated[
    float, Field(ge=0), BeforeValidator(_in_days), Allowed("a number of days, or a time such as 7d or 12h")
]
AtLeastOne = Annotated[int, Field(ge=1), BeforeValidator(strip), Allowed("a whole number, 1 or more")]
Count = Annotated[int, Field(ge=0), BeforeValidator(strip), Allowed("a whole number, 0 or more")]
