"""Polls jobs that ended as lost or stopped for one more day, slowly. It never submits.

A lost video that turns up is delivered, a stopped one is kept.

Jobs without an id of the provider are searched for in its list instead (`bot.engine.pipeline.reconcile`).
"""

import structlog

from bot.engine.context import EngineContext
from bot.engine.pipeline.poll import poll_video
from bot.engine.pipeline.reconcile import link
from bot.engine.pipeline.throttles import Throttles
from bot.jobs.database import StoreUnavailableError
from bot.jobs.model import Job, JobId
from bot.jobs.store import finding
from bot.videos.provider_faults import PollFault
from bot.videos.providers import Provider
from bot.videos.values import RemoteState

POLLED_WHEN_LOST_SECONDS = 86_400.0
_GAP_SECONDS_MIN = 600.0
_GAP_SECONDS_MAX = 6 * 3600.0
_ROUND_SECONDS = 600.0
# The least rate of polls is one in 5 s; a longer wait is a pause of the provider.
_PATIENCE_SECONDS = 6.0
_log = structlog.stdlib.get_logger(__name__)


class LostJobPoller:
    """One loop for all lost and stopped jobs with a known id at a provider that is set up."""

    def __init__(self, context: EngineContext, throttles: Throttles) -> None:
        self._context = context
        self._throttles = throttles
        # When this process polled each of them, on the monotonic clock.
        self._polled_at: dict[JobId, float] = {}

    async def run(self) -> None:
        """Poll due jobs every few minutes, until cancelled."""
        while True:
            try:
                if self._context.signals.submits:
                    await self._poll_all()
            except StoreUnavailableError as error:
                _log.warning("lost jobs not polled", error=str(error))
            await self._context.clock.sleep(_ROUND_SECONDS)

    async def _poll_all(self) -> None:
        now, known = self._context.clock.now(), set[JobId]()
        for provider in self._context.providers:
            lost = await self._context.database.read(
                finding.find_lost_at_provider, provider.ids, now - POLLED_WHEN_LOST_SECONDS
            )
            known |= {job.id for job in lost}
            await self._poll_due(provider, lost)
        self._polled_at = {job_id: at for job_id, at in self._polled_at.items() if job_id in known}

    async def _poll_due(self, provider: Provider, lost: list[Job]) -> None:
        context, throttle = self._context, self._throttles.of(provider)
        now = context.clock.now()
        for job in lost:
            if self._is_due(job, now):
                while (wait_seconds := throttle.seconds_until_poll()) > 0:
                    if wait_seconds > _PATIENCE_SECONDS:
                        return
                    await context.clock.sleep(wait_seconds)
                self._polled_at[job.id] = context.clock.monotonic()
                await self._poll(provider, job)

    def _is_due(self, job: Job, now: float) -> bool:
        gap = gap_seconds(now - (job.ended_at or now))
        polled_at = self._polled_at.get(job.id)
        if polled_at is None:
            return now - (job.ended_at or now) >= _GAP_SECONDS_MIN
        return self._context.clock.monotonic() - polled_at >= gap

    async def _poll(self, provider: Provider, job: Job) -> None:
        if job.remote_id is None:
            return
        try:
            remote = await poll_video(self._context, self._throttles, provider, job, job.remote_id)
        except PollFault as fault:
            _log.info("lost video still not found", job=job.id, status=fault.status)
            return
        if remote.state is RemoteState.COMPLETED and await link(self._context, job, job.remote_id) is not None:
            _log.info("lost video turned up", job=job.id)


def gap_seconds(lost_for_seconds: float) -> float:
    """Seconds between two polls of a job that was lost so long ago: ten minutes first, six hours at last."""
    return min(max(lost_for_seconds, _GAP_SECONDS_MIN), _GAP_SECONDS_MAX)
