"""The one paid step: marks the job before the first byte, sends it once, and stores the outcome.

Its retry rule (docs/facts/provider.md, "Responses"): a request is sent again only when the provider surely did not take
it. After silence or an unreadable response the job becomes `uncertain`, and the requester is asked.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import structlog

from bot.chat.words import Key
from bot.engine.context import EngineContext
from bot.engine.moves import change, move
from bot.engine.picture_archive import hold_all
from bot.engine.pipeline.fault_window import Sender
from bot.engine.pipeline.provider_account import Concerns
from bot.engine.pipeline.reported import reported
from bot.engine.pipeline.steps import StepResult
from bot.engine.pipeline.throttle import ProviderThrottle
from bot.engine.pipeline.throttles import Throttles
from bot.jobs.backoff import full_jitter, obeyed
from bot.jobs.database import GenerationNotStoredError, MustEndError, StoreConflictError, StoreUnavailableError
from bot.jobs.deadlines import late_at
from bot.jobs.model import Cause, Job
from bot.jobs.option_values import Chosen, options_on_wire, options_that_fit
from bot.jobs.states import Event, State
from bot.jobs.store import accepting, finding, moving
from bot.jobs.store.processes import SEND_WITHIN_SECONDS
from bot.videos import provider_faults as faults
from bot.videos.providers import ProviderRoute
from bot.videos.values import Order, ReferenceFile, RemoteState, RemoteVideo

_AGAIN_AFTER_CLEAN_REFUSAL_SECONDS = 2.0
_STORE_AGAIN_SECONDS = 30.0
_TIME_AGAIN_SECONDS = 60.0
_SAVE_TRIES = 60
_Work = Callable[..., Awaitable[Job | None]]
_log = structlog.stdlib.get_logger(__name__)


class MarkInDoubtError(StoreUnavailableError):
    """It is unknown if the job was marked as being sent; nothing was sent for that mark. Its time tells it apart."""

    def __init__(self, marked_at: float, why: StoreUnavailableError) -> None:
        super().__init__(str(why))
        self.marked_at = marked_at


async def submit(context: EngineContext, throttles: Throttles, job: Job, provider_id: str | None) -> StepResult:
    """Send an accepted job to that provider. The move to `submitting` is stored before anything is sent.

    None, or one that may not take it any more: no provider makes such a video now.
    """
    route = next((route for route in throttles.routes_of(job) if route.provider.id == provider_id), None)
    parent = await _parent_of(context, job)
    missing = await _missing(context, job, parent, route)
    if missing is not None:
        return StepResult(await move(context, job, Event.EXPIRE, cause=missing))
    if context.clock.now() >= late_at(job, context.rules.job_deadline_seconds):
        if context.signals.time_in_doubt:
            return StepResult(job, context.clock.now() + _TIME_AGAIN_SECONDS)
        return StepResult(await move(context, job, Event.EXPIRE, cause=job.waiting_for or Cause.LATE))
    options = await _options_of(context, job)
    if options is None or route is None:
        return StepResult(await move(context, job, Event.EXPIRE, cause=Cause.MODEL))
    if context.providers.leaving:
        return StepResult(job)
    begun_at = context.clock.monotonic()
    marked = await _mark(context, job, route)
    if marked is None:
        return StepResult(None)
    if marked.state is State.ACCEPTED:
        # Its requester has to rest because of refusals for content.
        return StepResult(marked, marked.not_before)
    try:
        remote = await _send(context, marked, route, parent, options, begun_at)
    except faults.SubmitFault as fault:
        _log.warning("submit fault", job=job.id, fault=type(fault).__name__, status=fault.status, detail=fault.detail)
        with structlog.contextvars.bound_contextvars(detail=fault.detail):
            return await _record_fault(context, route, throttles.of(route.provider), marked, fault)
    except asyncio.CancelledError:
        # The process ends while the provider has not answered: the outcome is unknown.
        await move(context, marked, Event.DOUBT, cause=Cause.LOST)
        raise
    throttles.of(route.provider).took_work(Sender.of(job))
    return await _record_taken(context, marked, remote)


async def _mark(context: EngineContext, job: Job, route: ProviderRoute) -> Job | None:
    """Store that the job is being sent, before it is; still accepted if it has to wait; None if it was moved by someone
    else.
    """
    now, shared = context.clock.now(), None
    if context.database.is_shared:
        shared = accepting.Submitter(context.process, context.rules.max_rendering_jobs)
    try:
        return await change(context, accepting.begin_submit, job, now, provider=route.provider.id, submitter=shared)
    except asyncio.CancelledError:
        # The process ends. The mark is stored all the same, now or in a moment, and nothing was sent.
        await _postpone(context, replace(job, state=State.SUBMITTING), 0.0)
        raise
    except GenerationNotStoredError as error:
        _log.error("not sent", job=job.id, error=str(error))
        context.owner_alerts.alert(Key.ALERT_STORE)
        return (await _postpone(context, replace(job, state=State.SUBMITTING), _STORE_AGAIN_SECONDS)).job
    except (MustEndError, StoreConflictError):
        raise
    except StoreUnavailableError as error:
        raise MarkInDoubtError(now, error) from error


async def take_back(context: EngineContext, job: Job) -> StepResult:
    """Let a job wait again that is marked as being sent, although surely nothing was sent for that mark."""
    return await _postpone(context, job, 0.0)


async def _send(
    context: EngineContext, job: Job, route: ProviderRoute, parent: Job | None, options: Chosen, begun_at: float
) -> RemoteVideo:
    request, videos = job.request, route.provider.client
    order = Order(
        prompt=request.prompt,
        idempotency_key=job.idempotency_key,
        model=route.model,
        size=request.size,
        seconds=request.seconds,
        references=tuple(
            ReferenceFile(context.shelf.path(picture), picture.content_type) for picture in request.references
        ),
        options=options,
        send_before=begun_at + SEND_WITHIN_SECONDS if context.database.is_shared else None,
    )
    if request.parent_id is None:
        return await videos.create(order)
    if parent is None or parent.remote_id is None:
        raise faults.RequestRefused(cause=Cause.SOURCE_GONE, detail="The video to remix is not known any more.")
    return await videos.remix(parent.remote_id, order)


async def _record_taken(context: EngineContext, job: Job, remote: RemoteVideo) -> StepResult:
    """Store the provider's id, and what it reports."""
    try:
        taken: dict[str, Any] = {"remote_id": remote.id, "progress": remote.progress, **reported(job, remote)}
        if context.signals.shares_work:
            # Whichever process has time goes on with it.
            taken["owner"] = None
        settled = await _settle_by(context, job, Event.TAKEN, **taken)
    except StoreConflictError:
        _log.error("one provider id for two jobs", job=job.id, remote_id=remote.id)
        context.owner_alerts.alert(Key.ALERT_TWICE)
        return await _settle_by(context, job, Event.DOUBT, cause=Cause.PROVIDER)
    return StepResult(settled.job, None if remote.state is RemoteState.RUNNING else context.clock.now())


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


