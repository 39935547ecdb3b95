"""Shows and takes away the short-lived messages under replies, also across restarts; what they ask it knows not."""

import structlog

from bot.chat import cards, custom_ids
from bot.chat.courier import CourierFault, NotTaken, Parcel, Refused
from bot.engine.parts import Parts
from bot.jobs.model import MessageId, Offer, OfferKind
from bot.jobs.store import drafts

_RETRY_SECONDS = 10.0
_GIVE_UP_SECONDS = 3600.0
_log = structlog.stdlib.get_logger(__name__)


class Offering:
    """One loop over all standing offers."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._shown_here: set[MessageId] = set()

    async def run(self) -> None:
        """Show what was offered and take away what has stood long enough, until cancelled."""
        board = self._parts.board
        while True:
            board.offers.clear()
            now = self._parts.clock.now()
            pause_seconds = 60.0
            standing = await self._parts.database.read(drafts.find_standing_offers)
            self._shown_here &= {offer.id for offer in standing}
            for offer in standing:
                if rest_seconds := self._parts.courier.rest_seconds():
                    pause_seconds = min(pause_seconds, rest_seconds)
                    break
                if now >= offer.delete_at:
                    done = await self._take_away(offer)
                else:
                    pause_seconds = min(pause_seconds, offer.delete_at - now)
                    done = offer.message_id is not None or await self._show(offer)
                if not done:
                    pause_seconds = min(pause_seconds, _RETRY_SECONDS)
            await board.wait(board.offers, self._parts.clock, pause_seconds)

    async def _show(self, offer: Offer) -> bool:
        parts = self._parts
        draft = await parts.database.read(drafts.get_draft, offer.draft_id)
        if draft is None:
            await parts.database.write(drafts.end_offer, offer.id, parts.clock.now())
            return True
        if offer.kind is OfferKind.ASK:
            message = cards.offer_question(offer, draft.request, offer.locale)
        else:
            message = cards.offer_form(offer, offer.locale, pictures=bool(draft.request.references or draft.uploads))
        parcel = Parcel(offer.place.channel_id, message, nonce=offer.nonce, reply_to=offer.id)
        try:
            # One that this process has not shown may stand there since before a crash.
            message_id = None if offer.id in self._shown_here else await self._find(offer)
            self._shown_here.add(offer.id)
            message_id = message_id or await parts.courier.post(parcel)
        except Refused:
            message_id = None
        except CourierFault as fault:
            _log.info("offer not shown", offer=offer.id, fault=str(fault))
            return False
        if message_id is None:
            await parts.database.write(drafts.end_offer, offer.id, parts.clock.now())
        else:
            await parts.database.write(drafts.note_offer_message, offer.id, message_id)
        return True

    async def _take_away(self, offer: Offer) -> bool:
        parts = self._parts
        try:
            message_id = offer.message_id or await self._find(offer)
            if message_id is not None:
                await parts.courier.delete(offer.place.channel_id, message_id)
        except Refused as fault:
            _log.info("offer can't be taken away", offer=offer.id, code=fault.code)
        except CourierFault as fault:
            _log.info("offer not taken away yet", offer=offer.id, fault=str(fault))
            if isinstance(fault, NotTaken) or parts.clock.now() < offer.delete_at + _GIVE_UP_SECONDS:
                return False
        await parts.database.write(drafts.end_offer, offer.id, parts.clock.now())
        return True

    async def _find(self, offer: Offer) -> MessageId | None:
        def is_ours(custom_id: str) -> bool:
            button = custom_ids.parse_button(custom_id)
            return button is not None and button.offer_id == offer.id

        return await self._parts.courier.find(offer.place.channel_id, offer.id, is_ours)
