"""One request makes a better prompt; anything else that comes back is no prompt, and no evidence about the videos."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.videos.client import VideosClient
from bot.videos.improving import IMPROVED_MAX_CHARACTERS, improving_request, read_improved
from bot.videos.provider_faults import NotImproved, PollFault, SubmitFault
from bot.videos.values import Timeouts
from tests.unit.bot.videos.conftest import KEY, MakeClient
from tests.unit.bot.videos.fake_provider import Answerer, FakeProvider, hang, hang_up, raw

BETTER = "A red fox trots through fresh snow at dawn."


def answer(content: object) -> dict[str, object]:
    return {"id": "chat-1", "choices": [{"index": 0, "message": {"role": "assistant", "content": content}}]}


def body(content: object) -> bytes:
    return json.dumps(answer(content)).encode()


async def test_one_request_with_the_videos_key(provider: FakeProvider, client: VideosClient) -> None:
    """It has the model and the prompt as the user's own message, at the same base."""
    provider.reply(200, answer(BETTER))
    assert await client.improve_prompt("chat-1", "a fox") == BETTER
    [request] = provider.seen
    sent = json.loads(request.body)
    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert sent["model"] == "chat-1"
    assert set(sent) == {"model", "messages"}
    assert [one["role"] for one in sent["messages"]] == ["system", "user"]
    assert sent["messages"][1]["content"] == "a fox"


@pytest.mark.parametrize("status", [201, 204, 302, 400, 401, 402, 404, 429, 500, 503])
async def test_any_other_status_is_no_prompt(provider: FakeProvider, client: VideosClient, status: int) -> None:
    """Also one with a readable prompt; and no redirect is followed."""
    provider.reply(status, answer(BETTER), headers={"Location": f"{client.provider}/elsewhere", "Retry-After": "0"})
    with pytest.raises(NotImproved) as caught:
        await client.improve_prompt("chat-1", "a fox")
    assert caught.value.status == status
    assert len(provider.seen) == 1
    assert not isinstance(caught.value, SubmitFault | PollFault)


@pytest.mark.parametrize("trouble", [hang, hang_up, raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")])
async def test_a_broken_connection_is_not_tried_again(
    provider: FakeProvider, make_client: MakeClient, trouble: Answerer
) -> None:
    """Slow, cut off or half an answer: the person's own prompt goes on."""
    provider.then(trouble)
    with pytest.raises(NotImproved):
        await make_client(timeouts=Timeouts(chat_total_seconds=0.3)).improve_prompt("chat-1", "a fox")
    assert len(provider.seen) <= 1


@pytest.mark.parametrize(
    ("content", "read"),
    [
        (BETTER, BETTER),
        (f"\n {BETTER}\n\n", BETTER),
        (f'"{BETTER}"', BETTER),
        (f"„{BETTER}“", BETTER),
        ('"Help" cries a "fox"', '"Help" cries a "fox"'),
        (f"<think>Hm.\nA fox?</think>\n{BETTER}", BETTER),
        ([{"type": "text", "text": "A red "}, {"type": "text", "text": "fox."}], "A red fox."),
        ("狐" * IMPROVED_MAX_CHARACTERS, "狐" * IMPROVED_MAX_CHARACTERS),
        ("狐" * (IMPROVED_MAX_CHARACTERS + 1), None),
        ("", None),
        ("  ", None),
        ('""', None),
        (None, None),
        (7, None),
        ([{"type": "image_url"}, 3, None], None),
        ({"text": BETTER}, None),
    ],
)
def test_what_is_read(content: object, read: str | None) -> None:
    """A prompt without its wrapping; too long a text is none."""
    assert read_improved(body(content)) == read


@pytest.mark.parametrize(
    "strange", [None, b"", b"{", b"[]", b"null", b"\xff", b'{"choices": []}', b'{"choices": {"0": 1}}', b"[" * 100_000]
)
def test_nonsense_is_no_prompt(strange: bytes | None) -> None:
    """Of each kind of body."""
    assert read_improved(strange) is None


@pytest.mark.slow
@given(st.binary() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(body))
def test_reading_never_raises(strange: bytes) -> None:
    """And it is bounded."""
    read = read_improved(strange)
    assert read is None or 0 < len(read) <= IMPROVED_MAX_CHARACTERS


@given(st.text(), st.booleans())
def test_every_prompt_can_be_sent(prompt: str, is_remix: bool) -> None:
    """Also with halves of surrogate pairs, as the user's message alone."""
    sent = json.loads(improving_request("chat-1", prompt + "\ud800", is_remix=is_remix))
    assert sent["messages"][1]["content"] == prompt.encode("utf-8", "replace").decode() + "?"
    assert all(prompt == "" or len(prompt) < 20 or prompt not in one["content"] for one in sent["messages"][:1])
