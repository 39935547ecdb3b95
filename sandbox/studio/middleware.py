"""Request middleware of the local Videos API: records requests, holds them at gates, applies scripted faults."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from sandbox.excerpt import excerpt
from sandbox.studio.drawing import EncodeError
from sandbox.studio.faults import Fault, FaultKind, Faults, Gates
from sandbox.studio.receiving import RefusedError, receive
from sandbox.studio.state import Operation, Request, StudioState

log = logging.getLogger(__name__)

ENTRY = web.RequestKey("entry", Request)
_STEPS_PER_SECOND = 10
SENT = web.RequestKey("sent", Path)


class RequestMiddleware:
    """Records each request of both servers, and applies gates and faults to it."""

    def __init__(
        self, state: StudioState, faults: Faults, gates: Gates, write_error: Callable[[RefusedError], web.Response]
    ) -> None:
        """`write_error` writes the envelope of the API's dialect."""
        self._state = state
        self._write_error = write_error
        self._faults = faults
        self._gates = gates
        self._closing = asyncio.Event()
        self._operations: dict[Handler, Operation] = {}

    def register(self, operation: Operation, handler: Handler) -> Handler:
        """Remember which operation a handler is; gives the handler back."""
        self._operations[handler] = operation
        return handler

    def close(self) -> None:
        """Release every held request."""
        self._closing.set()
        self._gates.cut_all()

    def handler(self, *, at_file_host: bool = False) -> Middleware:
        """The middleware in the form that aiohttp takes, for one of the two servers."""

        @web.middleware
        async def handle(request: web.Request, handler: Handler) -> web.StreamResponse:
            entry = self._entry(request, self._operations.get(request.match_info.handler, "unknown"))
            entry.at_file_host = at_file_host
            request[ENTRY] = entry
            response = await self._serve(request, entry, handler)
            if response is None:
                self._state.changed()
                return _cut(request)
            entry.status = response.status
            entry.answer = excerpt(response, request.get(SENT))
            self._state.changed()
            return response

        return handle

    def _entry(self, request: web.Request, operation: Operation) -> Request:
        entry = Request(
            request.method,
            request.path,
            operation,
            {name.lower(): value for name, value in request.headers.items()},
            self._state.clock.now(),
            dict(request.query),
        )
        self._state.requests.append(entry)
        self._state.changed()
        return entry

    async def _serve(self, request: web.Request, entry: Request, handler: Handler) -> web.StreamResponse | None:
        """The response, or None when the connection is to be cut."""
        try:
            await receive(request, entry, self._state.dials.request_max_bytes)
        except RefusedError as refused:
            return self._write_error(refused)
        fault = self._faults.next(entry.operation, self._prompt_of(request, entry))
        entry.fault = fault.words if fault else ""
        if not await self._gates.passed(entry, "before_take"):
            return None
        response: web.StreamResponse | None = None
        if fault is None or fault.take:
            try:
                response = await handler(request)
            except RefusedError as refused:
                response = self._write_error(refused)
            except EncodeError:
                log.exception("%s %s: no video", request.method, request.path)
                response = self._write_error(RefusedError(500, "The video could not be drawn.", code="server_error"))
            except web.HTTPException:
                response = self._write_error(RefusedError(404, f"Invalid URL ({request.method} {request.path})"))
        if not await self._gates.passed(entry, "after_take"):
            return None
        return response if fault is None else await self._gone_wrong(fault, request, response)

    def _prompt_of(self, request: web.Request, entry: Request) -> str:
        """The prompt of the video that the request creates or names; empty if there is none."""
        render = self._state.find(request.match_info.get("id", ""))
        return str(entry.fields.get("prompt") or (render.prompt if render else ""))

    async def _gone_wrong(
        self, fault: Fault, request: web.Request, response: web.StreamResponse | None
    ) -> web.StreamResponse | None:
        if fault.kind is FaultKind.ANSWER:
            headers = dict(fault.headers)
            if fault.content_type is not None:
                headers["Content-Type"] = fault.content_type
            return web.Response(status=fault.status_code, headers=headers, body=fault.body_bytes)
        if fault.kind is FaultKind.HANG:
            await self._closing.wait()
            return None
        if fault.kind is FaultKind.DELAY:
            await self._state.clock.sleep(fault.seconds)
            return response
        if fault.kind is FaultKind.SHORT and response is not None:
            await _send_short(request, response, fault.sent_bytes)
        if fault.kind is FaultKind.SLOW and response is not None:
            return await self._send_slowly(request, response, fault.sent_bytes)
        return None

    async def _send_slowly(
        self, request: web.Request, response: web.StreamResponse, bytes_per_second: int
    ) -> web.StreamResponse:
        """Announce all of a body and send it bit by bit; ends when the client disconnects or the studio closes."""
        begun, whole = await _begin(request, response)
        step_bytes = max(1, bytes_per_second // _STEPS_PER_SECOND)
        for at in range(0, len(whole), step_bytes):
            if self._closing.is_set():
                break
            await begun.write(whole[at : at + step_bytes])
            await self._state.clock.sleep(step_bytes / max(1, bytes_per_second))
        return begun


async def _send_short(request: web.Request, response: web.StreamResponse, sent_bytes: int) -> None:
    """Announce all of a body and send only its beginning."""
    begun, whole = await _begin(request, response)
    await begun.write(whole[:sent_bytes])
    if request.transport is not None:
        request.transport.close()


async def _begin(request: web.Request, response: web.StreamResponse) -> tuple[web.StreamResponse, bytes]:
    """The same response with only its head sent, and the rest of the body."""
    sent = request.get(SENT)
    if sent is not None:
        whole = await asyncio.to_thread(sent.read_bytes)
    else:
        whole = response.body if isinstance(response, web.Response) and isinstance(response.body, bytes) else b""
    begun = web.StreamResponse(status=response.status, headers={"Content-Type": response.content_type})
    begun.content_length = len(whole)
    await begun.prepare(request)
    return begun, whole


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
