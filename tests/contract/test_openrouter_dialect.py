"""The bot's client and fetcher against the studio's `openrouter` dialect, which refuses what OpenRouter refuses.

docs/facts/provider.md, "The OpenRouter dialect".
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from bot.jobs.model import Cause
from bot.media.video_fetcher import AddressGuard, Source, VideoFetcher
from bot.ops.clock import SystemClock
from bot.videos.client import VideosClient
from bot.videos.dialects.openrouter import OpenRouterDialect
from bot.videos.provider_faults import AccountRefused, Doubtful, NotFound, PollForbidden, RequestRefused
from bot.videos.spending import SpendGuard
from bot.videos.values import Endpoint, Order, ReferenceFile, RemoteState, RemoteVideo
from sandbox.clock import ScaledClock
from sandbox.studio import Dials, Fault, ModelCard, Outcome, Studio

MODEL = "vendor/clip-1"


@pytest.fixture
def clock() -> ScaledClock:
    return ScaledClock()


@pytest.fixture
async def studio(tmp_path: Path, clock: ScaledClock) -> AsyncIterator[Studio]:
    dials = Dials(render_seconds=12, models=(MODEL,))
    async with Studio(tmp_path / "studio", clock, "sk-or-key", dials, "openrouter") as studio:
        yield studio


@pytest.fixture
async def client(studio: Studio) -> AsyncIterator[VideosClient]:
    client = client_of(studio, studio.api_key)
    yield client
    await client.close()


@pytest.fixture
async def fetcher(studio: Studio, client: VideosClient, tmp_path: Path) -> AsyncIterator[VideoFetcher]:
    sources = {studio.base_url: Source(AddressGuard(studio.base_url, ()), client.key_for)}
    fetcher = VideoFetcher(tmp_path / "videos", 50_000_000, sources)
    yield fetcher
    await fetcher.close()


def client_of(studio: Studio, key: str) -> VideosClient:
    clock = SystemClock()
    return VideosClient(Endpoint(studio.base_url, key), OpenRouterDialect(), SpendGuard(100, clock), clock)


async def made(studio: Studio, client: VideosClient, order: Order, state: str = "completed") -> RemoteVideo:
    """The video after its render."""
    taken = await client.create(order)
    assert taken.state is RemoteState.RUNNING
    [render] = [render for render in studio.renders if render.id == taken.id]
    studio.clock.jump(12)  # pyright: ignore[reportAttributeAccessIssue] - the fixture's clock
    await studio.wait_for(lambda: render.state == state)
    return await client.poll(taken.id)


async def test_a_video_with_pictures_is_made_and_fetched_without_the_key(
    studio: Studio, client: VideosClient, fetcher: VideoFetcher, tmp_path: Path
) -> None:
    """Create, poll, cost, and a download from signed storage; every byte of the pictures arrives."""
    picture = tmp_path / "a.png"
    Image.effect_noise((900, 900), 90).save(picture)
    references = (ReferenceFile(picture, "image/png"), ReferenceFile(picture, "image/png"))
    options = (("seed", 7), ("generate_audio", False))
    order = Order("a cat", "key-1", MODEL, "1920x1080", "8", references, options)
    video = await made(studio, client, order)
    [render] = studio.renders
    assert (render.prompt, render.size, render.seconds) == ("a cat", "1920x1080", "8")
    assert render.asked.options == {"seed": 7, "generate_audio": False}
    assert [file.data for file in render.references] == [picture.read_bytes()] * 2
    assert (video.state, video.cost_micros) == (RemoteState.COMPLETED, 400_000)
    assert studio.paid("key-1") == 1
    assert video.url is not None
    assert video.url.startswith(studio.files_url)
    fetched = await fetcher.fetch(video.url, "JOB00001.mp4", studio.base_url)
    assert fetched.path.read_bytes() == (await studio.video(render)).read_bytes()
    assert studio.leaks == []


async def test_without_storage_the_content_endpoint_gets_the_key(
    studio: Studio, client: VideosClient, fetcher: VideoFetcher
) -> None:
    """Its address in the answer, and ours, are the same."""
    studio.dials.result = "content_only"
    video = await made(studio, client, Order("a cat", "key-1", MODEL))
    assert video.url == client.content_url(video.id)
    assert (await fetcher.fetch(client.content_url(video.id), "JOB00001.mp4", studio.base_url)).path.stat().st_size > 0
    assert studio.leaks == []


async def test_frames_arrive_with_their_roles(studio: Studio, client: VideosClient, tmp_path: Path) -> None:
    """The first and the last frame."""
    picture = tmp_path / "a.png"
    Image.new("RGB", (64, 48), "orange").save(picture)
    frames = (ReferenceFile(picture, "image/png", "first"), ReferenceFile(picture, "image/png", "last"))
    await client.create(Order("a cat", "key-1", MODEL, references=frames))
    assert [file.field for file in studio.renders[0].references] == ["first_frame", "last_frame"]


@pytest.mark.parametrize(
    ("more", "cause"),
    [
        ({"model": "vendor/other"}, Cause.MODEL),
        ({"seconds": "7"}, Cause.LENGTH),
        ({"size": "640x360"}, Cause.SIZE),
        ({"prompt": "a forbidden cat"}, Cause.CONTENT),
        ({"options": (("seed", "seven"),)}, Cause.INPUT),
        ({"options": (("resolution", "4K"),)}, Cause.SIZE),
        ({"options": (("fps", 24),)}, Cause.INPUT),
    ],
)
async def test_refusals_are_understood(
    studio: Studio, client: VideosClient, more: dict[str, object], cause: Cause
) -> None:
    """Each has its cause, and nothing is charged."""
    fields: dict[str, object] = {"prompt": "a cat", "idempotency_key": "key-1", "model": MODEL} | more
    with pytest.raises(RequestRefused) as caught:
        await client.create(Order(**fields))  # pyright: ignore[reportArgumentType] - made of the row
    assert (caught.value.cause, studio.renders) == (cause, [])


@pytest.mark.parametrize(
    ("word", "cause", "cancelled"),
    [("failed", Cause.CONTENT, False), ("cancelled", Cause.CONTENT, True), ("expired", Cause.CONTENT, False)],
)
async def test_a_failed_video_has_a_cause(
    studio: Studio, client: VideosClient, word: str, cause: Cause, cancelled: bool
) -> None:
    """Its error is a plain text, and its word may say more."""
    studio.dials.next_render.append(Outcome.fail())
    studio.dials.statuses["failed"] = word
    video = await made(studio, client, Order("a cat", "key-1", MODEL), state="failed")
    assert video.error is not None
    assert (video.state, video.error.cause, video.cancelled) == (RemoteState.FAILED, cause, cancelled)


async def test_a_key_is_proved_by_every_request(studio: Studio) -> None:
    """A wrong one is refused at a create, a poll and the probe."""
    client = client_of(studio, "sk-wrong")
    try:
        with pytest.raises(AccountRefused):
            await client.create(Order("a cat", "key-1", MODEL))
        with pytest.raises(PollForbidden):
            await client.ping()
        with pytest.raises(PollForbidden):
            await client.poll("gen-vid-1")
    finally:
        await client.close()
    assert studio.renders == []


async def test_what_is_unknown_is_doubt(studio: Studio, client: VideosClient) -> None:
    """A lost response was charged; an unknown id is not found; the probe costs nothing."""
    studio.faults.add("paid", Fault.drop(take=True))
    with pytest.raises(Doubtful):
        await client.create(Order("a cat", "key-1", MODEL))
    assert studio.paid("key-1") == 1
    with pytest.raises(NotFound):
        await client.poll("gen-vid-unknown")
    await client.ping()
    assert [request.operation for request in studio.requests][-1] == "ping"


async def test_a_model_of_its_own_card_costs_what_it_says(studio: Studio, client: VideosClient) -> None:
    """The reported cost is in dollars, and kept in millionths."""
    studio.dials.cards[MODEL] = ModelCard(durations=(5,), per_second="0.123457")
    assert (await made(studio, client, Order("a cat", "key-1", MODEL, seconds="5"))).cost_micros == 617_285
