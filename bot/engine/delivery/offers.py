"""Posts and deletes the short-lived messages under replies, also across restarts."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.chat import cards, custom_ids
from bot.chat.courier import CourierFault, NotTaken, Parcel, ParcelKind, Refused
from bot.engine.context import EngineContext, reader_of
from bot.engine.due_queue import DueQueue
from bot.jobs.drafts import Offer, OfferKind
from bot.jobs.model import MessageId
from bot.jobs.store import drafts
from bot.ops.tasks import drain

_IDLE_SECONDS = 60.0
_SHOWN_SECONDS = 60.0
_RETRY_SECONDS = 10.0
_GIVE_UP_SECONDS = 3600.0
_AT_ONCE = 16
_log = structlog.stdlib.get_logger(__name__)

_Work = Callable[[Offer], Awaitable[bool]]


class OfferLoop:
    """One loop over the offers by their time; each has its own task, so that one that hangs delays no other."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._offers: dict[MessageId, Offer] = {}
        self._due = DueQueue[MessageId]()
        self._busy: dict[MessageId, asyncio.Task[None]] = {}
        self._shown_here: set[MessageId] = set()

    async def run(self) -> None:
        """Post new offers and delete expired ones, until cancelled."""
        signals = self._context.signals
        await self.recover()
        while True:
            signals.offers.clear()
            pause_seconds = await self._start_due()
            await signals.wait(signals.offers, self._context.clock, pause_seconds)

    async def recover(self) -> None:
        """Take over the offers that no living process has."""
        context = self._context
        context.signals.changed_offers.update(await context.database.write(drafts.adopt_offers, context.process))
        context.signals.offers.set()

    async def finish(self, within_seconds: float) -> None:
        """Let running requests finish, then drop the rest: it continues at the next start."""
        await drain(self._busy.values(), within_seconds)

    async def _start_due(self) -> float:
        await self._read_changed()
        if rest_seconds := self._context.courier.rest_seconds():
            return min(_IDLE_SECONDS, rest_seconds)
        now = self._context.clock.now()
        while (offer_id := self._due.pop(now)) is not None:
            if offer_id not in self._busy:
                offer = self._offers[offer_id]
                work = self._take_away if now >= offer.delete_at else self._show
                self._busy[offer_id] = asyncio.create_task(self._guard(work, offer))
        return self._due.pause_seconds(now)

    async def _read_changed(self) -> None:
        signals = self._context.signals
        if not signals.changed_offers:
            return
        changed, signals.changed_offers = signals.changed_offers, set()
        for offer_id in changed:
            self._offers.pop(offer_id, None)
            self._due.drop(offer_id)
        for offer in await self._context.database.read(drafts.find_open_offers, changed):
            self._offers[offer.id] = offer
            self._due.put(offer.id, 0.0 if offer.message_id is None else offer.delete_at)
        self._shown_here -= changed - self._offers.keys()

    async def _guard(self, work: _Work, offer: Offer) -> None:
        done, signals = False, self._context.signals
        try:
            async with self._slots:
                done = await work(offer)
        except Exception:  # noqa: BLE001  # the loop's one guard
            _log.exception("offer failed", offer=offer.id)
        finally:
            del self._busy[offer.id]
            if done:
                signals.offer_changed(offer.id)
            elif offer.id in self._offers:
                self._due.put(offer.id, self._context.clock.now() + _RETRY_SECONDS)
            signals.offers.set()

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
        parcel = Parcel(offer.place.channel_id, message, nonce=offer.nonce, reply_to=offer.id, kind=ParcelKind.OFFER)
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
