"""Posts a message to the bot's owners: in their channel if they have one, else, or if that fails, by DM to each."""

import asyncio
import hashlib
from dataclasses import dataclass, field
from enum import Enum, auto

import structlog

from bot.chat.cards import Message
from bot.chat.courier import Courier, CourierFault, NotTaken, Parcel, ParcelKind, Refused
from bot.jobs.model import ChannelId, UserId

_log = structlog.stdlib.get_logger(__name__)


class Outcome(Enum):
    """What came of a try to post a message to the owners."""

    POSTED = auto()
    LATER = auto()
    """Some owner does not have it yet."""
    NOWHERE = auto()
    """The channel and all owners' DMs refuse it."""


@dataclass(slots=True)
class Letter:
    """One message, until it is posted. `id` is the same for the same message in every process."""

    id: str
    text: str
    # How it may have been posted before, and since when (seconds since the epoch).
    known_as: frozenset[str]
    posted_since: float
    must_search: bool
    tries: int = 0
    retry_after_seconds: float = 0.0
    channel_refused: bool = False
    reached: set[UserId] = field(default_factory=set[UserId])
    unreachable: set[UserId] = field(default_factory=set[UserId])


class OwnerMail:
    """The way to the owners. It needs no gateway, so their channel may be in any server of the bot."""

    def __init__(self, courier: Courier, channel_id: int | None = None) -> None:
        """`channel_id` is that of the owners' channel; without one they get DMs."""
        self._courier = courier
        self._channel_id = None if channel_id is None else ChannelId(channel_id)

    async def post(self, letter: Letter) -> Outcome:
        """Try once to post it wherever it was not posted yet. A repeated message is searched for first."""
        letter.tries += 1
        letter.retry_after_seconds = 0.0
        if self._channel_id is not None and not letter.channel_refused:
            try:
                await self._post_in(self._channel_id, letter)
            except Refused as fault:
                letter.channel_refused = True
                _log.warning("owner channel can't be used", channel=self._channel_id, code=fault.code)
            except CourierFault as fault:
                return self._later(letter, fault)
            else:
                return Outcome.POSTED
        waiting = [owner for owner in self._courier.owner_ids() if owner not in letter.reached | letter.unreachable]
        outcomes = await asyncio.gather(*(self._post_to(owner, letter) for owner in waiting))
        if Outcome.LATER in outcomes:
            return Outcome.LATER
        return Outcome.POSTED if letter.reached else Outcome.NOWHERE

    async def _post_to(self, owner: UserId, letter: Letter) -> Outcome:
        try:
            await self._post_in(await self._courier.open_dm(owner), letter)
        except Refused as fault:
            # It is in the log, which an operator reads first.
            _log.warning("owner alert can't be posted", owner=owner, code=fault.code)
            letter.unreachable.add(owner)
            return Outcome.NOWHERE
        except CourierFault as fault:
            return self._later(letter, fault)
        letter.reached.add(owner)
        return Outcome.POSTED

    async def _post_in(self, channel: ChannelId, letter: Letter) -> None:
        must_search = letter.must_search or letter.tries > 1
        if must_search and await self._courier.has_said(channel, letter.known_as, letter.posted_since):
            return
        # Discord accepts no second message with a nonce, to any recipient.
        nonce = f"alarm-{hashlib.sha256(f'{letter.id} {channel}'.encode()).hexdigest()[:16]}"
        await self._courier.post(Parcel(channel, Message(content=letter.text), nonce, kind=ParcelKind.ALERT))

    def _later(self, letter: Letter, fault: CourierFault) -> Outcome:
        _log.warning("owner alert not posted yet", fault=str(fault))
        if isinstance(fault, NotTaken):
            letter.retry_after_seconds = max(letter.retry_after_seconds, fault.retry_after_seconds)
        return Outcome.LATER
