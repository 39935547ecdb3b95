"""Whether a finished video's own address may be shown to people."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.engine.delivery.links import PublicLink, find_link, is_public
from bot.jobs.model import Job
from bot.jobs.states import State
from bot.ops.clock import SystemClock
from bot.videos.client import VideosClient
from bot.videos.dialects.openai import OpenAIDialect
from bot.videos.provider_faults import PollFault
from bot.videos.spending import SpendGuard
from bot.videos.values import Endpoint
from tests.unit.bot.engine.providers_of_test import one_provider
from tests.unit.bot.jobs.samples import a_job
from tests.unit.bot.videos.fake_provider import FakeProvider, serve

KEY = "sk-test-4711-secret"


@pytest.mark.parametrize(
    "url",
    [
        "https://bucket.test/v.mp4",
        "http://bucket.test:8080/v.mp4?X-Amz-Signature=abc&X-Amz-Expires=60",
        "https://bucket.test/key/token/v.mp4",
        "https://bucket.test/v.mp4?monkey=1",
        "https://files.local.example.com/v.mp4",
        "https://8.8.8.8/v.mp4",
        "https://[2606:4700::1111]/v.mp4",
        "https://bucket.test./v.mp4",
        "https://pub-1.r2.dev/v.mp4",
        "https://xn--bcher-kva.example/v.mp4",
        "https://v10.cdn.example/v.mp4",
    ],
)
def test_plain_links_may_be_shown(url: str) -> None:
    """Web links without a key; a signature is made to be handed on."""
    assert is_public(url)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://bucket.test/v.mp4",
        "data:video/mp4;base64,AAAA",
        "file:///etc/passwd",
        "/v.mp4",
        "",
        "https://",
        "https://anna:secret@bucket.test/v.mp4",
        "https://anna@bucket.test/v.mp4",
        "https://:secret@bucket.test/v.mp4",
        "https://bucket.test/v.mp4?key=1",
        "https://bucket.test/v.mp4?a=1&API_KEY=2",
        "https://bucket.test/v.mp4?token=",
        "https://bucket.test/v.mp4?Access_Token=x",
        "https://bucket.test/v.mp4?%6bey=1",
        "https://bucket.test/v.mp4#access_token=x",
        "https://[broken/v.mp4",
        "https://bucket.test:99999/v.mp4",
    ],
)
def test_other_links_are_not_shown(url: str) -> None:
    """No web link, a name or password in it, or a key however it is written: not for people, and no error."""
    assert not is_public(url)


@pytest.mark.parametrize(
    "host",
    [
        "10.0.0.5",
        "172.16.3.4",
        "192.168.1.1",
        "127.0.0.1",
        "0.0.0.0",  # noqa: S104
        "169.254.169.254",
        "100.64.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fc00::1]",
        "[fd12:3456::1]",
        "[::ffff:10.0.0.5]",
        "[64:ff9b::a00:5]",
        "[2002:a00:5::]",
        "[2001:db8::1]",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "minio",
        "minio.",
        "files.internal",
        "a.b.INTERNAL",
        "nas.local",
        "nas.local.",
        "box.lan",
        "box.home",
        "box.home.arpa",
        "files.corp",
        "files.intranet",
        "x.localhost",
        "x.localdomain",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "127.1",
        "0177.0.0.1",
        "10.0.0.5.nip.io",
        "10-0-0-5.sslip.io",
        "app.lvh.me",
        "..",
        "a..b",
    ],
)
def test_links_to_a_private_host_are_not_shown(host: str) -> None:
    """C10: what means another machine in every network, however it is spelled, is of no use to people."""
    assert not is_public(f"http://{host}/v.mp4")
    assert not is_public(f"https://{host}:9000/v.mp4?signature=1")


@pytest.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    provider = FakeProvider()
    runner = await serve(provider)
    yield provider
    await runner.cleanup()


@pytest.fixture
async def videos(provider: FakeProvider) -> AsyncIterator[VideosClient]:
    clock = SystemClock()
    client = VideosClient(Endpoint(provider.base_url, KEY), OpenAIDialect(), SpendGuard(10, clock), clock)
    yield client
    await client.close()


@pytest.fixture
def job(provider: FakeProvider) -> Job:
    return a_job(State.POSTING, provider=provider.base_url, remote_id="video_1")


async def link(videos: VideosClient, job: Job, now: float = 0.0) -> str | None:
    found = await asyncio.wait_for(find_link(one_provider(videos), job, now), 10)
    return None if found is None else found.url


async def test_a_foreign_link_is_found(provider: FakeProvider, videos: VideosClient, job: Job) -> None:
    """The provider is asked once more for where the video is; a link on another host is for people."""
    url = "https://bucket.test/v.mp4?sig=1"
    provider.reply(200, {"id": "video_1", "status": "completed", "url": url})
    assert await link(videos, job) == url


@pytest.mark.parametrize(
    ("query", "told", "ends_at"),
    [
        ("", None, None),
        ("?Expires=1796018400", None, 1_796_018_400.0),
        ("", 1_796_018_400.0, 1_796_018_400.0),
        ("?Expires=1796018400", 1_796_018_000.0, 1_796_018_000.0),
        ("?Expires=1796018000", 1_796_018_400.0, 1_796_018_000.0),
    ],
)
async def test_an_expired_link_is_none(
    provider: FakeProvider, videos: VideosClient, job: Job, query: str, told: float | None, ends_at: float | None
) -> None:
    """Link and provider may both tell when it ends: the earlier moment counts, and from then on there is no link."""
    url = f"https://bucket.test/v.mp4{query}"
    provider.reply(200, {"id": "video_1", "status": "completed", "url": url, "expires_at": told})
    before, later = 1_796_017_999.0, 1_796_018_000.0 if ends_at is None else ends_at
    assert await find_link(one_provider(videos), job, before) == PublicLink(url, ends_at)
    assert await link(videos, job, later) == (url if ends_at is None else None)


async def test_a_link_that_needs_our_key_is_not_shown(provider: FakeProvider, videos: VideosClient, job: Job) -> None:
    """The provider's own content address is of no use without the key."""
    url = f"{provider.base_url}/videos/video_1/content"
    provider.reply(200, {"id": "video_1", "status": "completed", "url": url})
    assert await link(videos, job) is None


