"""A response of the provider and its context: status, headers, and its body decoded once. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

from bot.videos.causes import Meaning, Sent
from bot.videos.dialects import Dialect
from bot.videos.error_bodies import ErrorWords, error_words, escaped
from bot.videos.retry_after import asked_wait

_DETAIL_READ_BYTES = 8_192
_PLAIN_READ_BYTES = 4_096
_CODE_MAX_CHARACTERS = 64


@dataclass(frozen=True, slots=True)
class RawResponse:
    """The raw response: status, headers (case-insensitive), and the body; None if it broke off or was too large."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class ResponseContext:
    """The context of a response: dialect, base URL, time (epoch seconds), the key to hide, and the request."""

    dialect: Dialect
    base_url: str
    now: float
    secret: str = ""
    remote_id: str | None = None
    """The video that was polled or is to be remixed; None for a create."""
    sent: Sent = field(default_factory=Sent)
    """What a create or remix asked for: its words in an answer are an echo."""


@dataclass(frozen=True)
class Response:
    """A response with its body decoded once. What only faults need is read when it is first used."""

    raw: RawResponse
    context: ResponseContext
    body: object

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.raw.status

    @property
    def complete(self) -> bool:
        """Whether the body arrived as a whole."""
        return self.raw.body is not None

    @property
    def is_mess(self) -> bool:
        """Whether the body broke off, or is neither JSON nor a plain text: a page of markup, half an object, bytes."""
        return self.raw.body is None or (self.body is None and _is_mess(self.raw.body))

    @cached_property
    def words(self) -> ErrorWords | None:
        """Its error words; None if it has none."""
        return _words(self.body, self.raw.body)

    @cached_property
    def meaning(self) -> Meaning | None:
        """The meaning of its error words; None if it has none."""
        return None if self.words is None else Meaning(self.words, self.context.sent)

    @property
    def wait_seconds(self) -> float | None:
        """How long it asks us to wait."""
        return asked_wait(self.raw.headers, self.words.wait if self.words else None, self.context.now)

    @property
    def detail(self) -> str:
        """The beginning of the body, for the log."""
        secret = self.context.secret
        return escaped(_start(self.raw.body or b"", secret), secret)

    @property
    def code(self) -> str | None:
        """The provider's own code for the error, fit for the log and the database."""
        return (
            None
            if self.meaning is None or self.meaning.code is None
            else escaped(self.meaning.code, self.context.secret)[:_CODE_MAX_CHARACTERS]
        )

    @property
    def enveloped(self) -> bool:
        """Whether it carries the provider's own error envelope, and not a proxy's or a firewall's page."""
        return self.words is not None and self.words.enveloped


def read_response(raw: RawResponse, context: ResponseContext) -> Response:
    """The response, with its body decoded."""
    return Response(raw, context, None if raw.body is None else decode(raw.body))


def decode(body_bytes: bytes) -> object:
    """The JSON value of a body, or None if it is none. `NaN` and infinities are read as missing values."""
    try:
        return cast("object", json.loads(body_bytes, parse_constant=lambda _: None))
    except (ValueError, RecursionError):
        return None


def meaning_of(body_bytes: bytes) -> Meaning | None:
    """The meaning of the error words in a body alone; None if it has none."""
    words = _words(decode(body_bytes), body_bytes)
    return None if words is None else Meaning(words)


def _words(body: object, body_bytes: bytes | None) -> ErrorWords | None:
    return error_words(body, "" if body is not None or body_bytes is None else _plain(body_bytes))


def _start(body_bytes: bytes, secret: str) -> str:
    """The beginning of the body, without half a secret at its end."""
    text = body_bytes[:_DETAIL_READ_BYTES].decode("utf-8", "replace")
    return text if len(body_bytes) <= _DETAIL_READ_BYTES else text[: len(text) - len(secret)]


def _is_mess(body_bytes: bytes) -> bool:
    body_bytes = body_bytes.strip()
    if body_bytes in (b"", b"null", b"NaN"):
        return False
    if body_bytes[:1] in (b"<", b"{", b"[") or len(body_bytes) > _PLAIN_READ_BYTES:
        return True
    try:
        return not body_bytes.decode("utf-8").replace("\n", " ").replace("\r", " ").replace("\t", " ").isprintable()
    except UnicodeDecodeError:
        return True


def _plain(body_bytes: bytes) -> str:
    """The body as a text; a page of markup is none."""
    text = body_bytes[:_PLAIN_READ_BYTES].decode("utf-8", "replace").strip()
    return "" if text.startswith(("<", "{", "[")) else text
