"""The one reader of error bodies: collects every code, text and field of a response, in any shape. Pure.

The shapes are listed in docs/facts/provider.md ("Errors"). Everything is bounded: depth, number of values, characters.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

DETAIL_MAX_CHARACTERS = 500
_DETAIL_READ_CHARACTERS = 8_192
_TEXT_MAX_CHARACTERS = 2_000
_CODE_MAX_CHARACTERS = 200
_NESTED_MAX_CHARACTERS = 64 * 1024
_DEPTH_MAX = 8
_VALUES_MAX = 60
_NESTED_JSON_MAX = 2
_CODES_OF_SUCCESS = frozenset({"", "0", "ok", "success", "succeed", "succeeded", "none", "null"})
_FAILED_WORDS = frozenset({"failed", "failure", "fail", "error"})

_CODE_KEYS = (
    *("code", "type", "error_code", "errorCode", "err_code", "errcode", "error_type", "errorType", "status_code"),
    *("statusCode", "failure_code", "fail_code", "error_name", "sub_code", "subcode", "reason_code", "finish_reason"),
)
_TEXT_KEYS = (
    *("message", "msg", "error_message", "errorMessage", "error_msg", "errorMsg", "err_msg", "errmsg", "status_msg"),
    *("title", "description", "error_description", "fail_reason", "failReason", "failure_reason", "failureReason"),
    *("failure_message", "reason", "reasons", "status_reason", "status_message", "task_status_msg", "explanation"),
    *("localized_message", "raw"),
)
_NEST_KEYS = (
    *("error", "errors", "detail", "details", "base_resp", "incomplete_details", "innererror", "inner_error"),
    *("innerError", "upstream_error", "last_error", "failure", "fieldViolations", "field_violations", "violations"),
    *("issues", "problems", "cause", "error_details", "error_data", "error_info", "additionalInfo"),
)
# Read only inside of an error, as it means something else on a video.
_INNER_KEYS = ("metadata", "data", "response", "info")
_FIELD_KEYS = ("param", "field", "parameter", "loc", "path", "target", "property", "argument", "pointer", "source")
# On a video these mean nothing about an error, or not by themselves.
_JOB_CODE_KEYS = tuple(key for key in _CODE_KEYS if key != "type")
_JOB_TEXT_KEYS = tuple(key for key in _TEXT_KEYS if key not in ("title", "description", "raw"))
_FIELDS = {
    **dict.fromkeys(("prompt", "text", "negative_prompt"), "prompt"),
    **dict.fromkeys(("model", "model_name", "model_id", "deployment", "engine"), "model"),
    **dict.fromkeys(
        ("size", "resolution", "width", "height", "aspect_ratio", "aspectratio", "ratio", "dimensions", "video_size"),
        "size",
    ),
    **dict.fromkeys(("seconds", "duration", "n_seconds", "length", "num_seconds", "video_length"), "seconds"),
    **dict.fromkeys(
        ("input_reference", "input_references", "image", "images", "image_url", "image_urls", "input_image", "picture"),
        "input_reference",
    ),
    **dict.fromkeys(("reference", "references", "reference_image", "first_frame", "frame_images"), "input_reference"),
    **dict.fromkeys(("video_id", "remix_video_id", "video", "source_video", "remixed_from_video_id"), "video"),
}

# The address of a video gives access to it, by its path as by its query. JSON may write a slash as `\/`.
_ADDRESS = re.compile(r"(?i)(https?:(?:\\*/){2}[^\s\"'<>/?#\\]*)[^\s\"'<>]+")
_QUERY = re.compile(r"\?[^\s\"'<>=]{1,64}=[^\s\"'<>]+")


@dataclass(frozen=True, slots=True)
class ErrorWords:
    """All codes, texts and fields of an error, in the order in which they were found, outermost first."""

    codes: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    """The request fields that were blamed, by our names for them (`prompt`, `size`, `input_reference`, …)."""
    wait: object = None
    """A wait in seconds that the body asked for, unread."""
    outright: bool = True
    """Whether the shape can mean nothing but an error, even under a 2xx; FastAPI's `detail` can."""
    enveloped: bool = True
    """Whether it is the provider's own error envelope; plain text and a message alone also come from proxies."""

    @property
    def message(self) -> str:
        """The first text."""
        return self.texts[0] if self.texts else ""

    @property
    def field(self) -> str | None:
        """The one field that was blamed; None for none and for several."""
        return self.fields[0] if len(set(self.fields)) == 1 else None

    def mention(self, *words: str) -> bool:
        """Whether a code or a text holds one of these lower-case words."""
        text = " ".join((*self.codes, *self.texts)).lower()
        return any(word in text for word in words)