async def test_a_video_that_the_provider_does_not_know_has_no_link(
    provider: FakeProvider, videos: VideosClient, job: Job
) -> None:
    """A provider that knows nothing of the video has answered: there is none."""
    provider.reply(404, {"error": {"message": "no"}})
    assert await link(videos, job) is None


@pytest.mark.parametrize("status", [401, 429, 500, 503])
async def test_no_answer_says_nothing_about_a_link(
    provider: FakeProvider, videos: VideosClient, job: Job, status: int
) -> None:
    """Whether there is a link is not known while the provider gives no answer: that is no no."""
    provider.reply(status, {"error": {"message": "no"}})
    with pytest.raises(PollFault):
        await link(videos, job)


async def test_a_video_without_a_link_has_none(provider: FakeProvider, videos: VideosClient, job: Job) -> None:
    """Completed, but with no address."""
    provider.reply(200, {"id": "video_1", "status": "completed"})
    assert await link(videos, job) is None


async def test_a_job_of_another_provider_is_not_looked_up(
    provider: FakeProvider, videos: VideosClient, job: Job
) -> None:
    """A job is never looked up anywhere but where it was sent, nor one that was never taken."""
    provider.reply(200, {"id": "video_1", "status": "completed", "url": "https://bucket.test/v.mp4"})
    assert await link(videos, replace(job, provider="https://elsewhere.test/v1")) is None
    assert await link(videos, replace(job, remote_id=None)) is None
    assert provider.seen == []
