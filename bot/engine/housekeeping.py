"""Deletes what is not needed any more: files after RETENTION_DAYS, unfinished drafts, old offers.

It also checks for jobs with unreadable rows: lists continue without them, so no other code would report them.
"""

import structlog

from bot.engine.context import EngineContext
from bot.jobs.alerts import AlertKind
from bot.jobs.deadlines import DRAFT_SECONDS
from bot.jobs.model import fitted_name_of, video_name_of
from bot.jobs.store import drafts, finding, improvements, pictures

# Files are checked once an hour, rows with people's words more often.
_FIRST_AFTER_SECONDS = 60.0
_ROUND_SECONDS = 600.0
_ROUNDS_OF_FILES = 6
# A person is offered one form for a video, for so long.
_OFFER_SECONDS = 86_400.0
# A picture may be stored that long before its job.
_SPARE_SECONDS = 3600.0
# The subject of the alert, which for other stuck jobs is their id.
_ROWS = "rows"
_log = structlog.stdlib.get_logger(__name__)


async def keep_house(context: EngineContext) -> None:
    """Sweep every hour, and drop rows in between, until cancelled. A start has more urgent work."""
    await context.clock.sleep(_FIRST_AFTER_SECONDS)
    while True:
        await tell_of_unreadable(context)
        await sweep(context)
        for _ in range(_ROUNDS_OF_FILES):
            await context.clock.sleep(_ROUND_SECONDS)
            await drop_rows(context)


async def drop_rows(context: EngineContext) -> None:
    """Delete expired drafts, offers that ended long ago, and what counts towards no limit any more."""
    if context.signals.time_in_doubt:
        return
    now = context.clock.now()
    await context.database.write(drafts.drop_old_drafts, now - DRAFT_SECONDS)
    await context.database.write(drafts.drop_old_offers, now - _OFFER_SECONDS)
    await context.database.write(improvements.drop_counted, now)


async def sweep(context: EngineContext) -> None:
    """Delete every file that no running job, no open draft and no job ended within the retention time needs."""
    if context.signals.time_in_doubt:
        return
    await drop_rows(context)
    ended_since = context.kept_since()
    references = await context.database.read(pictures.find_kept_references, ended_since)
    videos = await context.database.read(finding.find_kept_videos, ended_since)
    kept = {name_of(job_id) for job_id in videos for name_of in (video_name_of, fitted_name_of)}
    gone = await context.shelf.sweep(references) + await context.fetcher.sweep(kept)
    gone += await context.fitted_pictures.sweep(references)
    # Those of videos that another process deleted, or while the disk couldn't be written.
    gone += await context.first_frames.forget(await context.database.read(finding.find_removed_ids))
    if context.database.is_shared:
        before = context.clock.now() - _SPARE_SECONDS
        await context.database.write(pictures.drop_pictures, references, before)
    if gone:
        _log.info("files deleted", files=gone)


async def tell_of_unreadable(context: EngineContext) -> None:
    """Alert the owner about running jobs that can't continue; the log names them."""
    if await context.database.read(finding.count_unreadable):
        context.owner_alerts.alert(AlertKind.STUCK, _ROWS)
    else:
        context.owner_alerts.over(AlertKind.STUCK, _ROWS)
