"""Tells those who run the bot what only they can mend: in the log and by DM, each thing at most once an hour."""

import asyncio
import uuid

import structlog

from bot.chat.cards import Message
from bot.chat.courier import Courier, CourierFault, NotTaken, Parcel, Refused
from bot.chat.words import Key, say
from bot.jobs.backoff import full_jitter
from bot.jobs.model import ChannelId, UserId
from bot.ops.clock import Clock

_REST_SECONDS = 3600.0
_RETRY_SECONDS_MAX = 300.0
_log = structlog.stdlib.get_logger(__name__)


class Alarm:
    """Anyone may ring; one loop tells, and looks first whether a life before this one has told it."""

    def __init__(self, courier: Courier, clock: Clock) -> None:
        self._courier = courier
        self._clock = clock
        self._rung: asyncio.Queue[tuple[Key, bool]] = asyncio.Queue()
        self._told_at: dict[Key, float] = {}

    def ring(self, key: Key) -> None:
        """Let the owners know, unless they were told within the hour."""
        now = self._clock.monotonic()
        first = key not in self._told_at
        if not first and now - self._told_at[key] < _REST_SECONDS:
            return
        self._told_at[key] = now
        _log.error("the owner has to see to this", what=say(key, "en"))
        self._rung.put_nowait((key, first))

    async def run(self) -> None:
        """Tell the owners by DM whatever is rung for, until cancelled."""
        while True:
            key, first = await self._rung.get()
            async with asyncio.TaskGroup() as group:
                for owner in self._courier.owner_ids():
                    group.create_task(self._tell(owner, key, first=first))

    async def _tell(self, owner: UserId, key: Key, *, first: bool) -> None:
        """Tell one owner, for as long as an hour; by then it is told anew if it is still so.

        What is rung for the first time in this life may have been told by the one before.
        """
        # Of this owner and this ring alone: Discord takes no second message with a nonce, to whomever it goes.
        nonce = f"alarm-{uuid.uuid4().hex[:16]}"
        tries, began_at = 0, self._clock.monotonic()
        while self._clock.monotonic() - began_at < _REST_SECONDS:
            tries += 1
            try:
                channel = await self._courier.open_dm(owner)
                look = first or tries > 1
                if not (look and await self._was_told(channel, key, first=first)):
                    await self._courier.post(Parcel(channel, Message(content=say(key, "en")), nonce))
            except Refused as fault:
                # It stands in the log, which is where an operator looks first.
                _log.warning("owner can't be told by DM", code=fault.code)
                return
            except CourierFault as fault:
                _log.warning("owner not told by DM yet", fault=str(fault))
                asked_seconds = fault.retry_after_seconds if isinstance(fault, NotTaken) else 0.0
                await self._clock.sleep(max(asked_seconds, full_jitter(tries, max_seconds=_RETRY_SECONDS_MAX)))
            else:
                return

    async def _was_told(self, channel: ChannelId, key: Key, *, first: bool) -> bool:
        # What this life told before was an hour ago, and does not count.
        back_seconds = _REST_SECONDS if first else _REST_SECONDS / 2
        return await self._courier.has_said(channel, say(key, "en"), self._clock.now() - back_seconds)
