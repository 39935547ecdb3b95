"""The provider's videos: lists in any form, and the meaning of a missing one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.videos.client import VideosClient
from bot.videos.dialects.openai import LISTED_MAX, OpenAIDialect
from bot.videos.provider_faults import NoList, PollFailed, PollFault, PollForbidden
from bot.videos.response import decode
from bot.videos.submit_responses import RawResponse, ResponseContext, judge_list
from bot.videos.values import RemoteState, RemoteVideo, Timeouts
from tests.unit.bot.videos.conftest import KEY, MakeClient
from tests.unit.bot.videos.fake_provider import FakeProvider, hang, hang_up

BASE = "https://api.example.com/v1"
ASKED = ResponseContext(OpenAIDialect(), BASE, 1_700_000_000.0, KEY)
ITEM = {"id": "video_1", "status": "processing", "prompt": "a\n cat", "created": 1_700_000_001}


@pytest.mark.parametrize(
    "body",
    [
        {"object": "list", "data": [ITEM], "first_id": "video_1", "last_id": "video_1", "has_more": False},
        [ITEM],
        {"videos": [ITEM]},
        {"items": [ITEM], "total": 1},
        {"code": 0, "message": "ok", "data": {"list": [ITEM]}},
        {"data": {"data": [ITEM]}},
        {"results": [{"data": ITEM}]},
    ],
)
def test_a_list_is_found_wherever_it_lies(body: object) -> None:
    """Plain, wrapped, or under another name: the same video with its prompt, letter for letter, and its time."""
    videos = OpenAIDialect().read_list(body, BASE)
    assert videos is not None
    [video] = videos
    assert (video.id, video.state, video.prompt) == ("video_1", RemoteState.RUNNING, "a\n cat")
    assert (video.created_at, video.idempotency_key) == (1_700_000_001.0, None)


@pytest.mark.parametrize(
    ("item", "prompt", "key"),
    [
        ({"id": "v"}, None, None),
        ({"id": "v", "prompt": 7, "idempotency_key": ["k"]}, None, None),
        ({"id": "v", "idempotency_key": "k-1"}, None, "k-1"),
        ({"id": "v", "metadata": {"idempotency_key": "k-1"}}, None, "k-1"),
        ({"id": "v", "metadata": "text", "idempotency_key": "k" * 300}, None, None),
        ({"data": {"id": "v", "prompt": "inner"}}, "inner", None),
        ({"id": "v", "prompt": "x" * 40_000}, None, None),
    ],
)
def test_items_may_be_partial(item: dict[str, object], prompt: str | None, key: str | None) -> None:
    """What an item doesn't tell, or tells in no usable form, is missing; the item stays."""
    assert OpenAIDialect().read_list({"data": [item]}, BASE) == (
        RemoteVideo("v", RemoteState.RUNNING, prompt=prompt, idempotency_key=key),
    )


def test_what_names_no_usable_id_is_left_out() -> None:
    """Items without an id, with an unusable one, or of no form at all don't spoil the rest."""
    items = [None, 3, "video", [], {}, {"status": "queued"}, {"id": "a\nb"}, {"id": ""}, {"id": "x" * 2000}, ITEM]
    videos = OpenAIDialect().read_list({"data": items}, BASE)
    assert videos is not None
    assert [video.id for video in videos] == ["video_1"]


@pytest.mark.parametrize("body", [None, 3, "text", {}, {"data": None}, {"id": "v"}, {"error": {"message": "no"}}])
def test_what_is_no_list_is_none(body: object) -> None:
    """An empty list is a list; an error, a video or a page is not."""
    assert OpenAIDialect().read_list(body, BASE) is None
    assert OpenAIDialect().read_list({"data": []}, BASE) == ()


@given(st.binary(max_size=200), st.integers(200, 599))
def test_any_answer_is_a_list_or_a_fault(body: bytes, status: int) -> None:
    """Nothing that a server says makes the question raise; only a readable 2xx is a list."""
    judged = judge_list(RawResponse(status, {}, body), ASKED)
    if isinstance(judged, PollFault):
        assert judged.status == status
    else:
        assert status < 300
        assert isinstance(decode(body), list | dict)


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        *((status, NoList) for status in (400, 404, 405, 410, 422, 501)),
        *((status, PollForbidden) for status in (401, 402, 403)),
        *((status, PollFailed) for status in (302, 408, 429, 500, 502, 503)),
        (200, PollFailed),
    ],
)
async def test_every_row_of_the_answers_to_a_list(
    provider: FakeProvider, client: VideosClient, status: int, fault: type[PollFault]
) -> None:
    """No list is a fault of its own; all else is what it is for a look, and a 200 that is no list has failed."""
    provider.reply(status, {"error": {"message": f"no, {KEY}", "type": "x"}})
    with pytest.raises(fault) as caught:
        await client.list_recent()
    assert type(caught.value) is fault
    assert caught.value.status == status
    assert KEY not in caught.value.detail


async def test_the_latest_are_asked_for_with_the_key(provider: FakeProvider, client: VideosClient) -> None:
    """One GET, newest first, at most a hundred, with the key and without a body."""
    provider.reply(200, {"data": [ITEM]})
    [video] = await client.list_recent()
    await client.list_recent(5000)
    await client.list_recent(7)
    assert video.id == "video_1"
    assert [seen.path for seen in provider.seen] == [f"/v1/videos?limit={limit}&order=desc" for limit in (100, 100, 7)]
    assert {(seen.method, seen.body, seen.headers["Authorization"]) for seen in provider.seen} == {
        ("GET", b"", f"Bearer {KEY}")
    }


async def test_a_hundred_long_prompts_are_read_and_a_server_without_limits_is_cut(
    provider: FakeProvider, client: VideosClient
) -> None:
    """More than 1 MiB of list is read; of thousands of videos only the first thousand count."""
    long = [{"id": f"video_{number}", "prompt": "ä" * 4000} for number in range(100)]
    assert len(json.dumps(long)) > 2 * 1024 * 1024
    provider.reply(200, {"data": long}).reply(200, {"data": [{"id": f"v{number}"} for number in range(5000)]})
    assert (await client.list_recent())[99].prompt == "ä" * 4000
    assert [video.id for video in await client.list_recent()] == [f"v{number}" for number in range(LISTED_MAX)]


@pytest.mark.parametrize("answerer", [hang, hang_up])
async def test_silence_is_a_failed_listing(provider: FakeProvider, make_client: MakeClient, answerer: object) -> None:
    """No answer is a fault like any other, never a hang."""
    provider.then(answerer)
    with pytest.raises(PollFailed):
        await make_client(timeouts=Timeouts(0.5, 0.2, 0.4, 0.6, 0.2, 0.4)).list_recent()


async def test_a_list_of_another_origin_is_not_followed(
    provider: FakeProvider, foreign: FakeProvider, client: VideosClient
) -> None:
    """A redirect to another origin is a fault; the key doesn't go there."""
    provider.reply(302, headers={"Location": f"{foreign.base_url}/videos"})
    with pytest.raises(PollFailed):
        await client.list_recent()
    assert foreign.seen == []
