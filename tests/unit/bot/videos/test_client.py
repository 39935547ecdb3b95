"""The provider's client over real sockets: what it sends, and what it makes of silence, mess and strange answers."""

import asyncio
import gzip
import json
import logging
import ssl
from dataclasses import replace
from functools import partial
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.jobs.model import Cause
from bot.ops.clock import SystemClock
from bot.videos import client as client_module
from bot.videos.client import VideosClient
from bot.videos.dialects.openai import OpenAIDialect
from bot.videos.provider_faults import (
    AccountRefused,
    Blocked,
    CleanRefusal,
    Doubtful,
    Leaving,
    NotFound,
    NotSent,
    PollFailed,
    PollForbidden,
    RequestRefused,
    SpendingStopped,
)
from bot.videos.values import Endpoint, Order, ReferenceFile, RemoteState, Timeouts
from tests.unit.bot.videos.conftest import KEY, MakeClient
from tests.unit.bot.videos.fake_provider import FakeProvider, drip, flood, hang, hang_up, raw, reset

ORDER = Order(prompt="a cat", idempotency_key="key-1")
FULL = Order("a cät", "key-1", model="gpt-4o-video", size="1280x720", seconds="8")
QUEUED = {"id": "video_1", "status": "queued"}
# For what ends by a timeout only. It leaves a busy machine the time to take the request.
SHORT = Timeouts(1.0, 1.0, 1.5, 1.5, 1.0, 1.5)


@pytest.fixture
def pictures(tmp_path: Path) -> tuple[ReferenceFile, ...]:
    files: list[ReferenceFile] = []
    for name, content_type in (("Müller.png", "image/png"), ("b.jpeg", "image/jpeg"), ("c", "image/webp")):
        path = tmp_path / name
        path.write_bytes(name.encode() * 50_000)
        files.append(ReferenceFile(path, content_type))
    return tuple(files)


# What is sent


async def test_an_order_without_pictures_is_json(provider: FakeProvider, client: VideosClient) -> None:
    """Without pictures the body is JSON, all values strings, with the key and the idempotency key in the headers."""
    provider.reply(200, QUEUED)
    video = await client.create(FULL)
    [seen] = provider.seen
    assert (video.id, video.state) == ("video_1", RemoteState.RUNNING)
    assert (seen.method, seen.path) == ("POST", "/v1/videos")
    assert json.loads(seen.body) == {
        "model": "gpt-4o-video",
        "prompt": "a cät",
        "size": "1280x720",
        "seconds": "8",
    }
    assert seen.headers["Content-Type"] == "application/json"
    assert seen.headers["Authorization"] == f"Bearer {KEY}"
    assert seen.headers["Idempotency-Key"] == "key-1"


async def test_unset_fields_are_left_out(provider: FakeProvider, client: VideosClient) -> None:
    """An unset field is not sent, not even as null."""
    provider.reply(200, QUEUED)
    await client.create(ORDER)
    assert json.loads(provider.seen[0].body) == {"prompt": "a cat"}


@pytest.mark.parametrize("field", ["input_reference", "input_reference[]"])
async def test_pictures_go_as_parts_in_their_order(
    provider: FakeProvider, make_client: MakeClient, pictures: tuple[ReferenceFile, ...], field: str
) -> None:
    """Pictures are multipart parts under one repeated name, with plain names and real types, byte for byte in order."""
    provider.reply(200, QUEUED)
    await make_client(dialect=OpenAIDialect(reference_field=field)).create(
        Order("a cat", "key-1", seconds="8", references=pictures)
    )
    [seen] = provider.seen
    assert [(part.name, part.data) for part in seen.parts if part.filename is None] == [
        ("prompt", b"a cat"),
        ("seconds", b"8"),
    ]
    files = [part for part in seen.parts if part.filename is not None]
    assert [(part.name, part.filename, part.content_type) for part in files] == [
        (field, "reference-1.png", "image/png"),
        (field, "reference-2.jpg", "image/jpeg"),
        (field, "reference-3.webp", "image/webp"),
    ]
    assert [part.data for part in files] == [picture.path.read_bytes() for picture in pictures]
    assert "Content-Length" in seen.headers
    assert b"M\xc3\xbcller".decode() not in str(seen.headers)


