"""OpenRouter's dialect: each request, each word for a state, the result, a failed video, and what it lacks."""

import base64
import json
from pathlib import Path

import pytest

from bot.jobs.model import Cause
from bot.jobs.offered_models import Role
from bot.videos.client import VideosClient
from bot.videos.dialects.openrouter import OpenRouterDialect
from bot.videos.provider_faults import AccountRefused, NoList, PollForbidden, RequestRefused
from bot.videos.values import CancelOutcome, Order, ReferenceFile, RemoteState, RemoteVideo
from tests.unit.bot.videos.conftest import KEY, MakeClient
from tests.unit.bot.videos.fake_provider import FakeProvider

BASE = "https://openrouter.example/api/v1"
PENDING = {"id": "gen-1", "polling_url": "/api/v1/videos/gen-1", "status": "pending"}
STORAGE = "https://storage.example.net/v.mp4?sig=%2B%2F"


@pytest.fixture
def client(make_client: MakeClient) -> VideosClient:
    return make_client(dialect=OpenRouterDialect())


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "a.png"
    path.write_bytes(b"bytes" * 50_000)
    return path


def read(known_id: str | None = "gen-1", **body: object) -> RemoteVideo:
    video = OpenRouterDialect().read_video(body, BASE, known_id)
    assert video is not None
    return video


async def sent(provider: FakeProvider, client: VideosClient, order: Order) -> dict[str, object]:
    provider.reply(202, PENDING)
    await client.create(order)
    return json.loads(provider.seen[-1].body)


def refs(picture: Path, *roles: Role) -> tuple[ReferenceFile, ...]:
    return tuple(ReferenceFile(picture, "image/png", role) for role in roles)


