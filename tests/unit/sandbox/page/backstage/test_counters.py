"""The counters: what was paid for per intent, and what was posted per job, by what the two servers saw."""

from typing import Any

import aiohttp
import pytest

from bot.chat.custom_ids import Action, ButtonId, MessageKind
from sandbox.page.views.backstage import backstage_view
from sandbox.studio import Fault, Outcome
from tests.unit.sandbox.page.backstage.conftest import FakeBot

JOB = "7K3MPQ2X"


def button(kind: MessageKind, action: Action, number: int = 1) -> list[dict[str, Any]]:
    """A row with one of the bot's buttons."""
    one = {"type": 2, "style": 2, "label": "x", "custom_id": str(ButtonId(kind, action, JOB, number))}
    return [{"type": 1, "components": [one]}]


async def test_an_intent_is_paid_once_however_often_it_is_sent(fake_bot: FakeBot) -> None:
    """Requests with one key are one row; a refused and a lost try don't count, an accepted one does."""
    fake_bot.stage.studio.faults.add("create", Fault.status(500))
    fake_bot.stage.studio.faults.add("create", Fault.drop(take=False))
    await fake_bot.create("A cat", "key-1")
    with pytest.raises(aiohttp.ClientError):
        await fake_bot.create("A cat", "key-1")
    (row,) = backstage_view(fake_bot.stage)["paid"]
    assert (row["accepted"], row["ended"], row["verdict"]) == (0, "no answer", "none")
    await fake_bot.create("A cat", "key-1")
    view = backstage_view(fake_bot.stage)
    assert view["paid"] == [
        {
            "key": "key-1",
            "prompt": "A cat",
            "kind": "create",
            "asked": 3,
            "accepted": 1,
            "ended": "rendering",
            "verdict": "ok",
        }
    ]
    assert (view["totals"]["paid"], view["totals"]["paid_twice"]) == (1, 0)


async def test_paid_twice_is_shown_as_bad(fake_bot: FakeBot) -> None:
    """An intent that was accepted twice is the one thing that must not happen, and is plain to see."""
    for _ in range(2):
        await fake_bot.create("A cat", "key-1")
    view = backstage_view(fake_bot.stage)
    assert [(row["accepted"], row["verdict"]) for row in view["paid"]] == [(2, "bad")]
    assert view["totals"]["paid_twice"] == 1


async def test_how_an_intent_ended(fake_bot: FakeBot) -> None:
    """Done, failed or refused; a remix differs from a create; without keys each prompt is a request."""
    fake_bot.stage.studio.dials.next_render = [Outcome.ok(), Outcome.fail(), Outcome.refuse()]
    _, video = await fake_bot.create("A cat", "key-1")
    await fake_bot.create("A dog", "key-2")
    await fake_bot.create("A cow")
    await fake_bot.board.turn("jump", {"seconds": 5})
    await fake_bot.stage.studio.wait_for(
        lambda: all(one.state != "processing" for one in fake_bot.stage.studio.renders)
    )
    await fake_bot.provider("POST", f"/videos/{video['id']}/remix", key="key-4", prompt="At night")
    rows = [(one["prompt"], one["kind"], one["ended"]) for one in backstage_view(fake_bot.stage)["paid"]]
    assert rows == [
        ("A cat", "create", "done"),
        ("A dog", "create", "failed"),
        ("A cow", "create", "refused (400)"),
        ("At night", "remix", "rendering"),
    ]


async def test_a_job_says_each_thing_once(fake_bot: FakeBot) -> None:
    """Card, notice and video of a job are one row, by the ids on their buttons, also when they are gone."""
    await fake_bot.post(content="card", components=button(MessageKind.CARD, Action.CANCEL))
    (row,) = backstage_view(fake_bot.stage)["posts"]
    assert (row["job"], row["place"], row["verdict"]) == (JOB, "#videos", "none")
    await fake_bot.post(content="late", components=button(MessageKind.LATE, Action.WITHHOLD))
    await fake_bot.post(content="video", components=button(MessageKind.VIDEO, Action.REMIX))
    card = fake_bot.channel.messages[0]
    await fake_bot.discord(
        "PATCH", f"/channels/{fake_bot.channel.id}/messages/{card.id}", content="gone", components=[]
    )
    await fake_bot.discord("DELETE", f"/channels/{fake_bot.channel.id}/messages/{card.id}")
    await fake_bot.post(content="talk")
    view = backstage_view(fake_bot.stage)
    assert view["posts"] == [
        {
            "job": JOB,
            "place": "#videos",
            "cards": {"ever": 1, "now": 0},
            "videos": {"ever": 1, "now": 1},
            "notices": {"ever": 1, "now": 1},
            "verdict": "ok",
        }
    ]
    assert (view["totals"]["jobs"], view["totals"]["videos"], view["totals"]["notices"]) == (1, 1, 1)


@pytest.mark.parametrize(("second", "verdict"), [(1, "bad"), (2, "ok")])
async def test_said_twice_is_bad_unless_asked_for_again(fake_bot: FakeBot, second: int, verdict: str) -> None:
    """The same message twice is bad, also when one of them is deleted; with the next number a person asked for it."""
    await fake_bot.post(content="video", components=button(MessageKind.VIDEO, Action.REMIX))
    await fake_bot.post(content="video", components=button(MessageKind.VIDEO, Action.REMIX, second))
    await fake_bot.discord("DELETE", f"/channels/{fake_bot.channel.id}/messages/{fake_bot.channel.messages[0].id}")
    view = backstage_view(fake_bot.stage)
    assert [(row["videos"], row["verdict"]) for row in view["posts"]] == [({"ever": 2, "now": 1}, verdict)]
    assert view["totals"]["posted_twice"] == (verdict == "bad")
