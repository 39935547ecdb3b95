"""Lets a copy of the database be made each night (`BACKUP_DIR`), in a process of low priority that can be killed.

A night's copy is due at four o'clock, or soon after a start that comes later. A failure alerts the owner and is tried
again after an hour; everything else goes on.
"""

import json
import math
import sys
from datetime import date
from pathlib import Path

import structlog

import bot
from bot.engine.context import EngineContext
from bot.jobs.alerts import AlertKind
from bot.jobs.backup_folder import due_at, night_of
from bot.media.confined import KilledError, Limits, OverdueError, supervise

# A start has more urgent work.
_FIRST_AFTER_SECONDS = 120.0
_ROUND_SECONDS = 600.0
_RETRY_SECONDS = 3600.0
# A folder on a slow network, or one that hangs.
_DEADLINE_SECONDS = 3 * 3600.0
LIMITS = Limits(cpu_seconds=3600, address_bytes=4 << 30, file_bytes=1 << 50)
_HOME = Path(bot.__file__).resolve().parents[1]
_log = structlog.stdlib.get_logger(__name__)


class BackupFailedError(Exception):
    """A night's copy was not made; the message is one line."""


class NightlyBackup:
    """One for the process; `run` until cancelled."""

    def __init__(self, context: EngineContext, database: Path, folder: Path) -> None:
        self._context = context
        self._database = database
        self._folder = folder
        self._done: date | None = None

    def age_seconds(self) -> float:
        """How long ago the newest copy that is known was due; infinite before a night's copy is made or found."""
        return math.inf if self._done is None else max(self._context.clock.now() - due_at(self._done), 0.0)

    async def run(self) -> None:
        """Make each night's copy once, until cancelled; none is made or deleted while the time is in doubt."""
        clock = self._context.clock
        await clock.sleep(_FIRST_AFTER_SECONDS)
        while True:
            wait_seconds = _ROUND_SECONDS
            night = night_of(clock.now())
            if night != self._done and not self._context.signals.time_in_doubt:
                try:
                    await self._back_up(night)
                    self._done = night
                    self._context.owner_alerts.over_here(AlertKind.BACKUP)
                except BackupFailedError as error:
                    _log.error("backup failed", why=str(error))  # the line says all
                    self._context.owner_alerts.alert_here(AlertKind.BACKUP)
                    wait_seconds = _RETRY_SECONDS
            await clock.sleep(wait_seconds)

    async def _back_up(self, night: date) -> None:
        clock = self._context.clock
        given = (self._database, self._folder, night.isoformat(), clock.now())
        command = [sys.executable, "-m", "bot.jobs.backup_folder", *map(str, given)]
        try:
            ended = await supervise(lambda process: process.run(command, _HOME, LIMITS), _DEADLINE_SECONDS, clock)
        except OverdueError as error:
            raise BackupFailedError("it took longer than three hours") from error
        except (KilledError, OSError) as error:
            raise BackupFailedError(f"it was not started: {error}") from error
        said = (ended.said.strip().splitlines() or [f"it ended with {ended.code}"])[-1]
        if ended.code != 0:
            raise BackupFailedError(said)
        done = json.loads(said)
        if done["jobs"] is not None or done["deleted"]:
            _log.info("backup made", **done)
