"""Throws away what nobody needs any more: files after RETENTION_DAYS, forms nobody sent in, offers that have gone.

It also looks for jobs whose rows can't be read: whoever lists jobs goes on without them, so nobody else would tell.
"""

import structlog

from bot.chat.words import Key
from bot.engine.drafts import DRAFT_SECONDS
from bot.engine.parts import Parts
from bot.jobs.store import drafts, finding, pictures

# Files are looked through once an hour, rows with people's words more often.
_ROUND_SECONDS = 600.0
_ROUNDS_OF_FILES = 6
# A person is offered one form for a video, for so long.
_OFFER_SECONDS = 86_400.0
_log = structlog.stdlib.get_logger(__name__)


async def keep_house(parts: Parts) -> None:
    """Sweep now and then every hour, and drop rows in between, until cancelled."""
    while True:
        await tell_of_unreadable(parts)
        await sweep(parts)
        for _ in range(_ROUNDS_OF_FILES):
            await parts.clock.sleep(_ROUND_SECONDS)
            await drop_rows(parts)


async def drop_rows(parts: Parts) -> None:
    """Delete drafts that nobody finished in time, and offers that went long ago."""
    if parts.board.time_in_doubt:
        return
    now = parts.clock.now()
    await parts.database.write(drafts.drop_old_drafts, now - DRAFT_SECONDS)
    await parts.database.write(drafts.drop_old_offers, now - _OFFER_SECONDS)


async def sweep(parts: Parts) -> None:
    """Delete every file that no running job, no open draft and no job ended within the retention time needs."""
    if parts.board.time_in_doubt:
        return
    await drop_rows(parts)
    ended_since = parts.clock.now() - parts.rules.retention_seconds
    references = await parts.database.read(pictures.find_kept_references, ended_since)
    videos = await parts.database.read(finding.find_kept_videos, ended_since)
    gone = await parts.shelf.sweep(references) + await parts.fetcher.sweep({f"video-{job_id}.mp4" for job_id in videos})
    if gone:
        _log.info("files thrown away", files=gone)


async def tell_of_unreadable(parts: Parts) -> None:
    """Let the owner know of running jobs that nobody can carry on; the log names them."""
    if await parts.database.read(finding.count_unreadable):
        parts.alarm.ring(Key.ALARM_STUCK)
