"""The nightly backup of a running bot: once a night, in a process of its own, and a failure stops nothing."""

import asyncio
import math
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.engine.nightly_backup import NightlyBackup
from bot.jobs.alerts import AlertKind
from bot.media import confined
from tests.databases import build_file
from tests.unit.bot.engine.fake_alerts import FakeAlerts
from tests.unit.bot.engine.fake_clock import FakeClock

pytestmark = [pytest.mark.slow, pytest.mark.sqlite_only("copies its file")]

HOUR, DAY = 3_600.0, 86_400.0
BOUND_SECONDS = 120.0


class SteppingClock(FakeClock):
    """Sleepers wait until a test has moved it on."""

    def __init__(self) -> None:
        super().__init__()
        # Noon of some day, wherever this machine is.
        noon = datetime.fromtimestamp(self.now()).astimezone().replace(hour=12, minute=0)
        self.seconds += noon.timestamp() - self.now()
        self.sleepers: list[tuple[float, asyncio.Event]] = []

    async def sleep(self, seconds: float) -> None:
        mine = (self.seconds + seconds, asyncio.Event())
        self.sleepers.append(mine)
        try:
            await mine[1].wait()
        finally:
            self.sleepers.remove(mine)

    def is_quiet(self) -> bool:
        """Whether the loop alone sleeps, until its next look; one more sleeps while a copy is made."""
        if len(self.sleepers) != 1:
            return False
        at, woken = self.sleepers[0]
        return not woken.is_set() and at - self.seconds <= HOUR

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds
        for at, woken in self.sleepers:
            if at <= self.seconds:
                woken.set()


class World:
    """A bot's data folder, a folder for backups, and the one loop of the bot that this is about."""

    def __init__(self, folder: Path) -> None:
        self.clock = SteppingClock()
        self.file, self.folder = folder / "data" / "bot.db", folder / "out"
        self.file.parent.mkdir()
        self.folder.mkdir()
        build_file(self.file)
        self.signals = SimpleNamespace(time_in_doubt=False)
        self.alerts = FakeAlerts()
        self.loop = self.new_loop()

    def new_loop(self) -> NightlyBackup:
        """That of a bot that has just started."""
        context: Any = SimpleNamespace(clock=self.clock, signals=self.signals, owner_alerts=self.alerts)
        return NightlyBackup(context, self.file, self.folder)

    def copies(self) -> list[str]:
        return sorted(path.name[:14] for path in self.folder.iterdir())

    def night(self, days: int = 0) -> str:
        return f"bot-{datetime.fromtimestamp(self.clock.now() + days * DAY).astimezone().date()}"

    async def until(self, is_true: Callable[[], bool]) -> None:
        """Wait until the loop sleeps again, with that true."""
        async with asyncio.timeout(BOUND_SECONDS):
            while not (self.clock.is_quiet() and is_true()):  # noqa: ASYNC110  # the clock rings no bell
                await asyncio.sleep(0.01)

    @asynccontextmanager
    async def life(self) -> AsyncIterator[None]:
        """The loop runs for as long as the context lasts, and has its first look behind it."""
        self.loop = self.new_loop()
        running = asyncio.create_task(self.loop.run())
        try:
            await self.until(lambda: True)
            await self.passes(200)
            yield
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    async def passes(self, seconds: float, is_true: Callable[[], bool] = lambda: True) -> None:
        """Let so much time pass at once; returns once that is true and the loop sleeps again."""
        self.clock.pass_by(seconds)
        await self.until(is_true)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Its copies run at the priority of the other tests, which would otherwise come first for minutes."""
    monkeypatch.setattr(confined, "_NICENESS", 0)
    return World(tmp_path)


async def test_each_night_has_one_copy_with_any_number_of_starts(world: World) -> None:
    """A start that has missed the night makes it soon; a later one of that day makes no second one."""
    for _ in range(2):
        async with world.life():
            assert world.copies() == [world.night()]
            first = next(world.folder.iterdir()).stat().st_mtime_ns
    async with world.life():
        await world.passes(15 * HOUR)
        assert world.copies() == [world.night(-1)]
        await world.passes(2 * HOUR, lambda: len(world.copies()) == 2)
        assert world.copies() == [world.night(-1), world.night()]
    assert min(path.stat().st_mtime_ns for path in world.folder.iterdir()) == first
    assert world.alerts.rung == []


async def test_the_age_of_the_newest_copy_is_known(world: World) -> None:
    """From the hour at which it was due; a failure makes none younger."""
    assert world.loop.age_seconds() == math.inf
    async with world.life():
        assert 8 * HOUR < world.loop.age_seconds() < 9 * HOUR
        world.folder.rename(away := world.folder.with_name("away"))
        await world.passes(2 * DAY, lambda: bool(world.alerts.rung))
        assert world.loop.age_seconds() > 2 * DAY
        away.rename(world.folder)
        await world.passes(HOUR + 1, lambda: len(world.copies()) == 2)
        assert world.loop.age_seconds() < DAY


async def test_a_failure_alerts_and_is_tried_again_after_an_hour(world: World) -> None:
    """The folder is away, as a network's may be; nothing is made in its place. Once it is back, the copy is made."""
    world.folder.rmdir()
    async with world.life():
        assert world.alerts.rung == [AlertKind.BACKUP]
        assert not world.folder.exists()
        await world.passes(HOUR + 1, lambda: len(world.alerts.rung) == 2)
        world.folder.mkdir()
        await world.passes(HOUR + 1, lambda: len(world.copies()) == 1)
    assert world.alerts.rung == [AlertKind.BACKUP] * 2
    assert world.alerts.ended == [AlertKind.BACKUP]
    assert world.copies() == [world.night()]


async def test_while_the_time_is_in_doubt_nothing_is_made_or_deleted(world: World) -> None:
    """A clock that has jumped by years names nothing; once it is believed or put right, the nights go on."""
    world.signals.time_in_doubt = True
    async with world.life():
        await world.passes(400 * DAY)
        assert world.copies() == []
        world.signals.time_in_doubt = False
        await world.passes(HOUR, lambda: bool(world.copies()))
    assert world.copies() == [world.night()]


def copiers() -> list[int]:
    """The processes of this one that have a database open, to copy it."""
    found: list[int] = []
    for children in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):
            found += [pid for pid in map(int, children.read_text().split()) if has_open(pid, "bot.db")]
    return found


def has_open(pid: int, name: str) -> bool:
    return any(str(file.readlink()).endswith(name) for file in Path(f"/proc/{pid}/fd").iterdir())


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="processes are looked for in /proc")
async def test_a_copy_that_is_under_way_ends_with_the_bot(world: World) -> None:
    """It is killed, and the bot's end doesn't wait for it."""
    with closing(sqlite3.connect(world.file, isolation_level=None)) as other:
        # The copy waits for that.
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("DELETE FROM posts")
        running = asyncio.create_task(world.loop.run())
        async with asyncio.timeout(BOUND_SECONDS):
            while not copiers():
                world.clock.pass_by(200 if world.clock.is_quiet() else 0)
                await asyncio.sleep(0.01)
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
    assert copiers() == []
    assert list(world.folder.iterdir()) == []
