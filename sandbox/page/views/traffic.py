"""Every call that the bot made to Discord and to the Videos API, merged by time and without secrets."""

import json
from typing import Any

from sandbox.chat import Request as ChatRequest
from sandbox.chat.records import Json
from sandbox.chat.rest.server import API_PREFIX
from sandbox.stage import Stage
from sandbox.studio import Request as StudioRequest

_SHOWN_MAX = 300
_BODY_CHARACTERS_MAX = 16_000
_HIDDEN = "…"
_SHOWN_HEADERS = ("idempotency-key", "content-type")


def log_entries(stage: Stage, since: float = 0.0) -> list[Json]:
    """The newest calls after `since` (ms), oldest first. An entry keeps its id, and changes when its response comes."""
    secrets = (stage.chat.bot_token, *stage.api_keys)
    discord = [*enumerate(stage.chat.requests)][-_SHOWN_MAX:]
    calls: list[tuple[float, Json]] = [(one.at, _discord_entry(f"d{number}", one, secrets)) for number, one in discord]
    for name, studio in stage.studios.items():
        asked, shown = [*enumerate(studio.requests)][-_SHOWN_MAX:], name if len(stage.studios) > 1 else ""
        calls += [(one.at, _provider_entry(f"p-{name}-{number}", shown, one, secrets)) for number, one in asked]
    calls = sorted((call for call in calls if call[0] * 1000 > since), key=lambda call: call[0])
    return [entry for _, entry in calls[-_SHOWN_MAX:]]


def _discord_entry(entry_id: str, request: ChatRequest, secrets: tuple[str, ...]) -> Json:
    files = [
        {"field": f"files[{number}]", "name": one.file_name, "size": one.size_bytes, "type": one.content_type}
        for number, one in request.uploads.items()
    ]
    headers = {"authorization": f"Bot {_HIDDEN}"} if request.authorized else {}
    return {
        "id": entry_id,
        "at": int(request.at * 1000),
        "to": "discord",
        "method": request.method,
        "path": _without_token(request.route, request.path.removeprefix(API_PREFIX)),
        "what": request.kind,
        "status": request.status or None,
        "headers": headers,
        "body": _without(secrets, request.body or None),
        "files": files,
        "answer": _without(secrets, request.answer),
        "fault": request.fault or None,
    }


def _provider_entry(entry_id: str, name: str, request: StudioRequest, secrets: tuple[str, ...]) -> Json:
    files = [
        {"field": one.field, "name": one.file_name, "size": len(one.data), "type": one.content_type}
        for one in request.files
    ]
    headers = {name: request.headers[name] for name in _SHOWN_HEADERS if name in request.headers}
    if "authorization" in request.headers:
        headers = {"authorization": f"Bearer {_HIDDEN}", **headers}
    return {
        "id": entry_id,
        "at": int(request.at * 1000),
        "to": "provider",
        "provider": name or None,
        "method": request.method,
        "path": request.path,
        "what": request.operation,
        "status": request.status,
        "headers": headers,
        "body": _without(secrets, request.fields or None),
        "files": files,
        "answer": _without(secrets, request.answer),
        "fault": request.fault or None,
    }


def _without_token(route: str, path: str) -> str:
    """The path without the token of an interaction, which alone allows a response to it."""
    parts = path.split("/")
    for place, name in enumerate(route.split("/")):
        if name == "{token}" and place < len(parts):
            parts[place] = _HIDDEN
    return "/".join(parts)


def _without(secrets: tuple[str, ...], value: Any) -> Any:
    """The same JSON without secrets; when it is very long, the beginning of its text."""
    text = json.dumps(value, ensure_ascii=False)
    for secret in secrets:
        text = text.replace(secret, _HIDDEN)
    return json.loads(text) if len(text) <= _BODY_CHARACTERS_MAX else f"{text[:_BODY_CHARACTERS_MAX]}{_HIDDEN}"