async def _record_fault(
    context: EngineContext, route: ProviderRoute, throttle: ProviderThrottle, job: Job, fault: faults.SubmitFault
) -> StepResult:
    sender = Sender.of(job)
    match fault:
        case faults.Leaving():
            return await _postpone(context, job, 0.0)
        case faults.SpendingStopped():
            return await _postpone(context, job, fault.retry_after_seconds, waiting_for=Cause.RATE)
        case faults.NotSent():
            throttle.failed(sender, paid=True)
            return await _postpone(context, job, full_jitter(2, max_seconds=30.0), waiting_for=Cause.PROVIDER)
        case faults.Busy():
            throttle.create_slowed(sender, fault.retry_after_seconds)
            if fault.retry_after_seconds is None:
                wait_seconds = random.uniform(2.0, 60.0)  # noqa: S311  # spreads load, guards nothing
            else:
                wait_seconds = obeyed(fault.retry_after_seconds)
            return await _postpone(context, job, wait_seconds, waiting_for=Cause.RATE)
        case faults.AccountRefused() | faults.Blocked():
            return await _after_account_refused(context, throttle, job, fault)
        case faults.CleanRefusal():
            throttle.failed(sender, paid=True)
            return await _after_clean_refusal(context, route, job)
        case faults.RequestRefused():
            # A text about credit or key is no evidence that the account is in order.
            if fault.status is not None and fault.cause not in (Cause.CREDIT, Cause.KEY):
                throttle.judged(sender)
            if fault.cause is Cause.MODEL:
                context.owner_alerts.alert(Key.ALERT_MODEL)
            why: dict[str, object] = {"about": fault.about, "field": fault.field, "provider_code": fault.code}
            if fault.status is None:
                # A refusal of our own means that nothing was sent.
                why["submitted_at"] = None
            return await _settle_by(context, job, Event.REFUSE, cause=fault.cause, **why)
        case _:
            throttle.failed(sender, paid=True)
            return await _settle_by(context, job, Event.DOUBT, cause=Cause.LOST)


