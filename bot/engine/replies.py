"""Replies to finished videos: which are a remix, which are asked about first, and which are only talk.

`decide` is the whole rule as a pure function; `Replies` acts on it. It must not know Discord's message objects.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import structlog

from bot.chat import cards, words
from bot.chat.courier import CourierFault, NotTaken, Parcel, Refused
from bot.chat.talk import count_words
from bot.engine.drafts import DRAFT_SECONDS, new_draft_id, origin_id
from bot.engine.intake import Ask, Intake
from bot.engine.lookup import Lookup, SeesChannel
from bot.engine.parts import Parts
from bot.jobs.database import StoreUnavailableError
from bot.jobs.model import (
    REFERENCES_MAX,
    Draft,
    Job,
    JobId,
    MessageId,
    Offer,
    OfferKind,
    Origin,
    Place,
    Upload,
    UserId,
    Via,
    VideoRequest,
)
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.rights import Asker
from bot.jobs.store import drafts

OFFER_SECONDS = 60.0
# A no is repeated after so many seconds, but not later than that many after the first try.
_SAY_NO_AGAIN_SECONDS = (5.0, 10.0, 20.0, 40.0)
_SAY_NO_SECONDS = 90.0
_WORDS_ASKED_ABOUT = 2
_log = structlog.stdlib.get_logger(__name__)


class Reaction(StrEnum):
    """What a reply to a finished video leads to."""

    IGNORE = "ignore"
    OFFER_FORM = "offer form"
    ASK = "ask"
    REMIX = "remix"


@dataclass(frozen=True, slots=True)
class Reply:
    """A person's reply. `readable` is False in a server when the ping is off: then no text and no files arrive.

    `to_video` is the job that the buttons of the answered message name, if they are buttons of a finished video.
    """

    id: MessageId
    to: MessageId
    user_id: UserId
    place: Place
    locale: str
    text: str
    uploads: tuple[Upload, ...]
    readable: bool
    to_video: JobId | None
    no_place: Refusal | None


def decide(reply: Reply, mode: Literal["on", "ask", "off"]) -> Reaction:
    """What to do about a reply to a finished video, so that talk does not cost money."""
    if mode == "off":
        return Reaction.IGNORE
    if not reply.readable:
        return Reaction.OFFER_FORM
    words_said = count_words(reply.text)
    if not words_said:
        return Reaction.OFFER_FORM if reply.uploads else Reaction.IGNORE
    if mode == "ask":
        return Reaction.ASK
    if words_said <= _WORDS_ASKED_ABOUT and not reply.uploads:
        return Reaction.ASK
    return Reaction.REMIX


class Replies:
    """Turns replies into remixes, offers and questions."""

    def __init__(self, parts: Parts, intake: Intake, lookup: Lookup) -> None:
        self._parts = parts
        self._intake = intake
        self._lookup = lookup

    async def answer(self, reply: Reply, sees_channel: SeesChannel) -> Reaction:
        """Act on a reply to any message; what is no finished video of ours is ignored."""
        reaction = decide(reply, self._parts.rules.reply_remix)
        if reaction is Reaction.IGNORE:
            return reaction
        video: Job | None = None
        try:
            video = await self._lookup.find_replied(reply.to, reply.to_video)
            refusal = None if video is None else await self._act(reaction, reply, video, sees_channel)
        except StoreUnavailableError as error:
            _log.error("reply not taken", reply=reply.id, error=str(error))
            refusal = Refusal(Reason.STORE_UNAVAILABLE)
        if video is None and reply.to_video is None:
            # No video's, or nobody can say whether it is one's: then it may well be talk.
            return Reaction.IGNORE
        if refusal is not None:
            await self._say_no(reply, refusal)
        return reaction if video is not None else Reaction.IGNORE

    async def take_offer(self, offer_id: MessageId, user_id: UserId) -> tuple[Offer, Draft] | None:
        """The offer under that reply and what it holds, for the person it was made to; None if it is gone."""
        offer = await self._parts.database.read(drafts.find_offer, offer_id)
        if offer is None or offer.user_id != user_id:
            return None
        created_after = self._parts.clock.now() - DRAFT_SECONDS
        draft = await self._parts.database.read(drafts.get_draft, offer.draft_id, created_after)
        return None if draft is None else (offer, draft)

    async def accept_offer(
        self, offer: Offer, draft: Draft, sees_channel: SeesChannel, no_place: Refusal | None = None
    ) -> Job | Refusal:
        """The person said yes to the question: make the video that their reply asked for, once, if it may still be."""
        origin = Origin(
            id=str(offer.id),
            via=Via.REPLY,
            user_id=offer.user_id,
            place=offer.place,
            locale=offer.locale,
            reply_to=offer.id,
            history_after=offer.id,
        )
        asker = Asker(offer.user_id, offer.place)
        made = (
            await self._intake.find_made(origin.id)
            or await self._intake.find_made(origin_id(draft.id))
            or await self._lookup.check_parent(draft.request, asker, sees_channel)
            or await self._intake.accept(Ask(draft.request, draft.uploads), origin, no_place)
        )
        if not isinstance(made, Refusal):
            await self.end_offer(offer.id)
        return made

    async def end_offer(self, offer_id: MessageId) -> None:
        """Let the message under that reply go now, if there is one."""
        if await self._parts.database.read(drafts.find_offer, offer_id) is None:
            return
        await self._parts.database.write(drafts.hasten_offer, offer_id, self._parts.clock.now())
        self._parts.board.offers.set()

    async def _act(self, reaction: Reaction, reply: Reply, video: Job, sees_channel: SeesChannel) -> Refusal | None:
        asker = Asker(reply.user_id, reply.place)
        if refusal := self._intake.closed(reply.place.guild_id, request=True):
            return refusal
        checked = await self._lookup.check_remix(video, asker, sees_channel)
        if isinstance(checked, Refusal):
            return checked
        request = VideoRequest(prompt=reply.text, parent_id=video.id)
        if reaction is not Reaction.REMIX:
            return await self._offer(reaction, reply, request, video)
        origin = Origin(
            id=str(reply.id),
            via=Via.REPLY,
            user_id=reply.user_id,
            place=reply.place,
            locale=reply.locale,
            reply_to=reply.id,
            history_after=reply.id,
            grace_seconds=self._parts.rules.reply_grace_seconds,
        )
        made = await self._intake.accept(Ask(request, reply.uploads), origin, reply.no_place)
        return made if isinstance(made, Refusal) else None

    async def _offer(self, reaction: Reaction, reply: Reply, request: VideoRequest, video: Job) -> Refusal | None:
        if len(reply.uploads) > REFERENCES_MAX:
            return Refusal(Reason.REFERENCES_TOO_MANY, {"limit": REFERENCES_MAX})
        if reply.no_place is not None:
            # Nothing could be shown under the reply, and nothing was asked for yet.
            return None
        now = self._parts.clock.now()
        draft = Draft(new_draft_id(), reply.user_id, reply.place, request, reply.id, now, uploads=reply.uploads)
        offer = Offer(
            id=reply.id,
            user_id=reply.user_id,
            video_id=video.id,
            place=reply.place,
            draft_id=draft.id,
            kind=OfferKind.ASK if reaction is Reaction.ASK else OfferKind.FORM,
            delete_at=now + OFFER_SECONDS,
            locale=reply.locale,
        )
        if await self._parts.database.write(drafts.make_offer, offer, draft):
            self._parts.board.offers.set()
        return None

    async def _say_no(self, reply: Reply, refusal: Refusal) -> None:
        """Say it under the reply; while Discord can't be asked, a few times more as long as the nonce counts."""
        clock, message = self._parts.clock, cards.Message(content=words.refusal(refusal, reply.locale))
        parcel = Parcel(reply.place.channel_id, message, nonce=f"no-{reply.id}", reply_to=reply.id)
        give_up_at = clock.monotonic() + _SAY_NO_SECONDS
        for rest_seconds in (*_SAY_NO_AGAIN_SECONDS, math.inf):
            try:
                await self._parts.courier.post(parcel)
            except CourierFault as fault:
                asked_seconds = fault.retry_after_seconds if isinstance(fault, NotTaken) else 0.0
                wait_seconds = max(rest_seconds, asked_seconds)
                if isinstance(fault, Refused) or clock.monotonic() + wait_seconds > give_up_at:
                    _log.warning("refusal not posted", reply=reply.id, fault=str(fault))
                    return
                await clock.sleep(wait_seconds)
            else:
                return
