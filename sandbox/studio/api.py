"""The Videos API's endpoints over HTTP; `wire` reads and writes their JSON, `state` holds the renders."""

import asyncio
import base64
import hmac

from aiohttp import web

from sandbox.studio.links import Links
from sandbox.studio.middleware import ENTRY, SENT, RequestMiddleware
from sandbox.studio.render_files import RenderFiles
from sandbox.studio.state import Render, RenderState, StudioState
from sandbox.studio.wire import RefusedError, content_refused, job_answer, read_submission

_LIST_MAX = 100
_LIST_DEFAULT = 20


class Api:
    """The server behind the base URL: every endpoint requires the key."""

    def __init__(self, state: StudioState, render_files: RenderFiles, links: Links, api_key: str) -> None:
        self._state = state
        self._render_files = render_files
        self._links = links
        self._api_key = api_key

    def app(self, middleware: RequestMiddleware) -> web.Application:
        """The aiohttp application."""
        app = web.Application(middlewares=[middleware.handler()])
        app.router.add_post("/v1/videos", middleware.register("create", self.create))
        app.router.add_get("/v1/videos", middleware.register("list", self.list), allow_head=False)
        app.router.add_post("/v1/videos/{id}/remix", middleware.register("remix", self.remix))
        app.router.add_get("/v1/videos/{id}", middleware.register("poll", self.poll), allow_head=False)
        app.router.add_get("/v1/videos/{id}/content", middleware.register("content", self.content), allow_head=False)
        app.router.add_get("/v1/files/{id}.mp4", middleware.register("file", self.file), allow_head=False)
        app.router.add_get("/v1/models", middleware.register("ping", self.models), allow_head=False)
        return app

    async def create(self, request: web.Request) -> web.StreamResponse:
        """`POST /videos`."""
        self._check_key(request)
        return await self._take(request, None)

    async def remix(self, request: web.Request) -> web.StreamResponse:
        """`POST /videos/{id}/remix`: of a completed video only."""
        self._check_key(request)
        parent = self._find(request)
        if parent.state is not RenderState.COMPLETED:
            raise RefusedError(400, "Only completed videos can be remixed.", code="video_not_ready", param="video_id")
        return await self._take(request, parent)

    async def _take(self, request: web.Request, parent: Render | None) -> web.StreamResponse:
        submission = read_submission(request[ENTRY], self._state.dials, parent)
        key = submission.idempotency_key
        render = self._state.taken_with(key) if key and self._state.dials.honour_idempotency else None
        if render is None and self._state.refuses_next():
            raise content_refused()
        return await self._job(render or self._state.take(submission))

    async def poll(self, request: web.Request) -> web.StreamResponse:
        """`GET /videos/{id}`."""
        self._check_key(request)
        return await self._job(self._find(request))

    async def content(self, request: web.Request) -> web.StreamResponse:
        """`GET /videos/{id}/content`, which the provider's page doesn't document."""
        self._check_key(request)
        if not self._state.dials.content_endpoint:
            raise web.HTTPNotFound
        render = self._find(request)
        if request.query.get("variant", "video") != "video":
            raise RefusedError(400, "Only the variant 'video' is available.", code="invalid_value", param="variant")
        if render.state is not RenderState.COMPLETED:
            message = f"Task is not completed yet, current status: {render.state}"
            raise RefusedError(400, message, code="video_not_ready")
        return await self._file(request, render)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """`GET /files/{id}.mp4`: a result URL on the API's own host."""
        self._check_key(request)
        render = self._find(request)
        if render.state is not RenderState.COMPLETED:
            raise RefusedError(404, "File not found.", code="file_not_found")
        return await self._file(request, render)

    async def list(self, request: web.Request) -> web.StreamResponse:
        """`GET /videos`, which the provider's page doesn't document: newest first unless `order=asc`."""
        self._check_key(request)
        if not self._state.dials.list_endpoint:
            raise web.HTTPNotFound
        renders = self._state.renders if request.query.get("order") == "asc" else self._state.renders[::-1]
        ids = [render.id for render in renders]
        after = request.query.get("after")
        if after is not None:
            renders = renders[ids.index(after) + 1 :] if after in ids else []
        try:
            limit = min(_LIST_MAX, max(0, int(request.query.get("limit", _LIST_DEFAULT))))
        except ValueError as wrong:
            raise RefusedError(400, "Invalid type for 'limit'.", code="invalid_type", param="limit") from wrong
        page = renders[:limit]
        answer = {
            "object": "list",
            "data": [job_answer(render, self._state.dials, self._state.clock.now(), None) for render in page],
            "first_id": page[0].id if page else None,
            "last_id": page[-1].id if page else None,
            "has_more": len(renders) > limit,
        }
        return web.json_response(answer)

    async def models(self, request: web.Request) -> web.StreamResponse:
        """`GET /models`: costs nothing, proves the key."""
        self._check_key(request)
        data = [
            {"id": name, "object": "model", "created": 0, "owned_by": "studio"} for name in self._state.dials.models
        ]
        return web.json_response({"object": "list", "data": data})

    def _check_key(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "")
        if not given:
            raise RefusedError(401, "You didn't provide an API key.", code="invalid_api_key")
        if not hmac.compare_digest(given.encode(), f"Bearer {self._api_key}".encode()):
            raise RefusedError(401, "Incorrect API key provided.", code="invalid_api_key")

    def _find(self, request: web.Request) -> Render:
        render = self._state.find(request.match_info["id"])
        if render is None:
            raise RefusedError(404, "Video not found.", code="video_not_found", param="video_id")
        return render

    async def _job(self, render: Render) -> web.StreamResponse:
        url = None
        if render.state is RenderState.COMPLETED:
            self._render_files.begin(render)
            url = await self._result_url(render)
        return web.json_response(job_answer(render, self._state.dials, self._state.clock.now(), url))

    async def _result_url(self, render: Render) -> str | None:
        place = self._state.dials.result
        if place == "foreign_url":
            link = self._links.signed(render.id, self._state.clock.now() + self._state.dials.file_link_seconds)
            public = self._state.dials.public_files_url
            return link.replace(self._links.files_origin, public) if public and render.handed_over else link
        if place == "same_origin_url":
            return f"{self._links.api_origin}/v1/files/{render.id}.mp4"
        if place == "relative_url":
            return f"/v1/files/{render.id}.mp4"
        if place == "data_url":
            video = await asyncio.to_thread((await self._render_files.video(render)).read_bytes)
            return f"data:video/mp4;base64,{base64.b64encode(video).decode()}"
        return None

    async def _file(self, request: web.Request, render: Render) -> web.StreamResponse:
        path = await self._render_files.video(render)
        request[SENT] = path
        return web.FileResponse(path, headers={"Content-Type": "video/mp4"})