async def test_forced_multipart_is_multipart_without_pictures(provider: FakeProvider, make_client: MakeClient) -> None:
    """Forced multipart is truly multipart for texts alone, not the urlencoded form that aiohttp would choose."""
    provider.reply(200, QUEUED)
    await make_client(dialect=OpenAIDialect("multipart")).create(FULL)
    [seen] = provider.seen
    assert seen.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert [(part.name, part.data.decode()) for part in seen.parts] == [
        ("model", "gpt-4o-video"),
        ("prompt", "a cät"),
        ("size", "1280x720"),
        ("seconds", "8"),
    ]


async def test_a_prompt_that_is_no_unicode_is_sent_all_the_same(
    provider: FakeProvider, make_client: MakeClient
) -> None:
    """Half a character becomes a question mark, in a form as well."""
    provider.reply(200, QUEUED)
    await make_client(dialect=OpenAIDialect("multipart")).create(Order("a \ud800 fox", "key-1"))
    [seen] = provider.seen
    assert [part.data for part in seen.parts] == [b"a ? fox"]


async def test_forced_json_carries_pictures_as_data_urls(
    provider: FakeProvider, make_client: MakeClient, pictures: tuple[ReferenceFile, ...]
) -> None:
    """Forced JSON stays JSON with pictures: one is an object with a data URL, several are a list of them."""
    provider.reply(200, QUEUED)
    client = make_client(dialect=OpenAIDialect("json"))
    await client.create(Order("a cat", "key-1", references=pictures[:1]))
    await client.create(Order("a cat", "key-2", references=pictures))
    one, many = (json.loads(seen.body)["input_reference"] for seen in provider.seen)
    assert one["image_url"].startswith("data:image/png;base64,")
    assert [entry["image_url"][:16] for entry in many] == ["data:image/png;b", "data:image/jpeg;", "data:image/webp;"]


async def test_a_remix_sends_only_what_was_set(provider: FakeProvider, client: VideosClient) -> None:
    """A remix posts to its parent, whose id is one path segment, and sends the prompt alone when no more was set."""
    provider.reply(200, QUEUED)
    await client.remix("sora-2:task/01?k=..", ORDER)
    [seen] = provider.seen
    assert seen.path == "/v1/videos/sora-2%3Atask%2F01%3Fk%3D../remix"
    assert json.loads(seen.body) == {"prompt": "a cat"}


@pytest.mark.parametrize(
    ("remote_id", "path"),
    [
        ("video_abc123", "video_abc123"),
        ("v/1?x", "v%2F1%3Fx"),
        ("../../admin", "..%2F..%2Fadmin"),
        ("..", "%2E%2E"),
        ("a b#c", "a%20b%23c"),
        ("a%2Fb", "a%252Fb"),
        ("dmlkZW8=:é", "dmlkZW8%3D%3A%C3%A9"),
    ],
)
async def test_an_id_is_one_path_segment(
    provider: FakeProvider, client: VideosClient, remote_id: str, path: str
) -> None:
    """An id with any characters stays one path segment, for polls as for contents."""
    provider.reply(200, {"id": remote_id, "status": "completed"})
    video = await client.poll(remote_id)
    assert (video.id, video.state) == (remote_id, RemoteState.COMPLETED)
    assert provider.seen[0].path == f"/v1/videos/{path}"
    assert client.content_url(remote_id) == f"{provider.base_url}/videos/{path}/content"


async def test_a_base_url_with_a_slash_is_the_same_provider(provider: FakeProvider, make_client: MakeClient) -> None:
    """A trailing slash makes no other provider and no double slash."""
    provider.reply(200, QUEUED)
    client = make_client(base_url=provider.base_url + "/")
    await client.create(ORDER)
    assert client.provider == provider.base_url
    assert provider.seen[0].path == "/v1/videos"


# Money: connections, redirects, the guard


async def test_every_paid_request_has_a_fresh_connection(provider: FakeProvider, client: VideosClient) -> None:
    """A paid request never travels on a kept-alive connection, neither one of a poll nor one of a paid request."""
    provider.reply(200, QUEUED)
    await client.poll("video_1")
    await client.poll("video_1")
    for _ in range(3):
        await client.create(ORDER)
    await client.poll("video_1")
    polls = {seen.peer for seen in provider.seen if seen.method == "GET"}
    posts = [seen.peer for seen in provider.seen if seen.method == "POST"]
    assert len(polls) == 1
    assert len(set(posts)) == 3
    assert not polls & set(posts)


