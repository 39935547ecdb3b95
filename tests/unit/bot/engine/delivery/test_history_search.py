"""C11: before a repeat the history is read from the attempt on, by Discord's own time, and never from after it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.chat.cards import Message
from bot.chat.courier import OutcomeUnknown, Parcel
from bot.jobs.model import ChannelId, MessageId
from sandbox.chat.snowflakes import created_at
from tests.unit.bot.chat.test_courier import CourierHarness, a_courier_harness
from tests.unit.bot.engine.delivery.test_outbox import OutboxHarness, an_outbox_harness


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[OutboxHarness]:
    async with an_outbox_harness(tmp_path) as outbox:
        yield outbox


async def searched_after(outbox: OutboxHarness, past: MessageId | None, later: MessageId | None) -> list[MessageId]:
    """From where the history is read after two attempts of unknown outcome, with what was surely past at each."""
    asked: list[MessageId] = []

    async def find(_channel: ChannelId, after: MessageId, _is_ours: object) -> None:
        asked.append(after)

    outbox.courier.find = find  # pyright: ignore[reportAttributeAccessIssue]
    outbox.courier.fault = OutcomeUnknown("The connection broke.")
    for moment in (past, later):
        outbox.courier.past = moment
        await outbox.turn()
        outbox.clock.seconds += 600
    await outbox.turn()
    return asked


async def test_the_search_begins_at_the_first_attempt_of_unknown_outcome(outbox: OutboxHarness) -> None:
    """Not at the request, and not at a later attempt: the first may be what was posted."""
    assert set(await searched_after(outbox, MessageId(700 << 22), MessageId(900 << 22))) == {700 << 22}


async def test_without_a_mark_the_search_begins_at_the_request(outbox: OutboxHarness) -> None:
    """This life had posted nothing yet, so Discord's time of the attempt is not known."""
    after = outbox.job.origin.history_after or 0
    assert set(await searched_after(outbox, None, MessageId(900 << 22))) == {after}


async def test_the_mark_is_older_than_what_is_posted_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is computed from Discord's own ids, independent of this machine's wall clock, with five minutes to spare."""
    async with a_courier_harness(tmp_path, monkeypatch) as chat:
        assert chat.courier.surely_past() is None
        first = await chat.courier.post(chat.parcel("first"))
        assert first is not None
        past = chat.courier.surely_past()
        second = await posted(chat, "second")
        assert past is not None
        assert past < first < second
        assert 290 < created_at(second) - created_at(past) < 310


async def posted(chat: CourierHarness, nonce: str) -> MessageId:
    made = await chat.courier.post(Parcel(ChannelId(chat.channel.id), Message(content="Here it is"), nonce))
    assert made is not None
    return made
