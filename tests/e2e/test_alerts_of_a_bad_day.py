"""A real bot in every trouble that there is an alert for, one after the other, scraped by the clock of the stage.

Prometheus' own promtool judges the alert rules by the recorded series: each fires in its trouble, and none in calm.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.settings._setup import NAME_OF_SETTINGS
from sandbox.chaos.scraping import Scraper
from tests.e2e import alert_troubles as troubles
from tests.e2e.alert_record import NAMES, TRIED, Record
from tests.e2e.alert_troubles import GIB, MIB, PLACES, Each, Trouble
from tests.e2e.scene import Scene, a_stage
from tests.figures import IN_FULL
from tests.metrics import open_labels
from tests.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.reliability, pytest.mark.sqlite_only("holds, copies and restores the file")]

# Prometheus looks back for five minutes, so fewer scrapes than its usual ones are enough.
SCRAPE_SECONDS = 120.0
CALM_SECONDS = 240.0
# In which the bot does what was jumped over.
_SETTLE_SECONDS = 0.05


class Day:
    """One bot's day, recorded."""

    def __init__(self, scene: Scene, port: int) -> None:
        self.scene = scene
        self.record = Record(Scraper(port, NAMES, scene.stage.clock.now))

    async def passes(self, minutes: int, each: Each | None = None, step_seconds: float = SCRAPE_SECONDS) -> None:
        """Let so many minutes pass, and scrape after each step."""
        for _ in range(int(minutes * 60 / step_seconds)):
            self.scene.stage.jump(step_seconds)
            if each is not None:
                await each()
            # The bot works meanwhile; nothing says when it has nothing more to do.
            await asyncio.sleep(_SETTLE_SECONDS)
            await self.record.scraper.scrape()

    async def calm(self, minutes: int) -> None:
        """Let time pass, at the end of which no alert may fire."""
        await self.passes(minutes, step_seconds=CALM_SECONDS)
        self.record.silent()

    async def trouble(self, trouble: Trouble, minutes: int, *alerts: str, step_seconds: float = SCRAPE_SECONDS) -> None:
        """Let that trouble last so long, at the end of which those alerts must fire."""
        async with trouble(self.scene) as each:
            await self.passes(minutes, each, step_seconds)
            self.record.fire(*alerts)
        # What waited for its end goes on.
        await self.passes(2)


@asynccontextmanager
async def a_day(folder: Path) -> AsyncIterator[tuple[Day, Path]]:
    """A bot that is scraped, and the folder that decides how much is free on its disk."""
    disk, port = folder / "disk", free_port()
    settings = {
        "HTTP_PORT": str(port),
        "MAX_RENDERING_JOBS": str(PLACES),
        "MAX_JOBS_PER_DAY": "1000",
        "JOB_DEADLINE_SECONDS": "40000",
        "PYTHONPATH": troubles.patch_disk(disk),
    }
    async with a_stage(folder, settings=settings) as stage:
        guild = stage.chat.add_guild("Bad day")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        yield Day(Scene(stage, guild, guild.add_channel("videos"), ada), port), disk


async def test_each_alert_fires_in_its_trouble_and_none_in_calm(tmp_path: Path) -> None:
    """All of a bad day's troubles, from a full disk to a restored database, with calm before and between."""
    async with a_day(tmp_path) as (day, disk):
        await day.scene.make("A kite in the morning")
        await day.calm(16)
        await day.trouble(troubles.free(disk, GIB // 2), 8, "VideoBotDiskLow")
        await day.trouble(troubles.free(disk, 200 * MIB), 8, "VideoBotDiskFull", "VideoBotDiskLow")
        await day.trouble(troubles.gateway_lost, 8, "VideoBotNotReady")
        await day.trouble(troubles.polls_slowed, 18, "VideoBotProviderFaults")
        await day.trouble(troubles.provider_down, 14, "VideoBotProviderDown")
        await day.trouble(troubles.key_refused, 10, "VideoBotProviderRefusesAccount")
        await day.trouble(troubles.queue_full, 20, "VideoBotQueueOld")
        await day.trouble(troubles.upload_hangs, 20, "VideoBotVideosNotPosted")
        if IN_FULL:
            await day.trouble(troubles.database_held, 4, "VideoBotDatabaseUnwritable")
            await day.trouble(troubles.database_slow, 14, "VideoBotDatabaseSlow")
            await day.trouble(troubles.loop_late, 14, "VideoBotLoopLag")
        await day.trouble(troubles.paused, 64, "VideoBotPaused", "VideoBotProviderPaused", step_seconds=CALM_SECONDS)
        await day.calm(32)
        del day.scene.stage.settings["PYTHONPATH"]
        await day.trouble(troubles.dead, 6, "VideoBotDown")
        await day.trouble(troubles.dies_often, 10, "VideoBotRestarting")
        await day.trouble(troubles.restored, 8, "VideoBotRestored")
        await day.trouble(troubles.clock_ahead, 2, "VideoBotClockInDoubt")
        await day.calm(48)
        await day.trouble(troubles.outcomes_unknown, 8, "VideoBotJobsUncertain")
        await day.trouble(troubles.ceiling_near, 2, "VideoBotCeilingNear")
        await day.trouble(troubles.backups_fail, 72, "VideoBotBackupOld", step_seconds=CALM_SECONDS)
        assert day.record.seen == TRIED
        assert day.record.missing() == set()
        assert open_labels(day.record.scraper.page, [NAME_OF_SETTINGS], shards=1) == set()
    day.record.judge(tmp_path)
