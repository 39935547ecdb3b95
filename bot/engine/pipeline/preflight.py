"""The preflight: whether the video can still be posted, checked before a job is submitted and when a place goes away.

Decision 13 has the time that a submission waits for its card.
"""

import structlog

from bot.chat.courier import CourierFault, Refused
from bot.engine.context import EngineContext
from bot.engine.due_queue import DueQueue
from bot.engine.moves import change, move
from bot.engine.pipeline.reply_check import check_reply
from bot.engine.pipeline.steps import StepKind, StepResult, Steps
from bot.jobs.deadlines import late_at
from bot.jobs.denials import ENDS_PLACE, Denial
from bot.jobs.model import ChannelId, GuildId, Job, JobId, Via
from bot.jobs.states import Event
from bot.jobs.store import finding, moving, posts

# A job is sent once its card was tried, or that long after it was accepted: an outage of Discord stops no video.
CARD_SECONDS = 5.0
_CARD_AGAIN_SECONDS = 0.5
# The scheduler is woken when a card was tried: this is for those that another process posts.
_PRIVATE_CARD_AGAIN_SECONDS = 2.0
# The card of such a young job, or its interaction, has just shown that its place exists.
_PLACE_PROVEN_SECONDS = 20.0
_REPLY_AGAIN_SECONDS = 5.0
# A place and a reply that were checked so recently count as existing.
_VALID_SECONDS = 10.0
# For so long a job in its preflight keeps its place in the order; one that hangs lets the others pass.
KEEPS_PLACE_SECONDS = 2.0
_AT_ONCE = {StepKind.CHECK: 16, StepKind.ASK: 8}
_log = structlog.stdlib.get_logger(__name__)


class Preflights:
    """The preflights of one scheduler."""

    def __init__(self, context: EngineContext, steps: Steps) -> None:
        self._context = context
        self._steps = steps
        self._began: dict[JobId, float] = {}
        # Until when each counts as passed.
        self._passed = DueQueue[JobId]()

    def is_ready(self, unchecked: list[Job], job: Job) -> bool | None:
        """Whether the job may be sent; if not it is added to `unchecked`, or passed over (None) while too many run."""
        now = self._context.clock.monotonic()
        while self._passed.pop(now) is not None:
            pass
        if job.id in self._passed:
            return True
        kind = preflight_kind(job)
        others = sum(preflight_kind(other) is kind for other in unchecked)
        if self._steps.count(kind) + others >= _AT_ONCE[kind]:
            return None
        unchecked.append(job)
        return False

    def kept_places(self) -> list[JobId]:
        """The running ones for which a place is kept."""
        now = self._context.clock.monotonic()
        return [job_id for job_id, at in self._began.items() if now - at < KEEPS_PLACE_SECONDS]

    async def run(self, job: Job) -> StepResult:
        """The step; the job is ready after it, or the result of `run_preflight` comes instead."""
        self._began[job.id] = self._context.clock.monotonic()
        try:
            instead = await run_preflight(self._context, job)
        finally:
            self._began.pop(job.id, None)
        if instead is None:
            self._passed.put(job.id, self._context.clock.monotonic() + _VALID_SECONDS)
        return instead or StepResult(job)


def preflight_kind(job: Job) -> StepKind:
    """The kind of a job's preflight: a reply's needs Discord."""
    return StepKind.ASK if job.origin.via is Via.REPLY else StepKind.CHECK


async def run_preflight(context: EngineContext, job: Job) -> StepResult | None:
    """The result if the job isn't sent: it waits, or it has ended for free; None if it may be sent now."""
    now = context.clock.now()
    if job.request.private and not await _has_private_card(context, job):
        return StepResult(job, now + _PRIVATE_CARD_AGAIN_SECONDS)
    age_seconds = now - job.accepted_at
    if 0.0 <= age_seconds < CARD_SECONDS and (due_at := await _card_tried_by(context, job)) is not None:
        return StepResult(job, due_at)
    if not 0.0 <= age_seconds < _PLACE_PROVEN_SECONDS and (denial := await _find_denial(context, job)) is not None:
        return StepResult(await end_for_place(context, job.id, denial))
    reply = await check_reply(context, job)
    if reply.exists is None:
        return StepResult(job, context.clock.now() + _REPLY_AGAIN_SECONDS)
    if reply.changed:
        return StepResult(reply.job)
    if reply.exists:
        return None
    return StepResult(await move(context, job, Event.CANCEL))


async def end_for_place(context: EngineContext, job_id: JobId, denial: Denial) -> Job | None:
    """End an unsent job: nothing can be posted in its place, so nothing is paid."""
    ended = await change(context, moving.end_for_place, job_id, denial, context.clock.now())
    if ended is not None:
        _log.info("job ended for its place", job=job_id, denial=denial)
    return ended


async def forget_place(context: EngineContext, guild_id: GuildId, channel_id: ChannelId | None = None) -> None:
    """A server, or one channel or thread of it, is gone: end its unsent jobs."""
    for job_id in await context.database.read(finding.find_waiting_in, guild_id, channel_id):
        await end_for_place(context, job_id, Denial.GONE)


async def _has_private_card(context: EngineContext, job: Job) -> bool:
    """Whether the requester's DM took the card: a closed one refuses it, too. Past the deadline that doesn't matter."""
    if context.clock.now() >= late_at(job, context.rules.job_deadline_seconds):
        return True
    return await context.database.read(posts.has_card, job.id)


async def _card_tried_by(context: EngineContext, job: Job) -> float | None:
    """When to check again if the job's card was tried; None if it was."""
    match context.signals.card_was_tried.get(job.id):
        case True:
            return None
        case False:
            # The scheduler is woken when it is.
            return job.accepted_at + CARD_SECONDS
        case None:
            # An earlier process accepted the job.
            awaited = await context.database.read(posts.awaits_card, job.id)
            return context.clock.now() + _CARD_AGAIN_SECONDS if awaited else None


async def _find_denial(context: EngineContext, job: Job) -> Denial | None:
    try:
        return await context.courier.find_denial(job.origin.posts_in)
    except Refused as fault:
        return fault.denial if fault.denial in ENDS_PLACE else None
    except CourierFault:
        # Discord doesn't answer now. Videos don't wait for that: an unpostable one is kept.
        return None
