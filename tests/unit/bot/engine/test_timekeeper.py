"""Which time of the machine's clock is believed, at a start and later."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.engine.signals import Signals
from bot.engine.timekeeper import DOUBT_SECONDS, Timekeeper
from bot.jobs.alerts import AlertKind
from bot.jobs.database import Database, StoreUnavailableError
from bot.jobs.model import Job, PostKind
from bot.jobs.states import State
from bot.jobs.store import finding, posts
from bot.ops.clock import SteadyClock
from tests.databases import a_database
from tests.unit.bot.engine.fake_alerts import FakeAlerts
from tests.unit.bot.jobs.samples import a_job, put

NEWEST = 1_700_000_000.0
DAY = 86_400.0


class FakeMachineClock:
    """A machine's clock: time passes, and it may show anything."""

    def __init__(self, shows: float) -> None:
        self.shows, self.ticks = shows, 0.0

    def now(self) -> float:
        return self.shows

    def monotonic(self) -> float:
        return self.ticks

    def passes(self, seconds: float) -> None:
        self.shows += seconds
        self.ticks += seconds

    async def sleep(self, seconds: float) -> None:
        self.passes(seconds)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with a_database(tmp_path) as database:
        yield database


class TimekeeperHarness:
    """One life of the process, as far as it keeps the time."""

    def __init__(self, database: Database, shows: float) -> None:
        self.database, self.machine, self.signals = database, FakeMachineClock(shows), Signals()
        self.clock = SteadyClock(self.machine)
        self.keeper = Timekeeper(self.clock, database, self.signals, "machine")
        self.alerts = FakeAlerts()
        self.rung = self.alerts.rung

    async def check(self) -> None:
        await self.keeper._check(self.alerts)  # pyright: ignore[reportArgumentType]

    async def accepts(self) -> Job:
        job = a_job(accepted_at=self.clock.now())
        await self.database.write(put, job)
        return job

    async def now(self, job: Job) -> Job:
        found = await self.database.read(finding.get, job.id)
        assert found is not None
        return found


async def begun(database: Database, shows: float) -> TimekeeperHarness:
    harness = TimekeeperHarness(database, shows)
    await harness.keeper.begin()
    return harness


async def stored(database: Database) -> Job:
    job = a_job(State.RENDERING, accepted_at=NEWEST - 60, submitted_at=NEWEST, remote_id="video_1")
    await database.write(put, job)
    return job


async def test_an_empty_database_believes_anything(database: Database) -> None:
    """There is nothing to compare with."""
    harness = await begun(database, 12.0)
    assert harness.clock.now() == 12.0
    assert not harness.signals.time_in_doubt


@pytest.mark.parametrize("behind", [1.0, 3600.0, 3 * DAY, NEWEST])
async def test_a_clock_before_the_newest_row_is_not_believed(database: Database, behind: float) -> None:
    """The bot continues from the newest stored time, rows stay as they are, and more than a day alerts the owner."""
    job = await stored(database)
    harness = await begun(database, NEWEST - behind)
    assert harness.clock.now() == NEWEST
    harness.machine.passes(60.0)
    await harness.check()
    assert harness.clock.now() == pytest.approx(NEWEST + 60, abs=4)
    assert (AlertKind.CLOCK in harness.rung) == (behind > DAY)
    harness.machine.shows += behind
    await harness.check()
    assert harness.alerts.ended == harness.rung[:1]
    assert await harness.now(job) == job
    assert not harness.signals.time_in_doubt


@pytest.mark.parametrize("away", [0.0, 3600.0, 3 * DAY, 29 * DAY])
async def test_an_absence_is_believed(database: Database, away: float) -> None:
    """A bot that was off for up to a month takes the machine's time."""
    await stored(database)
    harness = await begun(database, NEWEST + away)
    assert harness.clock.now() == NEWEST + away
    assert not harness.signals.time_in_doubt


async def test_years_ahead_are_in_doubt_for_an_hour(database: Database) -> None:
    """Nothing ends by time until then; afterwards the time is believed for good."""
    await stored(database)
    harness = await begun(database, NEWEST + 400 * DAY)
    assert harness.signals.time_in_doubt
    harness.machine.passes(DOUBT_SECONDS - 1)
    await harness.check()
    assert harness.signals.time_in_doubt
    harness.machine.passes(1)
    await harness.check()
    assert not harness.signals.time_in_doubt
    assert harness.signals.dirty_jobs
    await harness.accepts()
    later = await begun(database, NEWEST + 401 * DAY)
    assert not later.signals.time_in_doubt


async def test_a_doubted_clock_that_is_put_right(database: Database) -> None:
    """Within the hour the time goes back, together with what was stored meanwhile, ended jobs included."""
    await stored(database)
    harness = await begun(database, NEWEST + 400 * DAY)
    meanwhile = await harness.accepts()
    await database.write(posts.make_due, meanwhile, PostKind.CARD)
    harness.machine.shows = NEWEST + 90
    await harness.check()
    assert harness.clock.now() == NEWEST + 90
    assert not harness.signals.time_in_doubt
    assert (await harness.now(meanwhile)).accepted_at == NEWEST + 90
    assert list(harness.signals.to_post) == [meanwhile.id], "messages are due by the right time again"


async def test_a_store_fault_at_the_end_of_a_doubt(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The due times are read at the next check instead, and not an hour later."""
    await stored(database)
    harness = await begun(database, NEWEST + 400 * DAY)
    await harness.accepts()
    harness.machine.shows = NEWEST + 90
    read = database.read
    monkeypatch.setattr(database, "read", failing)
    with pytest.raises(StoreUnavailableError):
        await harness.check()
    monkeypatch.setattr(database, "read", read)
    await harness.check()
    assert harness.signals.dirty_jobs
    assert not harness.signals.time_in_doubt


async def failing(*_: object) -> None:
    raise StoreUnavailableError


async def test_a_doubted_clock_that_is_put_right_between_two_lives(database: Database) -> None:
    """A board that boots in 2099 and loses its power again: the next life believes the right time."""
    await stored(database)
    harness = await begun(database, NEWEST + 20_000 * DAY)
    meanwhile = await harness.accepts()
    harness = await begun(database, NEWEST + 300)
    assert harness.clock.now() == NEWEST + 300
    assert (await harness.now(meanwhile)).accepted_at == NEWEST + 300
    assert not harness.signals.time_in_doubt
    harness = await begun(database, NEWEST + 400)
    assert harness.clock.now() == NEWEST + 400


async def test_a_leap_within_a_life(database: Database) -> None:
    """A machine that booted in 1970 hears of the right time: it is taken over, and in doubt for an hour."""
    await stored(database)
    harness = await begun(database, 5.0)
    harness.machine.passes(30.0)
    harness.machine.shows = NEWEST + 2 * DAY
    await harness.check()
    assert harness.clock.now() == NEWEST + 2 * DAY
    assert harness.signals.time_in_doubt
    harness.machine.passes(DOUBT_SECONDS)
    await harness.check()
    assert not harness.signals.time_in_doubt
