"""Reconciliation: looks for the videos of uncertain jobs in the provider's list, so that paid videos are delivered.

It never sends anything again. One request serves all such jobs; they are searched for soon, then less and less often,
and jobs that ended as lost for one more day.
"""

import asyncio
import random

import structlog

from bot.engine.context import EngineContext
from bot.engine.pipeline.linking import SOUGHT, link
from bot.engine.pipeline.matching import NoMatch, find_match
from bot.engine.pipeline.throttle import ProviderThrottle
from bot.jobs.database import StoreConflictError
from bot.jobs.model import Job
from bot.jobs.pacing import fault_gap
from bot.jobs.store import attempts, finding
from bot.videos.provider_faults import NoList, PollFailed, PollFault, PollForbidden
from bot.videos.providers import Provider
from bot.videos.values import RemoteVideo

_GAP_SHARE_OF_AGE = 0.5
_GAP_SECONDS_MIN = 10.0
_GAP_SECONDS_MAX = 3600.0
_NO_LIST_SECONDS = 3600.0
_SOUGHT_WHEN_LOST_SECONDS = 86_400.0
_IDLE_SECONDS = 3600.0
_RACE_TRIES = 3
# After so many responses without a list the provider counts as having none, for jobs whose time is up.
_ANSWERS_WITHOUT_LIST = 3
_log = structlog.stdlib.get_logger(__name__)


class Reconciler:
    """One loop for all uncertain jobs of one provider."""

    def __init__(self, context: EngineContext, provider: Provider, throttle: ProviderThrottle) -> None:
        self._context = context
        self._provider = provider
        self._throttle = throttle
        self._woken = context.signals.reconciler()
        # When the list was last requested, by both clocks; and until when it is paused (monotonic).
        self._asked_at: float | None = None
        self._asked_monotonic = 0.0
        self._rest_until = 0.0
        self._faults_in_a_row = 0
        self._answers_without_list = 0
        self._rng = random.Random()  # noqa: S311  # spreads load, guards nothing

    @property
    def name(self) -> str:
        """The provider's name."""
        return self._provider.name

    async def run(self) -> None:
        """Request the list when it is due, until cancelled."""
        signals = self._context.signals
        if not self._provider.abilities.list:
            # There is nothing to wait for.
            signals.lists_read.add(self._provider.id)
            await asyncio.Event().wait()
        while True:
            self._woken.clear()
            # One process asks for the list; it is woken when it becomes that one.
            pause_seconds = await self._seek() if signals.submits else _IDLE_SECONDS
            await signals.wait(self._woken, self._context.clock, pause_seconds)

    async def _seek(self) -> float:
        """Request the list if it is due, and link the matches; return in how many seconds to come back."""
        sought = [job for job in await self._unclear_jobs() if job.state in SOUGHT]
        if not sought:
            return _IDLE_SECONDS
        clock = self._context.clock
        wait_seconds = max(self._rest_until, self._due_at(sought)) - clock.monotonic()
        if wait_seconds <= 0:
            wait_seconds = self._throttle.seconds_until_poll()
        if wait_seconds > 0:
            return wait_seconds
        self._asked_at, self._asked_monotonic = clock.now(), clock.monotonic()
        try:
            listed = await self._provider.client.list_recent()
        except PollFault as fault:
            self._rest_until = clock.monotonic() + self._rest_seconds(fault)
        else:
            self._faults_in_a_row = 0
            for _ in range(_RACE_TRIES):
                if await self._link_from(listed):
                    break
            self._context.signals.lists_read.add(self._provider.id)
        return 0.0

    def _due_at(self, sought: list[Job]) -> float:
        """When (monotonic) the list is due for the youngest of the jobs."""
        if self._asked_at is None:
            return 0.0
        return self._asked_monotonic + gap_seconds(self._asked_at - max(job.submitted_at or 0.0 for job in sought))

    def _rest_seconds(self, fault: PollFault) -> float:
        """The pause after a fault. A list is an extra: its faults don't count against the provider's health."""
        _log.info("no list", fault=type(fault).__name__, status=fault.status, detail=fault.detail)
        self._answers_without_list += fault.status is not None
        if isinstance(fault, NoList) or self._answers_without_list >= _ANSWERS_WITHOUT_LIST:
            self._context.signals.lists_read.add(self._provider.id)
        if isinstance(fault, NoList | PollForbidden):
            return _NO_LIST_SECONDS
        asked_seconds = fault.retry_after_seconds if isinstance(fault, PollFailed) else None
        if isinstance(fault, PollFailed) and fault.too_many:
            self._throttle.poll_slowed(None, asked_seconds)
        self._faults_in_a_row += 1
        return fault_gap(self._faults_in_a_row, asked_seconds, self._rng)

    async def _link_from(self, listed: list[RemoteVideo]) -> bool:
        """Link every uncertain job to the video that can only be its own; False if one was moved meanwhile.

        Read after the list's response: every video in the list that we had stored by then is known to be owned.
        """
        context, undisturbed = self._context, True
        unclear = await self._unclear_jobs()
        ids = [video.id for video in listed]
        owned = await context.database.read(finding.find_owned_remote_ids, self._provider.ids, ids)
        # A job is in doubt at the provider of its last attempt.
        last = await context.database.read(attempts.find_last_attempts, [job.id for job in unclear])
        for job in unclear:
            if job.state not in SOUGHT:
                continue
            sent = last.get(job.id)
            match = find_match(job, listed, owned, unclear, None if sent is None else sent.idempotency_key)
            if isinstance(match, NoMatch):
                _log.info("video not found in the list", job=job.id, why=match)
            else:
                undisturbed &= await self._link(job, match)
        return undisturbed

    async def _link(self, job: Job, video: RemoteVideo) -> bool:
        """Link the job to that video; False if it was moved by someone else first (it may have ended as lost)."""
        try:
            linked = await link(self._context, job, video.id)
        except StoreConflictError:
            _log.exception("video belongs to another job", job=job.id)
            return True
        if linked is None:
            return False
        _log.info("video found in the list", job=job.id)
        return True

    async def _unclear_jobs(self) -> list[Job]:
        """The jobs that were sent to this provider and have no id of it, the latest first."""
        context = self._context
        since = context.clock.now() - _SOUGHT_WHEN_LOST_SECONDS
        return await context.database.read(finding.find_unclear_at_provider, self._provider.ids, since)


def gap_seconds(age_seconds: float) -> float:
    """Seconds between two requests of the list for a job that was sent so long ago: 10 s first, an hour at last."""
    return min(max(age_seconds * _GAP_SHARE_OF_AGE, _GAP_SECONDS_MIN), _GAP_SECONDS_MAX)
