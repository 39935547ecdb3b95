"""*Stop* in the store: a wish that is withheld as well, and the one mark before the provider is asked."""

import asyncio
from collections.abc import Callable

import pytest

from bot.jobs.database import Database
from bot.jobs.model import Job, PostKind
from bot.jobs.states import ENDS, STOPPABLE, Event, State
from bot.jobs.store import accepting, finding, moving, posts
from tests.unit.bot.jobs.samples import ANNA, a_job, put

pytestmark = pytest.mark.both_databases
NOW = 5_000.0


async def stored(database: Database, state: State = State.RENDERING, **changes: object) -> Job:
    job = a_job(state, **changes)
    await database.write(put, job)
    return job


async def read(database: Database, job: Job) -> Job:
    found = await database.read(finding.get, job.id)
    assert found is not None
    return found


@pytest.mark.parametrize("state", State)
async def test_a_stop_is_a_withholding_that_may_end_earlier(database: Database, state: State) -> None:
    """Both are stored at once; once the video is there, and before anything is sent, there is nothing to stop."""
    job = await stored(database, state)
    stopped = await database.write(moving.withhold, job, NOW)
    if state in ENDS or state is State.ACCEPTED:
        assert stopped is None
        assert await read(database, job) == job
        return
    assert stopped is not None
    assert (stopped.withheld, stopped.stop_asked_at) == (True, NOW if state in STOPPABLE else None)


async def test_the_first_wish_counts_and_dont_post_adds_none(database: Database) -> None:
    """A second press changes nothing, *Don't post* asks for no stop, and after the request there is no second one."""
    job = await stored(database)
    assert (await database.write(moving.withhold, job)) is not None
    assert (await read(database, job)).stop_asked_at is None
    await database.write(moving.withhold, job, NOW)
    await database.write(moving.withhold, job, NOW + 5)
    await database.write(moving.withhold, job)
    assert (await read(database, job)).stop_asked_at == NOW
    sent = await stored(database, stop_sent_at=NOW)
    await database.write(moving.withhold, sent, NOW + 5)
    now = await read(database, sent)
    assert (now.withheld, now.stop_asked_at) == (True, None)


async def test_the_request_is_marked_once(database: Database, open_another: Callable[[], Database]) -> None:
    """However many ask at once, and by whichever process: one mark is stored."""
    job = await stored(database, withheld=True, stop_asked_at=NOW)
    other = open_another()
    marks = await asyncio.gather(
        *(one.write(moving.begin_stop, job, NOW + number) for number, one in enumerate((database, other) * 3))
    )
    (marked,) = [one for one in marks if one is not None]
    assert marked == await read(database, job)
    assert marked.stop_sent_at is not None
    assert await database.write(moving.begin_stop, marked, NOW + 9) is None


@pytest.mark.parametrize(
    "changes",
    [{"withheld": False}, {"stop_asked_at": None}, {"stop_sent_at": NOW}, {"state": State.FETCHING}, {"fence": 7}],
)
async def test_what_nobody_wants_any_more_is_not_marked(database: Database, changes: dict[str, object]) -> None:
    """*Post it* was pressed, it was asked before, the video is there, or another process has the job."""
    as_read = a_job(State.RENDERING, withheld=True, stop_asked_at=NOW)
    facts: dict[str, object] = {"withheld": True, "stop_asked_at": NOW, "state": State.RENDERING}
    job = await stored(database, **facts | changes)
    wanted = Job(**{name: getattr(as_read, name) for name in Job.__slots__} | {"id": job.id})
    assert await database.write(moving.begin_stop, wanted, NOW + 1) is None
    assert (await read(database, job)).stop_sent_at == changes.get("stop_sent_at")


async def test_a_stop_of_a_job_that_is_wanted_again_is_none(database: Database) -> None:
    """**Post it** was pressed since the job was read: it isn't put aside as stopped in silence."""
    job = await stored(database, withheld=True, stop_asked_at=NOW, stop_sent_at=NOW)
    assert await database.write(moving.note, job, withheld=False, stop_asked_at=None) is not None
    assert await database.write(moving.apply, job, Event.STOP, now=NOW) is None
    assert (await read(database, job)).state is State.RENDERING


async def test_what_was_not_taken_is_cancelled_and_not_stopped(database: Database) -> None:
    """*Stop* while it was being sent, and the provider took nothing: it ends for free."""
    job = await stored(database, State.SUBMITTING)
    await database.write(moving.withhold, job, NOW)
    ended = await database.write(moving.come_back, job, now=NOW)
    assert ended is not None
    assert (ended.state, ended.withheld, ended.stop_asked_at) == (State.CANCELLED, False, None)
    assert (await database.read(accepting.measure_usage, ANNA, NOW)).counted_at == ()


async def test_a_stopped_job_says_nothing_and_counts(database: Database) -> None:
    """No notice becomes due; it uses up one of the day's videos and no active slot."""
    job = await stored(database, withheld=True, stop_sent_at=NOW, accepted_at=NOW - 60)
    ended = await database.write(moving.apply, job, Event.STOP, now=NOW)
    assert ended is not None
    assert (ended.state, ended.ended_at, ended.owner) == (State.STOPPED, NOW, None)
    assert await database.read(posts.find_posts_of_jobs, [job.id]) == []
    usage = await database.read(accepting.measure_usage, ANNA, NOW)
    assert (usage.active_jobs, usage.counted_at) == (0, (NOW - 60,))


async def test_times_of_a_stop_are_brought_to_now(database: Database) -> None:
    """The machine's clock was set back between two processes: the provider is asked, and waited for, all the same."""
    job = await stored(database, withheld=True, stop_asked_at=NOW + 900, stop_sent_at=NOW + 900)
    await database.write(posts.make_due, job, PostKind.CARD)
    await database.write(moving.bring_to_now, NOW)
    now = await read(database, job)
    assert (now.stop_asked_at, now.stop_sent_at) == (NOW, NOW)


async def test_a_stopped_job_is_polled_for_a_day(database: Database) -> None:
    """Its video may turn up; then it goes on as withheld."""
    provider = a_job().provider
    job = await stored(database, State.STOPPED, withheld=True, remote_id="video_1", ended_at=NOW)
    await stored(database, State.STOPPED, withheld=True, remote_id="video_2", ended_at=NOW - 10)
    assert [one.id for one in await database.read(finding.find_lost_at_provider, [provider], NOW - 1)] == [job.id]
    linked = await database.write(moving.apply, job, Event.LINK, now=NOW, revived_at=NOW)
    assert linked is not None
    assert (linked.state, linked.withheld, linked.ended_at) == (State.RENDERING, True, None)