async def test_a_create_is_json_with_numbers(provider: FakeProvider, client: VideosClient) -> None:
    """The size as it is, the length as a whole number, options as JSON values; an unset field is left out."""
    options = (("generate_audio", True), ("seed", 7), ("aspect_ratio", "16:9"))
    order = Order("a cät", "key-1", "vendor/m", "1280x720", "8", options=options)
    assert await sent(provider, client, order) == {
        "model": "vendor/m",
        "prompt": "a cät",
        "size": "1280x720",
        "duration": 8,
        "generate_audio": True,
        "seed": 7,
        "aspect_ratio": "16:9",
    }
    assert await sent(provider, client, Order("a cat", "key-2")) == {"prompt": "a cat"}
    [first, second] = provider.seen
    assert (first.method, first.path, first.headers["Content-Type"]) == ("POST", "/v1/videos", "application/json")
    assert [seen.headers["Idempotency-Key"] for seen in (first, second)] == ["key-1", "key-2"]
    assert first.headers["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(("seconds", "duration"), [("8", 8), ("8.0", 8), ("12", 12)])
async def test_a_whole_length_is_sent_as_a_number(
    provider: FakeProvider, client: VideosClient, seconds: str, duration: int
) -> None:
    """However a whole number of seconds is written."""
    assert (await sent(provider, client, Order("a cat", "key-1", seconds=seconds)))["duration"] == duration


@pytest.mark.parametrize("seconds", ["7.5", "", "auto", "0", "-4", "1e3", "٨", "9" * 40])
async def test_a_length_that_is_no_whole_number_is_refused(
    provider: FakeProvider, client: VideosClient, seconds: str
) -> None:
    """Nothing is sent, and the length is blamed: rounding it would make and charge another video than requested."""
    with pytest.raises(RequestRefused) as caught:
        await client.create(Order("a cat", "key-1", seconds=seconds))
    assert (caught.value.cause, caught.value.field, provider.seen) == (Cause.LENGTH, "seconds", [])


async def test_pictures_are_data_urls(provider: FakeProvider, client: VideosClient, picture: Path) -> None:
    """References and frames are lists of their own, each picture as a `data:` URL, in one body of known length."""
    body = await sent(provider, client, Order("a", "k", references=refs(picture, "reference", "reference")))
    assert [_bytes_of(entry) for entry in _list(body, "input_references")] == [picture.read_bytes()] * 2
    assert "frame_images" not in body
    assert int(provider.seen[-1].headers["Content-Length"]) == len(provider.seen[-1].body)
    body = await sent(provider, client, Order("a", "k", references=refs(picture, "first", "last")))
    frames = _list(body, "frame_images")
    assert [entry["frame_type"] for entry in frames] == ["first_frame", "last_frame"]
    assert [_bytes_of(entry) for entry in frames] == [picture.read_bytes()] * 2
    assert "input_references" not in body


def _list(body: dict[str, object], name: str) -> list[dict[str, object]]:
    entries = body[name]
    assert isinstance(entries, list)
    return entries


def _bytes_of(entry: dict[str, object]) -> bytes:
    assert entry["type"] == "image_url"
    held = entry["image_url"]
    assert isinstance(held, dict)
    return base64.b64decode(held["url"].removeprefix("data:image/png;base64,"), validate=True)


async def test_frames_and_references_are_not_mixed(provider: FakeProvider, client: VideosClient, picture: Path) -> None:
    """The API would drop the references and charge all the same; so nothing is sent, and the pictures are blamed."""
    with pytest.raises(RequestRefused) as caught:
        await client.create(Order("a", "k", references=refs(picture, "reference", "last")))
    assert (caught.value.cause, caught.value.about, provider.seen) == (Cause.INPUT, "picture", [])


@pytest.mark.parametrize(
    ("word", "state", "known"),
    [
        ("pending", RemoteState.RUNNING, True),
        ("in_progress", RemoteState.RUNNING, True),
        ("completed", RemoteState.COMPLETED, True),
        ("failed", RemoteState.FAILED, True),
        ("cancelled", RemoteState.FAILED, True),
        ("expired", RemoteState.FAILED, True),
        ("In Progress", RemoteState.RUNNING, True),
        ("upscaling", RemoteState.RUNNING, False),
    ],
)
def test_every_word_for_a_state_is_understood(word: str, state: RemoteState, known: bool) -> None:
    """The API's words, in any case; an unknown one means that the video is running."""
    assert read(id="gen-1", status=word).state is state
    assert read(data={"id": "gen-1", "status": word}).state is state
    assert OpenRouterDialect().knows_word(word) is known


def test_a_video_is_read_with_its_cost_and_result() -> None:
    """The signed address before the content endpoint, the cost in dollars as millionths; no other address counts."""
    done = {"id": "gen-1", "status": "completed", "polling_url": "https://evil.test/p", "usage": {"cost": 0.5}}
    content = f"{BASE}/videos/gen-1/content?index=0"
    assert read(**done, unsigned_urls=[content], urls=[STORAGE]).url == STORAGE
    video = read(**done, unsigned_urls=[content, f"{BASE}/videos/gen-1/content?index=1"])
    assert (video.url, video.cost_micros) == (content, 500_000)
    assert read(**done).url is None
    assert OpenRouterDialect().content_path("gen-1") == "videos/gen-1/content?index=0"
    assert read(unsigned_urls=[content]).state is RemoteState.COMPLETED
    assert read(known_id=None, id="gen-1", unsigned_urls=[content]).state is RemoteState.RUNNING


@pytest.mark.parametrize(
    ("word", "error", "cause", "cancelled"),
    [
        ("failed", "The prompt was blocked by the content policy", Cause.CONTENT, False),
        ("failed", "upstream exploded", Cause.PROVIDER, False),
        ("failed", None, Cause.PROVIDER, False),
        ("failed", {"message": "x", "code": "moderation_blocked"}, Cause.CONTENT, False),
        ("expired", None, Cause.EXPIRED, False),
        ("cancelled", None, Cause.PROVIDER, True),
        ("cancelled", "stopped", Cause.PROVIDER, True),
    ],
)
def test_a_failed_video_has_a_cause(word: str, error: object, cause: Cause, cancelled: bool) -> None:
    """Errors are plain texts, read by the one vocabulary; the word for the state says the rest."""
    video = read(id="gen-1", status=word, error=error, usage={"cost": 0})
    assert video.error is not None
    assert (video.error.cause, video.cancelled, video.cost_micros) == (cause, cancelled, 0)


async def test_free_requests_and_what_is_missing(provider: FakeProvider, client: VideosClient) -> None:
    """A poll, a probe that needs the key, the content address; no remix, no list, no cancel, and nothing sent."""
    provider.reply(200, PENDING)
    assert (await client.poll("gen-1")).state is RemoteState.RUNNING
    await client.ping()
    assert [seen.path for seen in provider.seen] == ["/v1/videos/gen-1", "/v1/key"]
    provider.seen.clear()
    with pytest.raises(RequestRefused) as caught:
        await client.remix("gen-1", Order("a cat", "key-1"))
    assert caught.value.cause is Cause.UNSUPPORTED
    with pytest.raises(NoList):
        await client.list_recent()
    assert (await client.cancel("gen-1")).outcome is CancelOutcome.REFUSED
    assert OpenRouterDialect().read_list([PENDING], BASE) is None
    assert provider.seen == []


async def test_errors_are_read_as_everywhere(provider: FakeProvider, client: VideosClient) -> None:
    """An envelope with a number as its code, on a create and on the probe."""
    provider.reply(401, {"error": {"message": "Missing Authentication header", "code": 401}})
    with pytest.raises(AccountRefused) as caught:
        await client.create(Order("a cat", "key-1"))
    assert caught.value.cause is Cause.KEY
    with pytest.raises(PollForbidden):
        await client.ping()
    provider.answers.clear()
    provider.reply(400, {"error": {"message": "Unsupported duration: 7. Supported: 4, 8", "code": 400}})
    with pytest.raises(RequestRefused) as refused:
        await client.create(Order("a cat", "key-1", seconds="7"))
    assert refused.value.cause is Cause.LENGTH
