"""A stage without a bot, in whose place a test calls both servers itself."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.chat import Channel, Guild
from sandbox.page.dials import DialBoard
from sandbox.stage import Stage
from sandbox.studio import Dials


@dataclass
class FakeBot:
    """Speaks to the two servers as the bot does."""

    stage: Stage
    guild: Guild
    channel: Channel
    board: DialBoard
    http: aiohttp.ClientSession

    async def discord(self, method: str, path: str, **body: Any) -> int:
        headers = {"Authorization": f"Bot {self.stage.chat.bot_token}"}
        async with self.http.request(
            method, self.stage.chat.api_base + path, headers=headers, json=body or None
        ) as answer:
            return answer.status

    async def post(self, **body: Any) -> int:
        return await self.discord("POST", f"/channels/{self.channel.id}/messages", **body)

    async def post_file(self) -> int:
        """A message with a file, as the bot posts a video."""
        form = aiohttp.FormData()
        form.add_field("payload_json", '{"content": "A video"}', content_type="application/json")
        form.add_field("files[0]", b"frames", filename="video.mp4", content_type="video/mp4")
        async with self.http.post(
            f"{self.stage.chat.api_base}/channels/{self.channel.id}/messages",
            headers={"Authorization": f"Bot {self.stage.chat.bot_token}"},
            data=form,
        ) as answer:
            return answer.status

    async def provider(self, method: str, path: str, *, key: str = "", **body: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.stage.studio.api_key}"}
        if key:
            headers["Idempotency-Key"] = key
        async with self.http.request(
            method, self.stage.studio.base_url + path, headers=headers, json=body or None
        ) as answer:
            return answer.status, await answer.json()

    async def create(self, prompt: str, key: str = "") -> tuple[int, Any]:
        return await self.provider("POST", "/videos", key=key, prompt=prompt, size="320x180")


@pytest.fixture
async def fake_bot(tmp_path: Path) -> AsyncIterator[FakeBot]:
    dials = Dials(render_seconds=5.0, frames_per_second=1)
    async with Stage(tmp_path, dials=dials) as stage, aiohttp.ClientSession() as http:
        guild = stage.chat.add_guild("Night Shift")
        channel = guild.add_channel("videos")
        yield FakeBot(stage, guild, channel, DialBoard(stage), http)
