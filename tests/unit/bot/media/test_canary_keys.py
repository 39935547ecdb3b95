"""A provider's key never reaches another provider, or any other host: random chains of links over real sockets."""

import random
from pathlib import Path

import pytest
from aiohttp import web
from yarl import URL

from bot.media.video_fetcher import AddressGuard, FetchFault, Source, VideoFetcher
from bot.videos.client import VideosClient
from bot.videos.dialects.openai import OpenAIDialect
from bot.videos.spending import SpendGuard
from bot.videos.values import Endpoint
from tests.figures import figure
from tests.unit.bot.engine.fake_clock import FakeClock
from tests.unit.bot.media.fake_network import FakeNetwork
from tests.unit.bot.media.samples import mp4

CHAINS = figure(150, 10_000)
HOPS_MAX = 4
NAMES = ("one", "two", "files")


class Host:
    """A server that leads on to the next address of a chain, by a redirect or in JSON, and keeps the keys it gets."""

    def __init__(self) -> None:
        self.base = ""
        self.keys = set[str | None]()
        self.asked = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        self.keys.add(request.headers.get("Authorization"))
        onward = request.query.get("to")
        if onward is None:
            return web.Response(body=mp4(), content_type="video/mp4")
        if request.query.get("how") == "json":
            return web.json_response({"url": onward})
        raise web.HTTPFound(onward)


async def served(host: Host) -> web.AppRunner:
    app = web.Application()
    app.router.add_get("/{path:.*}", host.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host.base = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    return runner


def a_chain(rng: random.Random, hosts: dict[str, Host]) -> str:
    """The address of a video behind some others."""
    url = f"{hosts[rng.choice(NAMES)].base}/videos/v/content"
    for _ in range(rng.randrange(HOPS_MAX)):
        how = rng.choice(("redirect", "json"))
        at = hosts[rng.choice(NAMES)].base
        # The whole address as one value, however deep.
        url = str(URL(f"{at}/videos/v/content").with_query({"how": how, "to": url}))
    return url


@pytest.mark.reliability
async def test_a_key_stays_with_its_provider(tmp_path: Path, net: FakeNetwork) -> None:
    """Wherever a link or a redirect leads: only the provider itself sees its key, and it does see it."""
    hosts = {name: Host() for name in NAMES}
    runners = [await served(host) for host in hosts.values()]
    net.ports |= {URL(host.base).port or 0 for host in hosts.values()}
    clock, rng = FakeClock(), random.Random(13)
    guard = SpendGuard(1, clock)
    keys = {"one": "sk-canary-of-one", "two": "sk-canary-of-two"}
    clients = {
        name: VideosClient(Endpoint(hosts[name].base, key), OpenAIDialect(), guard, clock) for name, key in keys.items()
    }
    sources = {
        name: Source(AddressGuard(hosts[name].base, ["127.0.0.1"]), one.key_for) for name, one in clients.items()
    }
    fetcher = VideoFetcher(tmp_path / "videos", 1_000_000, sources)
    fetched = 0
    try:
        for number in range(CHAINS):
            provider = rng.choice(tuple(keys))
            try:
                await fetcher.fetch(a_chain(rng, hosts), f"video-AAAA{number % 100:04}.mp4", provider)
                fetched += 1
            except FetchFault:
                # Two addresses in JSON, one behind the other, are not followed.
                continue
    finally:
        await fetcher.close()
        for runner in runners:
            await runner.cleanup()
    assert fetched > CHAINS // 3
    assert hosts["files"].keys == {None}
    for name, key in keys.items():
        assert hosts[name].keys == {None, f"Bearer {key}"}
