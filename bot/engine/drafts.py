"""Drafts: requests that aren't accepted yet, stored for an hour while a form or a question is open."""

import asyncio
import uuid
from dataclasses import replace

import structlog

from bot.engine.parts import Parts
from bot.jobs.database import StoreUnavailableError
from bot.jobs.model import PROMPT_MAX_CHARACTERS, Draft, UserId
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.store import drafts

DRAFT_SECONDS = 3600.0

_STORE_SECONDS = 2.0
_log = structlog.stdlib.get_logger(__name__)


class Drafts:
    """Stores and reads drafts. A draft makes one job: `origin_id` is the same however often its form is sent."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def keep(self, draft: Draft) -> Refusal | None:
        """Store it, or replace it; the hour begins again. Returns why not.

        Discord wants an answer within three seconds, so a database in trouble isn't waited for.
        """
        request = replace(draft.request, prompt=draft.request.prompt[:PROMPT_MAX_CHARACTERS])
        stored = replace(draft, request=request, created_at=self._parts.clock.now())
        try:
            async with asyncio.timeout(_STORE_SECONDS):
                await self._parts.database.write(drafts.save_draft, stored)
        except (StoreUnavailableError, TimeoutError) as error:
            _log.warning("draft not stored", error=repr(error))
            return Refusal(Reason.STORE_UNAVAILABLE)
        return None

    async def read(self, draft_id: str, user_id: UserId) -> Draft | Refusal:
        """That person's draft. Raises `StoreUnavailableError`."""
        created_after = self._parts.clock.now() - DRAFT_SECONDS
        draft = await self._parts.database.read(drafts.get_draft, draft_id, created_after)
        if draft is None or draft.user_id != user_id:
            return Refusal(Reason.DRAFT_GONE)
        return draft


def new_draft_id() -> str:
    """A fresh id that fits a custom id."""
    return uuid.uuid4().hex[:16]


def origin_id(draft_id: str) -> str:
    """The act that the job of a draft comes from."""
    return f"draft:{draft_id}"
