"""Stores what came of a paid request, and decides if the job waits, ends, or goes to another provider.

A request is sent again only after a definite no (docs/facts/provider.md, "Responses").
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import structlog

from bot.engine.context import EngineContext
from bot.engine.moves import change
from bot.engine.pipeline.fallback_step import may_fall_back
from bot.engine.pipeline.fault_window import Sender
from bot.engine.pipeline.provider_account import Concerns
from bot.engine.pipeline.provider_alerts import alert_of, alert_of_model, note_judged
from bot.engine.pipeline.reported import reported
from bot.engine.pipeline.steps import StepResult
from bot.engine.pipeline.throttles import Throttles
from bot.jobs.alerts import AlertKind
from bot.jobs.answers import Answer, closed_routes_column
from bot.jobs.attempts import Outcome, after_no
from bot.jobs.backoff import full_jitter, obeyed
from bot.jobs.database import MustEndError, StoreConflictError, StoreUnavailableError
from bot.jobs.model import Cause, Job
from bot.jobs.states import Event
from bot.jobs.store import moving
from bot.videos import provider_faults as faults
from bot.videos.answers import outcome_of
from bot.videos.providers import Provider
from bot.videos.values import RemoteState, RemoteVideo

_AGAIN_AFTER_CLEAN_REFUSAL_SECONDS = 2.0
_SAVE_TRIES = 60
# Definite refusals of a remix alone: the same request as a new video may be taken.
_NO_REMIX = frozenset({Cause.UNSUPPORTED, Cause.SOURCE_GONE})
_Work = Callable[..., Awaitable[Job | None]]
_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Sent:
    """A job whose paid request a provider has answered, or that wasn't sent to it."""

    context: EngineContext
    throttles: Throttles
    provider: Provider
    job: Job
    outcome: Outcome

    async def wait(self, wait_seconds: float, **changes: Any) -> StepResult:
        """Let the job wait for this provider, or for none if another may take it now."""
        return await self._go_on(self.outcome.answer, wait_seconds, **changes) or await self._postpone(
            wait_seconds, **changes
        )

    async def end(self, event: Event, *, is_closed: bool = False, **changes: Any) -> StepResult:
        """End the job, or let another provider take it; `is_closed`: this one can never make it."""
        if is_closed and (goes_on := await self._go_on(Answer.MODEL, 0.0, waiting_for=Cause.PROVIDER)) is not None:
            return goes_on
        # With VIDEOS_RETRY_SERVER_ERRORS=0 a clean 500 is doubt, too.
        outcome = replace(self.outcome, answer=Answer.DOUBT) if event is Event.DOUBT else self.outcome
        return await _settle_by(self.context, self.job, event, outcome=outcome, **changes)

    async def fall_back(self, why: Cause) -> StepResult:
        """Let the job wait, to be made as a new video: its provider can't remix its parent."""
        return await self._postpone(0.0, fallback=why, waiting_for=None)

    async def _go_on(self, answer: Answer, wait_seconds: float, **changes: Any) -> StepResult | None:
        """Let the job wait for the other providers as well; None if there are none for it."""
        now, routes = self.context.clock.now(), [route.provider.id for route in self.throttles.routes_of(self.job)]
        if len(routes) < 2:
            return None
        closed, again_at = after_no(routes, self.job.closed_routes, self.provider.id, answer, now, wait_seconds)
        if again_at is None:
            return None
        return await self._postpone(again_at - now, closed_routes=closed_routes_column(closed), **changes)

    async def _postpone(self, wait_seconds: float, **changes: Any) -> StepResult:
        return await postpone(self.context, self.job, wait_seconds, outcome=self.outcome, **changes)


async def record_taken(context: EngineContext, provider: Provider, job: Job, remote: RemoteVideo) -> StepResult:
    """Store the provider's id, and what it reports."""
    try:
        taken: dict[str, Any] = {"remote_id": remote.id, "progress": remote.progress, **reported(job, remote)}
        if context.signals.shares_work:
            # Whichever process has time goes on with it.
            taken["owner"] = None
        settled = await _settle_by(context, job, Event.TAKEN, **taken)
    except StoreConflictError:
        _log.error("one provider id for two jobs", job=job.id, remote_id=remote.id)
        alert_of(context, AlertKind.TWICE, provider)
        return await _settle_by(context, job, Event.DOUBT, cause=Cause.PROVIDER)
    return StepResult(settled.job, None if remote.state is RemoteState.RUNNING else context.clock.now())