async def test_a_stale_connection_cannot_make_a_paid_request_doubtful(
    provider: FakeProvider, client: VideosClient
) -> None:
    """When the provider cuts every connection after its answer, each following paid request still arrives once."""

    async def answer_and_cut(request: web.Request) -> web.StreamResponse:
        response = web.json_response(QUEUED)
        await response.prepare(request)
        await response.write_eof()
        assert request.transport is not None
        request.transport.close()
        return response

    provider.then(answer_and_cut)
    for _ in range(5):
        assert (await client.create(ORDER)).id == "video_1"
    assert len(provider.seen) == 5


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirected_paid_request_is_not_followed(
    provider: FakeProvider, foreign: FakeProvider, client: VideosClient, status: int
) -> None:
    """A redirect of a paid request is a fault of the address: not followed, and neither prompt nor key leaves."""
    provider.reply(status, headers={"Location": f"{foreign.base_url}/videos"})
    with pytest.raises(Blocked) as caught:
        await client.create(ORDER)
    assert caught.value.cause is Cause.PROVIDER
    assert (len(provider.seen), foreign.seen) == (1, [])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_poll_does_not_follow_to_another_origin(
    provider: FakeProvider, foreign: FakeProvider, client: VideosClient, status: int
) -> None:
    """A poll that is sent to another origin ends there; the other origin sees nothing at all."""
    provider.reply(status, headers={"Location": f"{foreign.base_url}/videos/video_1"})
    with pytest.raises(PollFailed) as caught:
        await client.poll("video_1")
    assert (caught.value.status, len(provider.seen), foreign.seen) == (status, 1, [])


async def test_a_poll_follows_three_redirects_at_its_own_origin(provider: FakeProvider, client: VideosClient) -> None:
    """Three redirects at the API's own origin are followed with the key; a fourth is not."""
    for _ in range(3):
        provider.reply(307, headers={"Location": "/v1/elsewhere"})
    provider.reply(200, QUEUED)
    assert (await client.poll("video_1")).id == "video_1"
    assert [seen.headers["Authorization"] for seen in provider.seen] == [f"Bearer {KEY}"] * 4
    provider.answers.clear()
    provider.seen.clear()
    provider.reply(307, headers={"Location": "/v1/elsewhere"})
    with pytest.raises(PollFailed):
        await client.poll("video_1")
    assert len(provider.seen) == 4


@pytest.mark.parametrize("location", ["http://[", "//127.0.0.66/x", "", "http://user@127.0.0.1/", "ftp://127.0.0.66/"])
async def test_a_poll_survives_odd_redirects(provider: FakeProvider, client: VideosClient, location: str) -> None:
    """A redirect to nonsense is a failed poll and nothing else."""
    provider.reply(302, headers={"Location": location})
    with pytest.raises(PollFailed):
        await client.poll("video_1")
    assert len(provider.seen) == 1


async def test_the_guard_stops_a_loop_gone_wild(provider: FakeProvider, make_client: MakeClient) -> None:
    """A loop that submits for ever reaches the provider no more often than the guard allows."""
    provider.reply(500, {"error": {"message": "heavy load", "code": "server_error"}})
    client = make_client(limit=5)
    stopped: list[SpendingStopped] = []
    for _ in range(50):
        try:
            await client.create(ORDER)
        except SpendingStopped as stop:
            stopped.append(stop)
        except CleanRefusal:
            continue
    assert len(provider.seen) == 5
    assert len(stopped) == 45
    assert all(0 < stop.retry_after_seconds <= 60 for stop in stopped)


