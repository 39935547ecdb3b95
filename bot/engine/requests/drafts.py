"""Drafts: requests that aren't accepted yet, stored for an hour while a form or a question is open."""

import asyncio
from dataclasses import replace

import structlog

from bot.engine.context import EngineContext
from bot.engine.requests.lookup import Lookup
from bot.jobs.catalogue import Catalogue
from bot.jobs.database import StoreUnavailableError
from bot.jobs.deadlines import DRAFT_SECONDS
from bot.jobs.drafts import Draft
from bot.jobs.model import PROMPT_MAX_CHARACTERS, UserId
from bot.jobs.option_values import options_that_fit
from bot.jobs.picture_frames import without_frames, without_surplus
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.storable_text import storable
from bot.jobs.store import drafts

_ABOUT_PARENT = frozenset(
    {
        Reason.VIDEO_UNKNOWN,
        Reason.VIDEO_REMOVED,
        Reason.VIDEO_NONE_HERE,
        Reason.REMIX_UNSUPPORTED,
        Reason.REMIX_GONE,
    }
)
_ABOUT_FRAMES = frozenset({Reason.LAST_UNSUPPORTED, Reason.LOOP_UNSUPPORTED})
_ABOUT_PICTURES = ("REFERENCE", "UPLOADS")
_STORE_SECONDS = 2.0
_log = structlog.stdlib.get_logger(__name__)


class Drafts:
    """Stores and reads drafts. A draft makes one job: `origin_id` is the same however often its form is sent."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._lookup = Lookup(context)

    async def keep(self, draft: Draft) -> Refusal | None:
        """Store it, or replace it; the hour starts again. Returns why not.

        Discord requires a response within three seconds, so a database in trouble isn't waited for.
        """
        request = replace(draft.request, prompt=storable(draft.request.prompt)[:PROMPT_MAX_CHARACTERS])
        stored = replace(draft, request=request, created_at=self._context.clock.now())
        try:
            async with asyncio.timeout(_STORE_SECONDS):
                await self._context.database.write(drafts.save_draft, stored)
        except (StoreUnavailableError, TimeoutError) as error:
            _log.warning("draft not stored", error=repr(error))
            return Refusal(Reason.STORE_UNAVAILABLE)
        return None

    async def keep_revised(self, draft: Draft, no: Refusal) -> Draft | None:
        """Store the draft as its form shows it after that refusal, and return it; None if it can't be stored."""
        # Of a remix whose own model isn't offered, the parent's is asked for, too.
        unset = replace(draft.request, model=None)
        try:
            async with asyncio.timeout(_STORE_SECONDS):
                inherited = await self._lookup.find_inherited_model(unset)
        except (StoreUnavailableError, TimeoutError) as error:
            _log.warning("draft not stored", error=repr(error))
            return None
        kept = revised(draft, no, self._context.catalogue, inherited)
        return kept if await self.keep(kept) is None else None

    async def read(self, draft_id: str, user_id: UserId) -> Draft | Refusal:
        """That person's draft. Raises `StoreUnavailableError`."""
        created_after = self._context.clock.now() - DRAFT_SECONDS
        draft = await self._context.database.read(drafts.get_draft, draft_id, created_after)
        if draft is None or draft.user_id != user_id:
            return Refusal(Reason.DRAFT_GONE)
        return draft


def revised(draft: Draft, no: Refusal, catalogue: Catalogue, inherited: str | None = None) -> Draft:
    """The draft as its form shows it after that refusal: without the refused parts.

    Pictures go when one of them is the reason; without its parent a remix becomes a new video; a model, size, length
    or option that isn't offered becomes the default. `inherited`: the model of the video that it remixes.
    """
    request = draft.request
    if no.reason in _ABOUT_PARENT:
        request = replace(request, parent_id=None, model=request.model or catalogue.default.name)
    model = catalogue.find(request.model, inherited)
    if model is None:
        model = None if request.parent_id is None else catalogue.find(None, inherited)
        request = replace(request, model=None if model else catalogue.default.name)
        model = model or catalogue.default
    if request.size not in (None, *model.sizes):
        request = replace(request, size=None)
    if request.seconds not in (None, *model.seconds):
        request = replace(request, seconds=None)
    request = replace(request, options=options_that_fit(model, request.options))
    draft = without_wrong_frames(replace(draft, request=request), no)
    return without_pictures(draft) if no.reason.name.startswith(_ABOUT_PICTURES) else draft


def without_wrong_frames(draft: Draft, no: Refusal) -> Draft:
    """The draft without pictures that can't be the first and the last frame.

    Where another model takes a last picture, it is kept for that one.
    """
    uses, uploads = draft.request, draft.uploads
    if no.reason in _ABOUT_FRAMES and "models" not in no.named:
        uses, uploads = without_frames(uses, uploads)
    elif no.reason is Reason.FRAMES_TOO_MANY:
        uses, uploads = without_surplus(uses, uploads)
    return replace(draft, request=uses, uploads=uploads)


def without_pictures(draft: Draft) -> Draft:
    """The draft without its pictures; its form says so if it had any."""
    dropped = draft.pictures_dropped or bool(draft.request.references or draft.uploads)
    return replace(draft, request=replace(draft.request, references=()), uploads=(), pictures_dropped=dropped)


def origin_id(draft_id: str) -> str:
    """The origin id of a draft's job."""
    return f"draft:{draft_id}"
