"""A plain client of the Videos API for the studio's tests, which can also let the studio's time pass."""

import io
from dataclasses import dataclass
from typing import Any

import aiohttp
from PIL import Image

from sandbox.clock import ScaledClock
from sandbox.studio import Render, Studio


def picture(kind: str = "PNG", size: tuple[int, int] = (64, 48), colour: str = "orange") -> bytes:
    """A small picture as a file."""
    data = io.BytesIO()
    Image.new("RGB", size, colour).save(data, kind)
    return data.getvalue()


@dataclass
class Answer:
    status: int
    body: Any
    headers: dict[str, str]

    @property
    def error_code(self) -> Any:
        return self.body["error"]["code"]


@dataclass
class Client:
    """Sends requests with the key; `json` answers are read, others are bytes."""

    studio: Studio
    http: aiohttp.ClientSession

    async def send(self, method: str, url: str, *, key: str | None = "sk-sandbox", **more: Any) -> Answer:
        headers = dict(more.pop("headers", {}))
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        if url.startswith("/"):
            url = self.studio.base_url + url
        async with self.http.request(method, url, headers=headers, **more) as answer:
            data = await answer.read()
            body = await answer.json() if answer.content_type == "application/json" else data
            return Answer(answer.status, body, dict(answer.headers))

    async def create(self, **fields: Any) -> Answer:
        return await self.send("POST", "/videos", json=fields)

    async def poll(self, render: Render) -> Answer:
        return await self.send("GET", f"/videos/{render.id}")

    async def completed(self, **fields: Any) -> Render:
        """A video that is ready, made over the wire."""
        answer = await self.create(**fields)
        assert answer.status == 200, answer.body
        return await self.ready(answer.body["id"])

    async def ready(self, render_id: str) -> Render:
        """The render with that id, after its time has passed."""
        render = next(render for render in self.studio.renders if render.id == render_id)
        clock = self.studio.clock
        assert isinstance(clock, ScaledClock)
        clock.jump(render.render_seconds)
        await self.studio.wait_for(lambda: render.state != "processing")
        return render

    async def upload(self, url: str = "/videos", *files: tuple[str, bytes, str, str], **texts: str) -> Answer:
        """Multipart: files as (field, data, file name, content type)."""
        form = aiohttp.FormData(default_to_multipart=True)
        for name, text in texts.items():
            form.add_field(name, text)
        for field, data, name, kind in files:
            form.add_field(field, data, filename=name, content_type=kind)
        return await self.send("POST", url, data=form)
