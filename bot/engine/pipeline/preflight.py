"""The preflight: whether the video can still be posted, checked before a job is submitted and when a place goes away.

Decision 13 has the time that a submission waits for its card.
"""

import structlog

from bot.chat.courier import CourierFault, Refused
from bot.engine.context import EngineContext
from bot.engine.moves import change, move
from bot.engine.pipeline.reply_check import check_reply
from bot.engine.pipeline.steps import StepResult
from bot.jobs.denials import ENDS_PLACE, Denial
from bot.jobs.model import ChannelId, GuildId, Job, JobId
from bot.jobs.states import Event
from bot.jobs.store import finding, moving, posts

# A job is sent once its card was tried, or that long after it was accepted: an outage of Discord stops no video.
CARD_SECONDS = 5.0
_CARD_AGAIN_SECONDS = 0.5
# The card of such a young job, or its interaction, has just shown that its place exists.
_PLACE_PROVEN_SECONDS = 20.0
_REPLY_AGAIN_SECONDS = 5.0
_log = structlog.stdlib.get_logger(__name__)


async def run_preflight(context: EngineContext, job: Job) -> StepResult | None:
    """The result if the job isn't sent: it waits, or it has ended for free; None if it may be sent now."""
    now = context.clock.now()
    age_seconds = now - job.accepted_at
    if 0.0 <= age_seconds < CARD_SECONDS and await context.database.read(posts.awaits_card, job.id):
        return StepResult(job, now + _CARD_AGAIN_SECONDS)
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
    ended = await change(context, job_id, moving.end_for_place, job_id, denial, context.clock.now())
    if ended is not None:
        _log.info("job ended for its place", job=job_id, denial=denial)
    return ended


async def forget_place(context: EngineContext, guild_id: GuildId, channel_id: ChannelId | None = None) -> None:
    """A server, or one channel or thread of it, is gone: end its unsent jobs."""
    for job_id in await context.database.read(finding.find_waiting_in, guild_id, channel_id):
        await end_for_place(context, job_id, Denial.GONE)


async def _find_denial(context: EngineContext, job: Job) -> Denial | None:
    try:
        return await context.courier.find_denial(job.origin.place)
    except Refused as fault:
        return fault.denial if fault.denial in ENDS_PLACE else None
    except CourierFault:
        # Discord doesn't answer now. Videos don't wait for that: an unpostable one is kept.
        return None
