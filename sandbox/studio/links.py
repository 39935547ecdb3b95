"""A foreign file host with signed links that expire: requires no key, and refuses requests with one."""

import hashlib
import hmac
import secrets

from aiohttp import web

from sandbox.studio.middleware import SENT, RequestMiddleware
from sandbox.studio.render_files import RenderFiles
from sandbox.studio.state import RenderState, StudioState


class Links:
    """Signs links and checks them; both origins (`http://127.0.0.1:PORT`) are set once the ports are known."""

    def __init__(self) -> None:
        self.api_origin = ""
        self.files_origin = ""
        self._secret = secrets.token_bytes(32)

    def signed(self, render_id: str, expires_at: float) -> str:
        """A link to a video that is valid until then (epoch seconds)."""
        expires = f"{expires_at:.3f}"
        return (
            f"{self.files_origin}/videos/{render_id}.mp4?expires={expires}&signature={self._sign(render_id, expires)}"
        )

    def good(self, render_id: str, expires: str, signature: str, now: float) -> bool:
        """Whether a link was signed here and has not expired."""
        if not hmac.compare_digest(signature.encode(), self._sign(render_id, expires).encode()):
            return False
        return now < float(expires)

    def _sign(self, render_id: str, expires: str) -> str:
        return hmac.new(self._secret, f"{render_id} {expires}".encode(), hashlib.sha256).hexdigest()


class FileHost:
    """The second server: files for valid links."""

    def __init__(self, state: StudioState, render_files: RenderFiles, links: Links) -> None:
        self._state = state
        self._render_files = render_files
        self._links = links

    def app(self, middleware: RequestMiddleware) -> web.Application:
        """The aiohttp application."""
        app = web.Application(middlewares=[middleware.handler(at_file_host=True)])
        app.router.add_get("/videos/{id}.mp4", middleware.register("file", self.file), allow_head=False)
        return app

    async def file(self, request: web.Request) -> web.StreamResponse:
        """`GET /videos/{id}.mp4?expires=…&signature=…`."""
        if "Authorization" in request.headers:
            return _storage_error(400, "InvalidArgument", "Only one auth mechanism allowed")
        render_id = request.match_info["id"]
        expires, signature = request.query.get("expires", ""), request.query.get("signature", "")
        if not self._links.good(render_id, expires, signature, self._state.clock.now()):
            return _storage_error(403, "AccessDenied", "Request has expired")
        render = self._state.find(render_id)
        if render is None or render.state is not RenderState.COMPLETED:
            return _storage_error(404, "NoSuchKey", "The specified key does not exist.")
        path = await self._render_files.video(render)
        request[SENT] = path
        render.handed_over = True
        return web.FileResponse(path, headers={"Content-Type": "video/mp4"})


def _storage_error(status: int, code: str, message: str) -> web.Response:
    """An error in the words of storage services."""
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return web.Response(status=status, text=text, content_type="application/xml")
