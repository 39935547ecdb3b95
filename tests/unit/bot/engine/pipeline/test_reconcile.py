"""How often the provider is asked for its list, and what its answers do to everything else."""

from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.engine.pipeline.linking import link_by_hand
from bot.engine.pipeline.reconcile import Reconciler, gap_seconds
from bot.engine.pipeline.throttle import ProviderThrottle
from bot.engine.signals import Signals
from bot.jobs.database import Database
from bot.jobs.model import Job
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.states import Event, State
from bot.jobs.store import finding, moving
from bot.videos.client import VideosClient
from bot.videos.dialects.openai import OpenAIDialect
from bot.videos.spending import SpendGuard
from bot.videos.values import Endpoint, RemoteVideo
from tests.databases import a_database
from tests.unit.bot.engine.fake_clock import FakeClock
from tests.unit.bot.engine.providers_of_test import one_provider
from tests.unit.bot.engine.senders import open_breaker
from tests.unit.bot.jobs.samples import a_job, put
from tests.unit.bot.videos.fake_provider import FakeProvider, serve

HOUR = 3600.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    provider = FakeProvider()
    runner = await serve(provider)
    yield provider
    await runner.cleanup()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with a_database(tmp_path) as database:
        yield database


class ReconcilerHarness:
    """A reconciler with a provider and a store, asked step by step."""

    def __init__(self, clock: FakeClock, database: Database, provider: FakeProvider) -> None:
        self.clock, self.database, self.provider = clock, database, provider
        self.videos = VideosClient(Endpoint(provider.base_url, "sk-test"), OpenAIDialect(), SpendGuard(1, clock), clock)
        self.throttle, self.signals = ProviderThrottle(clock), Signals()
        rules = SimpleNamespace(job_deadline_seconds=HOUR)
        context = SimpleNamespace(
            clock=clock,
            database=database,
            providers=one_provider(self.videos),
            rules=rules,
            signals=self.signals,
            process="machine",
        )
        (provider,) = context.providers
        self.context, self.reconciler = context, Reconciler(context, provider, self.throttle)

    @property
    def asked(self) -> int:
        return len(self.provider.seen)

    async def job(self, state: State = State.UNCERTAIN, **changes: object) -> Job:
        """A stored job of this provider, sent just now."""
        now = self.clock.now()
        facts = {"accepted_at": now, "submitted_at": now, "provider": self.videos.provider} | changes
        job = a_job(state, **facts)
        await self.database.write(put, job)
        return job

    async def now(self, job: Job) -> Job:
        found = await self.database.read(finding.get, job.id)
        assert found is not None
        return found

    async def asks_until(self, seconds: float) -> list[float]:
        """Let time pass and return when, in seconds from now, the list was asked for."""
        start, asked = self.clock.seconds, self.asked
        moments: list[float] = []
        while self.clock.seconds <= start + seconds:
            wait_seconds = await self.reconciler._seek()
            if self.asked > asked:
                asked = self.asked
                moments.append(round(self.clock.seconds - start, 3))
            self.clock.seconds += wait_seconds
        self.clock.seconds = start + seconds
        return moments

    def listing(self, *jobs: Job) -> dict[str, object]:
        items = [
            {"id": f"video_{job.id}", "prompt": job.request.prompt, "created_at": job.submitted_at, "status": "queued"}
            for job in jobs
        ]
        return {"object": "list", "data": items}


@pytest.fixture
async def harness(clock: FakeClock, database: Database, provider: FakeProvider) -> AsyncIterator[ReconcilerHarness]:
    harness = ReconcilerHarness(clock, database, provider)
    yield harness
    await harness.videos.close()


def test_gaps_grow_with_the_age() -> None:
    """Ten seconds at first, half the age later, an hour at last; a clock set back does no harm."""
    assert [gap_seconds(age) for age in (-500.0, 0.0, 20.0, 100.0, 7200.0, 1e6)] == [10, 10, 10, 50, 3600, 3600]


async def test_without_uncertain_jobs_nothing_is_requested(harness: ReconcilerHarness) -> None:
    """Running, finished and refused jobs, and uncertain ones of another provider, make no request."""
    for state in (State.ACCEPTED, State.SUBMITTING, State.RENDERING, State.DELIVERED, State.REFUSED):
        await harness.job(state)
    await harness.job(provider="https://elsewhere.test/v1")
    await harness.job(State.LOST, remote_id="video_1", ended_at=harness.clock.now())
    await harness.job(State.LOST, ended_at=harness.clock.now() - 25 * HOUR)
    assert await harness.asks_until(2 * HOUR) == []


@pytest.mark.slow
async def test_one_question_serves_all_and_comes_less_and_less_often(harness: ReconcilerHarness) -> None:
    """Thirty uncertain jobs ask as often as one: at once, after 10 s, 20 s, 30 s, 45 s, and so on."""
    harness.provider.reply(200, {"data": []})
    for number in range(30):
        await harness.job(prompt=f"number {number}")
    moments = await harness.asks_until(24 * HOUR)
    assert moments[:6] == [0, 10, 20, 30, 45, 67.5]
    assert len(moments) < 45
    assert max(later - sooner for sooner, later in pairwise(moments)) == HOUR


