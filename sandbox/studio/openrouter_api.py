"""The endpoints of OpenRouter's dialect; `openrouter_wire` reads and writes their JSON, `state` holds the renders."""

from aiohttp import web

from sandbox.studio.endpoints import Endpoints
from sandbox.studio.middleware import RequestMiddleware
from sandbox.studio.openrouter_wire import card_of, content_refused, job_answer, model_entry, read_submission
from sandbox.studio.receiving import RefusedError
from sandbox.studio.state import Render, RenderState


class OpenRouterApi(Endpoints):
    """The server behind the base URL `/api/v1`: no remix, no list, and a DELETE only where a dial says so."""

    def app(self, middleware: RequestMiddleware) -> web.Application:
        """The aiohttp application."""
        app = web.Application(middlewares=[middleware.handler()])
        register, base = middleware.register, "/api/v1"
        app.router.add_post(f"{base}/videos", register("create", self.create))
        app.router.add_get(f"{base}/videos/models", register("models", self.video_models), allow_head=False)
        app.router.add_get(f"{base}/videos/{{id}}", register("poll", self.poll), allow_head=False)
        app.router.add_delete(f"{base}/videos/{{id}}", register("cancel", self.delete))
        app.router.add_get(f"{base}/videos/{{id}}/content", register("content", self.content), allow_head=False)
        app.router.add_post(f"{base}/chat/completions", register("chat", self.chat))
        app.router.add_get(f"{base}/models", register("models", self.models), allow_head=False)
        app.router.add_get(f"{base}/key", register("ping", self.key), allow_head=False)
        return app

    async def create(self, request: web.Request) -> web.StreamResponse:
        """`POST /videos`, answered with 202."""
        self.check_key(request)
        submission = read_submission(self.entry(request), self.state.dials)
        return self._job(self.accept(submission, content_refused()), 202)

    async def poll(self, request: web.Request) -> web.StreamResponse:
        """`GET /videos/{id}`."""
        self.check_key(request)
        return self._job(self.find(request))

    async def delete(self, request: web.Request) -> web.StreamResponse:
        """`DELETE /videos/{id}`, which OpenRouter doesn't have."""
        render, gone = self.cancel(request)
        return self.answer({"id": render.id, "deleted": True}) if gone else self._job(render)

    async def content(self, request: web.Request) -> web.StreamResponse:
        """`GET /videos/{id}/content?index=0`."""
        self.check_key(request)
        if not self.state.dials.content_endpoint:
            raise web.HTTPNotFound
        render = self.find(request)
        if request.query.get("index", "0") != "0":
            raise RefusedError(404, "No video at that index")
        if render.state is not RenderState.COMPLETED:
            raise RefusedError(400, "Video generation is not completed")
        return await self.send_file(request, render)

    async def video_models(self, _: web.Request) -> web.StreamResponse:
        """`GET /videos/models`: the catalogue, for everybody."""
        dials = self.state.dials
        return self.answer({"data": [model_entry(name, card_of(dials, name)) for name in dials.models]})

    async def models(self, _: web.Request) -> web.StreamResponse:
        """`GET /models`: those that write texts, for everybody."""
        return self.answer({"data": [{"id": "studio/text-1", "name": "Studio: Text 1", "pricing": {"prompt": "0"}}]})

    async def key(self, request: web.Request) -> web.StreamResponse:
        """`GET /key`: costs nothing, proves the key."""
        self.check_key(request)
        return self.answer({"data": {"label": "sk-…", "limit": None, "limit_remaining": None, "usage": 0}})

    def _job(self, render: Render, status: int = 200) -> web.Response:
        results = {"unsigned_urls": [f"{self.links.api_origin}/api/v1/videos/{render.id}/content?index=0"]}
        if render.state is RenderState.COMPLETED:
            self.render_files.begin(render)
            if self.state.dials.result == "foreign_url":
                results["urls"] = [self.storage_link(render)]
        job = job_answer(render, self.state.dials, self.state.clock.now(), results)
        return self.answer(job, status)
