"""Reading the bodies of requests, JSON or multipart, for every dialect; and the refusal of one."""

import json
from typing import Any

from aiohttp import BodyPartReader, web

from sandbox.studio.state import ReceivedFile, Request


class RefusedError(Exception):
    """The API refuses, with this status; the dialect writes the envelope."""

    def __init__(self, status: int, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param


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
