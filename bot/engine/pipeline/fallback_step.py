"""A remix that its provider can't make becomes a new video: what the job needs for that, before it is sent again.

The job was accepted as a remix. A definite no of the provider, or a changed providers file, showed that it is none
(docs/decisions/0032-fallback-remixes.md). Nothing here is paid for, and a kill repeats it.
"""

import structlog

from bot.engine.context import EngineContext
from bot.engine.moves import change, move
from bot.engine.picture_archive import hold_all
from bot.engine.pipeline.parent_frames import draw_parent_frame, knows
from bot.engine.pipeline.remix_settings import with_settings_of
from bot.engine.pipeline.steps import StepResult
from bot.engine.pipeline.throttles import Throttles
from bot.jobs.model import Cause, Job, as_new_video
from bot.jobs.picture_values import as_value
from bot.jobs.reasons import Refusal
from bot.jobs.remix_prompts import merge
from bot.jobs.states import Event
from bot.jobs.store import attempts, history, marks, moving

# These answers are about the path, not about the video.
_ABOUT_THE_PATH = frozenset({405, 501})
_NOT_THERE = 404
_log = structlog.stdlib.get_logger(__name__)


def may_fall_back(context: EngineContext, job: Job) -> bool:
    """Whether the job can be made as a new video, as far as that is known without looking at its parent."""
    return job.is_remix and context.ffmpeg.available


async def is_drawn(context: EngineContext, job: Job) -> bool:
    """Whether the job's last frame is at hand, if it needs one."""
    return job.fallback is None or (job.frame is not None and await hold_all(context, (job.frame,)))


async def sent_prompt_of(context: EngineContext, job: Job) -> str | None:
    """What is sent in place of the job's own prompt; None where that itself is."""
    return None if job.fallback is None else merge(await context.database.read(history.find_chain, job.id))


async def prepare(context: EngineContext, throttles: Throttles, job: Job, parent: Job | None, why: Cause) -> StepResult:
    """Draw the last frame and store it with the settings that the provider would have taken from the parent.

    The job ends where that can't be done: nothing was charged.
    """
    if parent is None:
        return StepResult(await move(context, job, Event.EXPIRE, cause=Cause.INPUT))
    await _learn(context, throttles, job, parent)
    request = await with_settings_of(context, job.request, parent)
    refusal = context.catalogue.check(as_new_video(request))
    frame = refusal or await draw_parent_frame(context, throttles, parent, job.origin.user_id)
    if isinstance(frame, Refusal):
        _log.info("no fallback", job=job.id, reason=frame.reason)
        return StepResult(await move(context, job, Event.EXPIRE, cause=why))
    settings = {"model": request.model, "size": request.size, "seconds": request.seconds}
    changes = {"fallback": why, "frame": as_value(frame), **settings}
    return StepResult(await change(context, moving.note, job, **changes), context.clock.now())


async def _learn(context: EngineContext, throttles: Throttles, job: Job, parent: Job) -> None:
    """Remember that the provider has no remixes, if the refusal says that and not that it lacks this one video.

    A 404 may mean either: a free request shows whether the video is there (docs/decisions/0014-whose-signal-it-is.md).
    """
    provider, made = context.providers.of(parent.provider), await context.database.read(attempts.find_attempts, job.id)
    refused = [one.status for one in made[-1:] if one.is_remix]
    if provider is None or job.fallback is not Cause.UNSUPPORTED or not refused:
        return
    status = refused[0]
    if status in _ABOUT_THE_PATH or (status == _NOT_THERE and await knows(context, throttles, parent)):
        _log.info("provider has no remixes", provider=provider.name, status=status)
        await context.database.write(marks.note_no_remix, provider.client.account, context.clock.now())
