"""Discord as far as alerts need it: owners, their DMs and a channel."""

import asyncio

from bot.chat.courier import CourierFault, OutcomeUnknown, Parcel
from bot.jobs.model import ChannelId, MessageId, UserId
from sandbox.clock import ScaledClock


class FakeOwners:
    """Owners, their DMs and a channel. It accepts a nonce once, for any recipient; `faults` are by channel."""

    def __init__(self, *owners: int) -> None:
        # Time passes by jumps alone.
        self.clock, self.owners = ScaledClock(1e-6), owners
        self.told: list[tuple[int, str, float]] = []
        self.faults: dict[int, list[CourierFault]] = {}
        self.loses_answers = False
        self.hangs = False
        self.hung = asyncio.Event()
        self.tries = 0
        self._nonces: set[str] = set()

    def owner_ids(self) -> tuple[UserId, ...]:
        return tuple(UserId(owner) for owner in self.owners)

    async def open_dm(self, owner: UserId) -> ChannelId:
        return ChannelId(owner)

    async def has_said(self, channel: ChannelId, contents: frozenset[str], since: float) -> bool:
        return any(channel == place and text in contents and at >= since for place, text, at in self.told)

    async def post(self, parcel: Parcel) -> MessageId:
        self.tries += 1
        if faults := self.faults.get(parcel.channel_id, []):
            raise faults.pop(0)
        if parcel.nonce not in self._nonces:
            self._nonces.add(parcel.nonce)
            self.told.append((parcel.channel_id, str(parcel.message.content), self.clock.now()))
        if self.hangs:
            self.hung.set()
            await asyncio.Event().wait()
        if self.loses_answers:
            self.loses_answers = False
            raise OutcomeUnknown("The connection broke.")
        return MessageId(1)

    def texts(self, place: int = 1) -> list[str]:
        return [text for channel, text, _ in self.told if channel == place]
