"""Paid requests of a process that shares its database: within the places and the pause of all, and in time."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.default import DefaultDialect

from bot.jobs.model import Job
from bot.jobs.states import Event, State
from bot.jobs.store import accepting, marks, moving, posts
from bot.jobs.store.marks import Mark
from bot.jobs.store.processes import SEND_WITHIN_SECONDS
from tests.databases import POSTGRESQL
from tests.unit.bot.engine.scheduler_harness import SchedulerHarness, a_scheduler_harness
from tests.unit.bot.jobs.samples import a_job, put

pytestmark = pytest.mark.parametrize("database_kind", [POSTGRESQL], indirect=True, scope="module")


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[SchedulerHarness]:
    async with a_scheduler_harness(tmp_path, max_rendering_jobs=1) as harness:
        yield harness


def watch(harness: SchedulerHarness, name: str, then: Callable[[Job | None], object]) -> None:
    """Call that with what each write of that name returns, before its caller gets it."""
    write: Callable[..., Any] = harness.database.write

    async def watched(work: Callable[..., Any], *args: Any, **changes: Any) -> Any:
        answer = await write(work, *args, **changes)
        if work.__name__ == name:
            then(answer)
        return answer

    harness.database.write = watched


async def test_a_request_that_comes_too_late_after_its_mark_is_not_sent(harness: SchedulerHarness) -> None:
    """The process was stopped in between, and may have been buried: the mark is taken back, and the job sent later."""
    paid_when_taken_back: list[int] = []
    stops = iter([SEND_WITHIN_SECONDS + 1.0])
    watch(harness, accepting.begin_submit.__name__, lambda _: harness.clock.jump(next(stops, 0.0)))
    watch(harness, moving.come_back.__name__, lambda _: paid_when_taken_back.append(len(harness.api.paid)))
    job = await harness.accept()
    harness.start()
    await harness.is_in(job, State.RENDERING, step_seconds=0.1)
    assert paid_when_taken_back == [0]
    assert len(harness.api.paid) == 1


@pytest.fixture(params=["the place is used", "all is paused"])
async def obstacle(harness: SchedulerHarness, request: pytest.FixtureRequest) -> Callable[[], Awaitable[None]]:
    """What keeps every job from being sent, in the database alone; what is returned takes it away."""
    if request.param == "all is paused":
        await harness.database.write(marks.put, Mark.PAUSED, "yes")
        return partial(harness.database.write, marks.drop, Mark.PAUSED)
    elsewhere = a_job(State.RENDERING, owner="other", remote_id="video_elsewhere", submitted_at=harness.clock.now())
    await harness.database.write(put, elsewhere)

    async def end_it() -> None:
        await harness.database.write(moving.apply, elsewhere, Event.VANISH, now=harness.clock.now())

    return end_it


async def test_what_only_the_database_knows_keeps_a_job_waiting(
    harness: SchedulerHarness, obstacle: Callable[[], Awaitable[None]]
) -> None:
    """The notice of it was lost: nothing is paid, the job is tried again and again, and sent once it may be."""
    answers: list[Job | None] = []
    watch(harness, accepting.begin_submit.__name__, answers.append)
    job = await harness.accept()
    harness.start()
    await harness.until(lambda: len(answers) >= 2, "two tries", step_seconds=0.1)
    assert harness.api.paid == []
    assert await harness.job(job) == replace(job, owner="machine", fence=1)
    await obstacle()
    await harness.is_in(job, State.RENDERING, step_seconds=0.1)
    assert len(harness.api.paid) == 1


async def test_a_released_job_uses_its_place_until_another_process_ends_it(harness: SchedulerHarness) -> None:
    """Once it is taken any process goes on with it: until that has ended, the next job isn't even tried."""
    signals, steps = harness.signals, harness.scheduler._steps
    signals.shares_work = True
    job, following = await harness.accept(), await harness.accept()
    harness.start()
    released = await harness.is_in(job, State.RENDERING, step_seconds=0.1)
    assert released.owner is None
    await harness.until(lambda: not steps._steps, "the step to end")
    await harness.stop_loop()
    assert signals.watches(job.id, State.FETCHING)
    await harness.scheduler._start_due()
    assert not steps._steps
    await harness.database.write(moving.apply, released, Event.VANISH, now=harness.clock.now())
    signals.dirty_jobs.add(job.id)
    harness.start()
    await harness.is_in(following, State.RENDERING, step_seconds=0.1)
    assert not signals.watches(job.id, State.FETCHING)
    assert len(harness.api.paid) == 2


@pytest.fixture
def lose(harness: SchedulerHarness, monkeypatch: pytest.MonkeyPatch) -> Callable[[int, bool], None]:
    """Lose the connection at the commits of so many marks, after each was stored or before."""
    losses: list[bool] = []
    doomed: dict[Any, bool] = {}
    commit: Callable[..., None] = DefaultDialect.do_commit

    def executing(connection: sa.Connection, _cursor: object, statement: str, *_: object) -> None:
        if "submitted_at=" in statement and losses:
            doomed[connection.connection] = losses.pop()

    def do_commit(dialect: DefaultDialect, connection: Any) -> None:
        is_stored = doomed.pop(connection, None)
        if is_stored is not False:
            commit(dialect, connection)
        if is_stored is not None:
            raise ConnectionResetError

    event.listen(harness.database._engine.sync_engine, "before_cursor_execute", executing)
    monkeypatch.setattr(DefaultDialect, "do_commit", do_commit)
    return lambda times, is_stored: losses.extend([is_stored] * times)


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("is_stored", [True, False])
async def test_a_job_whose_mark_is_in_doubt_is_sent_once(
    harness: SchedulerHarness, lose: Callable[[int, bool], None], *, is_stored: bool, times: int
) -> None:
    """Nothing was sent for the mark, whether it is stored or not: the job waits again, and no question is posted.

    Taking the mark back may get lost, too.
    """
    tries: list[Job | None] = []
    watch(harness, moving.come_back.__name__, tries.append)
    lose(times, is_stored)
    job = await harness.accept()
    harness.start()
    await harness.is_in(job, State.RENDERING, State.UNCERTAIN, step_seconds=0.5)
    assert (await harness.job(job)).state is State.RENDERING
    assert len(harness.api.paid) == 1
    assert bool(tries) == is_stored
    assert await harness.database.read(posts.find_posts_of_jobs, [job.id]) == []


async def test_another_mark_than_the_one_in_doubt_is_asked_about(
    harness: SchedulerHarness, lose: Callable[[int, bool], None]
) -> None:
    """For that one something may have been sent."""
    lose(1, True)
    job = await harness.accept()
    harness.start()
    await harness.is_in(job, State.SUBMITTING)
    await harness.database.write(moving.note, await harness.job(job), submitted_at=harness.clock.now() - 900.0)
    await harness.is_in(job, State.UNCERTAIN, step_seconds=0.5)
    assert harness.api.paid == []
