"""The endpoints of OpenAI's dialect; `wire` reads and writes their JSON, `state` holds the renders."""

import asyncio
import base64

from aiohttp import web

from sandbox.studio.endpoints import Endpoints
from sandbox.studio.middleware import RequestMiddleware
from sandbox.studio.receiving import RefusedError
from sandbox.studio.state import Render, RenderState
from sandbox.studio.wire import content_refused, job_answer, read_submission

_LIST_MAX = 100
_LIST_DEFAULT = 20


class Api(Endpoints):
    """The server behind the base URL `/v1`."""

    def app(self, middleware: RequestMiddleware) -> web.Application:
        """The aiohttp application."""
        app = web.Application(middlewares=[middleware.handler()])
        app.router.add_post("/v1/videos", middleware.register("create", self.create))
        app.router.add_get("/v1/videos", middleware.register("list", self.list), allow_head=False)
        app.router.add_post("/v1/videos/{id}/remix", middleware.register("remix", self.remix))
        app.router.add_get("/v1/videos/{id}", middleware.register("poll", self.poll), allow_head=False)
        app.router.add_delete("/v1/videos/{id}", middleware.register("cancel", self.delete))
        app.router.add_get("/v1/videos/{id}/content", middleware.register("content", self.content), allow_head=False)
        app.router.add_get("/v1/files/{id}.mp4", middleware.register("file", self.file), allow_head=False)
        app.router.add_post("/v1/chat/completions", middleware.register("chat", self.chat))
        app.router.add_get("/v1/models", middleware.register("ping", self.models), allow_head=False)
        return app

    async def create(self, request: web.Request) -> web.StreamResponse:
        """`POST /videos`."""
        self.check_key(request)
        return await self._take(request, None)

    async def remix(self, request: web.Request) -> web.StreamResponse:
        """`POST /videos/{id}/remix`: of a completed video only."""
        if self.state.dials.remix == "no_path":
            raise web.HTTPNotFound
        if self.state.dials.remix == "no_method":
            raise RefusedError(405, "Method Not Allowed")
        self.check_key(request)
        parent = self.find(request)
        if parent.state is not RenderState.COMPLETED:
            raise RefusedError(400, "Only completed videos can be remixed.", code="video_not_ready", param="video_id")
        return await self._take(request, parent)

    async def _take(self, request: web.Request, parent: Render | None) -> web.StreamResponse:
        submission = read_submission(self.entry(request), self.state.dials, parent)
        return await self._job(self.accept(submission, content_refused()))

    async def poll(self, request: web.Request) -> web.StreamResponse:
        """`GET /videos/{id}`."""
        self.check_key(request)
        return await self._job(self.find(request))

    async def delete(self, request: web.Request) -> web.StreamResponse:
        """`DELETE /videos/{id}`, which the provider's page doesn't document."""
        render, gone = self.cancel(request)
        if not gone:
            return await self._job(render)
        if self.state.dials.cancel == "forgets":
            job = job_answer(render, self.state.dials, self.state.clock.now(), None)
            return self.answer({**job, "status": "deleted"})
        return self.answer({"id": render.id, "object": "video.deleted", "deleted": True})

    async def content(self, request: web.Request) -> web.StreamResponse:
        """`GET /videos/{id}/content`, which the provider's page doesn't document."""
        self.check_key(request)
        if not self.state.dials.content_endpoint:
            raise web.HTTPNotFound
        render = self.find(request)
        if request.query.get("variant", "video") != "video":
            raise RefusedError(400, "Only the variant 'video' is available.", code="invalid_value", param="variant")
        if render.state is not RenderState.COMPLETED:
            message = f"Task is not completed yet, current status: {render.state}"
            raise RefusedError(400, message, code="video_not_ready")
        return await self.send_file(request, render)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """`GET /files/{id}.mp4`: a result URL on the API's own host."""
        self.check_key(request)
        render = self.find(request)
        if render.state is not RenderState.COMPLETED:
            raise RefusedError(404, "File not found.", code="file_not_found")
        return await self.send_file(request, render)

    async def list(self, request: web.Request) -> web.StreamResponse:
        """`GET /videos`, which the provider's page doesn't document: newest first unless `order=asc`."""
        self.check_key(request)
        if not self.state.dials.list_endpoint:
            raise web.HTTPNotFound
        known = [render for render in self.state.renders if self.state.find(render.id)]
        renders = known if request.query.get("order") == "asc" else known[::-1]
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
            "data": [job_answer(render, self.state.dials, self.state.clock.now(), None) for render in page],
            "first_id": page[0].id if page else None,
            "last_id": page[-1].id if page else None,
            "has_more": len(renders) > limit,
        }
        return self.answer(answer)

    async def models(self, request: web.Request) -> web.StreamResponse:
        """`GET /models`: costs nothing, proves the key."""
        self.check_key(request)
        data = [{"id": name, "object": "model", "created": 0, "owned_by": "studio"} for name in self.state.dials.models]
        return self.answer({"object": "list", "data": data})

    async def _job(self, render: Render) -> web.StreamResponse:
        url = None
        if render.state is RenderState.COMPLETED:
            self.render_files.begin(render)
            url = await self._result_url(render)
        return self.answer(job_answer(render, self.state.dials, self.state.clock.now(), url))

    async def _result_url(self, render: Render) -> str | None:
        place = self.state.dials.result
        if place == "foreign_url":
            return self.storage_link(render)
        if place == "same_origin_url":
            return f"{self.links.api_origin}/v1/files/{render.id}.mp4"
        if place == "relative_url":
            return f"/v1/files/{render.id}.mp4"
        if place == "data_url":
            video = await asyncio.to_thread((await self.render_files.video(render)).read_bytes)
            return f"data:video/mp4;base64,{base64.b64encode(video).decode()}"
        return None
