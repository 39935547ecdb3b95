"""Links jobs whose paid request had no clear response with their videos at the provider; it never sends again."""

import structlog

from bot.engine.context import EngineContext
from bot.engine.moves import revive
from bot.engine.pipeline.matching import is_older
from bot.jobs.attempts import Attempt
from bot.jobs.database import StoreConflictError
from bot.jobs.deadlines import late_at
from bot.jobs.model import Job, parse_job_id
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.states import ENDS, Event, State
from bot.jobs.store import attempts, finding
from bot.videos.provider_faults import NotFound, PollFault
from bot.videos.providers import Provider
from bot.videos.urls import usable_id

# The states of jobs that may still be linked.
SOUGHT = frozenset({State.UNCERTAIN, State.LOST})
_RACE_TRIES = 3
_log = structlog.stdlib.get_logger(__name__)


async def link_by_hand(
    context: EngineContext, typed: str, remote_id: str, provider_name: str | None = None
) -> Job | Refusal:
    """Link the job to a video that a person found at a provider, or return why not.

    It must exist there, belong to no other job and not be older than the first attempt there; the job must be uncertain
    or lost. Without the provider's name it is that of the last attempt.
    """
    job_id = parse_job_id(typed)
    for _ in range(_RACE_TRIES):
        job = None if job_id is None else await context.database.read(finding.get, job_id)
        if job is None:
            return Refusal(Reason.VIDEO_UNKNOWN)
        made = await context.database.read(attempts.find_attempts, job.id)
        found = _attempted(context, job, made, provider_name)
        if isinstance(found, Refusal):
            return found
        provider, began_at = found
        if refusal := await _no_link(context, job, provider, began_at, remote_id):
            return refusal
        try:
            linked = await link(context, job, remote_id, provider.id)
        except StoreConflictError:
            # Another job was given that id a moment ago: the next try shows which.
            continue
        if linked is not None:
            return linked
    return Refusal(Reason.REMOTE_UNASKED)


def _attempted(
    context: EngineContext, job: Job, made: list[Attempt], provider_name: str | None
) -> tuple[Provider, float | None] | Refusal:
    """The provider that the video is looked up at, and when its first attempt began; or why there is none."""
    named = [provider for provider in context.providers if provider.name == provider_name]
    provider = context.providers.of(job.provider) if provider_name is None else next(iter(named), None)
    began_at = {context.providers.of(attempt.provider): attempt.begun_at for attempt in reversed(made)}
    if provider is None or (made and provider not in began_at):
        return Refusal(Reason.LINK_ELSEWHERE, {"video": job.id})
    if not made and context.providers.of(job.provider) is not provider:
        return Refusal(Reason.LINK_ELSEWHERE, {"video": job.id})
    return provider, began_at.get(provider, job.submitted_at)


async def _no_link(
    context: EngineContext, job: Job, provider: Provider, began_at: float | None, remote_id: str
) -> Refusal | None:
    """Why the job can't be given that id; the store is checked before the provider."""
    if job.state not in SOUGHT or job.remote_id not in (None, remote_id):
        return Refusal(Reason.NOT_LINKABLE, {"video": job.id})
    if not usable_id(remote_id):
        return Refusal(Reason.REMOTE_UNKNOWN, {"given": remote_id})
    owner = await context.database.read(finding.find_by_remote, provider.ids, remote_id)
    if owner is not None and owner.id != job.id:
        return Refusal(Reason.REMOTE_OWNED, {"given": remote_id, "video": owner.id})
    try:
        remote = await provider.client.poll(remote_id)
    except NotFound:
        return Refusal(Reason.REMOTE_UNKNOWN, {"given": remote_id})
    except PollFault as fault:
        _log.warning("provider not asked", job=job.id, status=fault.status, detail=fault.detail)
        return Refusal(Reason.REMOTE_UNASKED)
    if remote.raw_status is None and remote.url is None and remote.created_at is None:
        # A response without a body would accept every id.
        return Refusal(Reason.REMOTE_UNASKED)
    if is_older(began_at, remote):
        return Refusal(Reason.REMOTE_OLDER, {"given": remote_id})
    return None


async def link(context: EngineContext, job: Job, remote_id: str, provider_id: str | None = None) -> Job | None:
    """Store the job's id at that provider (None: it is the job's); None if it was moved meanwhile.

    Raises `StoreConflictError`.
    """
    now = context.clock.now()
    changes: dict[str, object] = {"remote_id": remote_id, "cause": None, "provider": provider_id or job.provider}
    if now >= late_at(job, context.rules.job_deadline_seconds):
        # Its requester has read more than that it is late.
        changes["late_at"] = now
    if job.state in ENDS:
        changes["revived_at"] = now
    return await revive(context, job, Event.LINK, **changes)
