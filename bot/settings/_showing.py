"""What an error may show of a value: one short line, and nothing that may be a secret in the wrong place."""

import re
from collections.abc import Iterable

_MAX_CHARACTERS = 60
# The search for a mixed word takes time that grows with the square of the length.
_SEARCHED_CHARACTERS = 200
_NAMED_SECRET = re.compile(r"(?i)\b(?:sk|key|token|bearer)[-_ ]")
_LONG_AND_MIXED = re.compile(r"(?i)(?=\S*[a-z])(?=\S*[0-9])[\w.+/=-]{24,}")
_ADDRESS = re.compile(r"(?P<scheme>\w+://)(?:[^/\s]*@)?(?P<rest>[^?#\s]*).*", re.DOTALL)
# What a text can hardly be but a key, or an Authorization header with one.
LIKE_A_KEY = re.compile(
    r"(?<![\w-])(?:(?:sk|pk|rk)-(?=[\w-]*\d)[\w-]{16,}|bearer[ \t]+(?=\S*\d)[\w.~+/=-]{16,})",
    re.ASCII | re.IGNORECASE,
)
_HIDDEN = "something that looks like a secret"


def shown(value: str, secrets: Iterable[str]) -> str:
    """The value in quotation marks, cut, unless it may be a secret or contains one of `secrets`."""
    address = _ADDRESS.fullmatch(value.strip())
    plain = f"{address['scheme']}{address['rest']}" if address else value.strip()
    if _has_secret(plain, secrets) or (address is None and _LONG_AND_MIXED.search(plain[:_SEARCHED_CHARACTERS])):
        return _HIDDEN
    hidden = " (more is not shown)" if plain != value.strip() or len(plain) > _MAX_CHARACTERS else ""
    return ascii(plain[:_MAX_CHARACTERS]) + hidden


def shown_name(name: str, secrets: Iterable[str]) -> str:
    """A name that somebody chose, as TOML writes it; long ones are names of models rather than secrets."""
    if _has_secret(name, secrets):
        return "(hidden)"
    bare = re.fullmatch(r"[A-Za-z0-9_-]+", name)
    cut = f"{name[:_MAX_CHARACTERS]}..." if len(name) > _MAX_CHARACTERS else name
    return cut if bare else f'"{ascii(cut)[1:-1]}"'


def _has_secret(text: str, secrets: Iterable[str]) -> bool:
    return any(secret and secret in text for secret in secrets) or _NAMED_SECRET.search(text) is not None