async def test_the_key_is_only_for_the_api_itself(make_client: MakeClient) -> None:
    """The key is handed out for URLs of the API's own scheme, host and port, and for nothing that resembles them."""
    client = make_client(base_url="https://api.example.com/v1")
    for url in (
        "https://api.example.com/x",
        "https://API.example.com:443/v1/videos/1/content",
        "HTTPS://api.example.com",
    ):
        assert client.key_for(url) == KEY, url
    for url in (
        "http://api.example.com/x",
        "https://api.example.com:8443/x",
        "https://cdn.example.com/x",
        "https://api.example.com.evil.net/x",
        "https://api.example.com@evil.net/x",
        "https://api.example.com\\@evil.net/x",
        "https://user@api.example.com/x",
        "https://api.example.com./x",
        "//api.example.com/x",
        "data:video/mp4;base64,AAAA",
        "https://api.example.com\n/x",
        "",
    ):
        assert client.key_for(url) is None, url


async def test_the_key_shows_nowhere(provider: FakeProvider, client: VideosClient) -> None:
    """A provider that repeats the key in its refusal does not get it into a sentence, a detail or a repr."""
    provider.reply(401, {"error": {"message": f"Incorrect API key provided: {KEY}."}})
    with pytest.raises(AccountRefused) as caught:
        await client.create(ORDER)
    assert KEY not in caught.value.detail + str(caught.value) + repr(client._endpoint)
    assert "[hidden]" in caught.value.detail


@pytest.mark.parametrize("key", ["", "sk bad\n", "schlüssel"])
async def test_a_key_that_cannot_be_sent_is_named_at_once(make_client: MakeClient, key: str) -> None:
    """A key that no header can carry is refused when the client is built."""
    client = make_client()
    with pytest.raises(ValueError, match="key of the Videos API"):
        VideosClient(Endpoint(client.provider, key), OpenAIDialect(), client._guard, client.clock)


# Silence and mess


async def test_a_refused_connection_means_nothing_was_sent(make_client: MakeClient) -> None:
    """A connection that is refused, for a paid request, means that nothing was sent."""
    with pytest.raises(NotSent) as caught:
        await make_client(base_url="http://127.0.0.1:9/v1").create(ORDER)
    assert caught.value.__cause__ is not None
    with pytest.raises(PollFailed) as polled:
        await make_client(base_url="http://127.0.0.1:9/v1").poll("video_1")
    assert polled.value.provider_at_fault


async def test_failing_tls_means_nothing_was_sent(provider: FakeProvider, make_client: MakeClient) -> None:
    """A server that doesn't speak TLS at an https address has received nothing of the request."""
    provider.reply(200, QUEUED)
    with pytest.raises(NotSent):
        await make_client(base_url=provider.base_url.replace("http:", "https:")).create(ORDER)
    assert provider.seen == []


