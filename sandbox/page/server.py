"""The page's own server, on 127.0.0.1: its files, uploads and actions, and a live connection for each tab."""

import mimetypes
from pathlib import Path
from typing import cast

from aiohttp import web
from aiohttp.typedefs import Handler
from yarl import URL

from sandbox.chat import File
from sandbox.chat.records import Attachment, Json
from sandbox.page.actions import ActionError, Actions
from sandbox.page.demo_world import DemoWorld
from sandbox.page.dials import DialBoard, DialError
from sandbox.page.live import Tab
from sandbox.page.picked_files import PickedFileError, PickedFiles
from sandbox.stage import Stage

_HOST = "127.0.0.1"
_STATIC = Path(__file__).parent / "static"
_UPLOAD_BYTES_MAX = 128 << 20
_LAST_WORDS_SECONDS = 0.5
# Nothing comes from outside, and no upload can run as part of the page.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_SHOWN = ("image/", "video/", "audio/")


class PageServer:
    """Serves the page for one stage and its demo world."""

    def __init__(self, stage: Stage, demo_world: DemoWorld) -> None:
        self._stage = stage
        self._picked_files = PickedFiles()
        self._actions = Actions(stage.chat, demo_world, self._picked_files)
        self._dials = DialBoard(stage)
        self._sockets: set[web.WebSocketResponse] = set()
        self._runner: web.AppRunner | None = None
        self.address = ""
        """`http://127.0.0.1:PORT/`, once started."""

    async def start(self, port: int = 0) -> None:
        """Listen on that port, or on a free one. Raises OSError when it is taken."""
        app = web.Application(client_max_size=_UPLOAD_BYTES_MAX, middlewares=[self._guard])
        app.router.add_get("/", self._index)
        app.router.add_get("/live", self._live)
        app.router.add_get("/files/{id}/{name}", self._file)
        app.router.add_post("/picked", self._pick_file)
        app.router.add_get("/picked/{id}", self._picked_file)
        app.router.add_post("/act/{name}", self._act)
        app.router.add_post("/dial/{name}", self._dial)
        app.router.add_static("/static", _STATIC)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_LAST_WORDS_SECONDS)
        await self._runner.setup()
        await web.TCPSite(self._runner, _HOST, port).start()
        self.address = f"http://{_HOST}:{self._runner.addresses[0][1]}/"

    async def stop(self) -> None:
        """Close every tab's connection and the server."""
        for socket in tuple(self._sockets):
            await socket.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse requests of other pages of the same browser, and set the headers that restrict the browser."""
        origin = request.headers.get("Origin")
        here = URL(self.address).authority
        known = {here, here.replace(_HOST, "localhost")}
        if request.host not in known or (origin is not None and URL(origin).authority != request.host):
            raise web.HTTPForbidden(text="This server is for its own page.")
        response = await handler(request)
        if not response.prepared:
            response.headers.setdefault("Content-Security-Policy", _POLICY)
            response.headers["X-Content-Type-Options"] = "nosniff"
            response.headers.setdefault("Cache-Control", "no-cache")
        return response

    async def _index(self, request: web.Request) -> web.StreamResponse:
        del request
        return web.FileResponse(_STATIC / "index.html")

    async def _live(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(heartbeat=30)
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            await Tab(self._stage, self._actions, socket).run()
        finally:
            self._sockets.discard(socket)
        return socket

    async def _file(self, request: web.Request) -> web.StreamResponse:
        attachment = self._stage.chat.world.files.find(request.match_info["id"])
        if attachment is None or attachment.gone or not attachment.path.exists():
            raise web.HTTPNotFound(text="There is no such file (any more).")
        return web.FileResponse(attachment.path, headers=_file_headers(attachment))

    async def _pick_file(self, request: web.Request) -> web.Response:
        name = request.query.get("name") or "file"
        kind = request.query.get("type") or mimetypes.guess_type(name)[0] or "application/octet-stream"
        data = await request.read()
        try:
            file_id = self._picked_files.put(File(name, data, content_type=kind))
        except PickedFileError as error:
            return _refused(error)
        return web.json_response({"id": file_id, "name": name, "size": len(data), "type": kind})

    async def _picked_file(self, request: web.Request) -> web.Response:
        try:
            file = self._picked_files.get(request.match_info["id"])
        except PickedFileError as error:
            raise web.HTTPNotFound(text=str(error)) from error
        kind = file.content_type or ""
        shown = kind if kind.startswith(_SHOWN) and "svg" not in kind else "application/octet-stream"
        return web.Response(body=file.data, content_type=shown)

    async def _act(self, request: web.Request) -> web.Response:
        try:
            return web.json_response(await self._actions.do(request.match_info["name"], await _json(request)))
        except (ActionError, PickedFileError) as error:
            return _refused(error)

    async def _dial(self, request: web.Request) -> web.Response:
        try:
            return web.json_response(await self._dials.turn(request.match_info["name"], await _json(request)))
        except DialError as error:
            return _refused(error)


def _file_headers(attachment: Attachment) -> dict[str, str]:
    kind = attachment.content_type
    if kind.startswith(_SHOWN) and "svg" not in kind:
        return {"Content-Type": kind, "Content-Security-Policy": "sandbox", "Cache-Control": "max-age=3600"}
    return {"Content-Type": "application/octet-stream", "Content-Disposition": "attachment"}


async def _json(request: web.Request) -> Json:
    try:
        body: object = await request.json()
    except ValueError as error:
        raise web.HTTPBadRequest(text="That is not JSON.") from error
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="That is not a JSON object.")
    return cast("Json", body)


def _refused(error: Exception) -> web.Response:
    return web.json_response({"error": str(error)}, status=422)
