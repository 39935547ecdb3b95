"""The API keys that a providers file names: `env:NAME_API_KEY` or `file:PATH`, never a key itself."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.settings._kinds import SECRET_MIN_CHARACTERS, fits_a_header
from bot.settings._sources import read_secret
from bot.settings._tables import Findings

_ENVIRONMENT = re.compile(r"env:([A-Z][A-Z0-9_]*_API_KEY)", re.ASCII)
_FILE = re.compile(r"file:(.+)", re.DOTALL)
_ALLOWED = '"env:NAME_API_KEY" (a variable whose name ends in _API_KEY) or "file:PATH"'
_A_KEY = f"one word of {SECRET_MIN_CHARACTERS} or more plain letters, digits and signs"
# No key: the place of one where none is read.
UNREAD = "not-needed-here"


def names_of_keys(api_keys: list[object]) -> frozenset[str]:
    """The names of the settings that these values of `api_key` name, so that none is taken for a typo of ours."""
    found = [_ENVIRONMENT.fullmatch(each) for each in api_keys if isinstance(each, str)]
    return frozenset(name for match in found if match for name in (match[1], f"{match[1]}_FILE"))


@dataclass(frozen=True, slots=True)
class Keys:
    """Reads keys from `texts` (every variable and every line of `.env`) and from files; without `needed`, none."""

    texts: Mapping[str, str]
    needed: bool
    findings: Findings

    def read(self, path: str, value: object) -> str | None:
        """The key that `value` names, the `api_key` at that path; None after a mistake."""
        text = value if isinstance(value, str) else ""
        named, file = _ENVIRONMENT.fullmatch(text), _FILE.fullmatch(text)
        if not named and not file:
            self.findings.add(f"{path} is wrong: it must be {_ALLOWED}, never the key itself; what it is isn't shown.")
            return None
        if not self.needed:
            return UNREAD
        key = self._from_environment(path, named[1]) if named else self._from_file(path, file[1] if file else "")
        return None if key is None else self._judge(path, key)

    def _from_environment(self, path: str, name: str) -> str | None:
        text, file = self.texts.get(name), self.texts.get(f"{name}_FILE")
        if text is not None and file is not None:
            self.findings.add(f"{path}: {name} and {name}_FILE are both set: keep one of them.")
            return None
        if file is not None:
            return read_secret(f"{name}_FILE", file, self.findings.add, self.findings.warn)
        if text is None:
            self.findings.add(f"{path} names {name}, which is missing: set it in the environment or in .env.")
            return None
        return text.strip()

    def _from_file(self, path: str, file: str) -> str | None:
        return read_secret(path, file, self.findings.add, self.findings.warn)

    def _judge(self, path: str, key: str) -> str | None:
        try:
            if len(key) >= SECRET_MIN_CHARACTERS:
                self.findings.secrets.append(key)
                if key == self.texts.get("DISCORD_TOKEN", "").strip():
                    self.findings.add(f"{path} is wrong: it is the token of Discord, which no provider may see.")
                    return None
                return fits_a_header(key)
        except ValueError:
            pass
        self.findings.add(f"{path} is wrong: the key must be {_A_KEY}; what it is isn't shown.")
        return None
