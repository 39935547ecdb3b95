"""Decides which time of the machine's clock is believed (docs/decisions/0011-clock-steps.md).

A clock behind the newest stored time is not believed: the bot continues from there. A clock that jumps ahead is
adopted, but stays in doubt for an hour: until then nothing ends and nothing is deleted by time, and it can be reverted.
"""

import structlog

from bot.engine.owner_alerts import OwnerAlerts
from bot.engine.signals import Signals
from bot.jobs.alerts import AlertKind
from bot.jobs.database import Database, StoreUnavailableError
from bot.jobs.store import drafts, finding, marks, moving, posts
from bot.jobs.store.marks import Mark
from bot.ops.clock import NEVER_RIGHT_SECONDS, SteadyClock

# A bot that was off for longer is rarer than a clock that is wrong by years.
LONGEST_ABSENCE_SECONDS = 30 * 86_400.0
DOUBT_SECONDS = 3600.0
_ROUND_SECONDS = 10.0
_log = structlog.stdlib.get_logger(__name__)


class Timekeeper:
    """One for the process: `begin` before anything uses the time, then `run` until cancelled."""

    def __init__(self, clock: SteadyClock, database: Database, signals: Signals, process: str) -> None:
        self._clock = clock
        self._database = database
        self._signals = signals
        self._process = process
        # The last time that was believed before the doubt, and until when (monotonic) it lasts.
        self._before: float | None = None
        self._doubt_until = 0.0

    async def begin(self) -> None:
        """Compare the machine's clock with the newest stored time. Raises `StoreUnavailableError`."""
        newest = await self._database.read(finding.find_newest_time)
        before = await self._database.read(marks.read_time, Mark.CLOCK_DOUBTED)
        if newest is None:
            return
        wall = self._clock.machine_now()
        if before is not None and before - NEVER_RIGHT_SECONDS <= wall < newest - NEVER_RIGHT_SECONDS:
            # Times stored meanwhile come from a wrong clock, which has been corrected since.
            _log.warning("the clock was corrected", back_seconds=newest - wall)
            newest = max(wall, before)
            await self._database.write(moving.bring_back, newest)
        self._clock.go_on_from(newest)
        if wall < newest - NEVER_RIGHT_SECONDS:
            _log.warning("the clock is behind what is stored, and not believed", behind_seconds=newest - wall)
        since = newest if before is None else min(before, newest)
        if wall - since > LONGEST_ABSENCE_SECONDS:
            await self._doubt(since)
        elif before is not None:
            await self._database.write(marks.drop, Mark.CLOCK_DOUBTED)

    async def run(self, owner_alerts: OwnerAlerts) -> None:
        """Adopt jumps of the clock, end doubts, and alert the owner while the clock is far behind."""
        while True:
            try:
                await self._check(owner_alerts)
            except StoreUnavailableError as error:
                _log.warning("clock not checked", error=str(error))
            await self._clock.sleep(_ROUND_SECONDS)

    async def _check(self, owner_alerts: OwnerAlerts) -> None:
        ahead_seconds = self._clock.machine_now() - self._clock.now()
        if self._before is not None:
            await self._check_doubt(self._before, ahead_seconds)
        elif ahead_seconds > NEVER_RIGHT_SECONDS:
            await self._doubt(self._clock.now())
            self._clock.take_over()
        elif ahead_seconds < -NEVER_RIGHT_SECONDS:
            owner_alerts.alert_here(AlertKind.CLOCK)
        else:
            owner_alerts.over_here(AlertKind.CLOCK)

    async def _check_doubt(self, before: float, ahead_seconds: float) -> None:
        wall = self._clock.machine_now()
        if ahead_seconds < -NEVER_RIGHT_SECONDS and wall >= before - NEVER_RIGHT_SECONDS:
            _log.warning("the clock was corrected", back_seconds=-ahead_seconds)
            believed = max(wall, before)
            await self._database.write(moving.bring_back, believed)
            self._clock.go_back_to(believed)
            # Should the store fail from here on, the next check goes on.
            self._doubt_until = self._clock.monotonic()
        elif self._clock.monotonic() < self._doubt_until:
            return
        await self._database.write(marks.drop, Mark.CLOCK_DOUBTED)
        read = self._database.read
        unended = await read(finding.find_all_unended_ids)
        unsent = await read(posts.find_all_unsent_jobs, self._process)
        offers = await self._database.write(drafts.adopt_offers, self._process)
        self._before, self._signals.time_in_doubt = None, False
        self._signals.time_settled(unended, unsent, offers)

    async def _doubt(self, before: float) -> None:
        _log.warning("the clock jumped ahead, and is in doubt", since=before)
        # First of all: nothing may end by a time that isn't believed yet.
        self._signals.time_in_doubt = True
        await self._database.write(marks.put, Mark.CLOCK_DOUBTED, repr(before))
        self._before = before
        self._doubt_until = self._clock.monotonic() + DOUBT_SECONDS
