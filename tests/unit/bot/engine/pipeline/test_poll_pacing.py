"""What a poller learns from its polls: the ceiling of the provider, who reports progress, how long renders take."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.engine.context import EngineContext
from bot.engine.pipeline.poll import Poller
from bot.engine.pipeline.throttle import ProviderThrottle
from bot.engine.signals import Signals
from bot.jobs.database import Database, StoreUnavailableError
from bot.jobs.model import Job, UserId
from bot.jobs.pacing import Bounds
from bot.jobs.states import State
from bot.videos.provider_faults import PollFailed
from bot.videos.values import RemoteState, RemoteVideo
from tests.databases import a_database
from tests.unit.bot.engine.fake_alerts import FakeAlerts
from tests.unit.bot.engine.fake_clock import FakeClock
from tests.unit.bot.engine.providers_of_test import one_provider, one_throttle
from tests.unit.bot.jobs.samples import PROVIDER, a_job, put


class FakeVideos:
    """Answers every poll as it is set: the progress of a running video, or a 429."""

    def __init__(self) -> None:
        self.provider = PROVIDER
        self.progress: int | None = None
        self.fault: PollFailed | None = None

    async def poll(self, remote_id: str) -> RemoteVideo:
        if self.fault is not None:
            raise self.fault
        return RemoteVideo(remote_id, RemoteState.RUNNING, progress=self.progress)


class FakeBrokenDatabase:
    """A database that can't be written to."""

    async def write(self, *_: object) -> None:
        raise StoreUnavailableError("disk full")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with a_database(tmp_path) as opened:
        yield opened


class Polling:
    """A poller with its throttle; each is a process of its own."""

    def __init__(self, database: object, address: str = PROVIDER) -> None:
        self.clock, self.videos = FakeClock(), FakeVideos()
        self.throttle = ProviderThrottle(self.clock)
        self.videos.provider = address
        providers = one_provider(self.videos)
        rules = SimpleNamespace(poll_bounds=Bounds(1.0, 60.0), job_give_up_seconds=86_400.0)
        context = SimpleNamespace(
            clock=self.clock,
            providers=providers,
            rules=rules,
            signals=Signals(),
            database=database,
            owner_alerts=FakeAlerts(),
        )
        self.poller = Poller(_typed(context), one_throttle(self.throttle, providers))

    def job(self, user: int = 1) -> Job:
        now = self.clock.now()
        return a_job(
            State.RENDERING, user_id=UserId(user), remote_id=f"video_{user}", accepted_at=now, submitted_at=now
        )

    async def find_ceiling(self) -> float:
        """Two people's polls are one too many."""
        self.throttle.answered()
        self.videos.fault = PollFailed(status=429, detail="slow down", provider_at_fault=False)
        for user in (1, 2):
            assert (await self.poller.poll(self.job(user), 1)).due_at is not None
        self.videos.fault = None
        assert self.throttle.poll_rate.ceiling is not None
        return self.throttle.poll_rate.ceiling


def _typed(context: SimpleNamespace) -> EngineContext:
    return context  # pyright: ignore[reportReturnType]  # what a poller uses of it here


async def test_the_ceiling_is_remembered_across_a_restart(database: Database) -> None:
    """The next process starts just below what the provider accepted; at another provider it starts over."""
    before = Polling(database)
    await before.poller.learn()
    ceiling = await before.find_ceiling()
    after, elsewhere = Polling(database), Polling(database, "https://other.test/v1")
    await after.poller.learn()
    await elsewhere.poller.learn()
    assert after.throttle.poll_rate.ceiling == pytest.approx(ceiling, abs=0.01)
    assert elsewhere.throttle.poll_rate.ceiling is None


async def test_a_ceiling_that_can_not_be_stored_stops_no_poll() -> None:
    """A database in trouble delays no poll: the ceiling is only remembered until the restart."""
    assert await Polling(FakeBrokenDatabase()).find_ceiling() == 20.0


async def test_renders_of_a_model_that_reports_progress_are_polled_early(database: Database) -> None:
    """Once one of them has reported some, the next one's first poll comes early; 0 and 100 are no reports."""
    rendered = [a_job(State.DELIVERED, submitted_at=0.0, completed_at=100.0 + number) for number in range(10)]
    await database.write(put, *rendered)
    polling = Polling(database)
    await polling.poller.learn()
    job = polling.job()
    blind_at = polling.poller.first_poll_at(job, 1)
    for progress in (0, 100):
        polling.videos.progress = progress
        await polling.poller.poll(_reporting(job, progress), 1)
    assert polling.poller.first_poll_at(polling.job(2), 1) == blind_at
    polling.videos.progress = 40
    await polling.poller.poll(_reporting(job, 40), 1)
    assert polling.poller.first_poll_at(polling.job(2), 1) < blind_at - 10.0


def _reporting(job: Job, progress: int) -> Job:
    """The job with that progress stored already, so that nothing is written."""
    return replace(job, progress=progress)
