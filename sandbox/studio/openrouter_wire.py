"""OpenRouter's dialect, field by field. The facts are in docs/facts/provider.md, "The OpenRouter dialect"."""

import base64
import binascii
import math
import re
from typing import Any

from aiohttp import web

from sandbox.studio.dials import Dials, ModelCard
from sandbox.studio.picture_check import check_picture
from sandbox.studio.receiving import RefusedError
from sandbox.studio.state import ReceivedFile, Render, RenderState, Request, Submission
from sandbox.studio.wire import PROMPT_MAX_CHARACTERS, progress_percent

_TEXTS = ("prompt", "model", "size", "resolution", "aspect_ratio", "callback_url")
_LISTS = ("frame_images", "input_references")
_FIELDS = frozenset({*_TEXTS, *_LISTS, "duration", "generate_audio", "seed", "provider"})
_DATA_URL = re.compile(r"data:(image/[a-z]+);base64,(.*)", re.DOTALL)
# The part of its time that a render waits.
_PENDING_PART = 0.25
_WORDS = {RenderState.PROCESSING: "in_progress"}


def write_error(refused: RefusedError) -> web.Response:
    """OpenRouter's error envelope: the code is the status."""
    return web.json_response({"error": {"message": str(refused), "code": refused.status}}, status=refused.status)


def card_of(dials: Dials, model: str) -> ModelCard:
    """The abilities of that model."""
    return dials.cards.get(model, ModelCard())


def read_submission(entry: Request, dials: Dials) -> Submission:
    """The content of a create; raises RefusedError for what the real API refuses."""
    if entry.body_kind != "json":
        raise RefusedError(400, "Invalid JSON in request body: this endpoint takes application/json only")
    fields = entry.fields
    for name in _TEXTS:
        if not isinstance(fields.get(name, ""), str):
            raise RefusedError(400, f"{name}: expected string")
    prompt, model = str(fields.get("prompt", "")), str(fields.get("model", ""))
    if not prompt.strip() or not model:
        raise RefusedError(400, f"{'model' if prompt.strip() else 'prompt'}: Required")
    if len(prompt) > PROMPT_MAX_CHARACTERS:
        raise RefusedError(400, "prompt: too long")
    if model not in dials.models:
        raise RefusedError(400, f"{model} is not a valid model ID")
    card = card_of(dials, model)
    options = _options(fields, card)
    size, seconds = _size(fields, card), _seconds(fields, card)
    if dials.refused_word in prompt.lower():
        raise content_refused()
    references = _pictures(fields, card)
    for reference in references:
        check_picture(reference, size if dials.match_reference_size else None)
    return Submission(prompt, model, size, seconds, references, None, entry.headers.get("idempotency-key"), options)


def content_refused() -> RefusedError:
    """The refusal of a prompt or picture by the content rules."""
    return RefusedError(403, "Your chosen model requires moderation and your input was flagged by its content policy")


def _options(fields: dict[str, Any], card: ModelCard) -> dict[str, Any]:
    """The fields beyond the usual ones; raises RefusedError for one that the model doesn't have."""
    for name in fields:
        if name not in _FIELDS and name not in card.passthrough:
            raise RefusedError(400, f"Unrecognized key: '{name}'")
    seed, audio = fields.get("seed"), fields.get("generate_audio")
    if seed is not None and (not card.seed or not isinstance(seed, int) or isinstance(seed, bool)):
        raise RefusedError(400, "seed: this model takes none" if not card.seed else "seed: expected integer")
    if audio is not None and (not card.audio or not isinstance(audio, bool)):
        raise RefusedError(
            400, "generate_audio: not supported" if not card.audio else "generate_audio: expected boolean"
        )
    usual = {"prompt", "model", "size", "duration", *_LISTS}
    return {name: value for name, value in fields.items() if name not in usual}


def _size(fields: dict[str, Any], card: ModelCard) -> str:
    """The size in pixels, as given or by resolution and aspect ratio."""
    size = fields.get("size")
    if size is not None:
        if size not in card.sizes:
            raise RefusedError(400, f"Unsupported size '{size}'. Supported sizes: {', '.join(card.sizes)}")
        return str(size)
    resolution = fields.get("resolution", card.resolutions[0])
    ratio = fields.get("aspect_ratio", card.aspect_ratios[0])
    if resolution not in card.resolutions:
        raise RefusedError(
            400, f"Unsupported resolution '{resolution}'. Supported resolutions: {', '.join(card.resolutions)}"
        )
    if ratio not in card.aspect_ratios:
        raise RefusedError(
            400, f"Unsupported aspect_ratio '{ratio}'. Supported aspect ratios: {', '.join(card.aspect_ratios)}"
        )
    wide, high = (int(part) for part in str(ratio).split(":"))
    short = int(str(resolution).removesuffix("p"))
    long = math.ceil(short * max(wide, high) / min(wide, high) / 2) * 2
    return f"{long}x{short}" if wide >= high else f"{short}x{long}"