def error_words(body: object, plain: str = "") -> ErrorWords | None:
    """The error in a decoded body, or in a body that is `plain` text; None if there is none.

    A code that means success is no error.
    """
    if isinstance(body, dict):
        return _from_envelope(cast("dict[str, object]", body))
    pile = _Pile()
    pile.take(plain if body is None else body, 0, 0)
    if not pile.texts and not pile.codes:
        return None
    return pile.words(outright=False, enveloped=False)


def job_error(*holders: Mapping[str, object]) -> ErrorWords | None:
    """The error of a failed video, from its own object and those around it; None if there is none."""
    pile = _Pile()
    for holder in holders:
        for key in _NEST_KEYS:
            pile.take(holder.get(key), 1, 0)
        pile.collect(holder, _JOB_CODE_KEYS, _JOB_TEXT_KEYS, 0)
    if not pile.texts and not pile.codes:
        return None
    return pile.words(outright=True, enveloped=True)


def escaped(text: str, secret: str = "") -> str:
    """Foreign text made safe for a line of the log: no secret, no address, all printable, at most 500 characters."""
    if len(text) > _DETAIL_READ_CHARACTERS:
        # Half a secret at the cut would not be recognised, so the last characters are cut, too.
        text = text[: _DETAIL_READ_CHARACTERS - len(secret)] if secret else text[:_DETAIL_READ_CHARACTERS]
    if secret:
        text = text.replace(secret, "[hidden]")
    text = _QUERY.sub("?[hidden]", _ADDRESS.sub(r"\1/[hidden]", text))
    # Unprintable characters grow when they are escaped, so the text is cut on both sides of it.
    printable = (
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text[:DETAIL_MAX_CHARACTERS]
    )
    return "".join(printable)[:DETAIL_MAX_CHARACTERS]


@dataclass(slots=True)
class _Pile:
    """The collected words, and how many more may be collected."""

    codes: dict[str, None] = field(default_factory=dict[str, None])
    texts: dict[str, None] = field(default_factory=dict[str, None])
    fields: dict[str, None] = field(default_factory=dict[str, None])
    left: int = _VALUES_MAX

    def words(self, *, wait: object = None, outright: bool, enveloped: bool) -> ErrorWords:
        return ErrorWords(tuple(self.codes), tuple(self.texts), tuple(self.fields), wait, outright, enveloped)

    def take(self, value: object, depth: int, opened: int) -> None:
        """Collect from a value at a place of an error."""
        if depth > _DEPTH_MAX or self.left <= 0:
            return
        self.left -= 1
        if isinstance(value, dict):
            self._take_object(cast("dict[str, object]", value), depth, opened)
        elif isinstance(value, list):
            for item in cast("list[object]", value)[:_VALUES_MAX]:
                self.take(item, depth + 1, opened)
        else:
            self.add_text(value, depth, opened)

    def collect(self, holder: Mapping[str, object], codes: tuple[str, ...], texts: tuple[str, ...], depth: int) -> None:
        """Add the codes and texts of an object under these names."""
        for key in codes:
            self._add_code(holder.get(key), outermost=True)
        for key in texts:
            value = holder.get(key)
            if isinstance(value, list | dict):
                self.take(cast("object", value), depth + 1, 0)
            else:
                self.add_text(value, depth, 0)

    def add_text(self, value: object, depth: int, opened: int) -> None:
        """Add a text; JSON inside it is opened instead, as gateways pass on an upstream's body in their message."""
        text = _text(value) if isinstance(value, str) else ""
        if text.lower() in _CODES_OF_SUCCESS:
            return
        nested = _nested(text) if opened < _NESTED_JSON_MAX else None
        if nested is not None:
            around, inner = nested
            before = len(self.codes) + len(self.texts)
            self.take(inner, depth + 1, opened + 1)
            if len(self.codes) + len(self.texts) > before:
                text = around
        if text:
            self.texts[text[:_TEXT_MAX_CHARACTERS]] = None

    def _take_object(self, holder: dict[str, object], depth: int, opened: int) -> None:
        for key in _CODE_KEYS:
            self._add_code(holder.get(key), outermost=depth == 0)
        if any(holder.get(key) for key in ("errors", "error", "message", "detail")):
            self._add_code(holder.get("name"), outermost=True)
        for key in _FIELD_KEYS:
            self._add_field(holder.get(key))
        for key in _TEXT_KEYS:
            value = holder.get(key)
            if isinstance(value, list | dict):
                self.take(cast("object", value), depth + 1, opened)
            else:
                self.add_text(value, depth, opened)
        inner = _INNER_KEYS if depth > 0 else ()
        for key in (*_NEST_KEYS, *inner):
            if holder.get(key):
                self.take(holder[key], depth + 1, opened)
        # {"prompt": ["is too long"]}, as some frameworks list the errors of each field.
        for key, value in list(holder.items())[:_VALUES_MAX] if depth > 0 else ():
            if key in _FIELDS and isinstance(value, list):
                self._add_field(key)
                self.take(cast("object", value), depth + 1, opened)

    def _add_code(self, value: object, *, outermost: bool) -> None:
        text = _text(value)
        if text and not (outermost and _is_success(text)):
            self.codes[text[:_CODE_MAX_CHARACTERS]] = None

    def _add_field(self, value: object) -> None:
        """Add a named field if it is one of ours; of a path (["body", "prompt"], "body.prompt") the last that is."""
        if isinstance(value, dict):
            value = cast("dict[str, object]", value).get("pointer")
        parts = cast("list[object]", value) if isinstance(value, list) else [value]
        names = [name for part in parts[:20] if isinstance(part, str) for name in re.split(r"[^\w]+", part[:200])]
        ours = [_FIELDS[name.lower()] for name in names if name.lower() in _FIELDS]
        if ours:
            self.fields[ours[-1]] = None


