"""C11: before a repeat the history is read from the attempt on, by Discord's own time, and never from after it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.chat.cards import Message
from bot.chat.courier import OutcomeUnknown, Parcel
from bot.jobs.model import ChannelId, MessageId
from sandbox.chat.snowflakes import created_at
from tests.unit.bot.chat.test_courier import World as Chat
from tests.unit.bot.chat.test_courier import a_world as a_chat
from tests.unit.bot.engine.test_telling import World, a_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as world:
        yield world


async def searched_after(world: World, past: MessageId | None, later: MessageId | None) -> list[MessageId]:
    """From where the history is read after two attempts of unknown outcome, with what was surely past at each."""
    asked: list[MessageId] = []

    async def find(_channel: ChannelId, after: MessageId, _is_ours: object) -> None:
        asked.append(after)

    world.discord.find = find  # pyright: ignore[reportAttributeAccessIssue]
    world.discord.fault = OutcomeUnknown("The connection broke.")
    for moment in (past, later):
        world.discord.past = moment
        await world.turn()
        world.clock.seconds += 600
    await world.turn()
    return asked


async def test_the_search_begins_at_the_first_attempt_of_unknown_outcome(world: World) -> None:
    """Not at the request, and not at a later attempt: the first may be what was posted."""
    assert set(await searched_after(world, MessageId(700 << 22), MessageId(900 << 22))) == {700 << 22}


async def test_without_a_mark_the_search_begins_at_the_request(world: World) -> None:
    """This life had posted nothing yet, so Discord's time of the attempt is not known."""
    after = world.job.origin.history_after or 0
    assert set(await searched_after(world, None, MessageId(900 << 22))) == {after}


async def test_the_mark_is_older_than_what_is_posted_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is counted on from Discord's own ids, whatever this machine's wall clock says, with five minutes to spare."""
    async with a_chat(tmp_path, monkeypatch) as chat:
        assert chat.courier.surely_past() is None
        first = await chat.courier.post(chat.parcel("first"))
        assert first is not None
        past = chat.courier.surely_past()
        second = await posted(chat, "second")
        assert past is not None
        assert past < first < second
        assert 290 < created_at(second) - created_at(past) < 310


async def posted(chat: Chat, nonce: str) -> MessageId:
    made = await chat.courier.post(Parcel(ChannelId(chat.channel.id), Message(content="Here it is"), nonce))
    assert made is not None
    return made
