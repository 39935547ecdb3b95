"""The owner's commands: stop and resume all spending, link a lost job, block people, show usage."""

import asyncio

import structlog

from bot.chat.provider_states import ProviderState
from bot.engine.context import EngineContext
from bot.engine.moves import block
from bot.engine.pipeline.linking import link_by_hand
from bot.engine.pipeline.provider_standing import state_of
from bot.engine.pipeline.throttles import Throttles
from bot.engine.restore_detection import searched_until
from bot.jobs.database import StoreUnavailableError
from bot.jobs.limits import DAY_SECONDS
from bot.jobs.model import Job, UserId
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.store import blocking, marks, restoring
from bot.jobs.store.marks import Mark
from bot.jobs.store.usage import UsageLine, find_usage_since

_log = structlog.stdlib.get_logger(__name__)


class OwnerActions:
    """Each action checks first that the person is an owner, and is logged."""

    def __init__(self, context: EngineContext, throttles: Throttles) -> None:
        self._context = context
        self._throttles = throttles

    async def pause(self, user_id: UserId) -> bool | Refusal:
        """Stop all spending at once; False if that doesn't survive a restart."""
        if refusal := self.refuse(user_id):
            return refusal
        kept = True
        try:
            await self._pause()
        except (OSError, StoreUnavailableError):
            _log.exception("pause won't survive a restart")
            kept = False
        _log.warning("paused", by=user_id)
        self._repaint()
        return kept

    async def _pause(self) -> None:
        """Where several processes share the database, a mark holds for all of them."""
        if self._context.database.is_shared:
            self._context.kill_switch.hold(True)
            await self._context.database.write(marks.put, Mark.PAUSED, "yes")
        else:
            await asyncio.to_thread(self._context.kill_switch.turn_on)

    async def resume(self, user_id: UserId) -> Refusal | None:
        """Resume spending, queued jobs first; None on success."""
        if refusal := self.refuse(user_id):
            return refusal
        try:
            await self._context.database.write(restoring.end_restored)
            await self._context.database.write(marks.drop, Mark.PAUSED)
            self._context.kill_switch.hold(False)
            await asyncio.to_thread(self._context.kill_switch.turn_off)
        except (OSError, StoreUnavailableError):
            _log.exception("still paused")
            return Refusal(Reason.SWITCH_STUCK)
        found = await self._context.database.read(marks.read_database_marks)
        self._context.signals.searched_until = searched_until(found)
        _log.warning("resumed", by=user_id)
        self._repaint()
        self._context.signals.work.set()
        return None

    @property
    def provider_names(self) -> tuple[str, ...]:
        """The names of the providers, in the order of the settings."""
        return tuple(provider.name for provider in self._context.providers)

    def providers(self, user_id: UserId) -> list[ProviderState] | Refusal:
        """How each provider does."""
        if refusal := self.refuse(user_id):
            return refusal
        return [state_of(self._context, provider, self._throttles.of(provider)) for provider in self._context.providers]

    async def pause_provider(self, user_id: UserId, name: str, *, paused: bool) -> Refusal | None:
        """Send nothing more to that provider, by any process, also after a restart; or use it again. None on success.

        Raises `StoreUnavailableError`.
        """
        if refusal := self.refuse(user_id):
            return refusal
        provider = next((provider for provider in self._context.providers if provider.name == name), None)
        if provider is None:
            return Refusal(Reason.PROVIDER_UNKNOWN, {"choices": self.provider_names})
        known, now = self._context.signals.paused_providers, self._context.clock.now()
        if paused and provider.id not in known:
            await self._context.database.write(marks.pause_provider, provider.id, now)
            known[provider.id] = now
        elif not paused:
            await self._context.database.write(marks.resume_provider, provider.id)
            known.pop(provider.id, None)
        _log.warning("provider paused" if paused else "provider resumed", provider=name, by=user_id)
        self._repaint()
        self._context.signals.work.set()
        return None

    async def link(self, user_id: UserId, job: str, remote_id: str, provider: str | None = None) -> Job | Refusal:
        """Link an uncertain or lost job to that video of the provider; nothing is sent again."""
        if refusal := self.refuse(user_id):
            return refusal
        linked = await link_by_hand(self._context, job, remote_id.strip(), provider)
        if isinstance(linked, Job):
            _log.warning("video linked by hand", job=linked.id, by=user_id)
        return linked

    async def block(self, user_id: UserId, person: UserId) -> int | Refusal:
        """Refuse that person everywhere; returns how many of their waiting jobs were cancelled, uncharged."""
        if refusal := self.refuse(user_id):
            return refusal
        cancelled = await block(self._context, person, user_id)
        _log.warning("person blocked", person=person, by=user_id, cancelled=len(cancelled))
        return len(cancelled)

    async def unblock(self, user_id: UserId, person: UserId) -> bool | Refusal:
        """Accept requests of that person again; False if they weren't blocked."""
        if refusal := self.refuse(user_id):
            return refusal
        unblocked = await self._context.database.write(blocking.unblock, person)
        _log.warning("person unblocked", person=person, by=user_id)
        return unblocked

    async def usage(self, user_id: UserId, days: int) -> list[UsageLine] | Refusal:
        """The usage of the last days, by server and person."""
        if refusal := self.refuse(user_id):
            return refusal
        return await self._context.database.read(find_usage_since, self._context.clock.now() - days * DAY_SECONDS)

    def refuse(self, user_id: UserId) -> Refusal | None:
        """Why that person may not use the owner's commands; None if they may."""
        return None if user_id in self._context.courier.owner_ids() else Refusal(Reason.OWNER_ONLY)

    def _repaint(self) -> None:
        """Update the cards of waiting jobs, which show the reason."""
        for job_id in self._context.signals.queued_jobs():
            self._context.signals.card_touched(job_id)
