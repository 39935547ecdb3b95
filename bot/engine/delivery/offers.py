"""Posts and deletes the short-lived messages under replies, also across restarts."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.chat import cards, custom_ids
from bot.chat.courier import CourierFault, NotTaken, Parcel, Refused
from bot.engine.context import EngineContext, reader_of
from bot.jobs.model import MessageId, Offer, OfferKind
from bot.jobs.store import drafts
from bot.ops.tasks import drain

_SHOWN_SECONDS = 60.0
_RETRY_SECONDS = 10.0
_GIVE_UP_SECONDS = 3600.0
_AT_ONCE = 16
_log = structlog.stdlib.get_logger(__name__)

_Work = Callable[[Offer], Awaitable[bool]]


class OfferLoop:
    """One loop over all offers; each has its own task, so that one that hangs at Discord delays no other."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._busy: dict[MessageId, asyncio.Task[None]] = {}
        self._rests_until: dict[MessageId, float] = {}
        self._shown_here: set[MessageId] = set()

    async def run(self) -> None:
        """Post new offers and delete expired ones, until cancelled."""
        signals = self._context.signals
        while True:
            signals.offers.clear()
            pause_seconds = await self._start_due()
            await signals.wait(signals.offers, self._context.clock, pause_seconds)

    async def finish(self, within_seconds: float) -> None:
        """Let running requests finish, then drop the rest: it continues at the next start."""
        await drain(self._busy.values(), within_seconds)

    async def _start_due(self) -> float:
        now, pause_seconds = self._context.clock.now(), 60.0
        offers = await self._context.database.read(drafts.find_standing_offers)
        known = {offer.id for offer in offers}
        self._shown_here &= known
        self._rests_until = {key: until for key, until in self._rests_until.items() if key in known}
        for offer in offers:
            if rest_seconds := self._context.courier.rest_seconds():
                return min(pause_seconds, rest_seconds)
            is_over = now >= offer.delete_at
            wait_seconds = self._rests_until.get(offer.id, 0.0) - now
            if not is_over and offer.message_id is not None:
                wait_seconds = offer.delete_at - now
            if wait_seconds > 0:
                pause_seconds = min(pause_seconds, wait_seconds)
            elif offer.id not in self._busy:
                work = self._take_away if is_over else self._show
                self._busy[offer.id] = asyncio.create_task(self._guard(work, offer))
        return pause_seconds

    async def _guard(self, work: _Work, offer: Offer) -> None:
        done = False
        try:
            async with self._slots:
                done = await work(offer)
        except Exception:  # noqa: BLE001  # the loop's one guard
            _log.exception("offer failed", offer=offer.id)
        finally:
            if not done:
                self._rests_until[offer.id] = self._context.clock.now() + _RETRY_SECONDS
            del self._busy[offer.id]
            self._context.signals.offers.set()

    async def _show(self, offer: Offer) -> bool:
        context = self._context
        draft = await context.database.read(drafts.get_draft, offer.draft_id)
        if draft is None:
            await context.database.write(drafts.end_offer, offer.id, context.clock.now())
            return True
        if offer.kind is OfferKind.ASK:
            message = cards.offer_question(offer, draft.request, reader_of(context, offer))
        else:
            words, pictures = bool(draft.request.prompt), bool(draft.uploads)
            message = cards.offer_form(offer, reader_of(context, offer), pictures=pictures, words=words)
        parcel = Parcel(offer.place.channel_id, message, nonce=offer.nonce, reply_to=offer.id)
        try:
            # An offer of an earlier process may have been posted before a crash.
            message_id = None if offer.id in self._shown_here else await self._find(offer)
            self._shown_here.add(offer.id)
            message_id = message_id or await context.courier.post(parcel)
        except Refused:
            message_id = None
        except CourierFault as fault:
            _log.info("offer not shown", offer=offer.id, fault=str(fault))
            return False
        now = context.clock.now()
        if message_id is None:
            await context.database.write(drafts.end_offer, offer.id, now)
        else:
            await context.database.write(drafts.note_offer_message, offer, message_id, now, _SHOWN_SECONDS)
        return True

    async def _take_away(self, offer: Offer) -> bool:
        context = self._context
        try:
            message_id = offer.message_id or await self._find(offer)
            if message_id is not None:
                await context.courier.delete(offer.place.channel_id, message_id)
        except Refused as fault:
            _log.info("offer can't be deleted", offer=offer.id, code=fault.code)
        except CourierFault as fault:
            _log.info("offer not deleted yet", offer=offer.id, fault=str(fault))
            if isinstance(fault, NotTaken) or context.clock.now() < offer.delete_at + _GIVE_UP_SECONDS:
                return False
        await context.database.write(drafts.end_offer, offer.id, context.clock.now())
        return True

    async def _find(self, offer: Offer) -> MessageId | None:
        def is_ours(custom_id: str) -> bool:
            button = custom_ids.parse_button(custom_id)
            return button is not None and button.offer_id == offer.id

        return await self._context.courier.find(offer.place.channel_id, offer.id, is_ours)
