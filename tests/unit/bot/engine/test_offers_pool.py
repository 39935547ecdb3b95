"""C11: an offer that hangs at Discord delays no other, and its minute begins when it is shown."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.chat.courier import Parcel
from bot.engine.offering import Offering
from bot.jobs.model import MessageId
from bot.jobs.store import drafts
from tests.unit.bot.engine.counter import Counter, a_counter


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    async with a_counter(tmp_path) as counter:
        yield counter


async def test_one_offer_that_hangs_delays_only_itself(counter: Counter) -> None:
    """Three questions; Discord never answers to the first."""
    video = await counter.video()
    for number in (11, 12, 13):
        await counter.answer(counter.reply(number, "darker", video))
    post, hangs, both = counter.channel.post, asyncio.Event(), asyncio.Event()

    async def hanging(parcel: Parcel) -> MessageId:
        if parcel.reply_to == 11:
            await hangs.wait()
        made = await post(parcel)
        if len(counter.channel.parcels) == 2:
            both.set()
        return made

    counter.channel.post = hanging  # pyright: ignore[reportAttributeAccessIssue]
    offering = Offering(counter.parts)
    await offering._start_due()
    await asyncio.wait_for(both.wait(), 10)
    assert {parcel.reply_to for parcel in counter.channel.parcels} == {12, 13}
    counter.clock.seconds += 50
    hangs.set()
    await offering.finish(10)
    late = await counter.database.read(drafts.find_offer, MessageId(11))
    assert late is not None
    assert late.shown_at == counter.clock.now()
    assert late.delete_at == counter.clock.now() + 60
