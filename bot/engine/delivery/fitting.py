"""Lets ffmpeg make the file of one step of the delivery ladder, at most once for each job and step."""

import structlog

from bot.engine.context import EngineContext
from bot.engine.moves import change
from bot.jobs.model import Job
from bot.jobs.rungs import Rung
from bot.jobs.store import moving
from bot.media.delivery_plan import DeliveryStep
from bot.media.ffmpeg_faults import FfmpegFault

_log = structlog.stdlib.get_logger(__name__)


async def make_file(context: EngineContext, job: Job, step: DeliveryStep, most_bytes: int) -> None:
    """Make the file and store that it is there; after a fault, or if the job was moved meanwhile, there is none.

    That the step begins is stored first: after a crash it is not begun again. `most_bytes` is what the place takes.
    """
    began_at = context.clock.monotonic()
    begun = await change(context, moving.note, job, fit_step=step.rung, fitted_sha256=None, fitted_bytes=None)
    if begun is None:
        return
    # An earlier step's file: beside the video there is one at most.
    await context.fetcher.forget(job.fitted_name)
    source, target = context.fetcher.path(job.video_name), context.fetcher.path(job.fitted_name)
    _log.info("ffmpeg began", job=job.id, rung=step.rung, why=step.why)
    try:
        if step.rung is Rung.REPACK or step.encode is None:
            size_bytes = await context.ffmpeg.repack(source, target, most_bytes)
        else:
            size_bytes = await context.ffmpeg.encode(source, target, step.encode)
        sha256 = await context.fetcher.hash_of(job.fitted_name)
    except FfmpegFault as fault:
        _log.warning("ffmpeg failed", job=job.id, rung=step.rung, fault=str(fault), detail=fault.detail)
        return
    except OSError as error:
        _log.warning("made file not readable", job=job.id, rung=step.rung, fault=type(error).__name__)
        return
    seconds = round(context.clock.monotonic() - began_at, 1)
    _log.info("ffmpeg made a file", job=job.id, rung=step.rung, bytes=size_bytes, seconds=seconds)
    await change(context, moving.note, begun, fitted_sha256=sha256, fitted_bytes=size_bytes)
