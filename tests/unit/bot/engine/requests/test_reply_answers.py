"""A person who replied hears what became of it, also when the database or Discord is in trouble at that moment."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat.courier import CourierFault, NotTaken, OutcomeUnknown, Refused
from bot.engine.requests.reply_rule import Right
from bot.jobs.deadlines import OFFER_SECONDS
from bot.jobs.model import MessageId
from tests.unit.bot.engine.requests_harness import RequestsHarness, a_requests_harness
from tests.wording import Reason, says


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[RequestsHarness]:
    async with a_requests_harness(tmp_path) as harness:
        yield harness


@pytest.mark.parametrize("statement", ["find_by_message", "get", "accept"])
async def test_a_remix_that_can_not_be_stored_is_answered(harness: RequestsHarness, statement: str) -> None:
    """Wherever the database fails on the way to the remix of what is plainly a video."""
    video = await harness.video()
    harness.break_store(statement)
    await harness.answer(harness.reply(11, "make it much darker please", video))
    (said,) = harness.said
    assert says(said, Reason.STORE_UNAVAILABLE)


async def test_a_question_that_can_not_be_stored_is_answered(harness: RequestsHarness) -> None:
    """A short reply would be asked about, but the question can't be kept."""
    video = await harness.video()
    harness.break_store("make_offer")
    await harness.answer(harness.reply(11, "darker", video))
    (said,) = harness.said
    assert says(said, Reason.STORE_UNAVAILABLE)


async def test_talk_under_other_messages_gets_no_answer_about_the_database(harness: RequestsHarness) -> None:
    """While it can't be known whether the answered message shows a video, a reply to it gets no answer."""
    video = await harness.video()
    harness.break_store("find_by_message")
    reply = harness.reply(11, "make it much darker please", video, named=False)
    await harness.answer(reply)
    assert harness.said == []


@pytest.mark.parametrize("fault", [NotTaken(15.0), OutcomeUnknown("no answer")])
async def test_a_no_is_said_when_discord_can_be_asked_again(harness: RequestsHarness, fault: CourierFault) -> None:
    """Discord rests or is silent for a moment: the no comes a little later, under the same nonce."""
    video = await harness.video()
    harness.limit(0)
    harness.courier.faults = [fault, fault]
    began_at = harness.clock.monotonic()
    await harness.answer(harness.reply(11, "make it much darker please", video))
    assert len(harness.said) == 1
    assert 10.0 <= harness.clock.monotonic() - began_at <= 60.0


async def test_a_no_is_given_up_while_its_nonce_counts(harness: RequestsHarness) -> None:
    """After a minute and a half without Discord nothing is tried any more: a later one might stand there twice."""
    video = await harness.video()
    harness.limit(0)
    harness.courier.faults = [OutcomeUnknown("no answer") for _ in range(100)]
    began_at = harness.clock.monotonic()
    await harness.answer(harness.reply(11, "make it much darker please", video))
    assert harness.said == []
    assert 30.0 <= harness.clock.monotonic() - began_at <= 90.0


async def test_a_no_that_discord_refuses_is_not_repeated(harness: RequestsHarness) -> None:
    """The bot may not write there: that doesn't change within a minute."""
    video = await harness.video()
    harness.limit(0)
    harness.courier.faults = [Refused(50013)]
    began_at = harness.clock.monotonic()
    await harness.answer(harness.reply(11, "make it much darker please", video))
    assert (harness.said, harness.clock.monotonic()) == ([], began_at)


async def test_a_form_that_was_never_shown_is_offered_again(harness: RequestsHarness) -> None:
    """Once per person and video: a button that was never visible doesn't count."""
    video = await harness.video()
    harness.courier.faults = [OutcomeUnknown("no answer") for _ in range(2)]
    await harness.answer(harness.reply(11, "", video, readable=False))
    await harness.show_offers()
    harness.clock.seconds += OFFER_SECONDS + 1.0
    harness.courier.faults = []
    await harness.show_offers()
    assert harness.said == []
    await harness.answer(harness.reply(12, "", video, readable=False))
    await harness.show_offers()
    assert len(harness.said) == 1
    await harness.answer(harness.reply(13, "", video, readable=False))
    await harness.show_offers()
    assert len(harness.said) == 1
    assert harness.courier.parcels[0].reply_to == MessageId(12)


async def test_an_unknown_right_gets_no_answer_about_the_ping(harness: RequestsHarness) -> None:
    """Their words arrived: the button says what it is for, and its form holds them."""
    video = await harness.video()
    await harness.answer(replace(harness.reply(11, "make it much darker please", video), right=Right.UNKNOWN))
    await harness.show_offers()
    (said,) = harness.said
    assert "permissions" in said
