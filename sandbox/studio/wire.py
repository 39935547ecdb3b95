"""The Videos API's requests and responses, field by field, as the provider's page and similar servers have them.

The facts are in docs/facts/provider.md.
"""

import io
import json
import re
from typing import Any

from aiohttp import BodyPartReader, web
from PIL import Image

from sandbox.studio.dials import Dials
from sandbox.studio.state import ReceivedFile, Render, RenderState, Request, Submission

_FIELDS = frozenset({"prompt", "model", "size", "seconds", "input_reference"})
_FILE_FIELDS = frozenset({"input_reference", "input_reference[]"})
_IMAGE_FORMATS = ("PNG", "JPEG", "WEBP")
_SIZE = re.compile(r"[1-9][0-9]{1,3}x[1-9][0-9]{1,3}")
_SECONDS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3})?")
_SECONDS_MAX = 120
_SIDE_MIN = 64
_SIDE_MAX = 4096
_PROMPT_MAX_CHARACTERS = 32_000


class RefusedError(Exception):
    """The API refuses; carries OpenAI's error envelope."""

    def __init__(self, status: int, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param

    def response(self) -> web.Response:
        """The envelope as an HTTP response."""
        kind = "server_error" if self.status >= 500 else "invalid_request_error"
        error = {"message": str(self), "type": kind, "param": self.param, "code": self.code}
        return web.json_response({"error": error}, status=self.status)


async def receive(request: web.Request, entry: Request, max_bytes: int) -> None:
    """Read the request's body into `entry`; raises RefusedError if it can't be read or is too large."""
    if not request.can_read_body:
        return
    if (request.content_length or 0) > max_bytes:
        raise RefusedError(413, "The request is larger than the server accepts.", code="request_too_large")
    if request.content_type == "multipart/form-data":
        entry.body_kind = "multipart"
        try:
            await _receive_parts(request, entry, max_bytes)
        except (ValueError, AssertionError) as broken:
            raise RefusedError(400, "We could not parse the multipart body of your request.") from broken
        return
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > max_bytes:
            raise RefusedError(413, "The request is larger than the server accepts.", code="request_too_large")
    if request.content_type == "application/json":
        entry.body_kind = "json"
        try:
            content: Any = json.loads(body)
        except ValueError as broken:
            raise RefusedError(400, "We could not parse the JSON body of your request.") from broken
        if not isinstance(content, dict):
            raise RefusedError(400, "We could not parse the JSON body of your request: an object is expected.")
        entry.fields = {str(name): value for name, value in content.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - JSON has no types
        return
    entry.body_kind = "urlencoded" if request.content_type == "application/x-www-form-urlencoded" else "other"


async def _receive_parts(request: web.Request, entry: Request, max_bytes: int) -> None:
    files: list[ReceivedFile] = []
    total_bytes = 0
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name is None:
            raise ValueError("every part needs a name and nothing may be nested")
        data = bytes(await part.read())
        total_bytes += len(data)
        if total_bytes > max_bytes:
            raise RefusedError(413, "The request is larger than the server accepts.", code="request_too_large")
        if part.filename is not None:
            files.append(ReceivedFile(part.name, part.filename, part.headers.get("Content-Type"), data))
            continue
        text = data.decode()
        before = entry.fields.get(part.name)
        entry.fields[part.name] = (
            text if before is None else [*(before if isinstance(before, list) else [before]), text]
        )
    entry.files = tuple(files)


def read_submission(entry: Request, dials: Dials, parent: Render | None = None) -> Submission:
    """The content of a create or remix request; raises RefusedError with the envelope of a real server."""
    if entry.body_kind not in ("json", "multipart"):
        raise RefusedError(
            400,
            "Unsupported content type: this endpoint takes 'application/json' and 'multipart/form-data'.",
            code="unsupported_content_type",
        )
    _check_names(entry)
    texts = {name: _text(name, value, dials) for name, value in entry.fields.items() if name in _FIELDS}
    prompt = texts.get("prompt", "").strip()
    if not prompt:
        raise RefusedError(
            400, "Missing required parameter: 'prompt'.", code="missing_required_parameter", param="prompt"
        )
    if len(prompt) > _PROMPT_MAX_CHARACTERS:
        raise RefusedError(400, "Invalid 'prompt': string too long.", code="string_above_max_length", param="prompt")
    model = texts.get("model", dials.models[0])
    if model not in dials.models:
        raise RefusedError(404, f"The model '{model}' does not exist.", code="model_not_found", param="model")
    size = _check_size(texts.get("size", parent.size if parent else dials.default_size))
    seconds = _check_seconds(texts.get("seconds", parent.seconds if parent else dials.default_seconds))
    if dials.refused_word in prompt.lower():
        raise content_refused()
    for file in entry.files:
        _check_file(file, size if dials.match_reference_size else None)
    return Submission(
        texts["prompt"],
        model,
        size,
        seconds,
        entry.files,
        parent.id if parent else None,
        entry.headers.get("idempotency-key"),
    )


def content_refused() -> RefusedError:
    """The refusal of a prompt or picture by the content rules."""
    # The provider's page looks for the code in the error's text, where the openai package shows no codes.
    message = "content_policy_violation: your request was rejected by our content policy."
    return RefusedError(400, message, code="content_policy_violation")


def _check_names(entry: Request) -> None:
    for name in entry.fields:
        if name in _FILE_FIELDS:
            message = f"Invalid type for '{name}': expected a file, but got a string instead."
            raise RefusedError(400, message, code="invalid_type", param="input_reference")
        if name not in _FIELDS:
            raise RefusedError(400, f"Unknown parameter: '{name}'.", code="unknown_parameter", param=name)
    for file in entry.files:
        if file.field not in _FILE_FIELDS:
            raise RefusedError(400, f"Unknown parameter: '{file.field}'.", code="unknown_parameter", param=file.field)


def _text(name: str, value: Any, dials: Dials) -> str:
    if isinstance(value, str):
        return value
    kinds = {type(None): "null", bool: "a boolean", int: "an integer", float: "a number", list: "an array"}
    got = next((words for kind, words in kinds.items() if type(value) is kind), "an object")
    expected = f"one of '{dials.default_seconds}', '8', or '12'" if name == "seconds" else "a string"
    message = f"Invalid type for '{name}': expected {expected}, but got {got} instead."
    raise RefusedError(400, message, code="invalid_type", param=name)


def _check_size(size: str) -> str:
    if _SIZE.fullmatch(size):
        sides = [int(side) for side in size.split("x")]
        if min(sides) >= _SIDE_MIN and max(sides) <= _SIDE_MAX and not any(side % 2 for side in sides):
            return size
    message = f"Invalid value for 'size': '{size}'. Expected even WIDTHxHEIGHT, such as '1280x720'."
    raise RefusedError(400, message, code="invalid_value", param="size")


def _check_seconds(seconds: str) -> str:
    if _SECONDS.fullmatch(seconds) and 0 < float(seconds) <= _SECONDS_MAX:
        return seconds
    raise RefusedError(400, f"Invalid value for 'seconds': '{seconds}'.", code="invalid_value", param="seconds")


def _check_file(file: ReceivedFile, size: str | None) -> None:
    """A picture is judged by its bytes: the page's Node example labels one `application/octet-stream`."""
    try:
        with Image.open(io.BytesIO(file.data), formats=_IMAGE_FORMATS) as picture:
            sides = picture.size
    except (OSError, SyntaxError, ValueError) as broken:
        message = (
            f"Invalid file '{file.file_name}': not a readable image. "
            "Supported file formats are 'image/jpeg', 'image/png', and 'image/webp'."
        )
        raise RefusedError(400, message, code="invalid_image_file", param="input_reference") from broken
    if size is not None and size != f"{sides[0]}x{sides[1]}":
        raise RefusedError(400, "Inpaint image must match the requested width and height")


def job_answer(render: Render, dials: Dials, now: float, url: str | None) -> dict[str, Any]:
    """A job as JSON; by default exactly the members on the provider's page, in its order."""
    job: dict[str, Any] = {"id": render.id, "object": "video"}
    if dials.timestamps == "milliseconds":
        job["created"] = int(render.taken_at * 1000)
    else:
        job[dials.timestamps] = int(render.taken_at)
    job["status"] = dials.statuses.get(render.state, render.state.value)
    job["model"] = render.model
    job["prompt"] = render.prompt
    job["url"] = url
    if dials.progress != "none":
        percent = progress_percent(render, now)
        job["progress"] = percent if dials.progress == "percent" else f"{percent}%"
    if render.state is RenderState.COMPLETED:
        job["duration"] = float(render.seconds)
        job["size"] = render.size
    if render.error is not None:
        job["error"] = render.error
    return job


def progress_percent(render: Render, now: float) -> int:
    """A render's progress, 0 to 100; never 100 before it is completed."""
    if render.state is RenderState.COMPLETED:
        return 100
    share = (now - render.taken_at) / render.render_seconds if render.render_seconds > 0 else 1.0
    return max(0, min(99, int(share * 100)))
