"""The question or the button under a reply: made, accepted, refused, and changed when the reply is edited."""

from dataclasses import replace

import structlog

from bot.chat import cards
from bot.chat.courier import CourierFault
from bot.engine.context import EngineContext, reader_of
from bot.engine.requests.drafts import origin_id
from bot.engine.requests.intake import Ask, Intake
from bot.engine.requests.lookup import Lookup, SeesChannel
from bot.engine.requests.reply_rule import Reaction, Reply
from bot.jobs.deadlines import DRAFT_SECONDS, OFFER_SECONDS
from bot.jobs.drafts import Draft, Offer, OfferKind, new_draft_id
from bot.jobs.model import REFERENCES_MAX, Job, JobId, MessageId, Origin, Place, Via, VideoRequest
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.rights import Asker, leaves_usable
from bot.jobs.store import drafts

_log = structlog.stdlib.get_logger(__name__)


class ReplyOffers:
    """Offers by the id of their reply; only its author may use one."""

    def __init__(self, context: EngineContext, intake: Intake, lookup: Lookup) -> None:
        self._context = context
        self._intake = intake
        self._lookup = lookup

    async def make(
        self, reaction: Reaction, reply: Reply, request: VideoRequest, job_id: JobId, home: Place
    ) -> Refusal | None:
        """Let a question (`Reaction.ASK`) or the button of the form be shown under the reply; or return why not.

        `home`: where the request will count.
        """
        if len(request.references) + len(reply.files) > REFERENCES_MAX:
            return Refusal(Reason.REFERENCES_TOO_MANY, {"limit": REFERENCES_MAX})
        if reply.no_place is not None:
            # Nothing can be shown under the reply, and nothing was requested yet.
            return None
        now = self._context.clock.now()
        draft = Draft(new_draft_id(), reply.user_id, home, request, reply.id, now, uploads=reply.files)
        offer = Offer(
            id=reply.id,
            user_id=reply.user_id,
            video_id=job_id,
            place=reply.place,
            draft_id=draft.id,
            kind=OfferKind.ASK if reaction is Reaction.ASK else OfferKind.FORM,
            delete_at=now + OFFER_SECONDS,
            locale=reply.locale,
        )
        if await self._context.database.write(drafts.make_offer, offer, draft, self._context.process):
            self._context.signals.offer_changed(offer.id)
        return None

    async def take(self, offer_id: MessageId, asker: Asker) -> tuple[Offer, Draft] | Refusal:
        """The offer under that reply and its draft, for the reply's author."""
        offer = await self._find(offer_id, asker)
        if isinstance(offer, Refusal):
            return offer
        created_after = self._context.clock.now() - DRAFT_SECONDS
        draft = await self._context.database.read(drafts.get_draft, offer.draft_id, created_after)
        return Refusal(Reason.DRAFT_GONE) if draft is None else (offer, draft)

    async def accept(
        self, offer: Offer, draft: Draft, sees_channel: SeesChannel, no_place: Refusal | None = None
    ) -> Job | Refusal:
        """The person confirmed the question: make the video of their reply, once, if it is still allowed."""
        origin = Origin(
            id=str(offer.id),
            via=Via.REPLY,
            user_id=offer.user_id,
            place=offer.place,
            locale=offer.locale,
            reply_to=offer.id,
            history_after=offer.id,
        )
        if await self._intake.find_made(origin.id) is not None:
            # An edit ended the reply's own job for free and led to this question: its yes is an origin of its own.
            origin = replace(origin, id=origin_id(draft.id))
        asker = Asker(offer.user_id, offer.place)
        made = (
            await self.find_made(offer.id)
            or await self._intake.find_made(origin_id(draft.id))
            or await self._lookup.check_parent(draft.request, asker, sees_channel)
            or await self._intake.accept(Ask(draft.request, draft.uploads), origin, no_place, draft.place)
        )
        if not isinstance(made, Refusal):
            await self.end(offer.id)
        return made

    async def find_made(self, reply_id: MessageId) -> Job | None:
        """The reply's job, unless it leaves the question open: it was cancelled for free, or the DM took no card."""
        made = await self._intake.find_made(str(reply_id))
        return None if made is None or leaves_usable(made) else made

    async def refuse(self, offer_id: MessageId, asker: Asker) -> Refusal | None:
        """The person declined the question: it goes, and nothing is made."""
        offer = await self._find(offer_id, asker)
        if isinstance(offer, Refusal):
            return offer
        await self.end(offer_id)
        return None

    async def _find(self, offer_id: MessageId, asker: Asker) -> Offer | Refusal:
        """The offer, if it is that person's; an invisible one is answered like none."""
        offer = await self._context.database.read(drafts.find_offer, offer_id)
        if offer is None or (offer.user_id != asker.user_id and offer.place != asker.place):
            return Refusal(Reason.DRAFT_GONE)
        return offer if offer.user_id == asker.user_id else Refusal(Reason.NOT_YOUR_REPLY)

    async def end(self, offer_id: MessageId) -> None:
        """Delete the message under that reply now, if there is one."""
        if await self._context.database.read(drafts.find_offer, offer_id) is None:
            return
        await self._context.database.write(drafts.hasten_offer, offer_id, self._context.clock.now())
        self._context.signals.offer_changed(offer_id)

    async def edited(self, reply_id: MessageId, prompt: str) -> None:
        """The reply has a new text, and the question shows that one."""
        offer = await self._context.database.read(drafts.find_offer, reply_id)
        if offer is None or offer.kind is not OfferKind.ASK:
            return
        draft = await self._context.database.read(drafts.get_draft, offer.draft_id)
        if draft is None or draft.request.prompt == prompt:
            return
        await self._context.database.write(drafts.change_prompt, draft.id, prompt)
        # It may have been shown since it was read, with either text.
        shown = await self._context.database.read(drafts.find_offer, reply_id)
        if shown is None or shown.message_id is None:
            return
        request = replace(draft.request, prompt=prompt)
        try:
            message = cards.offer_question(shown, request, reader_of(self._context, shown))
            await self._context.courier.edit(shown.place.channel_id, shown.message_id, message)
        except CourierFault as fault:
            _log.info("question not edited", offer=reply_id, fault=str(fault))
