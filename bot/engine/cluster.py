"""This process among those that share the database: its lease, its role, and what the others have changed.

On SQLite there are no others, and none of this runs (docs/decisions/0022-several-processes.md).
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from time import time
from typing import Any

import sqlalchemy as sa
import structlog

from bot.engine.kill_switch import KillSwitch
from bot.engine.restore_detection import searched_until
from bot.engine.signals import Signals
from bot.jobs import backends
from bot.jobs.database import Database, MustEndError, StoreUnavailableError, WentBackError
from bot.jobs.migrating import MovedDatabaseError, moved_message
from bot.jobs.migrating_shared import address_of
from bot.jobs.notices import JobNotice, Notices
from bot.jobs.states import ENDS
from bot.jobs.store import finding, marks, processes, restoring
from bot.jobs.store.moving import OF_SUBMITTER
from bot.jobs.store.processes import LEASE_SECONDS, Role

HEARTBEAT_SECONDS = 4.0
# In the data folder: the name under which it was served last.
_NAME_FILE = "process.name"
# What processes make known to each other about the provider: JSON's values by their names.
Facts = Mapping[str, Any]
_log = structlog.stdlib.get_logger(__name__)


class Cluster:
    """One for the process: `enter` before anything else is written, then `run` until cancelled, then `leave`."""

    def __init__(
        self, database: Database, url: sa.URL, signals: Signals, kill_switch: KillSwitch, process: str
    ) -> None:
        """`url` is the database's address: notices have a connection of their own."""
        self._database = database
        self.notices = Notices(url, process, self.job_changed, self.wake)
        self._signals = signals
        self._kill_switch = kill_switch
        self._process = process
        self._where = address_of(url)
        self._woken = asyncio.Event()
        # Since when, on the loop's clock, this process has renewed its lease without a gap.
        self._steady_since: float | None = None
        self._alive: set[str] = set()
        # Prepares this process to send paid requests; and takes over messages and offers that no living process has.
        self._take_over_spending: Callable[[], Awaitable[None]] = _nothing
        self.recover: Callable[[], Awaitable[None]] = _nothing
        # What this process finds out about the provider, for the others; and what takes theirs.
        self.find_facts: Callable[[], Facts] = dict
        self.heed_facts: Callable[[Collection[Facts]], None] = _heed_nothing

    async def enter(self, predecessor: str | None) -> None:
        """Begin to live; `predecessor` served the same data folder and is surely dead.

        Raises `MovedDatabaseError` and other `StoreUnavailableError`s.
        """
        await self._end_stopped()
        if predecessor is not None:
            await self._database.write(processes.bury, [predecessor])
        moved_to = await self._database.write(processes.enter, self._process, json.dumps({}))
        if moved_to is not None:
            raise MovedDatabaseError(moved_message(self._where, moved_to))
        self._database.entered()
        self._signals.submits = False

    async def begin(self, take_over_spending: Callable[[], Awaitable[None]]) -> None:
        """Listen to the others, and submit if no other process does. Raises `StoreUnavailableError`."""
        self._take_over_spending = take_over_spending
        try:
            await self.notices.ensure()
        except self.notices.faults as error:
            raise StoreUnavailableError(f"The database sends no notices: {error}.") from error
        await self._look_round()
        await self._take_role()

    async def run(self) -> None:
        """Renew the lease, bury the dead, take a free role, until cancelled."""
        async with asyncio.TaskGroup() as loops:
            loops.create_task(self._live())
            # Beside the heartbeats, which wait for the very lock that is to be freed.
            loops.create_task(self._free_locks())

    async def _free_locks(self) -> None:
        while True:
            # The heartbeats report an outage.
            with suppress(StoreUnavailableError):
                await self._end_stopped()
            await asyncio.sleep(HEARTBEAT_SECONDS)

    async def _live(self) -> None:
        missed = False
        while True:
            self._woken.clear()
            try:
                await self._beat(catch_up=missed)
                if missed:
                    _log.info("heartbeats go on")
                missed = False
            except MustEndError:
                # The process ends now, and this loop with it.
                await asyncio.Event().wait()
            except (StoreUnavailableError, *self.notices.faults) as error:
                if not missed:
                    # Once for an outage, however long.
                    _log.error("heartbeats missed", error=str(error))
                missed, self._steady_since = True, None
            await _wait(self._woken, HEARTBEAT_SECONDS)

    async def warn_others(self) -> None:
        """If this process ends because the database went back: let no process pay, and all start as after a restore."""
        if not self._database.went_back:
            return
        try:
            await self._database.write(restoring.mark_copy, time())
        except StoreUnavailableError as error:
            # Their own counts show them the same.
            _log.error("others not warned", error=str(error))

    async def leave(self) -> None:
        """Free everything for the others, at the end."""
        try:
            await self._database.write(processes.bury, [self._process])
        except MustEndError:
            _log.info("work was taken over")
        except StoreUnavailableError as error:
            # They take over when the lease is over.
            _log.warning("work not handed over", error=str(error))
        await self.notices.close()

    async def _beat(self, *, catch_up: bool) -> None:
        now = asyncio.get_running_loop().time()
        catch_up |= await self.notices.ensure()
        catch_up |= self._database.take_doubt()
        await self._database.write(processes.renew, self._process, json.dumps(self.find_facts()))
        if self._steady_since is None:
            self._steady_since = now
        # After an outage of the database every process gets the time of a lease to renew its own.
        if now - self._steady_since >= LEASE_SECONDS:
            dead = await self._database.write(processes.bury_expired)
            if dead:
                _log.warning("processes taken over", processes=dead)
                await self._database.read(processes.end_connections, dead)
        catch_up |= await self._look_round()
        if not self._signals.submits:
            await self._take_role()
        if catch_up:
            # Of processes that are gone, and of writes whose outcome was lost.
            self._signals.missed_notices = True
            await self.recover()

    async def _end_stopped(self) -> None:
        """Free the locks of processes that were stopped in the middle of a statement."""
        if ended := await self._database.read(processes.end_stopped, backends.STOPPED_SECONDS):
            _log.warning("connections of stopped processes ended", connections=ended)

    async def _look_round(self) -> bool:
        """Take over what the other processes have made known; whether one of them is gone since."""
        alive = await self._database.read(processes.find_alive)
        names = {process.name for process in alive}
        is_gone, self._alive = bool(self._alive - names), names
        self._signals.shares_work = len(alive) > 1
        self.heed_facts([other.facts for other in alive if other.name != self._process])
        found = await self._database.check_generation(marks.read_database_marks)
        if found.is_copy:
            # Another process has found out.
            raise self._database.end(WentBackError())
        self._kill_switch.hold(found.is_paused)
        self._signals.searched_until = searched_until(found)
        self._signals.paused_providers = await self._database.read(marks.read_paused_providers)
        if self._signals.submits:
            self._signals.at_provider = await self._database.read(finding.find_at_provider)
        # Jobs that were freed while a notice was lost.
        self._signals.has_unclaimed = True
        self._signals.work.set()
        return is_gone

    async def _take_role(self) -> None:
        if not await self._database.write(processes.take_role, Role.SUBMITTER, self._process):
            return
        await self._take_over_spending()
        self._signals.at_provider = await self._database.read(finding.find_at_provider)
        self._signals.submits = self._signals.has_unclaimed = True
        self._signals.reconcile()
        self._signals.work.set()
        _log.info("submits now", process=self._process)

    def job_changed(self, notice: JobNotice) -> None:
        """Another process has stored that job: read it again if it concerns this one."""
        signals = self._signals
        concerns = signals.watches(notice.job_id, notice.state)
        if concerns:
            signals.dirty_jobs.add(notice.job_id)
        signals.card_touched_elsewhere(notice.job_id)
        is_free = notice.owner is None and notice.state not in ENDS
        if is_free and (signals.submits or notice.state not in OF_SUBMITTER):
            concerns = signals.has_unclaimed = True
        if concerns:
            signals.work.set()

    def wake(self) -> None:
        """A mark or the set of processes has changed: look at once."""
        self._woken.set()


def _heed_nothing(_facts: Collection[Facts]) -> None:
    """Before the engine is built no fact concerns it."""


async def _nothing() -> None:
    """Before the engine is built there is nothing to take over."""


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Return when the event is set, or after that many real seconds: leases are not on the bot's clock."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


def take_predecessor(data_dir: Path, process: str) -> str | None:
    """The process that served this data folder before, which is locked now; `process` is noted as the next one."""
    file = data_dir / _NAME_FILE
    try:
        before = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        before = ""
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w") as opened:
        opened.write(process)
    fresh.replace(file)
    return before or None
