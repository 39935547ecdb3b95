"""Reads all settings and finds every mistake in them before anything else happens."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from pydantic import SecretStr, ValidationError

from bot.settings._kinds import SECRET_MIN_CHARACTERS, Allowed
from bot.settings._model import Settings
from bot.settings._names import find_meant
from bot.settings._showing import shown
from bot.settings._sources import Raw, read_raw, read_secret
from bot.settings.providers_file import open_providers_file

_SECRETS = ("DISCORD_TOKEN", "VIDEOS_API_KEY")
# Their values are never shown, but they are no secrets as a whole.
_WITH_PASSWORD = frozenset({"DATABASE_URL", "DISCORD_PROXY"})
_FILE = "PROVIDERS_FILE"
# With a providers file these have no meaning.
_IN_FILE = frozenset(name.upper() for name in Settings.model_fields if name.startswith("videos_")) - {"VIDEOS_API_KEY"}
NAMES = frozenset({name.upper() for name in Settings.model_fields} | {f"{name}_FILE" for name in _SECRETS})
_Values = dict[str, str | SecretStr]
_NOT_NEEDED = SecretStr("not-needed-here")
_ORDERED = (("POLL_MIN_SECONDS", "POLL_MAX_SECONDS"), ("JOB_DEADLINE_SECONDS", "JOB_GIVE_UP_SECONDS"))


class SettingsError(Exception):
    """Settings are missing or wrong. The message is one line; `mistakes` has one sentence for each of them."""

    def __init__(self, *mistakes: str) -> None:
        super().__init__(" ".join(mistakes))
        self.mistakes = mistakes


def _ignore(_doubt: str) -> None:
    """The default `warn`: a doubtful finding stops nothing."""


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """The settings with every mistake in them, and every doubt, each a sentence.

    `unusable` has the names whose value in `settings` is a default or placeholder in the place of a wrong or missing
    one.
    """

    settings: Settings
    mistakes: tuple[str, ...]
    doubts: tuple[str, ...]
    unusable: frozenset[str]


def load_settings(*, secrets: bool = True, token: bool = True, warn: Callable[[str], None] = _ignore) -> Settings:
    """Read the environment, `.env` of the working directory and `PROVIDERS_FILE`.

    Raises `SettingsError` with every mistake. Without `secrets`, token and keys are neither required nor read; without
    `token`, the token alone isn't. `warn` gets doubtful findings.
    """
    found = read_settings(secrets=secrets, token=token)
    for doubt in found.doubts:
        warn(doubt)
    if found.mistakes:
        raise SettingsError(*found.mistakes)
    return found.settings


def read_settings(*, secrets: bool = True, token: bool = True) -> ReadSettings:
    """The same with the mistakes beside the settings: what isn't wrong can be used."""
    mistakes: list[str] = []
    doubts: list[str] = []
    raw = read_raw(mistakes.append, doubts.append)
    of_file: list[str] = []
    file = open_providers_file(raw.all()[_FILE].strip(), of_file.append) if _FILE in raw.all() else None
    named = file.key_names if file else frozenset[str]()
    mistakes += _unknown(raw.file, named)
    doubts += _unknown({name: text for name, text in raw.environment.items() if name not in raw.file}, named)
    unread = _SECRETS if not secrets else () if token else ("DISCORD_TOKEN",)
    values = _values(raw, unread, mistakes, doubts.append)
    settings, wrong = _judge(values, mistakes)
    mistakes += _beside_file(raw) + of_file
    texts = raw.all() | _token_of(raw, settings)
    setup = file.judge(texts, mistakes.append, doubts.append, secrets=secrets) if file else None
    if setup is not None:
        settings = settings.with_setup(setup)
    elif _FILE in raw.all():
        wrong |= {_FILE}
    needed = [name for name in _SECRETS if name not in unread and not (setup and name == "VIDEOS_API_KEY")]
    unusable = wrong | {name for name in needed if _is_placeholder(settings, name)}
    return ReadSettings(settings, tuple(dict.fromkeys(mistakes)), tuple(dict.fromkeys(doubts)), frozenset(unusable))


def _is_placeholder(settings: Settings, name: str) -> bool:
    return _secret(settings, name) == _NOT_NEEDED.get_secret_value()


def _token_of(raw: Raw, settings: Settings) -> dict[str, str]:
    """The token wherever it is, also where it isn't needed: no provider may get it as its key."""
    path = raw.all().get("DISCORD_TOKEN_FILE")
    if path is None or not _is_placeholder(settings, "DISCORD_TOKEN"):
        return {"DISCORD_TOKEN": _secret(settings, "DISCORD_TOKEN")}
    found = read_secret("DISCORD_TOKEN_FILE", path, _ignore, _ignore)
    return {} if found is None else {"DISCORD_TOKEN": found}


def _secret(settings: Settings, name: str) -> str:
    secret: SecretStr = getattr(settings, name.lower())
    return secret.get_secret_value()


