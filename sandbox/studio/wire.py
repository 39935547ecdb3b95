"""OpenAI's dialect, field by field, as the provider's page and similar servers have it.

The facts are in docs/facts/provider.md.
"""

import json
import re
from typing import Any

from aiohttp import web

from sandbox.studio.dials import Dials
from sandbox.studio.picture_check import check_picture
from sandbox.studio.receiving import RefusedError
from sandbox.studio.state import Render, RenderState, Request, Submission

_FIELDS = frozenset({"prompt", "model", "size", "seconds", "input_reference"})
_FILE_FIELDS = frozenset({"input_reference", "input_reference[]"})
_SIZE = re.compile(r"[1-9][0-9]{1,3}x[1-9][0-9]{1,3}")
_SECONDS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3})?")
_SECONDS_MAX = 120
_SIDE_MIN = 64
_SIDE_MAX = 4096
PROMPT_MAX_CHARACTERS = 32_000


def write_error(refused: RefusedError) -> web.Response:
    """OpenAI's error envelope."""
    kind = "server_error" if refused.status >= 500 else "invalid_request_error"
    error = {"message": str(refused), "type": kind, "param": refused.param, "code": refused.code}
    return web.json_response({"error": error}, status=refused.status)


def read_submission(entry: Request, dials: Dials, parent: Render | None = None) -> Submission:
    """The content of a create or remix request; raises RefusedError with the envelope of a real server."""
    if entry.body_kind not in ("json", "multipart"):
        raise RefusedError(
            400,
            "Unsupported content type: this endpoint takes 'application/json' and 'multipart/form-data'.",
            code="unsupported_content_type",
        )
    _check_names(entry, dials)
    texts = {name: _text(name, value, dials) for name, value in entry.fields.items() if name in _FIELDS}
    prompt = texts.get("prompt", "").strip()
    if not prompt:
        raise RefusedError(
            400, "Missing required parameter: 'prompt'.", code="missing_required_parameter", param="prompt"
        )
    if len(prompt) > PROMPT_MAX_CHARACTERS:
        raise RefusedError(400, "Invalid 'prompt': string too long.", code="string_above_max_length", param="prompt")
    model = texts.get("model", dials.models[0])
    if model not in dials.models:
        raise RefusedError(404, f"The model '{model}' does not exist.", code="model_not_found", param="model")
    size = _check_size(texts.get("size", parent.size if parent else dials.default_size))
    seconds = _check_seconds(texts.get("seconds", parent.seconds if parent else dials.default_seconds))
    if dials.refused_word in prompt.lower():
        raise content_refused()
    for file in entry.files:
        check_picture(file, size if dials.match_reference_size else None)
    return Submission(
        texts["prompt"],
        model,
        size,
        seconds,
        entry.files,
        parent.id if parent else None,
        entry.headers.get("idempotency-key"),
        {name: _option(value) for name, value in entry.fields.items() if name in dials.option_fields},
    )


def content_refused() -> RefusedError:
    """The refusal of a prompt or picture by the content rules."""
    # The provider's page looks for the code in the error's text, where the openai package shows no codes.
    message = "content_policy_violation: your request was rejected by our content policy."
    return RefusedError(400, message, code="content_policy_violation")


def _check_names(entry: Request, dials: Dials) -> None:
    for name in entry.fields:
        if name in _FILE_FIELDS:
            message = f"Invalid type for '{name}': expected a file, but got a string instead."
            raise RefusedError(400, message, code="invalid_type", param="input_reference")
        if name not in _FIELDS and name not in dials.option_fields:
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


def _option(value: Any) -> Any:
    """The value of an option; a text part is read as JSON where it is such (`true`, `7`)."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


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
        if dials.cost_per_second is not None:
            job["usage"] = {"cost": round(dials.cost_per_second * float(render.seconds), 6)}
    if render.error is not None:
        job["error"] = render.error
    return job


def progress_percent(render: Render, now: float) -> int:
    """A render's progress, 0 to 100; never 100 before it is completed."""
    if render.state is RenderState.COMPLETED:
        return 100
    share = (now - render.taken_at) / render.render_seconds if render.render_seconds > 0 else 1.0
    return max(0, min(99, int(share * 100)))
