"""The providers of a providers file: `[providers.NAME]`."""

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Literal, get_args

from bot.settings._judges import flag, look, matching, one_of, whole
from bot.settings._keys import Keys
from bot.settings._kinds import ALLOWED_BASE_URL, FIELD_PATTERN, judge_base_url
from bot.settings._tables import Findings, Table, is_table
from bot.videos.dialect_choice import DIALECTS, dialect_of
from bot.videos.provider_setup import Abilities, ProviderSetup
from bot.videos.urls import PROVIDER_MAX_CHARACTERS, normalise_base, same_origin

# An option of /owner providers has one choice for each (docs/facts/discord.md).
PROVIDERS_MAX = 25
_ABILITIES = tuple(each.name for each in fields(Abilities))
_NAMES = frozenset(
    ("base_url", "api_key", "dialect", "body", "reference_field", "reference_fit", "retry_server_errors", *_ABILITIES)
)
# People see it, and ids of providers contain it.
_NAME = re.compile(r"[\w.-](?:[\w. -]{0,30}[\w.-])?")
_NAME_ALLOWED = "1 to 32 letters, digits, blanks, dots, hyphens and underscores"
_OTHER_VALUES = {"body": ("json", "multipart"), "reference_field": ("one", "another")}
_Body = Literal["auto", "json", "multipart"]
_Fit = Literal["cover", "contain", "off"]


def read_providers(document: Table, findings: Findings, keys: Keys) -> dict[str, ProviderSetup | None]:
    """Every named provider in its order; None for one with a mistake."""
    found: dict[str, ProviderSetup | None] = {}
    by_source: dict[str, ProviderSetup] = {}
    for name, path, table in document.tables("providers", PROVIDERS_MAX, "can be used", needed=True):
        found[name] = setup = _read_provider(name, Table(table, path, findings, _NAMES), findings, keys)
        if setup is not None:
            _find_shared_key(by_source.setdefault(str(table["api_key"]), setup), setup, path, findings)
        if not _NAME.fullmatch(name):
            findings.add(f"{path}: the name of a provider must have {_NAME_ALLOWED}.")
        if any(other != name and look(other) == look(name) for other in found):
            findings.add(f"{path}: another provider has that name, too.")
    _find_long_ids(found, findings)
    return found


def _read_provider(name: str, table: Table, findings: Findings, keys: Keys) -> ProviderSetup | None:
    base_url = table.need("base_url", _base_url, ALLOWED_BASE_URL)
    api_key = None
    if table.has("api_key"):
        api_key = keys.read(table.at("api_key"), table.given("api_key"))
    else:
        findings.add(f'{table.at("api_key")} is missing: it must be "env:NAME_API_KEY" or "file:PATH".')
    dialect = table.read("dialect", one_of(tuple(DIALECTS)), " or ".join(DIALECTS), "openai")
    switches = {each: table.read(each, flag, "true or false", default=False) for each in _ABILITIES}
    body = table.read("body", one_of(get_args(_Body)), "auto, json or multipart", "auto")
    field = table.read(
        "reference_field", matching(FIELD_PATTERN), "the name of a form field, such as input_reference[]",
        "input_reference",
    )  # fmt: skip
    fit = table.read("reference_fit", one_of(get_args(_Fit)), "cover, contain or off", "cover")
    retries = table.read("retry_server_errors", whole(0, 10), "a whole number from 0 to 10", 2)
    if base_url is None or api_key is None:
        return None
    setup = ProviderSetup(name, base_url, api_key, dialect, Abilities(**switches), body, field, fit, retries)
    _judge_dialect(setup, table, findings)
    return setup


def has_effect(setup: ProviderSetup, name: str) -> bool:
    """Whether the dialect writes requests by that field of the setup, `body` or `reference_field`."""
    return any(dialect_of(setup) != dialect_of(replace(setup, **{name: other})) for other in _OTHER_VALUES[name])


def _judge_dialect(setup: ProviderSetup, table: Table, findings: Findings) -> None:
    """What the dialect has no use for would silently do nothing."""
    about = f"the dialect {setup.dialect} has no"
    for name in _OTHER_VALUES:
        if table.has(name) and not has_effect(setup, name):
            findings.add(f"{table.at(name)} is wrong: {about} {name}.")
    for name in sorted(dialect_of(setup).lacks):
        if getattr(setup.abilities, name):
            findings.add(f"{table.at(name)} is wrong: {about} request for it.")


def _base_url(value: object) -> str:
    return normalise_base(judge_base_url(value.strip() if isinstance(value, str) else ""))


def _find_long_ids(found: Mapping[str, ProviderSetup | None], findings: Findings) -> None:
    """Providers of one address are stored with their names behind it, and the column has a length."""
    setups = [setup for setup in found.values() if setup is not None]
    for setup in setups:
        shared = sum(other.base_url == setup.base_url for other in setups) > 1
        if shared and len(f"{setup.base_url}#{setup.name}") > PROVIDER_MAX_CHARACTERS:
            path = f"providers.{findings.name(setup.name)}.base_url"
            findings.add(f"{path} is too long for two providers with the same address.")


def _find_shared_key(first: ProviderSetup, setup: ProviderSetup, path: str, findings: Findings) -> None:
    """A line that was copied would give one provider's key to another one's server."""
    if not same_origin(first.base_url, setup.base_url):
        before = f"providers.{findings.name(first.name)}"
        findings.warn(f"PROVIDERS_FILE: {before} and {path} send the same key to different servers.")


def api_keys_in(document: Mapping[str, Any]) -> list[object]:
    """What the document has as `api_key`, before anything is judged."""
    providers = document.get("providers")
    tables = providers.values() if is_table(providers) else ()
    return [table.get("api_key") for table in tables if is_table(table)]
