"""Operator alerts: in the log and by DM, each one at most once an hour."""

import asyncio
import uuid
from dataclasses import dataclass

import structlog

from bot.chat.cards import Message
from bot.chat.courier import Courier, CourierFault, NotTaken, Parcel, Refused
from bot.chat.words import ENGLISH, Key, Readers, say
from bot.jobs.backoff import full_jitter
from bot.jobs.database import Database, StoreUnavailableError
from bot.jobs.model import ChannelId, UserId
from bot.jobs.store import marks
from bot.ops.clock import Clock

_REST_SECONDS = 3600.0
_RETRY_SECONDS_MAX = 300.0
_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Alert:
    """One sentence for the owners; `first` if this process has not posted it before."""

    text: str
    rest_seconds: float
    first: bool


class OwnerAlerts:
    """Any part may alert; one loop sends the DMs, and first searches the history for those of the last process."""

    def __init__(self, courier: Courier, clock: Clock, readers: Readers, database: Database) -> None:
        """`database`: where several processes share it, one of them sends an alert."""
        self._database = database
        self._courier = courier
        self._clock = clock
        self._readers = readers
        self._queue: asyncio.Queue[_Alert] = asyncio.Queue()
        self._alerted_at: dict[str, float] = {}

    def alert(self, key: Key, *, rest_seconds: float = _REST_SECONDS, **named: object) -> None:
        """Alert the owners, unless they got this very sentence within the pause. `named` fills its gaps."""
        now, text = self._clock.monotonic(), say(key, self._readers.of(ENGLISH), **named)
        first = text not in self._alerted_at
        if not first and now - self._alerted_at[text] < rest_seconds:
            return
        self._alerted_at[text] = now
        _log.error("owner alert", what=text)
        self._queue.put_nowait(_Alert(text, rest_seconds, first))

    async def run(self) -> None:
        """Send the alerts to the owners by DM, until cancelled."""
        while True:
            alert = await self._queue.get()
            if not await self._may_send(alert):
                continue
            async with asyncio.TaskGroup() as group:
                for owner in self._courier.owner_ids():
                    group.create_task(self._deliver(owner, alert))

    async def _may_send(self, alert: _Alert) -> bool:
        """Whether no other process has sent it lately; while the database can't be asked, this one does."""
        if not self._database.is_shared:
            return True
        try:
            return await self._database.write(marks.claim_alert, alert.text, self._clock.now(), alert.rest_seconds)
        except StoreUnavailableError:
            return True

    async def _deliver(self, owner: UserId, alert: _Alert) -> None:
        """Try for an hour to post it to one owner; if the cause lasts, the next alert posts it again.

        The first alert of this process may have been posted by the one before.
        """
        # One nonce per owner and alert: Discord accepts no second message with it, to any recipient.
        nonce = f"alarm-{uuid.uuid4().hex[:16]}"
        tries, began_at = 0, self._clock.monotonic()
        while self._clock.monotonic() - began_at < _REST_SECONDS:
            tries += 1
            try:
                channel = await self._courier.open_dm(owner)
                must_search = alert.first or tries > 1
                if not (must_search and await self._was_delivered(channel, alert)):
                    await self._courier.post(Parcel(channel, Message(content=alert.text), nonce))
            except Refused as fault:
                # It is in the log, which an operator reads first.
                _log.warning("owner alert can't be posted", code=fault.code)
                return
            except CourierFault as fault:
                _log.warning("owner alert not posted yet", fault=str(fault))
                asked_seconds = fault.retry_after_seconds if isinstance(fault, NotTaken) else 0.0
                await self._clock.sleep(max(asked_seconds, full_jitter(tries, max_seconds=_RETRY_SECONDS_MAX)))
            else:
                return

    async def _was_delivered(self, channel: ChannelId, alert: _Alert) -> bool:
        # Earlier posts of this process are older than the pause, and don't count.
        back_seconds = alert.rest_seconds if alert.first else alert.rest_seconds / 2
        return await self._courier.has_said(channel, alert.text, self._clock.now() - back_seconds)
