"""The page's server on a stage without a bot, and a browser's side of it: the updates of a tab, and its actions."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.chat import Channel, Person
from sandbox.page.demo_world import DemoWorld, build_demo_world
from sandbox.page.server import PageServer
from sandbox.stage import Stage

_BOUND_SECONDS = 20


@dataclass
class FakeBrowser:
    """One tab: it selects a view, records its updates, and acts."""

    address: str
    session: aiohttp.ClientSession
    parts: list[dict[str, Any]] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)
    messages: dict[str, Any] = field(default_factory=dict)
    typing: list[dict[str, str]] = field(default_factory=list)
    _socket: aiohttp.ClientWebSocketResponse | None = None

    async def look(self, **wanted: Any) -> None:
        """Select a view, as a person; the connection opens with the first one, and each starts with a full update."""
        self.messages.clear()
        if self._socket is None:
            self._socket = await self.session.ws_connect(f"{self.address}live")
        await self._socket.send_json({"tab": "tab", **wanted})

    async def until(self, predicate: Callable[["FakeBrowser"], Any]) -> Any:
        """Read updates until the predicate is true, and return its result."""
        assert self._socket is not None
        async with asyncio.timeout(_BOUND_SECONDS):
            while not (found := predicate(self)):
                self._hear(await self._socket.receive_json())
        return found

    def _hear(self, part: dict[str, Any]) -> None:
        self.parts.append(part)
        if "set" in part:
            self.told[part["set"]] = part["value"]
        if "typing" in part:
            self.typing.append(part["typing"])
        if "messages" in part:
            told = part["messages"]
            if told["reset"]:
                self.messages.clear()
            self.messages |= {one["id"]: one for one in told["put"]}
            for message_id in told["gone"]:
                self.messages.pop(message_id, None)

    async def act(self, name: str, **body: Any) -> tuple[int, dict[str, Any]]:
        """Do something; the status and the answer."""
        async with self.session.post(f"{self.address}act/{name}", json={"tab": "tab", **body}) as answer:
            return answer.status, await answer.json()

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()


@dataclass
class PageHarness:
    """The demo world, its people, and a browser that shows it."""

    stage: Stage
    demo_world: DemoWorld
    browser: FakeBrowser

    @property
    def start_channel(self) -> Channel:
        return self.demo_world.start_channel

    def person(self, name: str) -> Person:
        return next(one.person for one in self.demo_world.personas if one.person.name == name)


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[PageHarness]:
    async with Stage(tmp_path) as stage, aiohttp.ClientSession() as session:
        demo_world = build_demo_world(stage.chat)
        page = PageServer(stage, demo_world)
        await page.start()
        browser = FakeBrowser(page.address, session)
        try:
            yield PageHarness(stage, demo_world, browser)
        finally:
            await browser.close()
            await page.stop()
