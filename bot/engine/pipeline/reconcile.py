"""Reconciliation: looks for the videos of uncertain jobs in the provider's list, so that paid videos are delivered.

It never sends anything again. One request serves all such jobs; they are searched for soon, then less and less often,
and jobs that ended as lost for one more day.
"""

import random

import structlog

from bot.engine.context import EngineContext
from bot.engine.moves import revive
from bot.engine.pipeline.matching import NoMatch, find_match, is_older
from bot.engine.pipeline.throttle import ProviderThrottle
from bot.jobs.database import StoreConflictError
from bot.jobs.deadlines import late_at
from bot.jobs.model import Job, parse_job_id
from bot.jobs.pacing import fault_gap
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.states import Event, State
from bot.jobs.store import finding
from bot.videos.provider_faults import NoList, NotFound, PollFailed, PollFault, PollForbidden
from bot.videos.urls import usable_id
from bot.videos.values import RemoteVideo

_GAP_SHARE_OF_AGE = 0.5
_GAP_SECONDS_MIN = 10.0
_GAP_SECONDS_MAX = 3600.0
_NO_LIST_SECONDS = 3600.0
_SOUGHT_WHEN_LOST_SECONDS = 86_400.0
_SOUGHT = frozenset({State.UNCERTAIN, State.LOST})
_IDLE_SECONDS = 3600.0
_RACE_TRIES = 3
# After so many responses without a list the provider counts as having none, for jobs whose time is up.
_ANSWERS_WITHOUT_LIST = 3
_log = structlog.stdlib.get_logger(__name__)


class Reconciler:
    """One loop for all uncertain jobs of today's provider."""

    def __init__(self, context: EngineContext, throttle: ProviderThrottle) -> None:
        self._context = context
        self._throttle = throttle
        # When the list was last requested, by both clocks; and until when it is paused (monotonic).
        self._asked_at: float | None = None
        self._asked_monotonic = 0.0
        self._rest_until = 0.0
        self._faults_in_a_row = 0
        self._answers_without_list = 0
        self._rng = random.Random()  # noqa: S311  # spreads load, guards nothing

    async def run(self) -> None:
        """Request the list when it is due, until cancelled."""
        signals = self._context.signals
        while True:
            signals.reconcile.clear()
            # One process asks for the list; it is woken when it becomes that one.
            pause_seconds = await self._seek() if signals.submits else _IDLE_SECONDS
            await signals.wait(signals.reconcile, self._context.clock, pause_seconds)

    async def link_by_hand(self, typed: str, remote_id: str) -> Job | Refusal:
        """Link the job to a video that a person found at the provider, or return why not.

        It must exist there, belong to no other job and not be older than the request; the job must be uncertain or
        lost.
        """
        context = self._context
        job_id = parse_job_id(typed)
        for _ in range(_RACE_TRIES):
            job = None if job_id is None else await context.database.read(finding.get, job_id)
            if job is None:
                return Refusal(Reason.VIDEO_UNKNOWN)
            if refusal := await self._no_link(job, remote_id):
                return refusal
            try:
                linked = await self.link(job, remote_id)
            except StoreConflictError:
                # Another job was given that id a moment ago: the next try shows which.
                continue
            if linked is not None:
                return linked
        return Refusal(Reason.REMOTE_UNASKED)

    async def _no_link(self, job: Job, remote_id: str) -> Refusal | None:
        """Why the job can't be given that id; the store is checked before the provider."""
        context = self._context
        if job.state not in _SOUGHT or job.remote_id not in (None, remote_id):
            return Refusal(Reason.NOT_LINKABLE, {"video": job.id})
        if job.provider != context.videos.provider:
            return Refusal(Reason.LINK_ELSEWHERE, {"video": job.id})
        if not usable_id(remote_id):
            return Refusal(Reason.REMOTE_UNKNOWN, {"given": remote_id})
        owner = await context.database.read(finding.find_by_remote, job.provider, remote_id)
        if owner is not None and owner.id != job.id:
            return Refusal(Reason.REMOTE_OWNED, {"given": remote_id, "video": owner.id})
        try:
            remote = await context.videos.poll(remote_id)
        except NotFound:
            return Refusal(Reason.REMOTE_UNKNOWN, {"given": remote_id})
        except PollFault as fault:
            _log.warning("provider not asked", job=job.id, status=fault.status, detail=fault.detail)
            return Refusal(Reason.REMOTE_UNASKED)
        if remote.raw_status is None and remote.url is None and remote.created_at is None:
            # A response without a body would accept every id.
            return Refusal(Reason.REMOTE_UNASKED)
        if is_older(job, remote):
            return Refusal(Reason.REMOTE_OLDER, {"given": remote_id})
        return None

    async def _seek(self) -> float:
        """Request the list if it is due, and link the matches; return in how many seconds to come back."""
        sought = [job for job in await self._unclear_jobs() if job.state in _SOUGHT]
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
            listed = await self._context.videos.list_recent()
        except PollFault as fault:
            self._rest_until = clock.monotonic() + self._rest_seconds(fault)
        else:
            self._faults_in_a_row = 0
            for _ in range(_RACE_TRIES):
                if await self._link_from(listed):
                    break
            self._context.signals.list_was_read = True
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
            self._context.signals.list_was_read = True
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
        owned = await context.database.read(finding.find_owned_remote_ids, context.videos.provider, ids)
        for job in unclear:
            if job.state not in _SOUGHT:
                continue
            match = find_match(job, listed, owned, unclear)
            if isinstance(match, NoMatch):
                _log.info("video not found in the list", job=job.id, why=match)
            else:
                undisturbed &= await self._link(job, match)
        return undisturbed

    async def _link(self, job: Job, video: RemoteVideo) -> bool:
        """Link the job to that video; False if it was moved by someone else first (it may have ended as lost)."""
        try:
            linked = await self.link(job, video.id)
        except StoreConflictError:
            _log.exception("video belongs to another job", job=job.id)
            return True
        if linked is None:
            return False
        _log.info("video found in the list", job=job.id)
        return True

    async def link(self, job: Job, remote_id: str) -> Job | None:
        """Store the job's id at the provider; None if it was moved meanwhile. Raises `StoreConflictError`."""
        context, now = self._context, self._context.clock.now()
        changes: dict[str, object] = {"remote_id": remote_id, "cause": None}
        if now >= late_at(job, context.rules.job_deadline_seconds):
            # Its requester has read more than that it is late.
            changes["late_at"] = now
        if job.state is State.LOST:
            changes["revived_at"] = now
        return await revive(context, job, Event.LINK, **changes)

    async def _unclear_jobs(self) -> list[Job]:
        """The jobs that were sent to this provider and have no id of it, the latest first."""
        context = self._context
        since = context.clock.now() - _SOUGHT_WHEN_LOST_SECONDS
        return await context.database.read(finding.find_unclear_at_provider, context.videos.provider, since)


def gap_seconds(age_seconds: float) -> float:
    """Seconds between two requests of the list for a job that was sent so long ago: 10 s first, an hour at last."""
    return min(max(age_seconds * _GAP_SHARE_OF_AGE, _GAP_SECONDS_MIN), _GAP_SECONDS_MAX)