async def record_fault(
    context: EngineContext, throttles: Throttles, provider: Provider, job: Job, fault: faults.SubmitFault
) -> StepResult:
    """Store what the fault means for the job, and count it for the provider's throttle."""
    sender, throttle = Sender.of(job), throttles.of(provider)
    sent = _Sent(context, throttles, provider, job, outcome_of(fault))
    match fault:
        case faults.Leaving():
            return await sent.wait(0.0)
        case faults.SpendingStopped():
            return await sent.wait(fault.retry_after_seconds, waiting_for=Cause.RATE)
        case faults.NotSent():
            throttle.failed(sender, paid=True)
            return await sent.wait(full_jitter(2, max_seconds=30.0), waiting_for=Cause.PROVIDER)
        case faults.Busy():
            throttle.create_slowed(sender, fault.retry_after_seconds)
            if fault.retry_after_seconds is None:
                wait_seconds = random.uniform(2.0, 60.0)  # noqa: S311  # spreads load, guards nothing
            else:
                wait_seconds = obeyed(fault.retry_after_seconds)
            return await sent.wait(wait_seconds, waiting_for=Cause.RATE)
        case faults.AccountRefused() | faults.Blocked():
            return await _after_account_refused(sent, fault)
        case faults.CleanRefusal():
            throttle.failed(sender, paid=True)
            return await _after_clean_refusal(sent)
        case faults.RequestRefused():
            return await _after_refused(sent, fault)
        case _:
            throttle.failed(sender, paid=True)
            return await sent.end(Event.DOUBT, cause=Cause.LOST)


async def postpone(context: EngineContext, job: Job, wait_seconds: float, **changes: Any) -> StepResult:
    """Let a job wait again that is marked as being sent: nothing was taken for that mark."""
    now = context.clock.now()
    waits = {"not_before": now + wait_seconds, "submitted_at": None}
    return await _settle(context, job, moving.come_back, now=now, **waits, **changes)


async def _after_refused(sent: _Sent, fault: faults.RequestRefused) -> StepResult:
    if fault.cause in _NO_REMIX and may_fall_back(sent.context, sent.job):
        return await sent.fall_back(fault.cause)
    # A text about credit or key is no evidence that the account is in order.
    if fault.status is not None and fault.cause not in (Cause.CREDIT, Cause.KEY):
        sent.throttles.of(sent.provider).judged(Sender.of(sent.job))
        note_judged(sent.context, sent.provider)
    if fault.cause is Cause.MODEL:
        alert_of_model(sent.context, sent.provider, sent.job)
    why: dict[str, object] = {"about": fault.about, "field": fault.field, "provider_code": fault.code}
    # What its API has no field for, another's may; a picture that is gone, none.
    is_closed = fault.cause is Cause.MODEL or (fault.status is None and fault.about != "picture")
    if fault.status is None:
        # A refusal of our own means that nothing was sent.
        why["submitted_at"] = None
    return await sent.end(Event.REFUSE, is_closed=is_closed, cause=fault.cause, **why)


async def _after_account_refused(sent: _Sent, fault: faults.AccountRefused | faults.Blocked) -> StepResult:
    """Let the job wait, or end it when it is refused a second time while no other is."""
    context, throttle = sent.context, sent.throttles.of(sent.provider)
    sure = isinstance(fault, faults.AccountRefused) and fault.sure
    concerns = throttle.account_refused(Sender.of(sent.job), fault.cause, sure=sure)
    if sure or concerns is Concerns.EVERYBODY:
        alert_of(context, AlertKind.ACCOUNT, sent.provider)
    if concerns is Concerns.JOB_ENDS:
        is_closed = sent.outcome.answer is Answer.KEY
        return await sent.end(Event.REFUSE, is_closed=is_closed, cause=Cause.KEY)
    waiting_for = fault.cause if sure or concerns is Concerns.EVERYBODY else Cause.PROVIDER
    return await sent.wait(throttle.account.again_seconds(sure=sure), waiting_for=waiting_for)


async def _after_clean_refusal(sent: _Sent) -> StepResult:
    allowed, refusals = sent.provider.retry_server_errors, sent.job.clean_refusals
    if allowed == 0:
        return await sent.end(Event.DOUBT, cause=Cause.PROVIDER)
    if refusals >= allowed:
        return await sent.end(Event.REJECT, cause=Cause.PROVIDER)
    wait_seconds = _AGAIN_AFTER_CLEAN_REFUSAL_SECONDS * 2**refusals
    return await sent.wait(wait_seconds, clean_refusals=refusals + 1, waiting_for=Cause.PROVIDER)


async def _settle_by(context: EngineContext, job: Job, event: Event, **changes: Any) -> StepResult:
    return await _settle(context, job, moving.apply, event, now=context.clock.now(), **changes)


async def _settle(context: EngineContext, job: Job, work: _Work, *args: Any, **changes: Any) -> StepResult:
    """Store the outcome of a paid request; it is worth money, so a database in trouble is retried many times."""
    for attempt in range(_SAVE_TRIES):
        try:
            return StepResult(await change(context, work, job, *args, **changes))
        except StoreConflictError:
            raise
        except StoreUnavailableError as error:
            # The id of a paid video must be logged, even if the process ends before it is stored.
            remote_id = changes.get("remote_id")
            _log.error("outcome not stored yet", job=job.id, attempt=attempt, remote_id=remote_id, error=str(error))
            if isinstance(error, MustEndError):
                raise
            try:
                await context.clock.sleep(min(30.0, 1.0 + attempt))
            except asyncio.CancelledError:
                # The process ends: now or never.
                await change(context, work, job, *args, **changes)
                raise
    return StepResult(job)
