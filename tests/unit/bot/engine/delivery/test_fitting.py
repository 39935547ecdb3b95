"""The file of one step of the ladder: that it begins is stored first, and only a whole file is stored as made."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from bot.engine.delivery.fitting import make_file
from bot.engine.signals import Signals
from bot.jobs.database import Database
from bot.jobs.model import Job
from bot.jobs.rungs import Rung, Why
from bot.jobs.states import Event, State
from bot.jobs.store import finding, moving
from bot.media.delivery_plan import DeliveryStep
from bot.media.encode_plan import EncodePlan
from bot.media.ffmpeg_faults import Crashed, FfmpegFault
from tests.databases import a_database
from tests.unit.bot.engine.fake_clock import FakeClock
from tests.unit.bot.jobs.samples import a_job, put

pytestmark = pytest.mark.both_databases
PLAN = EncodePlan(90_000, 640, 360)
FIT = DeliveryStep(Rung.FIT, Why.SIZE, PLAN)
REPACK = DeliveryStep(Rung.REPACK, Why.INDEX)
MOST_BYTES = 70_000


class FakeFfmpeg:
    """Keeps what it was asked for, and how the job was stored at that moment; makes a file or has a fault."""

    def __init__(self, database: Database, job: Job) -> None:
        self._database, self._job = database, job
        self.asked: list[tuple[object, ...]] = []
        self.stored: list[tuple[object, ...]] = []
        self.forgotten: list[str] = []
        self.fault: FfmpegFault | None = None

    async def repack(self, *given: object) -> int:
        return await self._make("repack", *given)

    async def encode(self, *given: object) -> int:
        return await self._make("encode", *given)

    async def _make(self, *asked: object) -> int:
        self.asked.append(asked)
        job = await stored(self._database, self._job)
        self.stored.append((job.fit_step, job.fitted_sha256, job.fitted_bytes, tuple(self.forgotten)))
        if self.fault is not None:
            raise self.fault
        return 8_000


class Fitting:
    """A job whose earlier file was refused, and an ffmpeg."""

    def __init__(self, database: Database, job: Job) -> None:
        self.database, self.job, self.ffmpeg = database, job, FakeFfmpeg(database, job)
        self.hash_fault: OSError | None = None
        self._context = SimpleNamespace(
            clock=FakeClock(), database=database, signals=Signals(), ffmpeg=self.ffmpeg, fetcher=self
        )

    def path(self, name: str) -> Path:
        return Path("videos") / name

    async def forget(self, name: str) -> None:
        self.ffmpeg.forgotten.append(name)

    async def hash_of(self, name: str) -> str:
        assert name == self.job.fitted_name
        if self.hash_fault is not None:
            raise self.hash_fault
        return "b" * 64

    async def make(self, step: DeliveryStep) -> tuple[object, ...]:
        """Let the file be made; returns what is stored of it then."""
        await make_file(self._context, self.job, step, MOST_BYTES)  # pyright: ignore[reportArgumentType]
        job = await stored(self.database, self.job)
        return job.fit_step, job.fitted_sha256, job.fitted_bytes


async def stored(database: Database, job: Job) -> Job:
    found = await database.read(finding.get, job.id)
    assert found is not None
    return found


@pytest.fixture
async def fitting(tmp_path: Path) -> AsyncIterator[Fitting]:
    async with a_database(tmp_path) as database:
        job = a_job(State.POSTING, fit_step=Rung.CONVERT, fitted_sha256="a" * 64, fitted_bytes=9_000)
        await database.write(put, job)
        yield Fitting(database, job)


async def test_that_a_step_begins_is_stored_before_ffmpeg_works(fitting: Fitting) -> None:
    """After a crash in the middle it isn't begun again; the earlier step's file is gone by then, and counts no more."""
    await fitting.make(FIT)
    assert fitting.ffmpeg.stored == [(Rung.FIT, None, None, (fitting.job.fitted_name,))]


async def test_the_file_that_was_made_is_stored(fitting: Fitting) -> None:
    """With its hash and size, so that it is posted after a restart without another encode."""
    assert await fitting.make(FIT) == (Rung.FIT, "b" * 64, 8_000)


async def test_each_step_asks_for_its_own_file(fitting: Fitting) -> None:
    """An encode follows its plan, a repack fits into what the place takes; both beside the video."""
    await fitting.make(REPACK)
    fitting.job = await stored(fitting.database, fitting.job)
    await fitting.make(FIT)
    source, target = fitting.path(fitting.job.video_name), fitting.path(fitting.job.fitted_name)
    assert fitting.ffmpeg.asked == [("repack", source, target, MOST_BYTES), ("encode", source, target, PLAN)]


@pytest.mark.parametrize("broken", ["ffmpeg", "disk"])
async def test_after_a_fault_the_step_is_begun_and_without_a_file(fitting: Fitting, broken: str) -> None:
    """ffmpeg fails, or its file can't be read: the plan goes on with the next step."""
    fitting.ffmpeg.fault = Crashed() if broken == "ffmpeg" else None
    fitting.hash_fault = OSError("unreadable") if broken == "disk" else None
    with capture_logs() as logs:
        assert await fitting.make(FIT) == (Rung.FIT, None, None)
    assert len(fitting.ffmpeg.asked) == 1
    warning = {"ffmpeg": "ffmpeg failed", "disk": "made file not readable"}[broken]
    assert [(line["event"], line["rung"]) for line in logs if line["log_level"] == "warning"] == [(warning, Rung.FIT)]


async def test_nothing_is_made_for_a_job_that_was_moved(fitting: Fitting) -> None:
    """It is fetched again, or another process has it: neither is ffmpeg started, nor a file deleted."""
    assert await fitting.database.write(moving.apply, fitting.job, Event.REFETCH, now=2_000.0)
    assert await fitting.make(FIT) == (Rung.CONVERT, "a" * 64, 9_000)
    assert (fitting.ffmpeg.asked, fitting.ffmpeg.forgotten) == ([], [])
