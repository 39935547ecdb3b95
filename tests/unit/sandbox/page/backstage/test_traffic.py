"""The log of calls, and the tail of the bot's own log: complete, in order, and without secrets."""

import asyncio
import json

import aiohttp
import pytest

from sandbox.chat import Fault as ChatFault
from sandbox.page.views.backstage import backstage_view, log_entries
from sandbox.studio import Fault
from tests.unit.sandbox.page.backstage.conftest import FakeBot


async def test_calls_to_both_are_merged_by_time(fake_bot: FakeBot) -> None:
    """What went to Discord and to the provider is one list in the order of time, with bodies, answers and files."""
    await fake_bot.post(content="hello")
    await fake_bot.create("A cat", "key-1")
    await fake_bot.discord("GET", "/users/@me")
    entries = log_entries(fake_bot.stage)
    assert [(one["to"], one["what"], one["status"]) for one in entries] == [
        ("discord", "message_create", 200),
        ("provider", "create", 200),
        ("discord", "account", 200),
    ]
    post, create, _ = entries
    assert (post["method"], post["path"]) == ("POST", f"/channels/{fake_bot.channel.id}/messages")
    assert post["body"] == {"content": "hello"}
    assert json.loads(post["answer"])["content"] == "hello"
    assert create["headers"]["idempotency-key"] == "key-1"
    assert create["body"]["prompt"] == "A cat"
    assert log_entries(fake_bot.stage, since=post["at"] + 86_400_000) == []


async def test_files_are_listed_by_name_size_and_type(fake_bot: FakeBot) -> None:
    """Of a file that was sent the log shows what it was, not its bytes."""
    form = aiohttp.FormData()
    form.add_field("payload_json", json.dumps({"content": "look"}), content_type="application/json")
    form.add_field("files[0]", b"0123", filename="cat.mp4", content_type="video/mp4")
    headers = {"Authorization": f"Bot {fake_bot.stage.chat.bot_token}"}
    url = f"{fake_bot.stage.chat.api_base}/channels/{fake_bot.channel.id}/messages"
    async with fake_bot.http.post(url, data=form, headers=headers) as answer:
        assert answer.status == 200
    form = aiohttp.FormData()
    form.add_field("prompt", "A cat")
    form.add_field("input_reference", b"01234", filename="cat.png", content_type="image/png")
    headers = {"Authorization": f"Bearer {fake_bot.stage.studio.api_key}"}
    async with fake_bot.http.post(f"{fake_bot.stage.studio.base_url}/videos", data=form, headers=headers):
        pass
    post, create = log_entries(fake_bot.stage)
    assert post["files"] == [{"field": "files[0]", "name": "cat.mp4", "size": 4, "type": "video/mp4"}]
    assert create["files"] == [{"field": "input_reference", "name": "cat.png", "size": 5, "type": "image/png"}]


async def test_an_entry_is_completed_when_its_answer_comes(fake_bot: FakeBot) -> None:
    """While a call is held it is listed without a status; the same entry gets it later."""
    gate = fake_bot.stage.studio.gate("create", "before_take")
    asking = asyncio.create_task(fake_bot.create("A cat"))
    await asyncio.wait_for(gate.reached.wait(), 20)
    (held,) = log_entries(fake_bot.stage)
    gate.open()
    await asking
    (done,) = log_entries(fake_bot.stage)
    assert (held["id"], held["status"]) == (done["id"], None)
    assert done["status"] == 200


async def test_what_went_wrong_is_said_with_the_call(fake_bot: FakeBot) -> None:
    """A call that met a fault says which; one without an answer has no status."""
    fake_bot.stage.chat.faults.add("message_create", ChatFault.drop(after=True))
    fake_bot.stage.studio.faults.add("paid", Fault.status(429))
    with pytest.raises(aiohttp.ClientError):
        await fake_bot.post(content="hello")
    await fake_bot.create("A cat")
    assert [(one["status"], one["fault"]) for one in log_entries(fake_bot.stage)] == [
        (None, "carried out, but the response was lost"),
        (429, "answered 429"),
    ]


async def test_no_secret_is_shown(fake_bot: FakeBot) -> None:
    """Neither the token nor the key, nor the token of an interaction in a path, reaches the page."""
    chat, studio = fake_bot.stage.chat, fake_bot.stage.studio
    await fake_bot.post(content=f"my token is {chat.bot_token}")
    await fake_bot.create(f"my key is {studio.api_key}")
    await fake_bot.discord("POST", "/interactions/123/aW50ZXJhY3Rpb24/callback", type=5)
    await fake_bot.discord("PATCH", f"/webhooks/{chat.bot_user.id}/aW50ZXJhY3Rpb24/messages/@original", content="x")
    entries = log_entries(fake_bot.stage)
    assert [one["path"] for one in entries[2:]] == [
        "/interactions/123/…/callback",
        f"/webhooks/{chat.bot_user.id}/…/messages/@original",
    ]
    assert [one["headers"]["authorization"] for one in entries[:2]] == ["Bot …", "Bearer …"]
    shown = json.dumps(entries) + json.dumps(backstage_view(fake_bot.stage)["bot_log"])
    for secret in (chat.bot_token, studio.api_key, "aW50ZXJhY3Rpb24"):
        assert secret not in shown


async def test_the_log_shows_the_newest_calls_of_a_long_day(fake_bot: FakeBot) -> None:
    """However many calls there were, the list stays short and ends with the newest."""
    for _ in range(310):
        await fake_bot.discord("GET", "/users/@me")
    await fake_bot.create("A cat")
    entries = log_entries(fake_bot.stage)
    assert len(entries) == 300
    assert (entries[-1]["to"], entries[-2]["id"]) == ("provider", "d309")


def test_the_bots_log_is_read_from_its_end(fake_bot: FakeBot) -> None:
    """The tail has 200 whole lines at most, JSON ones in parts and others as they are, and hides secrets."""
    path = fake_bot.stage.bot.log_path
    path.parent.mkdir(parents=True, exist_ok=True)
    said = {"event": "job accepted", "level": "info", "logger": "bot.engine", "timestamp": "2026-01-01T00:00:00Z"}
    lines = [json.dumps({**said, "job": str(number)}) for number in range(2500)]
    lines += ["Traceback: no JSON", json.dumps([1]), f"token {fake_bot.stage.chat.bot_token}", '{"half": ']
    path.write_text("\n".join(lines))
    tail = backstage_view(fake_bot.stage)["bot_log"]
    assert len(tail) == 200
    assert tail[0]["rest"] == {"job": "2303"}
    assert (tail[0]["level"], tail[0]["event"], tail[0]["at"]) == ("info", "job accepted", "2026-01-01T00:00:00Z")
    assert [one["event"] for one in tail[-3:]] == ["Traceback: no JSON", "[1]", "token …"]
    path.write_text("\n".join(lines) + "\n")
    assert backstage_view(fake_bot.stage)["bot_log"][-2]["id"] == tail[-1]["id"]
