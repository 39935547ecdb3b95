"""Reads the file that `PROVIDERS_FILE` names, and finds every mistake in it."""

import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.settings._file_text import FILE_MAX_BYTES
from bot.settings._keys import Keys, names_of_keys
from bot.settings._model_tables import read_models
from bot.settings._provider_tables import api_keys_in, read_providers
from bot.settings._setup import Setup
from bot.settings._showing import LIKE_A_KEY
from bot.settings._sources import Say, is_kept_for_us, read_plain, reason_of
from bot.settings._tables import Findings, Table

_MISTAKES_MAX = 50
# Names of more parts; reading them takes time that grows with the square of their number.
_TOO_DEEP = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){100}""", re.ASCII)
# A shorter one may be a placeholder, such as a word that is also the name of a model.
_FOUND_MIN_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class ProvidersFile:
    """A file that could be read as TOML, not yet judged."""

    path: str
    text: str
    document: Mapping[str, Any]
    mode: int

    @property
    def key_names(self) -> frozenset[str]:
        """The settings that it names as keys."""
        return names_of_keys(api_keys_in(self.document))

    def judge(self, texts: Mapping[str, str], mistake: Say, warn: Say, *, secrets: bool = True) -> Setup | None:
        """The providers and models; None after a mistake. `texts` has all settings; without `secrets` no key is read.

        `mistake` and `warn` get one sentence each; a long list is cut.
        """
        found: list[str] = []
        known = [texts[name].strip() for name in ("DISCORD_TOKEN", *sorted(self.key_names)) if name in texts]
        findings = Findings(found.append, warn, [each for each in known if each])
        document = Table(self.document, "", findings, {"providers", "models"})
        providers = read_providers(document, findings, Keys(texts, secrets, findings))
        models = read_models(document, providers, findings)
        if any(secret in self.text for secret in findings.secrets if len(secret) >= _FOUND_MIN_CHARACTERS):
            found.append("a key is written in it: take it out, and let the provider replace it.")
        elif LIKE_A_KEY.search(self.text) and not any("never the key itself" in each for each in found):
            found.append(
                "something that looks like a key is written in it: take it out, and let the provider replace it."
            )
        if found and self.mode & stat.S_IROTH and any("never the key itself" in each for each in found):
            found.append("everybody on this machine may read it: a key that was written in it should be replaced.")
        for each in found[:_MISTAKES_MAX]:
            mistake(f"PROVIDERS_FILE: {each}")
        if len(found) > _MISTAKES_MAX:
            mistake(f"PROVIDERS_FILE: there are {len(found) - _MISTAKES_MAX} more mistakes.")
        if found:
            return None
        used = {route.provider for model in models for route in model.routes}
        for name in providers:
            if name not in used:
                warn(f"PROVIDERS_FILE: no model uses the provider {name}; jobs that it has are still polled.")
        sources = {name: str(self.document["providers"][name]["api_key"]) for name in providers}
        return Setup(tuple(each for each in providers.values() if each is not None), models, sources)


def open_providers_file(path: str, mistake: Say) -> ProvidersFile | None:
    """The file at that path; None after a mistake, which gets one sentence."""
    about = f"PROVIDERS_FILE is wrong: the file {path!r}"
    try:
        mode, content = read_plain(path, FILE_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        mistake(f"{about} can't be read ({reason_of(error)}).")
        return None
    if mode & (stat.S_IWGRP | stat.S_IWOTH) and not is_kept_for_us(path):
        # Who can change an address in it gets the key.
        mistake(f"{about} may be changed by others on this machine: run chmod go-w on it.")
    if len(content) > FILE_MAX_BYTES:
        mistake(f"{about} is larger than 1 MiB.")
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        mistake(f"{about} is not UTF-8 text: save it as such.")
        return None
    try:
        if _TOO_DEEP.search(text):
            raise RecursionError
        document = tomllib.loads(text)
    except RecursionError:
        mistake(f"{about} is not TOML: it is nested too deeply.")
        return None
    except ValueError as error:
        mistake(f"{about} is not TOML: {_where(str(error))}.")
        return None
    return ProvidersFile(path, text, document, mode)


def _where(said: str) -> str:
    """The words of tomllib, whose last part is the line and column, without what they quote: it may be a key."""
    words, gap, place = said.rpartition(" (at ")
    plain = re.sub(r"""\(.*\)|'.{3,}'|".{3,}\"""", "...", words)
    return f"{plain}, at {place.rstrip(')')}" if gap else "a number in it is too long"
