"""Tells those who run the bot what only they can mend: in the log and by DM, each thing at most once an hour."""

import asyncio

import structlog

from bot.chat.cards import Message
from bot.chat.courier import Courier, CourierFault, Parcel
from bot.chat.words import Key, say
from bot.ops.clock import Clock

_REST_SECONDS = 3600.0
_log = structlog.stdlib.get_logger(__name__)


class Alarm:
    """Anyone may ring; one loop tells. What was rung for before a restart may be told once more."""

    def __init__(self, courier: Courier, clock: Clock) -> None:
        self._courier = courier
        self._clock = clock
        self._rung: asyncio.Queue[Key] = asyncio.Queue()
        self._told_at: dict[Key, float] = {}

    def ring(self, key: Key) -> None:
        """Let the owners know, unless they were told within the hour."""
        now = self._clock.monotonic()
        if now - self._told_at.get(key, -_REST_SECONDS) < _REST_SECONDS:
            return
        self._told_at[key] = now
        _log.error("the owner has to see to this", what=say(key, "en"))
        self._rung.put_nowait(key)

    async def run(self) -> None:
        """Tell the owners by DM whatever is rung for, until cancelled."""
        while True:
            key = await self._rung.get()
            for owner in self._courier.owner_ids():
                nonce = f"alarm-{int(self._clock.now())}"
                try:
                    channel = await self._courier.open_dm(owner)
                    await self._courier.post(Parcel(channel, Message(content=say(key, "en")), nonce))
                except CourierFault as fault:
                    # It stands in the log, which is where an operator looks first.
                    _log.warning("owner not told by DM", fault=str(fault))