def _seconds(fields: dict[str, Any], card: ModelCard) -> str:
    duration = fields.get("duration", card.durations[0])
    if not isinstance(duration, int) or isinstance(duration, bool):
        raise RefusedError(400, "duration: expected integer")
    if duration not in card.durations:
        supported = ", ".join(map(str, card.durations))
        raise RefusedError(400, f"Unsupported duration {duration}. Supported durations: {supported}")
    return str(duration)


def _pictures(fields: dict[str, Any], card: ModelCard) -> tuple[ReceivedFile, ...]:
    """The pictures under the name of their role. With both lists the frames win, and the references are ignored."""
    for name in _LISTS:
        if not isinstance(fields.get(name, []), list):
            raise RefusedError(400, f"{name}: expected array")
    frames = [_frame(entry, card) for entry in fields.get("frame_images", [])]
    references = [_picture(entry, "input_references") for entry in fields.get("input_references", [])]
    return tuple(frames or references)


def _frame(entry: Any, card: ModelCard) -> ReceivedFile:
    kind = entry.get("frame_type") if isinstance(entry, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - JSON has no types
    if kind not in card.frames:
        raise RefusedError(400, f"frame_images: unsupported frame_type '{kind}'. Supported: {', '.join(card.frames)}")
    return _picture(entry, str(kind))  # pyright: ignore[reportUnknownArgumentType] - JSON has no types


def _picture(entry: Any, field: str) -> ReceivedFile:
    """A picture from a `data:` URL; this server fetches no other address."""
    try:
        url: Any = entry["image_url"]["url"] if entry["type"] == "image_url" else None
        found = _DATA_URL.fullmatch(url)
        data = base64.b64decode(found[2], validate=True) if found else None
    except (KeyError, TypeError, binascii.Error) as broken:
        raise RefusedError(400, f"{field}: expected an object with type and image_url.url") from broken
    if found is None or data is None:
        raise RefusedError(400, f"{field}: the image could not be fetched")
    return ReceivedFile(field, "", found[1], data)


def job_answer(render: Render, dials: Dials, now: float, results: dict[str, list[str]]) -> dict[str, Any]:
    """A job as JSON: state and address, and what it cost once it has ended."""
    job: dict[str, Any] = {
        "id": render.id,
        "polling_url": f"/api/v1/videos/{render.id}",
        "status": dials.statuses.get(render.state) or _word(render, now),
    }
    if dials.progress != "none":
        percent = progress_percent(render, now)
        job["progress"] = percent if dials.progress == "percent" else f"{percent}%"
    if render.state is RenderState.COMPLETED:
        per_second = dials.cost_per_second
        if per_second is None:
            per_second = float(card_of(dials, render.model).per_second)
        job["usage"] = {"cost": round(per_second * float(render.seconds), 6), "is_byok": False}
        job |= results
    if render.error is not None:
        job["error"] = render.error if isinstance(render.error, str) else str(render.error.get("message", ""))
    return job


def _word(render: Render, now: float) -> str:
    if render.state is RenderState.PROCESSING and now - render.taken_at < render.render_seconds * _PENDING_PART:
        return "pending"
    return _WORDS.get(render.state, render.state.value)


def model_entry(name: str, card: ModelCard) -> dict[str, Any]:
    """A model in the catalogue."""
    return {
        "id": name,
        "canonical_slug": name,
        "name": name.replace("/", ": "),
        "created": 0,
        "supported_resolutions": list(card.resolutions),
        "supported_aspect_ratios": list(card.aspect_ratios),
        "supported_sizes": list(card.sizes),
        "supported_durations": list(card.durations),
        "supported_frame_images": list(card.frames),
        "generate_audio": card.audio,
        "seed": card.seed,
        "pricing_skus": {"per-video-second": card.per_second},
        "allowed_passthrough_parameters": list(card.passthrough),
    }