async def _after_account_refused(
    context: EngineContext, throttle: ProviderThrottle, job: Job, fault: faults.AccountRefused | faults.Blocked
) -> StepResult:
    """Let the job wait, or end it when it is refused a second time while no other is."""
    sure = isinstance(fault, faults.AccountRefused) and fault.sure
    concerns = throttle.account_refused(Sender.of(job), fault.cause, sure=sure)
    if sure or concerns is Concerns.EVERYBODY:
        context.owner_alerts.alert(Key.ALERT_ACCOUNT)
    if concerns is Concerns.JOB_ENDS:
        return await _settle_by(context, job, Event.REFUSE, cause=Cause.KEY)
    waiting_for = fault.cause if sure or concerns is Concerns.EVERYBODY else Cause.PROVIDER
    return await _postpone(context, job, throttle.account.again_seconds(sure=sure), waiting_for=waiting_for)


async def _after_clean_refusal(context: EngineContext, route: ProviderRoute, job: Job) -> StepResult:
    allowed = route.provider.retry_server_errors
    if allowed == 0:
        return await _settle_by(context, job, Event.DOUBT, cause=Cause.PROVIDER)
    if job.clean_refusals >= allowed:
        return await _settle_by(context, job, Event.REJECT, cause=Cause.PROVIDER)
    wait_seconds = _AGAIN_AFTER_CLEAN_REFUSAL_SECONDS * 2**job.clean_refusals
    return await _postpone(
        context, job, wait_seconds, clean_refusals=job.clean_refusals + 1, waiting_for=Cause.PROVIDER
    )


async def _postpone(context: EngineContext, job: Job, wait_seconds: float, **changes: Any) -> StepResult:
    now = context.clock.now()
    waits = {"not_before": now + wait_seconds, "submitted_at": None}
    return await _settle(context, job, moving.come_back, now=now, **waits, **changes)


async def _settle_by(context: EngineContext, job: Job, event: Event, **changes: Any) -> StepResult:
    return await _settle(context, job, moving.apply, event, now=context.clock.now(), **changes)


async def _parent_of(context: EngineContext, job: Job) -> Job | None:
    """The job of the video to remix. Read before the mark, so that a read fault leaves no doubt."""
    parent_id = job.request.parent_id
    return None if parent_id is None else await context.database.read(finding.get, parent_id)


async def _options_of(context: EngineContext, job: Job) -> Chosen | None:
    """The options as they are sent; None if the job's model doesn't take what was chosen, since it was changed."""
    request, inherited = job.request, None
    if request.model is None and request.parent_id is not None:
        inherited = await context.database.read(finding.find_model, request.parent_id)
    model = context.catalogue.find(request.model, inherited)
    if model is None or options_that_fit(model, request.options) != request.options:
        return None if request.options else ()
    return options_on_wire(model, request.options)


async def _missing(context: EngineContext, job: Job, parent: Job | None, route: ProviderRoute | None) -> Cause | None:
    """Why the request can't be made any more, although it was accepted; None if it can."""
    if job.request.parent_id is not None and not _is_at(context, route, parent):
        return Cause.INPUT
    return None if await hold_all(context, job.request.references) else Cause.INPUT


def _is_at(context: EngineContext, route: ProviderRoute | None, parent: Job | None) -> bool:
    """Whether the video to remix is at that provider; at another one its id may name another customer's video."""
    if route is None or parent is None or parent.remote_id is None:
        return False
    return context.providers.of(parent.provider) is route.provider