def _values(raw: Raw, unread: Collection[str], mistakes: list[str], warn: Callable[[str], None]) -> _Values:
    """The values by field name, with the secrets read from their files; `unread` ones are neither read nor judged."""
    texts = raw.all()
    values: _Values = {name.lower(): text for name, text in texts.items()}
    for name in _SECRETS:
        path = texts.get(f"{name}_FILE")
        if name in unread:
            values[name.lower()] = _NOT_NEEDED
            continue
        if path is None:
            continue
        if name in texts:
            mistakes.append(f"{name} and {name}_FILE are both set: keep one of them.")
            continue
        secret = read_secret(f"{name}_FILE", path, mistakes.append, warn)
        # Unchanged: only hand-written values are stripped. An unreadable one is not missing as well.
        values[name.lower()] = _NOT_NEEDED if secret is None else SecretStr(secret)
    if _FILE in texts:
        # The file names the keys that are needed.
        values.setdefault("videos_api_key", _NOT_NEEDED)
    return values


def _beside_file(raw: Raw) -> list[str]:
    """A sentence if settings are given that a providers file replaces."""
    both = ", ".join(sorted(_IN_FILE & raw.all().keys())) if _FILE in raw.all() else ""
    return [f"{_FILE} replaces {both}: delete those lines, or leave {_FILE} empty."] if both else []


def _judge(values: _Values, mistakes: list[str]) -> tuple[Settings, set[str]]:
    """The settings, with placeholders for those whose names are returned beside; their mistakes go to the list."""
    wrong: set[str] = set()
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        wrong = {str(fault["loc"][0]) for fault in error.errors(include_input=False, include_url=False)}
        mistakes += [_explain(name, values) for name in Settings.model_fields if name in wrong]
        # The rest is judged with the defaults in the place of the wrong values.
        rest = {name: value for name, value in values.items() if name not in wrong}
        placeholders = {name.lower(): _NOT_NEEDED for name in _SECRETS if name.lower() in wrong}
        settings = Settings.model_validate(rest | placeholders)
    for name in _SECRETS:
        if len(_secret(settings, name)) < SECRET_MIN_CHARACTERS:
            mistakes.append(_explain(name.lower(), values))
            wrong.add(name.lower())
    for low, high in _ORDERED:
        if {low.lower(), high.lower()} & wrong:
            continue
        if getattr(settings, low.lower()) > getattr(settings, high.lower()):
            shown = ", ".join(f"{name} is {getattr(settings, name.lower()):g}" for name in (low, high))
            mistakes.append(f"{low} must not be larger than {high}: {shown}.")
    if settings.backup_dir is not None and settings.database_url is not None:
        mistakes.append("BACKUP_DIR is for SQLite: with DATABASE_URL, back up with pg_dump, and take BACKUP_DIR out.")
    if not {"shard_count", "shard_ids"} & wrong:
        mistakes += _judge_shards(settings)
    return settings, {name.upper() for name in wrong}


def _judge_shards(settings: Settings) -> list[str]:
    """The mistakes of the shards' ids, as far as their number is given."""
    count, ids = settings.shard_count, settings.shard_ids
    if count is None:
        return ["SHARD_IDS needs SHARD_COUNT: set it to the number of all shards."] if ids else []
    beyond = ", ".join(str(shard_id) for shard_id in ids if shard_id >= count)
    return [f"SHARD_IDS must be below SHARD_COUNT: SHARD_COUNT is {count}, SHARD_IDS has {beyond}."] if beyond else []


def _explain(name: str, values: Mapping[str, str | SecretStr]) -> str:
    setting = name.upper()
    value = values.get(name)
    if value is None:
        where = f", or name a file in {setting}_FILE" if setting in _SECRETS else ""
        return f"{setting} is missing: set it in the environment or in a file named .env (see .env.example){where}."
    allowed = next(each for each in Settings.model_fields[name].metadata if isinstance(each, Allowed))
    if setting in _SECRETS or setting in _WITH_PASSWORD or isinstance(value, SecretStr):
        return f"{setting} is wrong: it must be {allowed}; what it is isn't shown."
    return f"{setting} is wrong: it is {shown(value, _secrets_in(values))} and must be {allowed}."


def _secrets_in(values: Mapping[str, str | SecretStr]) -> list[str]:
    """The secrets as they were given, wrong ones too: no other message may show them."""
    given = {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value for name, value in values.items()
    }
    ours = [given[name.lower()].strip() for name in _SECRETS if name.lower() in given]
    others = [text.strip() for name, text in given.items() if name.endswith("_api_key")]
    return ours + [text for text in others if len(text) >= SECRET_MIN_CHARACTERS]


def _unknown(names: Mapping[str, str], named: frozenset[str]) -> list[str]:
    """A sentence about each unknown name that resembles one of ours, and is none that a providers file names."""
    found = [(name, find_meant(name, NAMES)) for name in names if name not in NAMES and name not in named]
    return [f"{ascii(name)[1:-1]} is not a setting: did you mean {meant}?" for name, meant in found if meant]
