"""Polls jobs that ended as lost for a day longer, slowly, so that a video that turns up after all is delivered.

It never submits. Jobs without an id of the provider are searched for in its list instead (`bot.engine.adopting`).
"""

import structlog

from bot.engine.adopting import Adopter
from bot.engine.looking import look
from bot.engine.parts import Parts
from bot.engine.traffic import Traffic
from bot.jobs.database import StoreUnavailableError
from bot.jobs.model import Job, JobId
from bot.jobs.store import finding
from bot.videos.faults import LookFault
from bot.videos.values import RemoteState

POLLED_WHEN_LOST_SECONDS = 86_400.0
_GAP_SHARE_OF_AGE = 1.0
_GAP_SECONDS_MIN = 600.0
_GAP_SECONDS_MAX = 6 * 3600.0
_ROUND_SECONDS = 600.0
# The least rate of polls is one in 5 s; a longer wait is a pause of the provider.
_PATIENCE_SECONDS = 6.0
_log = structlog.stdlib.get_logger(__name__)


class LostPolls:
    """One loop for all lost jobs whose id at today's provider is known."""

    def __init__(self, parts: Parts, traffic: Traffic, adopter: Adopter) -> None:
        self._parts = parts
        self._traffic = traffic
        self._adopter = adopter
        # When this process polled each of them, on the monotonic clock.
        self._polled_at: dict[JobId, float] = {}

    async def run(self) -> None:
        """Poll what is due every few minutes, until cancelled."""
        while True:
            try:
                await self._poll_due()
            except StoreUnavailableError as error:
                _log.warning("lost jobs not polled", error=str(error))
            await self._parts.clock.sleep(_ROUND_SECONDS)

    async def _poll_due(self) -> None:
        parts = self._parts
        now = parts.clock.now()
        lost = await parts.database.read(finding.find_lost, parts.videos.provider, now - POLLED_WHEN_LOST_SECONDS)
        known = {job.id for job in lost}
        self._polled_at = {job_id: at for job_id, at in self._polled_at.items() if job_id in known}
        for job in lost:
            if self._is_due(job, now):
                while (wait_seconds := self._traffic.seconds_until_look()) > 0:
                    if wait_seconds > _PATIENCE_SECONDS:
                        return
                    await parts.clock.sleep(wait_seconds)
                self._polled_at[job.id] = parts.clock.monotonic()
                await self._poll(job)

    def _is_due(self, job: Job, now: float) -> bool:
        gap = gap_seconds(now - (job.ended_at or now))
        polled_at = self._polled_at.get(job.id)
        if polled_at is None:
            return now - (job.ended_at or now) >= _GAP_SECONDS_MIN
        return self._parts.clock.monotonic() - polled_at >= gap

    async def _poll(self, job: Job) -> None:
        if job.remote_id is None:
            return
        try:
            remote = await look(self._parts, self._traffic, job, job.remote_id)
        except LookFault as fault:
            _log.info("lost video still not found", job=job.id, status=fault.status)
            return
        if remote.state is RemoteState.COMPLETED and await self._adopter.take(job, job.remote_id) is not None:
            _log.info("lost video turned up", job=job.id)


def gap_seconds(lost_for_seconds: float) -> float:
    """Seconds between two polls of a job that was lost so long ago: ten minutes first, six hours at last."""
    return min(max(lost_for_seconds * _GAP_SHARE_OF_AGE, _GAP_SECONDS_MIN), _GAP_SECONDS_MAX)
