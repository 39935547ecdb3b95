"""A response of the provider and its context: status, headers, and its body decoded once. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from bot.videos.causes import Meaning, Sent
from bot.videos.error_bodies import ErrorWords, error_words, escaped
from bot.videos.retry_after import asked_wait
from bot.videos.wire import decode

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
    """The context of a response: our base URL, the time (epoch seconds), the key to hide, and the request."""

    base_url: str
    now: float
    secret: str = ""
    remote_id: str | None = None
    """The video that was polled or is to be remixed; None for a create."""
    sent: Sent = field(default_factory=Sent)
    """What a create or remix asked for: its words in an answer are an echo."""


@dataclass(frozen=True)
class Response:
    """A response with its body read once."""

    status: int
    body: object
    is_mess: bool
    """Whether the body broke off, or is neither JSON nor a plain text: a page of markup, half an object, bytes."""
    words: ErrorWords | None
    wait_seconds: float | None
    complete: bool
    detail: str
    sent: Sent
    secret: str

    @cached_property
    def meaning(self) -> Meaning | None:
        """The meaning of its error words; None if it has none."""
        return None if self.words is None else Meaning(self.words, self.sent)

    @property
    def code(self) -> str | None:
        """The provider's own code for the error, fit for the log and the database."""
        return (
            None
            if self.meaning is None or self.meaning.code is None
            else escaped(self.meaning.code, self.secret)[:_CODE_MAX_CHARACTERS]
        )

    @property
    def enveloped(self) -> bool:
        """Whether it carries the provider's own error envelope, and not a proxy's or a firewall's page."""
        return self.words is not None and self.words.enveloped


def read_response(raw: RawResponse, context: ResponseContext) -> Response:
    """The response, read."""
    body_bytes = raw.body
    body = decode(body_bytes) if body_bytes is not None else None
    words = error_words(body, "" if body is not None or body_bytes is None else _plain(body_bytes))
    return Response(
        status=raw.status,
        body=body,
        is_mess=body_bytes is None or (body is None and _is_mess(body_bytes)),
        words=words,
        wait_seconds=asked_wait(raw.headers, words.wait if words else None, context.now),
        complete=body_bytes is not None,
        detail=escaped(_start(body_bytes or b"", context.secret), context.secret),
        sent=context.sent,
        secret=context.secret,
    )


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
