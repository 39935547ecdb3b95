"""The request that stops a render: sent once, to the API alone, and never an exception."""

import pytest

from bot.videos.client import VideosClient
from bot.videos.values import CancelOutcome, Endpoint, Timeouts
from tests.unit.bot.videos.conftest import KEY, MakeClient
from tests.unit.bot.videos.dialects.made_up import MadeUpDialect
from tests.unit.bot.videos.fake_provider import Answerer, FakeProvider, flood, hang, hang_up, raw, reset

SHORT = Timeouts(0.5, 0.2, 0.4, 0.6, 0.2, 0.4)
LOST: dict[str, Answerer] = {"hang": hang, "hang up": hang_up, "reset": reset, "no HTTP": raw(b"SMTP\r\n\r\n")}


async def test_a_cancel_is_one_free_delete(provider: FakeProvider, make_client: MakeClient) -> None:
    """A DELETE with the key; it counts as no paid request, and works while the process ends."""
    provider.reply(200, {"id": "v/1", "object": "video.deleted", "deleted": True})
    client = make_client(limit=1)
    client.leave()
    result = await client.cancel("v/1")
    assert (result.outcome, result.status) == (CancelOutcome.TAKEN, 200)
    [seen] = provider.seen
    assert (seen.method, seen.path, seen.body) == ("DELETE", "/v1/videos/v%2F1", b"")
    assert seen.headers["Authorization"] == f"Bearer {KEY}"


async def test_the_path_is_the_dialects(provider: FakeProvider, make_client: MakeClient) -> None:
    """Where a render is stopped is a matter of the API."""
    provider.reply(204)
    assert (await make_client(dialect=MadeUpDialect()).cancel("d/1")).outcome is CancelOutcome.TAKEN
    assert [seen.path for seen in provider.seen] == ["/v1/dishes/d%2F1"]


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST.keys())
async def test_a_lost_response_is_unclear_and_nothing_is_sent_again(
    provider: FakeProvider, make_client: MakeClient, lost: Answerer
) -> None:
    """aiohttp would repeat a DELETE whose connection broke off; what the first one did is left to the polls."""
    provider.then(lost)
    result = await make_client(timeouts=SHORT).cancel("video_1")
    assert (result.outcome, result.status) == (CancelOutcome.UNCLEAR, None)
    assert len(provider.seen) == 1


async def test_a_stale_connection_does_not_matter(provider: FakeProvider, client: VideosClient) -> None:
    """It has a connection of its own, and not the kept-alive one of the polls."""
    provider.reply(200, {"id": "video_1", "status": "queued"})
    await client.poll("video_1")
    await client.cancel("video_1")
    await client.cancel("video_1")
    assert len({str(seen.peer) for seen in provider.seen}) == 3


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(
    provider: FakeProvider, foreign: FakeProvider, client: VideosClient, status: int
) -> None:
    """The key stays at the API, and no other video is deleted."""
    provider.reply(status, headers={"Location": f"{foreign.base_url}/videos/video_1"})
    assert (await client.cancel("video_1")).outcome is CancelOutcome.REFUSED
    assert (len(provider.seen), foreign.seen) == (1, [])


async def test_without_a_connection_nothing_was_cancelled(make_client: MakeClient) -> None:
    """A refused connection is a sure no."""
    result = await make_client(base_url="http://127.0.0.1:1/v1").cancel("video_1")
    assert (result.outcome, result.status) == (CancelOutcome.REFUSED, None)
    assert result.detail


async def test_a_flood_is_unclear(provider: FakeProvider, client: VideosClient) -> None:
    """Only a bounded part of a body is read."""
    provider.then(flood)
    assert (await client.cancel("video_1")).outcome is CancelOutcome.UNCLEAR


async def test_the_key_is_not_in_the_words_for_the_log(provider: FakeProvider, client: VideosClient) -> None:
    """Nor are addresses."""
    provider.reply(500, {"error": f"{KEY} https://files.example.com/video.mp4?sig=1"})
    result = await client.cancel("video_1")
    assert KEY not in result.detail
    assert "sig=1" not in result.detail
    assert KEY not in repr(Endpoint("http://127.0.0.1:1/v1", KEY))
