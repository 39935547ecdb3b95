"""What the courier takes for a sign that Discord is silent or refuses everybody, and what concerns one message only."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.chat.cards import Message
from bot.chat.courier import NotTaken, OutcomeUnknown, Parcel
from bot.jobs.model import ChannelId
from sandbox.chat import Fault
from tests.unit.bot.chat.test_courier import CourierHarness, a_courier_harness, asks


@pytest.fixture
async def harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CourierHarness]:
    async with a_courier_harness(tmp_path, monkeypatch) as harness:
        yield harness


async def others_go_on(harness: CourierHarness) -> None:
    """A message to another channel is posted at once."""
    other = harness.guild.add_channel("other")
    assert harness.courier.rest_seconds() == 0
    assert await harness.courier.post(Parcel(ChannelId(other.id), Message(content="Here it is"), "other")) is not None


async def test_a_limit_of_discords_own_that_goes_on_concerns_its_message_only(harness: CourierHarness) -> None:
    """D9: five short limits of one channel in a row are no ban of the network: the others go on at once."""
    harness.chat.faults.add("message_create", Fault.rate_limited(0.01), times=5)
    with pytest.raises(NotTaken) as caught:
        await harness.courier.post(harness.parcel())
    assert harness.asked() == 5
    assert caught.value.retry_after_seconds < 60
    await others_go_on(harness)


async def test_long_limits_are_answers(harness: CourierHarness) -> None:
    """D9: five messages that Discord itself tells to wait are no silence: the others go on at once."""
    harness.chat.faults.add("message_create", Fault.rate_limited(45.0), times=5)
    for number in range(5):
        with pytest.raises(NotTaken):
            await harness.courier.post(harness.parcel(f"limited-{number}"))
    await others_go_on(harness)


@pytest.mark.slow
async def test_messages_in_line_behind_an_upload_show_nothing(harness: CourierHarness) -> None:
    """D8: what was given up because a slow upload to its channel went first was never sent: that is no silence."""
    upload = harness.chat.gate("message_create")
    # discord.py sends one request at a time to a channel whose limits it does not know yet.
    uploading = asyncio.create_task(harness.courier.post(harness.with_file(2_000_000)))
    await upload.wait_reached()
    notices = [harness.courier.post(harness.parcel(f"notice-{number}")) for number in range(5)]
    ended = await asyncio.gather(*notices, return_exceptions=True)
    assert {type(one) for one in ended} == {OutcomeUnknown}
    assert harness.asked() == 1
    await others_go_on(harness)
    upload.open()
    await uploading
    for number in range(5):
        harness.chat.faults.add("message_create", Fault.hang())
        with pytest.raises(OutcomeUnknown):
            await harness.courier.post(harness.parcel(f"silent-{number}"))
    assert harness.courier.rest_seconds() > 0


async def test_one_message_that_is_refused_over_and_over_holds_back_no_other(harness: CourierHarness) -> None:
    """D4: a firewall before Discord dislikes the words of one message: it rests alone, however often it is tried."""
    disliked = [harness.parcel(f"disliked-{number}") for number in range(2)]
    for _ in range(10):
        harness.chat.faults.add("message_create", Fault.status(403))
        with pytest.raises(NotTaken) as caught:
            await harness.courier.post(disliked[0])
        assert caught.value.retry_after_seconds == 60
        assert harness.courier.rest_seconds() == 0
    await others_go_on(harness)
    harness.chat.faults.add("message_create", Fault.status(403))
    with pytest.raises(NotTaken):
        await harness.courier.post(disliked[1])
    assert harness.courier.rest_seconds() == 0


async def test_a_second_message_that_is_refused_without_a_code_holds_back_all(harness: CourierHarness) -> None:
    """D9: two different messages refused in a row, and not by Discord's own word: the network refuses everybody."""
    harness.chat.faults.add("message_create", Fault.status(403), times=3)
    for nonce in ("one", "one", "two"):
        assert harness.courier.rest_seconds() == 0
        with pytest.raises(NotTaken):
            await harness.courier.post(harness.parcel(nonce))
    assert harness.courier.rest_seconds() == 60
    harness.clock.seconds += 60
    await others_go_on(harness)


@pytest.mark.parametrize("ask", ["message_edit", "message_delete", "message_get"])
@pytest.mark.parametrize("fault", [Fault.status(404), Fault.error(404, 10003), Fault.error(404, 10008)])
async def test_only_discords_own_word_says_that_a_message_is_gone(
    harness: CourierHarness, ask: str, fault: Fault
) -> None:
    """D6: a 404 of something before Discord says nothing about a message; an unknown message or channel is gone."""
    harness.chat.faults.add(ask, fault)
    if fault.code:
        assert await asks(harness)[ask]() in (False, None)
        return
    with pytest.raises(NotTaken):
        await asks(harness)[ask]()
