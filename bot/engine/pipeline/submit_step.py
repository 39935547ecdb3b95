"""The one paid step: marks the job and its attempt before the first byte, and sends it once.

Its retry rule (docs/facts/provider.md, "Responses"): a request is sent again only when the provider surely did not take
it. After silence or an unreadable response the job becomes `uncertain`, and the requester is asked.
"""

import asyncio
import uuid
from dataclasses import replace
from typing import NamedTuple

import structlog

from bot.engine.context import EngineContext
from bot.engine.moves import change, move
from bot.engine.picture_archive import hold_all
from bot.engine.pipeline.fallback_step import is_drawn, may_fall_back, prepare, sent_prompt_of
from bot.engine.pipeline.fault_window import Sender
from bot.engine.pipeline.picture_fitting import fit_pictures
from bot.engine.pipeline.provider_alerts import note_took_work
from bot.engine.pipeline.steps import StepResult
from bot.engine.pipeline.submit_outcome import postpone, record_fault, record_taken
from bot.engine.pipeline.throttles import Throttles
from bot.jobs.attempts import Attempt, next_attempt
from bot.jobs.database import GenerationNotStoredError, MustEndError, StoreConflictError, StoreUnavailableError
from bot.jobs.deadlines import late_at
from bot.jobs.model import Cause, Job
from bot.jobs.offered_models import uses_of_pictures
from bot.jobs.option_values import Chosen, options_on_wire, options_that_fit
from bot.jobs.states import Event, State
from bot.jobs.store import accepting, attempts, finding
from bot.jobs.store.processes import SEND_WITHIN_SECONDS
from bot.videos import provider_faults as faults
from bot.videos.providers import ProviderRoute
from bot.videos.values import Order, ReferenceFile, RemoteVideo

_STORE_AGAIN_SECONDS = 30.0
_TIME_AGAIN_SECONDS = 60.0
_log = structlog.stdlib.get_logger(__name__)


class _Settings(NamedTuple):
    """What model and provider decide about a request: options under the provider's names, and pictures with roles."""

    options: Chosen
    pictures: tuple[ReferenceFile, ...]


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
    if missing is Cause.UNSUPPORTED and may_fall_back(context, job):
        return await prepare(context, throttles, job, parent, missing)
    if missing is not None:
        return StepResult(await move(context, job, Event.EXPIRE, cause=missing))
    if context.clock.now() >= late_at(job, context.rules.job_deadline_seconds):
        if context.signals.time_in_doubt:
            return StepResult(job, context.clock.now() + _TIME_AGAIN_SECONDS)
        return StepResult(await move(context, job, Event.EXPIRE, cause=job.waiting_for or Cause.LATE))
    if job.fallback is not None and not await is_drawn(context, job):
        return await prepare(context, throttles, job, parent, job.fallback)
    settings = Cause.MODEL if route is None else await _settings_of(context, job, route)
    if route is None or isinstance(settings, Cause):
        return StepResult(await move(context, job, Event.EXPIRE, cause=settings))
    if context.providers.leaving:
        return StepResult(job)
    begun_at = context.clock.monotonic()
    attempt = await _attempt(context, job, route)
    marked = await _mark(context, job, attempt, await sent_prompt_of(context, job))
    if marked is None:
        return StepResult(None)
    if marked.state is State.ACCEPTED:
        # Its requester has to rest because of refusals for content.
        return StepResult(marked, marked.not_before)
    try:
        remote = await _send(route, marked, parent, _order(context, marked, attempt, settings, begun_at))
    except faults.SubmitFault as fault:
        _log.warning("submit fault", job=job.id, fault=type(fault).__name__, status=fault.status, detail=fault.detail)
        with structlog.contextvars.bound_contextvars(detail=fault.detail):
            return await record_fault(context, throttles, route.provider, marked, fault)
    except asyncio.CancelledError:
        # The process ends while the provider has not answered: the outcome is unknown.
        await move(context, marked, Event.DOUBT, cause=Cause.LOST)
        raise
    throttles.of(route.provider).took_work(Sender.of(job))
    note_took_work(context, route.provider, job)
    return await record_taken(context, route.provider, marked, remote)


async def _attempt(context: EngineContext, job: Job, route: ProviderRoute) -> Attempt:
    """The attempt that the job is sent by now. Only its owner makes one, so that it is still the last in the mark."""
    made = await context.database.read(attempts.find_attempts, job.id) if job.attempts else []
    new_key, now = str(uuid.uuid4()), context.clock.now()
    return next_attempt(job, made[-1] if made else None, route.provider.id, route.model, new_key, now)


