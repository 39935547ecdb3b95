"""A person who replied hears what became of it, also when the database or Discord is in trouble at that moment."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat.courier import CourierFault, NotTaken, OutcomeUnknown, Refused
from bot.engine.reply_offers import OFFER_SECONDS
from bot.engine.reply_rule import Right
from bot.jobs.model import MessageId
from tests.unit.bot.engine.counter import Counter, a_counter


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    async with a_counter(tmp_path) as counter:
        yield counter


@pytest.mark.parametrize("statement", ["find_by_message", "get", "find_by_origin", "refuse", "accept"])
async def test_a_remix_that_can_not_be_stored_is_told_of(counter: Counter, statement: str) -> None:
    """Wherever the database fails on the way to the remix of what is plainly a video."""
    video = await counter.video()
    counter.break_store(statement)
    await counter.answer(counter.reply(11, "make it much darker please", video))
    (said,) = counter.said
    assert "storage is in trouble" in said


async def test_a_question_that_can_not_be_stored_is_told_of(counter: Counter) -> None:
    """A short reply would be asked about, but the question can't be kept."""
    video = await counter.video()
    counter.break_store("make_offer")
    await counter.answer(counter.reply(11, "darker", video))
    (said,) = counter.said
    assert "storage is in trouble" in said


async def test_talk_under_other_messages_is_not_told_of_the_database(counter: Counter) -> None:
    """While it can't be known whether the answered message shows a video, a reply to it gets no answer."""
    video = await counter.video()
    counter.break_store("find_by_message")
    reply = counter.reply(11, "make it much darker please", video, named=False)
    await counter.answer(reply)
    assert counter.said == []


@pytest.mark.parametrize("fault", [NotTaken(15.0), OutcomeUnknown("no answer")])
async def test_a_no_is_said_when_discord_can_be_asked_again(counter: Counter, fault: CourierFault) -> None:
    """Discord rests or is silent for a moment: the no comes a little later, under the same nonce."""
    video = await counter.video()
    counter.limit(0)
    counter.channel.faults = [fault, fault]
    began_at = counter.clock.monotonic()
    await counter.answer(counter.reply(11, "make it much darker please", video))
    assert len(counter.said) == 1
    assert 10.0 <= counter.clock.monotonic() - began_at <= 60.0


async def test_a_no_is_given_up_while_its_nonce_counts(counter: Counter) -> None:
    """After a minute and a half without Discord nothing is tried any more: a later one might stand there twice."""
    video = await counter.video()
    counter.limit(0)
    counter.channel.faults = [OutcomeUnknown("no answer") for _ in range(100)]
    began_at = counter.clock.monotonic()
    await counter.answer(counter.reply(11, "make it much darker please", video))
    assert counter.said == []
    assert 30.0 <= counter.clock.monotonic() - began_at <= 90.0


async def test_a_no_that_discord_refuses_is_not_repeated(counter: Counter) -> None:
    """The bot may not write there: that doesn't change within a minute."""
    video = await counter.video()
    counter.limit(0)
    counter.channel.faults = [Refused(50013)]
    began_at = counter.clock.monotonic()
    await counter.answer(counter.reply(11, "make it much darker please", video))
    assert (counter.said, counter.clock.monotonic()) == ([], began_at)


async def test_a_form_that_was_never_shown_is_offered_again(counter: Counter) -> None:
    """Once per person and video: a button that nobody has seen doesn't count."""
    video = await counter.video()
    counter.channel.faults = [OutcomeUnknown("no answer") for _ in range(2)]
    await counter.answer(counter.reply(11, "", video, readable=False))
    await counter.show_offers()
    counter.clock.seconds += OFFER_SECONDS + 1.0
    counter.channel.faults = []
    await counter.show_offers()
    assert counter.said == []
    await counter.answer(counter.reply(12, "", video, readable=False))
    await counter.show_offers()
    assert len(counter.said) == 1
    await counter.answer(counter.reply(13, "", video, readable=False))
    await counter.show_offers()
    assert len(counter.said) == 1
    assert counter.channel.parcels[0].reply_to == MessageId(12)


async def test_who_may_not_be_known_to_have_the_right_is_not_told_of_a_ping(counter: Counter) -> None:
    """Their words arrived: the button says what it is for, and its form holds them."""
    video = await counter.video()
    await counter.answer(replace(counter.reply(11, "make it much darker please", video), right=Right.UNKNOWN))
    await counter.show_offers()
    (said,) = counter.said
    assert "permissions" in said
