"""One look at a video at the provider, which lets the traffic know how it went; not what it means for a job."""

import structlog

from bot.chat.words import Key
from bot.engine.parts import Parts
from bot.engine.signals import Sender
from bot.engine.traffic import Traffic
from bot.jobs.model import Job
from bot.videos.faults import LookFailed, LookFault, LookForbidden, LookRefused, NotFound
from bot.videos.values import RemoteVideo

_log = structlog.stdlib.get_logger(__name__)


async def look(parts: Parts, traffic: Traffic, job: Job, remote_id: str) -> RemoteVideo:
    """How the job's video is doing. Whether one may look just now is the caller's to ask. Raises `LookFault`."""
    try:
        remote = await parts.videos.look(remote_id)
    except LookFault as fault:
        _note(parts, traffic, Sender.of(job), fault)
        raise
    traffic.answered()
    return remote


def _note(parts: Parts, traffic: Traffic, sender: Sender, fault: LookFault) -> None:
    match fault:
        case NotFound() | LookRefused():
            traffic.answered()
        case LookForbidden():
            _log.warning("provider refuses a poll", job=sender.job_id, status=fault.status, detail=fault.detail)
            if traffic.forbidden(sender):
                parts.alarm.ring(Key.ALARM_KEY)
        case LookFailed():
            if fault.too_many:
                traffic.poll_slowed(sender, fault.retry_after_seconds)
            elif fault.provider_at_fault:
                traffic.failed(sender)
            _log.info("look failed", status=fault.status, detail=fault.detail)
        case _:
            _log.warning("look failed", status=fault.status, detail=fault.detail)