def _from_envelope(outer: dict[str, object]) -> ErrorWords | None:
    pile = _Pile()
    error = outer.get("error") or outer.get("errors")
    resp = outer.get("base_resp")
    code = _text(outer.get("code")).lower()
    success = _is_success(code)
    message = _text(outer.get("message")) or _text(outer.get("msg"))
    outright = bool(
        (error and isinstance(error, dict | list | str | bool))
        or outer.get("success") is False
        or outer.get("ok") is False
        or (isinstance(resp, dict) and _text(cast("dict[str, object]", resp).get("status_code")) not in ("", "0"))
        or (message and not success and message.lower() not in _CODES_OF_SUCCESS)
        or (_text(outer.get("status")).lower() in _FAILED_WORDS and message)
        or any(_text(outer.get(key)) for key in ("failure_reason", "fail_reason", "error_message", "failure_message"))
    )
    if success and not outright:
        outer = {key: value for key, value in outer.items() if key not in ("message", "msg")} if code else outer
    if error is not None and isinstance(error, str):
        # The label beside a text ("Bad Request") is less precise than the text.
        pile.add_text(error, 0, 0)
    pile.take(outer, 0, 0)
    if not pile.texts and not pile.codes:
        return None
    enveloped = outright or bool(outer.get("detail")) or (not success and bool(code))
    return pile.words(wait=_wait(outer), outright=outright, enveloped=enveloped)


def _nested(text: str) -> tuple[str, object] | None:
    """The text around a JSON object in it, and that object; None if there is none."""
    start, end = text.find("{"), text.rfind("}")
    if not 0 <= start < end or end - start > _NESTED_MAX_CHARACTERS:
        return None
    for candidate in (text[start : end + 1], text[start : end + 1].replace('\\"', '"')):
        try:
            value = cast("object", json.loads(candidate))
        except (ValueError, RecursionError):
            continue
        around = (text[:start] + " " + text[end + 1 :]).strip(" \t\r\n:-\"'()[]")
        return around, value
    return None


def _wait(outer: Mapping[str, object]) -> object:
    error = outer.get("error")
    for holder in (cast("dict[str, object]", error) if isinstance(error, dict) else {}, outer):
        for key in ("retryAfter", "retry_after"):
            if holder.get(key) is not None:
                return holder[key]
        headers = holder.get("headers")
        if isinstance(headers, dict):
            for name, value in cast("dict[str, object]", headers).items():
                if name.lower() == "retry-after":
                    return value
    return None


def _is_success(code: str) -> bool:
    return code.lower() in _CODES_OF_SUCCESS or (len(code) == 3 and code.isdecimal() and code.startswith("2"))


def _text(value: object) -> str:
    """A text of a string or a whole number; '' for everything else."""
    if isinstance(value, str):
        return value[:_NESTED_MAX_CHARACTERS].strip()
    if isinstance(value, int) and not isinstance(value, bool) and -(10**9) < value < 10**9:
        return str(value)
    return ""
