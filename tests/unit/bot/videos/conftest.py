"""The provider and its client, wired together over a real socket."""

from collections.abc import AsyncIterator, Callable

import pytest

from bot.ops.clock import SystemClock
from bot.videos.client import VideosClient
from bot.videos.dialects import Dialect
from bot.videos.dialects.openai import OpenAIDialect
from bot.videos.spending import SpendGuard
from bot.videos.values import Endpoint, Timeouts
from tests.unit.bot.videos.fake_provider import FakeProvider, serve

KEY = "sk-test-4711-secret"

MakeClient = Callable[..., VideosClient]


@pytest.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    provider = FakeProvider()
    runner = await serve(provider)
    yield provider
    await runner.cleanup()


@pytest.fixture
async def foreign() -> AsyncIterator[FakeProvider]:
    """Another server, at another port: another origin."""
    foreign = FakeProvider().reply(200, {"id": "video_foreign", "status": "queued"})
    runner = await serve(foreign)
    yield foreign
    await runner.cleanup()


@pytest.fixture
async def make_client(provider: FakeProvider) -> AsyncIterator[MakeClient]:
    made: list[VideosClient] = []

    def make(
        *,
        dialect: Dialect | None = None,
        base_url: str | None = None,
        limit: int = 1000,
        timeouts: Timeouts | None = None,
    ) -> VideosClient:
        clock = SystemClock()
        endpoint = Endpoint(base_url or provider.base_url, KEY)
        client = VideosClient(endpoint, dialect or OpenAIDialect(), SpendGuard(limit, clock), clock, timeouts)
        made.append(client)
        return client

    yield make
    for client in made:
        await client.close()


@pytest.fixture
def client(make_client: MakeClient) -> VideosClient:
    return make_client()
