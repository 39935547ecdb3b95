"""Answers REST calls: finds the route, checks the token, applies faults and gates, and writes Discord's exact
responses.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from sandbox.chat.errors import ApiError
from sandbox.chat.faults import Fault, FaultKind, Faults, Request
from sandbox.chat.records import Json
from sandbox.chat.rest.incoming import Incoming, read
from sandbox.chat.rest.sending import send_badly
from sandbox.chat.world import World
from sandbox.excerpt import excerpt

_PLENTY = {
    "X-RateLimit-Limit": "1000",
    "X-RateLimit-Remaining": "999",
    "X-RateLimit-Reset-After": "1.0",
}
_CUTS = (FaultKind.HANG, FaultKind.DROP_BEFORE, FaultKind.DROP_AFTER, FaultKind.CUT, FaultKind.SLOW)
API_PREFIX = "/api/v10"
Answer = Json | list[Json] | None
Handler = Callable[[Incoming], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and path, its name for faults, and what to do."""

    method: str
    path: str
    kind: str
    handle: Handler
    needs_token: bool = True

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """The parts of the path by name, if the route matches."""
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path)
        found = re.fullmatch(pattern, path) if method == self.method else None
        return found.groupdict() if found else None


class RestServer:
    """The REST side of the chat."""

    def __init__(self, world: World, faults: Faults, routes: tuple[Route, ...]) -> None:
        self._world = world
        self._faults = faults
        self._routes = routes
        self._stopping = asyncio.Event()
        self.requests: list[Request] = []
        self.unknown_routes: list[str] = []

    def stop(self) -> None:
        """Release requests that hang."""
        self._stopping.set()

    async def serve(self, http: web.Request) -> web.StreamResponse:
        """Answer one call."""
        path = http.path.removeprefix(API_PREFIX)
        for route in self._routes:
            names = route.match(http.method, path)
            if names is not None:
                return await self._serve_route(http, route, names)
        self.unknown_routes.append(f"{http.method} {path}")
        return json_answer(501, {"message": f"The sandbox does not know {http.method} {path}", "code": 0})

    async def _serve_route(self, http: web.Request, route: Route, names: dict[str, str]) -> web.StreamResponse:
        request = Request(route.kind, http.method, route.path, http.path, self._world.clock.now())
        request.authorized = http.headers.get("Authorization") == f"Bot {self._world.token}"
        self.requests.append(request)
        incoming = Incoming(self._world, names, http.query)
        try:
            await read(http, incoming)
        except ApiError as error:
            return self._answered(request, json_answer(error.status, error.body))
        request.body = incoming.body or ({"items": incoming.items} if incoming.items else {})
        request.files = [one.file_name for one in incoming.uploads.values()]
        request.uploads = incoming.uploads
        self._world.hub.touch()
        if not await self._pass_gate(request, "before"):
            return _cut(http)
        fault = self._faults.take(request)
        if fault is not None and fault.kind not in (FaultKind.DROP_AFTER, FaultKind.LATE):
            return await self._strike(http, request, fault)
        request.crashed = True
        answer = await self._do(route, request, incoming)
        request.crashed = False
        if fault is not None and fault.kind is FaultKind.LATE:
            await self._world.clock.sleep(fault.seconds)
            fault = None
        if not await self._pass_gate(request, "after") or fault is not None:
            return _cut(http)
        return self._answered(request, answer)

    async def serve_file(self, http: web.Request, request: Request) -> web.StreamResponse:
        """Serve an attachment by its signed link; no token is required."""
        self.requests.append(request)
        if not await self._pass_gate(request, "before"):
            return _cut(http)
        fault = self._faults.take(request)
        if fault is not None and fault.kind is FaultKind.LATE:
            await self._world.clock.sleep(fault.seconds)
        elif fault is not None and fault.kind not in (FaultKind.CUT, FaultKind.SLOW):
            return await self._strike(http, request, fault)
        attachment = self._world.files.open_link(http.path_qs)
        if attachment is None:
            return self._answered(request, web.Response(status=404, text="This content is no longer available."))
        if not await self._pass_gate(request, "after"):
            return _cut(http)
        answer = web.FileResponse(attachment.path, headers={"Content-Type": attachment.content_type})
        request.status = 200
        request.answer = excerpt(answer, attachment.path)
        if fault is not None and fault.kind is not FaultKind.LATE:
            return await send_badly(http, attachment.path, fault, self._world.clock)
        return answer

    async def _do(self, route: Route, request: Request, incoming: Incoming) -> web.Response:
        try:
            if route.needs_token and not request.authorized:
                raise ApiError(0)
            answer = await route.handle(incoming)
        except ApiError as error:
            return json_answer(error.status, error.body)
        return web.Response(status=204) if answer is None else json_answer(200, answer)

    async def _pass_gate(self, request: Request, when: str) -> bool:
        gate = self._faults.take_gate(request, "before" if when == "before" else "after")
        return gate is None or await gate.pass_through(request)

    async def _strike(self, http: web.Request, request: Request, fault: Fault) -> web.StreamResponse:
        if fault.kind is FaultKind.HANG:
            await self._stopping.wait()
        if fault.kind in _CUTS:
            return _cut(http)
        if fault.kind is FaultKind.RATE_LIMITED:
            body: Json = {
                "message": "You are being rate limited.",
                "retry_after": fault.retry_after_seconds,
                "global": fault.is_global,
            }
            answer = json_answer(429, body)
            answer.headers["Via"] = "1.1 google"
            answer.headers["Retry-After"] = str(int(fault.retry_after_seconds) or 1)
            return self._answered(request, answer)
        if fault.code:
            return self._answered(request, json_answer(fault.http_status, ApiError(fault.code).body))
        page = f"<html><body><h1>{fault.http_status}</h1></body></html>"
        return self._answered(request, web.Response(status=fault.http_status, text=page, content_type="text/html"))

    def _answered(self, request: Request, answer: web.Response) -> web.Response:
        request.status = answer.status
        request.answer = excerpt(answer)
        if request.authorized and answer.status != 429:
            # Without these headers discord.py sends one request at a time per channel, unlike against Discord.
            answer.headers["X-RateLimit-Bucket"] = request.kind
            answer.headers.update(_PLENTY)
        self._world.hub.touch()
        return answer


def json_answer(status: int, body: Json | list[Json]) -> web.Response:
    """JSON with exactly the content type that discord.py compares for equality (docs/facts/discord.md)."""
    text = json.dumps(body, ensure_ascii=False).encode()
    return web.Response(status=status, body=text, headers={"Content-Type": "application/json"})


def _cut(http: web.Request) -> web.StreamResponse:
    if http.transport is not None:
        http.transport.abort()
    return web.Response(status=500)
