"""Better versions of prompts: one request to a chat model for a draft, and nothing is made before the person chooses.

The chat model is one of the provider that would make the video. Its faults say nothing about that provider's videos.
"""

from dataclasses import replace

import structlog

from bot.chat.unseen import count_seen
from bot.engine.context import EngineContext
from bot.engine.requests.drafts import Drafts
from bot.engine.requests.intake import Ask, Intake
from bot.engine.requests.lookup import Lookup
from bot.jobs.drafts import Draft
from bot.jobs.model import Origin, UserId
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.storable_text import storable
from bot.jobs.store.improvements import begin_improvement
from bot.videos.improving import IMPROVED_MAX_CHARACTERS
from bot.videos.provider_faults import NotImproved
from bot.videos.providers import Provider

# The person's own prompt goes on after these.
ABOUT_IMPROVING = frozenset({Reason.NOT_IMPROVED, Reason.IMPROVED_ALIKE, Reason.IMPROVEMENTS_LIMIT})
_log = structlog.stdlib.get_logger(__name__)


class Improving:
    """Asks for better prompts, as often as the operator allows."""

    def __init__(self, context: EngineContext, intake: Intake, drafts: Drafts) -> None:
        self._context = context
        self._intake = intake
        self._drafts = drafts
        self._lookup = Lookup(context)

    @property
    def is_offered(self) -> bool:
        """Whether the operator has named a chat model."""
        return self._context.rules.prompt_model is not None

    async def improve(self, draft: Draft, origin: Origin, no_place: Refusal | None = None) -> Draft | Refusal:
        """The stored draft with a better version beside its prompt, or why there is none.

        What would refuse the request itself does so here, before the chat model is asked. After a refusal of
        `ABOUT_IMPROVING` the draft is stored, too. `no_place` as in `Intake.accept`. Raises `StoreUnavailableError`.
        """
        model, asked = self._context.rules.prompt_model, replace(draft, improve=False, improved=None)
        ask = Ask(draft.request, draft.uploads)
        refusal = no_place or await self._intake.check_whole(ask, origin)
        if refusal is not None or model is None:
            return refusal or Refusal(Reason.NOT_IMPROVED)
        now, per_day = self._context.clock.now(), self._context.rules.improvements_per_day
        begun = await self._context.database.write(begin_improvement, draft.id, draft.user_id, now, per_day)
        if begun is False:
            return await self._read_improved(draft.id, draft.user_id)
        if refusal := await self._drafts.keep(asked):
            return refusal
        if isinstance(begun, Refusal):
            return begun
        improved = await self._ask(model, draft)
        if isinstance(improved, Refusal):
            return improved
        better = replace(asked, improved=improved)
        return await self._drafts.keep(better) or better

    async def _ask(self, model: str, draft: Draft) -> str | Refusal:
        request = draft.request
        provider = await self._provider_for(draft)
        try:
            text = await provider.client.improve_prompt(model, request.prompt, is_remix=request.parent_id is not None)
        except NotImproved as fault:
            _log.warning("prompt not improved", provider=provider.name, error=str(fault), user=draft.user_id)
            return Refusal(Reason.NOT_IMPROVED)
        improved = storable(text)[:IMPROVED_MAX_CHARACTERS]
        if not count_seen(improved):
            return Refusal(Reason.NOT_IMPROVED)
        alike = improved.casefold().split() == request.prompt.casefold().split()
        _log.info("prompt improved", provider=provider.name, user=draft.user_id, alike=alike)
        return Refusal(Reason.IMPROVED_ALIKE) if alike else improved

    async def _provider_for(self, draft: Draft) -> Provider:
        """The provider that would make the video: that of the video that is remixed, or the model's first one."""
        parent_id = draft.request.parent_id
        parent = None if parent_id is None else await self._lookup.get(parent_id)
        providers = self._context.providers
        of_parent = None if parent is None else providers.of(parent.provider)
        routes = providers.routes_for(draft.request)
        return of_parent or (routes[0].provider if routes else next(iter(providers)))

    async def _read_improved(self, draft_id: str, user_id: UserId) -> Draft | Refusal:
        """What was asked for before, when the same form comes a second time."""
        kept = await self._drafts.read(draft_id, user_id)
        if isinstance(kept, Draft) and kept.improved is None:
            return Refusal(Reason.NOT_IMPROVED)
        return kept