async def _mark(context: EngineContext, job: Job, attempt: Attempt, sent_prompt: str | None) -> Job | None:
    """Store that the job is being sent, before it is; still accepted if it has to wait; None if it was moved by someone
    else.
    """
    now, shared = context.clock.now(), None
    if context.database.is_shared:
        shared = accepting.Submitter(context.process, context.rules.max_rendering_jobs)
    try:
        sent = {"attempt": attempt, "sent_prompt": sent_prompt}
        return await change(context, accepting.begin_submit, job, now, submitter=shared, **sent)
    except asyncio.CancelledError:
        # The process ends. The mark is stored all the same, now or in a moment, and nothing was sent.
        await postpone(context, replace(job, state=State.SUBMITTING), 0.0)
        raise
    except GenerationNotStoredError as error:
        _log.error("not sent", job=job.id, error=str(error))
        context.owner_alerts.alert_store(error)
        return (await postpone(context, replace(job, state=State.SUBMITTING), _STORE_AGAIN_SECONDS)).job
    except (MustEndError, StoreConflictError):
        raise
    except StoreUnavailableError as error:
        raise MarkInDoubtError(now, error) from error


async def take_back(context: EngineContext, job: Job) -> StepResult:
    """Let a job wait again that is marked as being sent, although surely nothing was sent for that mark."""
    return await postpone(context, job, 0.0)


def _order(context: EngineContext, job: Job, attempt: Attempt, settings: _Settings, begun_at: float) -> Order:
    request = job.request
    return Order(
        prompt=job.sent_prompt or request.prompt,
        idempotency_key=attempt.idempotency_key,
        model=attempt.model,
        size=request.size,
        seconds=request.seconds,
        references=settings.pictures,
        options=settings.options,
        send_before=begun_at + SEND_WITHIN_SECONDS if context.database.is_shared else None,
    )


async def _send(route: ProviderRoute, job: Job, parent: Job | None, order: Order) -> RemoteVideo:
    videos = route.provider.client
    if not job.is_remix:
        return await videos.create(order)
    if parent is None or parent.remote_id is None:
        raise faults.RequestRefused(cause=Cause.SOURCE_GONE, detail="The video to remix is not known any more.")
    return await videos.remix(parent.remote_id, order)


async def _parent_of(context: EngineContext, job: Job) -> Job | None:
    """The job of the video to remix. Read before the mark, so that a read fault leaves no doubt."""
    parent_id = job.request.parent_id
    return None if parent_id is None else await context.database.read(finding.get, parent_id)


async def _settings_of(context: EngineContext, job: Job, route: ProviderRoute) -> _Settings | Cause:
    """Options and pictures as they are sent; MODEL if the job's model was changed and doesn't take what was chosen,
    and INPUT if a picture can't be drawn.
    """
    request, inherited = job.request, None
    if request.model is None and job.is_remix and request.parent_id is not None:
        inherited = await context.database.read(finding.find_model, request.parent_id)
    model = context.catalogue.find(request.model, inherited)
    uses = uses_of_pictures(model, len(job.pictures), request.frames)
    if model is None or options_that_fit(model, request.options) != request.options:
        if request.options:
            return Cause.MODEL
        options = ()
    else:
        options = options_on_wire(model, request.options)
    fitted = await fit_pictures(context, job, route.provider.reference_fit)
    if fitted is None:
        return Cause.INPUT
    return _Settings(options, tuple(ReferenceFile(*fitted[position], role) for position, role in uses))


async def _missing(context: EngineContext, job: Job, parent: Job | None, route: ProviderRoute | None) -> Cause | None:
    """Why the request can't be made any more, although it was accepted; None if it can.

    UNSUPPORTED: the parent's provider makes no such remix, or isn't set up any more.
    """
    if job.is_remix and not _is_at(context, route, parent):
        return Cause.INPUT if parent is None else Cause.UNSUPPORTED
    return None if await hold_all(context, job.request.references) else Cause.INPUT


def _is_at(context: EngineContext, route: ProviderRoute | None, parent: Job | None) -> bool:
    """Whether the video to remix is at that provider; at another one its id may name another customer's video."""
    if route is None or parent is None or parent.remote_id is None:
        return False
    return context.providers.of(parent.provider) is route.provider
