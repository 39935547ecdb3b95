"""What the provider's client reports of each request: what it was for, what came of it, and how long it took."""

from collections.abc import Awaitable, Callable

import pytest

from bot.videos.client import VideosClient
from bot.videos.provider_faults import VideosFault
from bot.videos.values import Order
from tests.unit.bot.videos.conftest import MakeClient
from tests.unit.bot.videos.fake_provider import FakeProvider, hang_up

ORDER = Order(prompt="a cat", idempotency_key="key-1")
QUEUED = {"id": "video_1", "status": "queued"}
BROKEN = {"error": {"message": "The server had an error.", "type": "server_error"}}
Act = Callable[[VideosClient], Awaitable[object]]
ACTS: dict[str, Act] = {
    "submit": lambda client: client.create(ORDER),
    "remix": lambda client: client.remix("video_0", ORDER),
    "poll": lambda client: client.poll("video_1"),
    "list": lambda client: client.list_recent(),
    "probe": lambda client: client.ping(),
    "cancel": lambda client: client.cancel("video_1"),
}


class Reports:
    """What was reported, in order."""

    def __init__(self, client: VideosClient) -> None:
        self.found: list[tuple[str, str]] = []
        self.seconds: list[float] = []
        client.report = self.take

    def take(self, kind: str, outcome: str, seconds: float) -> None:
        self.found.append((kind, outcome))
        self.seconds.append(seconds)


@pytest.mark.parametrize(
    ("act", "status", "body", "outcome"),
    [
        ("submit", 200, QUEUED, "answered"),
        ("remix", 200, QUEUED, "answered"),
        ("submit", 500, BROKEN, "clean_refusal"),
        ("submit", 502, "<html>", "doubtful"),
        ("submit", 429, BROKEN, "busy"),
        ("submit", 401, {"error": {"message": "A wrong key.", "code": "invalid_api_key"}}, "account_refused"),
        ("submit", 403, "<html>", "blocked"),
        ("submit", 400, {"error": {"message": "No.", "code": "content_policy_violation"}}, "request_refused"),
        ("poll", 200, QUEUED, "answered"),
        ("poll", 503, "<html>", "poll_failed"),
        ("poll", 401, BROKEN, "poll_forbidden"),
        ("list", 200, {"data": []}, "answered"),
        ("list", 404, BROKEN, "no_list"),
        ("probe", 200, {"data": []}, "answered"),
        ("probe", 503, BROKEN, "poll_failed"),
        ("cancel", 200, {"id": "video_1", "deleted": True}, "taken"),
        ("cancel", 405, BROKEN, "refused"),
    ],
)  # fmt: skip
async def test_each_request_is_reported_once_with_its_outcome(
    provider: FakeProvider, client: VideosClient, act: str, status: int, body: object, outcome: str
) -> None:
    """By the class of its fault, if there is one; a remix is a paid request like any."""
    reports = Reports(client)
    provider.reply(status, body)
    try:
        await ACTS[act](client)
    except VideosFault:
        assert outcome != "answered"
    assert reports.found == [("submit" if act == "remix" else act, outcome)]
    assert 0.0 <= reports.seconds[0] < 10.0


async def test_what_was_not_sent_is_reported_as_such(provider: FakeProvider, make_client: MakeClient) -> None:
    """A hard stop, a process that ends, and a provider that can't be reached."""
    client = make_client(limit=1)
    reports = Reports(client)
    provider.reply(200, QUEUED).reply(200, hang_up)
    await client.create(ORDER)
    for _ in range(2):
        with pytest.raises(VideosFault):
            await client.create(ORDER)
        client.leave()
    nowhere = make_client(base_url="http://127.0.0.1:9/v1")
    unsent = Reports(nowhere)
    with pytest.raises(VideosFault):
        await nowhere.create(ORDER)
    assert [outcome for _, outcome in reports.found] == ["answered", "spending_stopped", "leaving"]
    assert unsent.found == [("submit", "not_sent")]
