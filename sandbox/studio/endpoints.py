"""What the endpoints of every dialect do alike: check the key, find a render, count a submission, hand a file out."""

import hmac
from typing import Any

from aiohttp import web

from sandbox.studio.links import Links
from sandbox.studio.middleware import ENTRY, SENT
from sandbox.studio.receiving import RefusedError
from sandbox.studio.render_files import RenderFiles
from sandbox.studio.state import Render, RenderState, Request, StudioState, Submission


class Endpoints:
    """The server behind a base URL: every endpoint requires the key."""

    def __init__(self, state: StudioState, render_files: RenderFiles, links: Links, api_key: str) -> None:
        self.state = state
        self.render_files = render_files
        self.links = links
        self._api_key = api_key

    def entry(self, request: web.Request) -> Request:
        """The record of a request, with its body."""
        return request[ENTRY]

    def check_key(self, request: web.Request) -> None:
        """Raises RefusedError without the key."""
        given = request.headers.get("Authorization", "")
        if not given:
            raise RefusedError(401, "You didn't provide an API key.", code="invalid_api_key")
        if not hmac.compare_digest(given.encode(), f"Bearer {self._api_key}".encode()):
            raise RefusedError(401, "Incorrect API key provided.", code="invalid_api_key")

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """`POST /chat/completions` of a chat model that rewrites prompts: the last message with more to see."""
        self.check_key(request)
        match self.entry(request).fields:
            case {"model": str(), "messages": [*_, {"role": "user", "content": str(prompt)}]}:
                pass
            case _:
                raise RefusedError(400, "Missing required parameter: 'messages'.", param="messages")
        message = {"role": "assistant", "content": f"{prompt.rstrip('. ')}{self.state.dials.better_words}"}
        return self.answer({"object": "chat.completion", "choices": [{"index": 0, "message": message}]})

    def find(self, request: web.Request) -> Render:
        """The render that the path names; raises RefusedError if there is none."""
        render = self.state.find(request.match_info["id"])
        lost = self.state.dials.remix == "source_lost" and render is not None and render.handed_over
        if render is None or lost:
            raise RefusedError(404, "Video not found.", code="video_not_found", param="video_id")
        return render

    def accept(self, submission: Submission, refusal: RefusedError) -> Render:
        """Charge a submission, or return the render of its idempotency key; raises `refusal` if it is to be refused."""
        key = submission.idempotency_key
        render = self.state.taken_with(key) if key and self.state.dials.honour_idempotency else None
        if render is None and self.state.refuses_next():
            raise refusal
        return render or self.state.take(submission)

    def storage_link(self, render: Render) -> str:
        """A signed link to the file host, or to the public place that the dial names, once the file was fetched."""
        link = self.links.signed(render.id, self.state.clock.now() + self.state.dials.file_link_seconds)
        public = self.state.dials.public_files_url
        return link.replace(self.links.files_origin, public) if public and render.handed_over else link

    async def send_file(self, request: web.Request, render: Render) -> web.StreamResponse:
        """The video's bytes."""
        path = await self.render_files.video(render)
        request[SENT] = path
        return web.FileResponse(path, headers={"Content-Type": "video/mp4"})

    def cancel(self, request: web.Request) -> tuple[Render, bool]:
        """Carry a DELETE out as the dial says; the render, and whether it is known no longer. Raises RefusedError."""
        self.check_key(request)
        dials = self.state.dials
        if dials.cancel == "none":
            raise RefusedError(405, "Method Not Allowed")
        render = self.find(request)
        runs = render.state is RenderState.PROCESSING
        if runs and dials.cancel == "finished_only":
            raise RefusedError(400, "Only completed or failed videos can be deleted.", code="invalid_request")
        if runs and dials.cancel == "aborts_slowly":
            self.state.cancel_later(render, dials.abort_seconds)
            raise RefusedError(409, "Cancellation in progress. Please try again later.")
        if not runs and dials.cancel == "marks":
            raise RefusedError(409, "A video that has ended can't be cancelled.")
        if dials.cancel != "forgets":
            self.state.cancel(render)
        if dials.cancel == "marks":
            return render, False
        self.state.forget(render)
        return render, True

    def answer(self, body: Any, status: int = 200) -> web.Response:
        """A JSON response."""
        return web.json_response(body, status=status)
