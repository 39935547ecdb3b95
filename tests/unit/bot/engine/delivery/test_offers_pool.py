"""C11: an offer that hangs at Discord delays no other, and its minute begins when it is shown."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.chat.courier import Parcel
from bot.engine.delivery.offers import OfferLoop
from bot.jobs.model import MessageId
from bot.jobs.store import drafts
from tests.unit.bot.engine.requests_harness import RequestsHarness, a_requests_harness


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[RequestsHarness]:
    async with a_requests_harness(tmp_path) as harness:
        yield harness


async def test_one_offer_that_hangs_delays_only_itself(harness: RequestsHarness) -> None:
    """Three questions; Discord never answers to the first."""
    video = await harness.video()
    for number in (11, 12, 13):
        await harness.answer(harness.reply(number, "darker", video))
    post, hangs, both = harness.courier.post, asyncio.Event(), asyncio.Event()

    async def hanging(parcel: Parcel) -> MessageId:
        if parcel.reply_to == 11:
            await hangs.wait()
        made = await post(parcel)
        if len(harness.courier.parcels) == 2:
            both.set()
        return made

    harness.courier.post = hanging  # pyright: ignore[reportAttributeAccessIssue]
    offer_loop = OfferLoop(harness.context)
    await offer_loop._start_due()
    await asyncio.wait_for(both.wait(), 10)
    assert {parcel.reply_to for parcel in harness.courier.parcels} == {12, 13}
    harness.clock.seconds += 50
    hangs.set()
    await offer_loop.finish(10)
    late = await harness.database.read(drafts.find_offer, MessageId(11))
    assert late is not None
    assert late.shown_at == harness.clock.now()
    assert late.delete_at == harness.clock.now() + 60


async def test_an_offer_is_read_when_it_changes(harness: RequestsHarness) -> None:
    """Ten questions stand: one more costs one read of itself, and a minute in which nothing happens none."""
    video = await harness.video()
    for number in range(11, 21):
        await harness.answer(harness.reply(number, "darker", video))
    offer_loop, read = OfferLoop(harness.context), harness.database.read
    seen: list[set[MessageId]] = []

    async def counting(work: Any, *args: Any) -> Any:
        if work is drafts.find_open_offers:
            seen.append(set(args[0]))
        return await read(work, *args)

    harness.database.read = counting  # pyright: ignore[reportAttributeAccessIssue]
    for _ in range(3):
        await offer_loop._start_due()
        await offer_loop.finish(10)
    assert [len(ids) for ids in seen] == [10, 10]
    await harness.answer(harness.reply(30, "darker", video))
    for _ in range(20):
        await offer_loop._start_due()
        await offer_loop.finish(10)
        harness.clock.seconds += 1
    assert seen[2:] == [{30}, {30}]