async def test_an_unknown_host_means_nothing_was_sent(make_client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that doesn't resolve, or a connection that takes too long, means that nothing was sent."""

    async def unresolved(*_: object, **__: object) -> object:
        raise OSError("Name or service not known")

    monkeypatch.setattr(aiohttp.ThreadedResolver, "resolve", unresolved)
    with pytest.raises(NotSent):
        await make_client(base_url="http://nowhere.invalid/v1").create(ORDER)

    async def endless(*_: object, **__: object) -> object:
        return await asyncio.Event().wait()

    monkeypatch.setattr(aiohttp.ThreadedResolver, "resolve", endless)
    with pytest.raises(NotSent):
        await make_client(base_url="http://nowhere.invalid/v1", timeouts=Timeouts(connect_seconds=0.1)).create(ORDER)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
SILENCES = {
    "no answer": hang,
    "hang up": hang_up,
    "reset": reset,
    "endless drip": drip,
    "endless body": flood,
    "half a head": raw(b"HTTP/1.1 20"),
    "no http": raw(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "truncated": raw(HEAD + b'Content-Length: 500\r\n\r\n{"id": "video_1", "sta'),
    "broken chunk": raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "broken gzip": raw(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 8\r\n\r\nnotgzip!"),
    "endless header": raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n"),
}
ENDLESS = ("no answer", "endless drip")


def patience(silence: str) -> Timeouts:
    """The timeouts for such an answer: the real ones, unless nothing else ends the request."""
    return SHORT if silence in ENDLESS else Timeouts()


@pytest.mark.parametrize("silence", SILENCES)
async def test_silence_after_sending_is_doubtful(provider: FakeProvider, make_client: MakeClient, silence: str) -> None:
    """However the answer to a paid request fails to come, the outcome is doubtful and the request was sent once."""
    provider.then(SILENCES[silence])
    with pytest.raises(Doubtful):
        await make_client(timeouts=patience(silence)).create(ORDER)
    assert len(provider.seen) == 1


@pytest.mark.parametrize("silence", SILENCES)
async def test_silence_at_a_poll_passes(provider: FakeProvider, make_client: MakeClient, silence: str) -> None:
    """However the answer to a poll fails to come, it is a failed poll that counts against the provider."""
    provider.then(SILENCES[silence])
    with pytest.raises(PollFailed) as caught:
        await make_client(timeouts=patience(silence)).poll("video_1")
    assert caught.value.provider_at_fault


async def test_files_have_more_time_than_texts(
    provider: FakeProvider, make_client: MakeClient, pictures: tuple[ReferenceFile, ...]
) -> None:
    """Only an order with pictures is waited for beyond the deadline of a plain one."""
    release = asyncio.Event()

    async def late(_: web.Request) -> web.StreamResponse:
        await release.wait()
        return web.json_response(QUEUED)

    provider.then(late)
    times = Timeouts(submit_total_seconds=0.1, submit_with_files_total_seconds=30.0)
    with pytest.raises(Doubtful):
        await make_client(timeouts=times).create(ORDER)
    with_files = asyncio.create_task(make_client(timeouts=times).create(Order("a", "k", references=pictures)))
    with pytest.raises(Doubtful):
        await make_client(timeouts=times).create(ORDER)
    assert not with_files.done()
    release.set()
    assert (await with_files).id == "video_1"


async def test_a_refusal_counts_though_its_body_breaks_off(provider: FakeProvider, make_client: MakeClient) -> None:
    """A status that says no is a no even when its body never ends; a 422 needs its body, since it may mean the key."""
    broken = b"Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
    provider.then(raw(b"HTTP/1.1 400 Bad Request\r\n" + broken))
    provider.then(raw(b"HTTP/1.1 422 Unprocessable\r\n" + broken))
    provider.then(raw(b"HTTP/1.1 500 Oops\r\n" + broken))
    client = make_client()
    with pytest.raises(RequestRefused):
        await client.create(ORDER)
    with pytest.raises(Doubtful):
        await client.create(ORDER)
    with pytest.raises(Doubtful):
        await client.create(ORDER)


async def test_a_cancelled_paid_request_is_simply_cancelled(provider: FakeProvider, client: VideosClient) -> None:
    """A cancellation goes through untouched, so that the caller can tell what was under way."""
    arrived = asyncio.Event()

    async def arrive(request: web.Request) -> web.StreamResponse:
        arrived.set()
        return await hang(request)

    provider.then(arrive)
    task = asyncio.create_task(client.create(ORDER))
    await asyncio.wait_for(arrived.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_missing_picture_refuses_the_request_and_spends_nothing(
    provider: FakeProvider, make_client: MakeClient, tmp_path: Path
) -> None:
    """A picture that is gone ends the request before anything is sent or counted as spent."""
    provider.reply(200, QUEUED)
    client = make_client(limit=1)
    with pytest.raises(RequestRefused) as caught:
        await client.create(Order("a", "k", references=(ReferenceFile(tmp_path / "gone.png", "image/png"),)))
    assert (caught.value.cause, caught.value.field) == (Cause.INPUT, "input_reference")
    assert provider.seen == []
    await client.create(ORDER)


async def test_a_request_whose_time_is_over_is_not_sent(provider: FakeProvider, make_client: MakeClient) -> None:
    """Others may have taken over the job by then. Nothing is counted as spent; one that is in time is sent."""
    provider.reply(200, QUEUED)
    client, now = make_client(limit=1), SystemClock().monotonic()
    for send in (client.create, partial(client.remix, "video_0")):
        with pytest.raises(Leaving):
            await send(replace(ORDER, send_before=now))
    assert provider.seen == []
    assert (await client.create(replace(ORDER, send_before=now + 600.0))).id == "video_1"


async def test_a_gzip_answer_is_read_and_a_bomb_is_not(provider: FakeProvider, client: VideosClient) -> None:
    """A server that compresses unasked is understood; what unpacks to more than 1 MiB counts as unreadable."""

    for size in (1000, 30_000_000):
        body = gzip.compress(json.dumps({**QUEUED, "junk": "x" * size}).encode())
        head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
        provider.then(raw(head + body))
    assert (await client.create(ORDER)).id == "video_1"
    assert provider.seen[0].headers["Accept-Encoding"] == "identity"
    with pytest.raises(Doubtful):
        await client.create(ORDER)


# Polling


@pytest.mark.parametrize(("status", "fault"), [(401, PollForbidden), (403, PollForbidden), (404, NotFound)])
async def test_a_poll_may_be_forbidden_or_in_vain(
    provider: FakeProvider, client: VideosClient, status: int, fault: type[Exception]
) -> None:
    """A refused key and an unknown video are distinguished from passing faults."""
    provider.reply(status, {"error": {"message": "no"}})
    with pytest.raises(fault):
        await client.poll("video_1")


async def test_ping_takes_any_answer_below_500(provider: FakeProvider, make_client: MakeClient) -> None:
    """The provider is there when it answers at all, be it a 404; a 500 or no answer means that it isn't."""
    client = make_client()
    for status in (200, 302, 404, 429):
        provider.answers.clear()
        provider.reply(status, {})
        await client.ping()
    for status in (401, 403):
        provider.answers.clear()
        provider.reply(status, {})
        with pytest.raises(PollForbidden):
            await client.ping()
    assert {seen.method for seen in provider.seen} == {"GET"}
    provider.answers.clear()
    provider.reply(503, text="<html>down</html>")
    with pytest.raises(PollFailed):
        await client.ping()
    with pytest.raises(PollFailed):
        await make_client(base_url="http://127.0.0.1:9/v1").ping()


async def test_ping_asks_another_way_where_there_was_never_a_list(
    provider: FakeProvider, make_client: MakeClient
) -> None:
    """A server whose list is always broken would count as down for ever; one whose list has worked is believed."""
    blind, seeing = make_client(), make_client()
    provider.reply(500, {"error": {"message": "not for this key"}})
    provider.reply(404, {})
    with pytest.raises(PollFailed):
        await blind.ping()
    await blind.ping()
    await blind.ping()
    assert [seen.path for seen in provider.seen] == ["/v1/videos?limit=1", "/v1/models", "/v1/models"]
    for status in (200, 501):
        provider.answers.clear()
        provider.reply(status, {})
        await seeing.ping()
    provider.answers.clear()
    provider.seen.clear()
    provider.reply(500, {})
    for _ in range(3):
        with pytest.raises(PollFailed):
            await seeing.ping()
    assert {seen.path for seen in provider.seen} == {"/v1/videos?limit=1"}


async def test_an_unknown_word_is_logged_once(
    provider: FakeProvider, client: VideosClient, caplog: pytest.LogCaptureFixture
) -> None:
    """An unknown word for a state means still running, and is logged once however often it is seen."""
    provider.reply(200, {"id": "video_1", "status": "pondering\n"})
    with caplog.at_level(logging.WARNING, logger="bot.videos.client"):
        for _ in range(3):
            video = await client.poll("video_1")
            assert (video.state, video.raw_status) == (RemoteState.RUNNING, "pondering\n")
    assert [record.getMessage() for record in caplog.records] == [
        "The provider calls a video 'pondering\\n', a word unknown here; taken as still running."
    ]


async def test_the_provider_may_say_when_to_poll_again(provider: FakeProvider, client: VideosClient) -> None:
    """The wait that the provider asks for between two polls is handed on in seconds."""
    provider.reply(200, QUEUED, headers={"openai-poll-after-ms": "2500"})
    provider.reply(200, QUEUED, headers={"Retry-After": "7"})
    provider.reply(200, QUEUED)
    assert (await client.create(ORDER)).poll_again_seconds == 2.5
    assert (await client.poll("video_1")).poll_again_seconds == 7.0
    assert (await client.poll("video_1")).poll_again_seconds is None


def test_tls_is_verified_by_default() -> None:
    """Nothing in the client weakens the certificate check of the platform."""
    assert ssl.create_default_context().verify_mode is ssl.CERT_REQUIRED
    assert "ssl=" not in Path(client_module.__file__).read_text("utf-8")