async def test_what_is_found_is_adopted_once(harness: ReconcilerHarness) -> None:
    """Each gets its own video and goes on rendering; one owned meanwhile is left; nothing is sent but questions."""
    fox, whale = await harness.job(prompt="a fox"), await harness.job(prompt="a whale")
    owner = await harness.job(State.RENDERING, prompt="a whale", remote_id=f"video_{whale.id}")
    harness.provider.reply(200, harness.listing(fox, whale))
    await harness.asks_until(15.0)
    assert [(one.state, one.remote_id) for one in (await harness.now(fox), await harness.now(whale))] == [
        (State.RENDERING, f"video_{fox.id}"),
        (State.UNCERTAIN, None),
    ]
    assert (await harness.now(owner)) == owner
    assert harness.signals.moved_jobs[fox.id].state is State.RENDERING
    assert {seen.method for seen in harness.provider.seen} == {"GET"}


async def test_a_lost_job_is_revived(harness: ReconcilerHarness) -> None:
    """Given up less than a day ago, it renders again, without a cause, late already, with time to be delivered."""
    old = harness.clock.now() - 25 * HOUR
    lost = await harness.job(
        State.LOST, accepted_at=old, submitted_at=old, ended_at=harness.clock.now() - HOUR, cause="lost"
    )
    harness.provider.reply(200, harness.listing(lost))
    await harness.asks_until(1.0)
    found = await harness.now(lost)
    assert (found.state, found.cause, found.ended_at) == (State.RENDERING, None, None)
    assert (found.late_at, found.revived_at) == (harness.clock.now() - 1.0, harness.clock.now() - 1.0)
    assert harness.signals.owned_jobs == {lost.id}
    assert await harness.database.write(moving.claim, "another") == []


async def test_a_job_that_ended_while_the_list_came_is_still_adopted(harness: ReconcilerHarness) -> None:
    """It was given up in that very moment: the same list serves, read against the job as it is now."""
    job = await harness.job()
    listed = await _listed(harness, job)
    await harness.database.write(moving.apply, job, Event.EXPIRE, now=harness.clock.now())
    assert await harness.reconciler._link(job, listed) is False
    assert await harness.reconciler._link_from([listed]) is True
    assert (await harness.now(job)).state is State.RENDERING


async def _listed(harness: ReconcilerHarness, job: Job) -> RemoteVideo:
    harness.provider.reply(200, harness.listing(job))
    [video] = await harness.videos.list_recent()
    return video


@pytest.mark.parametrize("status", [400, 404, 405, 501, 401, 403])
async def test_without_a_list_the_provider_is_asked_once_an_hour(harness: ReconcilerHarness, status: int) -> None:
    """No list, or none for this key: jobs that come later don't ask either, and polls of other jobs go on."""
    harness.provider.reply(status, {"error": {"message": "no", "code": "x"}})
    await harness.job(prompt="first")
    assert await harness.asks_until(0.5 * HOUR) == [0]
    await harness.job(prompt="second")
    assert harness.throttle.seconds_until_poll() == 0
    assert await harness.asks_until(2 * HOUR) == [0.5 * HOUR, 1.5 * HOUR]


@pytest.mark.parametrize("status", [200, 500, 502, 503])
async def test_a_list_that_is_out_of_order_does_not_stop_the_rest(harness: ReconcilerHarness, status: int) -> None:
    """However often the list alone fails, the provider doesn't count as down, and the job stays uncertain."""
    harness.provider.reply(status, text="<html>")
    job = await harness.job()
    moments = await harness.asks_until(HOUR)
    assert 3 <= len(moments) <= 40
    assert not harness.throttle.is_open
    assert (await harness.now(job)) == job


async def test_a_provider_that_is_down_is_not_asked(harness: ReconcilerHarness) -> None:
    """While the breaker is open only the probe goes out."""
    harness.provider.reply(200, {"data": []})
    await harness.job()
    open_breaker(harness.throttle)
    assert await harness.asks_until(60.0) == []
    harness.throttle.answered()
    assert len(await harness.asks_until(1.0)) == 1


async def test_a_wait_that_is_asked_for_is_kept_by_the_list_alone(harness: ReconcilerHarness) -> None:
    """429 with Retry-After: the list is not asked for before; polls go on, since one unclear job brought it about."""
    harness.provider.reply(429, {"error": {"message": "slow"}}, headers={"Retry-After": "120"})
    await harness.job()
    assert await harness.asks_until(100.0) == [0]
    assert harness.throttle.seconds_until_poll() == 0
    assert await harness.asks_until(60.0) != []


@pytest.mark.parametrize(
    ("status", "body"), [(202, ""), (204, ""), (200, "{}"), (200, '{"code": "success", "data": null}')]
)
async def test_a_poll_that_says_nothing_proves_no_video(harness: ReconcilerHarness, status: int, body: str) -> None:
    """By hand an id is given only where the provider says something about that video."""
    job = await harness.job(State.LOST)
    harness.provider.reply(status, text=body)
    assert await link_by_hand(harness.context, job.id, "video_1") == Refusal(Reason.REMOTE_UNASKED)
    assert (await harness.now(job)).state is State.LOST


async def test_a_video_from_before_the_request_is_not_linked(harness: ReconcilerHarness) -> None:
    """It can't be the job's, however sure the owner is; one of the same minute can, and one without a date."""
    job = await harness.job(State.UNCERTAIN)
    made_at = harness.clock.now() - HOUR
    harness.provider.reply(200, {"id": "video_1", "status": "queued", "created_at": made_at})
    refused = await link_by_hand(harness.context, job.id, "video_1")
    assert isinstance(refused, Refusal)
    assert refused.reason is Reason.REMOTE_OLDER
    harness.provider.answers.clear()
    harness.provider.reply(200, {"id": "video_1", "status": "queued", "created_at": harness.clock.now() - 30})
    linked = await link_by_hand(harness.context, job.id, "video_1")
    assert isinstance(linked, Job)
    assert linked.state is State.RENDERING
