"""Throws away files that nobody needs any more: pictures and videos after RETENTION_DAYS, forms that nobody sent in.

It also looks for jobs whose rows can't be read: whoever lists jobs goes on without them, so nobody else would tell.
"""

import structlog

from bot.chat.words import Key
from bot.engine.drafts import DRAFT_SECONDS
from bot.engine.parts import Parts
from bot.jobs.store import drafts, finding

_ROUND_SECONDS = 3600.0
_log = structlog.stdlib.get_logger(__name__)


async def keep_house(parts: Parts) -> None:
    """Sweep now and then every hour, until cancelled."""
    while True:
        await tell_of_unreadable(parts)
        await sweep(parts)
        await parts.clock.sleep(_ROUND_SECONDS)


async def sweep(parts: Parts) -> None:
    """Delete every file that no running job, no open draft and no job ended within the retention time needs."""
    if parts.board.time_in_doubt:
        return
    now = parts.clock.now()
    await parts.database.write(drafts.drop_old_drafts, now - DRAFT_SECONDS)
    ended_since = now - parts.rules.retention_seconds
    pictures = await parts.database.read(finding.find_kept_references, ended_since)
    videos = await parts.database.read(finding.find_kept_videos, ended_since)
    gone = await parts.shelf.sweep(pictures) + await parts.fetcher.sweep({f"video-{job_id}.mp4" for job_id in videos})
    if gone:
        _log.info("files thrown away", files=gone)


async def tell_of_unreadable(parts: Parts) -> None:
    """Let the owner know of running jobs that nobody can carry on; the log names them."""
    if await parts.database.read(finding.count_unreadable):
        parts.alarm.ring(Key.ALARM_STUCK)
