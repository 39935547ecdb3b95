"""The client sends what the dialect writes, where the dialect says, and reads through it alone."""

import base64
import json
from pathlib import Path

import pytest

from bot.jobs.model import Cause
from bot.videos.client import VideosClient
from bot.videos.provider_faults import Busy, Doubtful, NoList, NotFound, PollFailed, RequestRefused
from bot.videos.values import Order, ReferenceFile, RemoteState
from tests.unit.bot.videos.conftest import KEY, MakeClient
from tests.unit.bot.videos.dialects.made_up import BareDialect, MadeUpDialect
from tests.unit.bot.videos.fake_provider import FakeProvider

OVEN = {"dish": {"ticket": "d/1", "phase": "oven"}}


@pytest.fixture
def client(make_client: MakeClient) -> VideosClient:
    return make_client(dialect=MadeUpDialect())


async def test_paid_requests_are_those_of_the_dialect(
    provider: FakeProvider, client: VideosClient, tmp_path: Path
) -> None:
    """Path, fields and pictures are its own; key and idempotency key are sent as ever."""
    picture = tmp_path / "a.png"
    picture.write_bytes(b"bytes" * 50_000)
    provider.reply(202, OVEN)
    created = await client.create(
        Order("a fox", "key-1", seconds="8", references=(ReferenceFile(picture, "image/png"),))
    )
    await client.remix("d/1", Order("a cät", "key-2"))
    assert (created.id, created.state) == ("d/1", RemoteState.RUNNING)
    assert [(seen.method, seen.path) for seen in provider.seen] == [("POST", "/v1/dishes/new")] * 2
    first, second = (json.loads(seen.body) for seen in provider.seen)
    [view] = first.pop("views")
    assert base64.b64decode(view.removeprefix("data:image/png;base64,"), validate=True) == picture.read_bytes()
    assert first == {"wish": "a fox", "time": 8.0}
    assert second == {"wish": "a cät", "time": None, "views": [], "like": "d/1"}
    assert [seen.headers["Idempotency-Key"] for seen in provider.seen] == ["key-1", "key-2"]
    assert {seen.headers["Authorization"] for seen in provider.seen} == {f"Bearer {KEY}"}


async def test_free_requests_are_those_of_the_dialect(provider: FakeProvider, client: VideosClient) -> None:
    """A poll, the list, the probe and the content address; states and results are read where they are."""
    provider.reply(200, {"dish": {"phase": "served", "plate": "/files/1.mp4"}})
    video = await client.poll("d/1")
    assert (video.id, video.state) == ("d/1", RemoteState.COMPLETED)
    assert video.url == f"{provider.base_url.removesuffix('/v1')}/files/1.mp4"
    provider.answers.clear()
    provider.reply(200, {"dishes": [OVEN["dish"], {"phase": "served"}]})
    assert [video.id for video in await client.list_recent()] == ["d/1"]
    await client.ping()
    assert [seen.path for seen in provider.seen] == ["/v1/dishes/d%2F1/phase", "/v1/dishes?first=100", "/v1/account"]
    assert client.content_url("d/1") == f"{provider.base_url}/plates/d%2F1"


async def test_a_single_probe_is_sent_again(provider: FakeProvider, client: VideosClient) -> None:
    """With one probe a broken one is not replaced by another."""
    provider.reply(500, {})
    for _ in range(3):
        with pytest.raises(PollFailed):
            await client.ping()
    assert {seen.path for seen in provider.seen} == {"/v1/account"}


async def test_errors_mean_the_same_in_every_dialect(provider: FakeProvider, client: VideosClient) -> None:
    """Refusals, doubt and failed videos are read by the one vocabulary of causes."""
    provider.reply(429, {"error": {"message": "slow down"}})
    with pytest.raises(Busy):
        await client.create(Order("a fox", "key-1"))
    provider.answers.clear()
    # An id beside an error: the request may have been taken.
    provider.reply(200, {"error": {"message": "no"}, "dish": {"ticket": "a\nb"}})
    with pytest.raises(Doubtful):
        await client.create(Order("a fox", "key-1"))
    provider.answers.clear()
    provider.reply(200, {"dish": {"phase": "burnt", "error": {"code": "moderation_blocked"}}}).reply(404, {})
    failed = await client.poll("d/1")
    assert failed.error is not None
    assert (failed.state, failed.error.cause) == (RemoteState.FAILED, Cause.CONTENT)
    with pytest.raises(NotFound):
        await client.poll("d/1")


async def test_what_a_dialect_lacks_is_refused_unsent(provider: FakeProvider, make_client: MakeClient) -> None:
    """A remix that can't be made costs nothing, not even one of the requests of a minute; a list is missing."""
    provider.reply(202, OVEN)
    client = make_client(dialect=BareDialect(), limit=1)
    with pytest.raises(RequestRefused) as caught:
        await client.remix("d/1", Order("a fox", "key-1"))
    assert caught.value.cause is Cause.UNSUPPORTED
    with pytest.raises(NoList):
        await client.list_recent()
    assert provider.seen == []
    assert (await client.create(Order("a fox", "key-2"))).id == "d/1"
