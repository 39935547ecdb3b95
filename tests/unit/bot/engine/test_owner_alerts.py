"""Alerts go to all owners by DM, once, for every behaviour of Discord."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from bot.chat.courier import CourierFault, NotTaken, OutcomeUnknown, Parcel, Refused
from bot.chat.words import Key, say
from bot.engine.owner_alerts import OwnerAlerts
from bot.jobs.model import ChannelId, MessageId, UserId
from tests.readers import ENGLISH, READERS
from tests.unit.bot.engine.fake_clock import FakeSkippingClock

HOUR = 3_600.0
A, B = Key.ALERT_KEY, Key.ALERT_ACCOUNT


class FakeDiscord:
    """Owners and their DMs. It accepts a nonce once, for any recipient, and has faults for chosen recipients."""

    def __init__(self, clock: FakeSkippingClock, *owners: int) -> None:
        self.clock, self.owners = clock, owners
        self.told: list[tuple[int, str, float]] = []
        self.faults: dict[int, list[CourierFault]] = {}
        self.loses_answers = False
        self._nonces: set[str] = set()
        self.tries = 0

    def owner_ids(self) -> tuple[UserId, ...]:
        return tuple(UserId(owner) for owner in self.owners)

    async def open_dm(self, owner: UserId) -> ChannelId:
        return ChannelId(owner)

    async def has_said(self, channel: ChannelId, content: str, since: float) -> bool:
        return any((owner, text) == (channel, content) and at >= since for owner, text, at in self.told)

    async def post(self, parcel: Parcel) -> MessageId:
        self.tries += 1
        faults = self.faults.get(parcel.channel_id, [])
        if faults:
            raise faults.pop(0)
        if parcel.nonce not in self._nonces:
            self._nonces.add(parcel.nonce)
            self.told.append((parcel.channel_id, str(parcel.message.content), self.clock.now()))
        if self.loses_answers:
            self.loses_answers = False
            raise OutcomeUnknown("The connection broke.")
        return MessageId(1)


@asynccontextmanager
async def a_life(discord: FakeDiscord) -> AsyncIterator[OwnerAlerts]:
    """The alarm of one life of the bot, its loop running."""
    alone: Any = SimpleNamespace(is_shared=False)
    owner_alerts = OwnerAlerts(discord, discord.clock, READERS, alone)  # pyright: ignore[reportArgumentType]  # the three things it asks of a courier
    loop = asyncio.create_task(owner_alerts.run())
    yield owner_alerts
    loop.cancel()
    await asyncio.gather(loop, return_exceptions=True)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110  # the fakes ring no bell
            await asyncio.sleep(0)


async def settled(discord: FakeDiscord) -> None:
    """Return when nothing has been tried for a while: everything here waits only for a turn of the loop."""
    tries = -1
    while tries != discord.tries:
        tries = discord.tries
        for _ in range(50):
            await asyncio.sleep(0)


def sayings(discord: FakeDiscord) -> list[tuple[int, str]]:
    return [(owner, text) for owner, text, _ in discord.told]


async def test_every_owner_gets_every_alert_of_one_second() -> None:
    """B13: two alarms in one second reach all members of a team: no nonce is used for two messages."""
    discord = FakeDiscord(FakeSkippingClock(), 1, 2, 3)
    async with a_life(discord) as owner_alerts:
        owner_alerts.alert(A)
        owner_alerts.alert(B)
        await until(lambda: len(discord.told) == 6)
    assert set(sayings(discord)) == {(owner, say(key, ENGLISH)) for owner in (1, 2, 3) for key in (A, B)}


async def test_a_thousand_alerts_of_an_hour_are_one_message() -> None:
    """R20: for any number of jobs with the fault, the owner gets one alert an hour."""
    discord = FakeDiscord(FakeSkippingClock(), 1)
    async with a_life(discord) as owner_alerts:
        for _ in range(3):
            for _ in range(1_000):
                owner_alerts.alert(A)
                await asyncio.sleep(0)
                discord.clock.seconds += HOUR / 1_000
            await settled(discord)
    assert len(discord.told) == 3


async def test_an_alert_of_the_process_before_is_not_repeated_within_the_hour() -> None:
    """R20: twenty restarts within an hour tell the owner once; an hour later, once more."""
    discord = FakeDiscord(FakeSkippingClock(), 1)
    for _ in range(20):
        async with a_life(discord) as owner_alerts:
            owner_alerts.alert(A)
            await until(lambda: bool(discord.told))
            await settled(discord)
            discord.clock.seconds += 60
    assert len(discord.told) == 1
    discord.clock.seconds += HOUR
    async with a_life(discord) as owner_alerts:
        owner_alerts.alert(A)
        await until(lambda: len(discord.told) == 2)


@pytest.mark.parametrize("fault", [OutcomeUnknown("Discord answered 503."), NotTaken(600.0)])
async def test_an_owner_who_could_not_be_alerted_is_alerted_later(fault: CourierFault) -> None:
    """B13: an alert that Discord did not accept is posted when it does, to that owner only."""
    discord = FakeDiscord(FakeSkippingClock(), 1, 2)
    discord.faults[1] = [fault] * 4
    began_at = discord.clock.now()
    async with a_life(discord) as owner_alerts:
        owner_alerts.alert(A)
        await until(lambda: len(discord.told) == 2)
        await settled(discord)
    assert sorted(sayings(discord)) == [(1, say(A, ENGLISH)), (2, say(A, ENGLISH))]
    if isinstance(fault, NotTaken):
        assert discord.clock.now() - began_at >= 4 * fault.retry_after_seconds


async def test_an_alert_whose_answer_was_lost_is_posted_once() -> None:
    """P3: the owner has the message and its response was lost: it is not posted a second time."""
    discord = FakeDiscord(FakeSkippingClock(), 1)
    discord.loses_answers = True
    async with a_life(discord) as owner_alerts:
        owner_alerts.alert(A)
        await until(lambda: bool(discord.told))
        await settled(discord)
        owner_alerts.alert(B)
        await until(lambda: len(discord.told) == 2)
    assert sayings(discord) == [(1, say(A, ENGLISH)), (1, say(B, ENGLISH))]


async def test_a_closed_dm_keeps_no_other_owner_and_no_other_alert_waiting() -> None:
    """An owner with closed DMs only has the log; the others, and the next alert, are posted at once."""
    discord = FakeDiscord(FakeSkippingClock(), 1, 2)
    discord.faults[1] = [Refused(50007)] * 2
    began_at = discord.clock.now()
    async with a_life(discord) as owner_alerts:
        owner_alerts.alert(A)
        owner_alerts.alert(B)
        await until(lambda: len(discord.told) == 2)
        await settled(discord)
    assert sayings(discord) == [(2, say(A, ENGLISH)), (2, say(B, ENGLISH))]
    assert discord.tries == 4
    assert discord.clock.now() == began_at


async def test_an_alert_that_reaches_no_owner_is_given_up_within_the_hour() -> None:
    """With Discord away for hours, an alert is tried rarely and ends; the next one posts it again."""
    discord = FakeDiscord(FakeSkippingClock(), 1)
    discord.faults[1] = [OutcomeUnknown("Discord answered 503.")] * 10_000
    async with a_life(discord) as owner_alerts:
        owner_alerts.alert(A)
        await until(lambda: discord.clock.seconds > 1_000.0 + HOUR)
        await settled(discord)
        assert discord.tries < 120
        discord.faults.clear()
        owner_alerts.alert(A)
        await until(lambda: len(discord.told) == 1)
