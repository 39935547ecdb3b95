"""Reading what a server says when it says no: every error shape in use, brought to one. Pure, and it judges nothing."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

DETAIL_MAX_CHARACTERS = 500
_CODES_OF_SUCCESS = frozenset({"", "0", "ok", "success", "succeed", "none"})
_FIELDS = frozenset({"prompt", "model", "size", "seconds", "input_reference"})

# Whoever has the address of a video has the video, by its path as by its query. JSON may write a slash as `\/`.
_ADDRESS = re.compile(r"(?i)(https?:(?:\\*/){2}[^\s\"'<>/?#\\]*)[^\s\"'<>]+")
_QUERY = re.compile(r"\?[^\s\"'<>=]{1,64}=[^\s\"'<>]+")


@dataclass(frozen=True, slots=True)
class ErrorWords:
    """An error as the server put it. `codes` is code, then type; `param` the request field it named, if any."""

    message: str = ""
    codes: tuple[str, ...] = ()
    param: str | None = None
    wait: object = None
    """A wait in seconds that the body asked for, unread."""
    outright: bool = True
    """Whether the shape can mean nothing but an error, even under a 2xx; FastAPI's `detail` can."""

    @property
    def field(self) -> str | None:
        """`param` if it is a field that we send; anything else is foreign text."""
        plain = (self.param or "").removesuffix("[]")
        return plain if plain in _FIELDS else None

    def mention(self, *words: str) -> bool:
        """Whether a code or the message holds one of these lower-case words."""
        text = " ".join((*self.codes, self.message)).lower()
        return any(word in text for word in words)


def error_words(body: object) -> ErrorWords | None:
    """The error in a decoded body, None if its shape is not one of an error (docs/facts/provider.md, "Errors").

    A message alone is none: gateways in front of the provider write that too. Nor is a code that means success.
    """
    if not isinstance(body, dict):
        return None
    outer = cast("dict[str, object]", body)
    error = outer.get("error")
    if isinstance(error, dict) and error:
        return _from_object(cast("dict[str, object]", error), outer)
    if isinstance(error, str) and error.strip():
        return ErrorWords(error, _codes(outer), _text(outer.get("param")) or None, _wait(outer))
    if outer.get("detail"):
        return _from_detail(outer["detail"], outer)
    message = _text(outer.get("message")) or _text(outer.get("msg"))
    code = _text(outer.get("code")).lower()
    success = (
        code in _CODES_OF_SUCCESS or (len(code) == 3 and code.startswith("2")) or message.lower() in ("ok", "success")
    )
    if message and not success:
        return ErrorWords(message, _codes(outer), _text(outer.get("param")) or None, _wait(outer))
    return None


def job_error(job: Mapping[str, object]) -> ErrorWords | None:
    """The error that a failed video carries: an object, a string, `fail_reason`, or nothing at all."""
    error = job.get("error")
    if isinstance(error, dict) and error:
        return _from_object(cast("dict[str, object]", error), job)
    others: tuple[object, ...] = tuple(job.get(key) for key in ("error", "fail_reason", "failure_message"))
    for text in others:
        if isinstance(text, str) and text.strip():
            return ErrorWords(text, _codes(job))
    return None


def escaped(text: str, secret: str = "") -> str:
    """Foreign text made safe for a line of the log: no secret, no address, all printable, at most 500 characters."""
    if secret:
        text = text.replace(secret, "[hidden]")
    text = _QUERY.sub("?[hidden]", _ADDRESS.sub(r"\1/[hidden]", text))
    # Unprintable characters grow when they are escaped, so the text is cut on both sides of it.
    printable = (
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text[:DETAIL_MAX_CHARACTERS]
    )
    return "".join(printable)[:DETAIL_MAX_CHARACTERS]


def _from_object(error: dict[str, object], outer: Mapping[str, object]) -> ErrorWords:
    message = _text(error.get("message")) or _text(error.get("msg")) or _text(error.get("detail"))
    codes = _codes(error) or tuple(code for code in _codes(outer) if code != "error")
    wait = _wait(error)
    return ErrorWords(message, codes, _text(error.get("param")) or None, _wait(outer) if wait is None else wait)


def _from_detail(detail: object, outer: Mapping[str, object]) -> ErrorWords | None:
    """FastAPI's two forms: a text, or a list of what is wrong where."""
    if isinstance(detail, str):
        return ErrorWords(detail, _codes(outer), None, _wait(outer), outright=False)
    if isinstance(detail, dict):
        return _from_object(cast("dict[str, object]", detail), outer)
    for problem in _objects(detail):
        where = problem.get("loc")
        place = cast("list[object]", where)[-1] if isinstance(where, list) and where else None
        message, param = _text(problem.get("msg")), _text(place) or None
        return ErrorWords(message, _codes(problem), param, _wait(outer), outright=False)
    return None


def _objects(value: object) -> Iterator[dict[str, object]]:
    if isinstance(value, list):
        for item in cast("list[object]", value):
            if isinstance(item, dict):
                yield cast("dict[str, object]", item)


def _codes(holder: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(text for key in ("code", "type") if (text := _text(holder.get(key))))


def _wait(holder: Mapping[str, object]) -> object:
    for key in ("retryAfter", "retry_after"):
        if holder.get(key) is not None:
            return holder[key]
    headers = holder.get("headers")
    if isinstance(headers, dict):
        for name, value in cast("dict[str, object]", headers).items():
            if name.lower() == "retry-after":
                return value
    return None


def _text(value: object) -> str:
    """A short text of a string or a whole number; '' for everything else."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int) and not isinstance(value, bool) and -(10**9) < value < 10**9:
        return str(value)
    return ""
