"""Ten thousand jobs and one provider with a limit: how often it is asked in vain. Real pacing, on a clock by hand."""

from functools import cache
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from bot.engine.due_queue import DueQueue
from bot.engine.pipeline.poll import Poller
from bot.engine.pipeline.throttle import ProviderThrottle
from bot.engine.signals import Signals
from bot.jobs.model import Job, JobId, UserId
from bot.jobs.pacing import Bounds
from bot.jobs.states import State
from bot.jobs.store import marks
from bot.videos.dialects.openai import OpenAIDialect
from bot.videos.submit_responses import RawResponse, ResponseContext, judge_poll
from bot.videos.values import RemoteVideo
from tests.figures import figure
from tests.unit.bot.engine.fake_alerts import FakeAlerts
from tests.unit.bot.engine.fake_clock import FakeClock
from tests.unit.bot.engine.providers_of_test import one_provider, one_throttle
from tests.unit.bot.jobs.samples import PROVIDER, a_job

JOBS = 10_000
WARM_SECONDS = 30.0
# The goal of a restart (docs/performance.md) is for a provider that accepts so many a second.
AT_GOAL = 50
PEOPLE = 20
SECONDS = figure(100.0, 1_800.0)


class FakeLimitedProvider:
    """A provider that bears so many polls in a second and answers the others with 429, without saying how long."""

    provider = PROVIDER

    def __init__(self, clock: FakeClock, bears_per_second: int) -> None:
        self._clock = clock
        self._bears_per_second = bears_per_second
        self._second, self._asked_in_it = 0, 0
        self.warm_at = clock.now() + WARM_SECONDS
        self.refused: list[bool] = []

    async def poll(self, remote_id: str) -> RemoteVideo:
        """What the real client makes of its answer."""
        now = self._clock.now()
        if int(now) != self._second:
            self._second, self._asked_in_it = int(now), 0
        self._asked_in_it += 1
        too_many = self._asked_in_it > self._bears_per_second
        if now >= self.warm_at:
            self.refused.append(too_many)
        body = b'{"error": {"message": "slow down"}}' if too_many else b'{"status": "processing"}'
        judged = judge_poll(
            RawResponse(429 if too_many else 200, {}, body),
            ResponseContext(OpenAIDialect(), PROVIDER, now, "", remote_id),
        )
        if isinstance(judged, RemoteVideo):
            return judged
        raise judged


class FakeDatabase:
    """Counts how often the ceiling is stored."""

    def __init__(self) -> None:
        self.writes = 0

    async def write(self, work: object, provider: str, ceiling: float) -> None:
        assert (work, provider) == (marks.put_poll_ceiling, PROVIDER)
        assert ceiling >= 1.0
        self.writes += 1


@cache
def rendering_since(began_at: float) -> dict[JobId, Job]:
    """All the jobs, which nothing here changes."""
    made = (
        a_job(
            State.RENDERING,
            user_id=UserId(number % PEOPLE),
            remote_id=f"video_{number}",
            accepted_at=began_at,
            submitted_at=began_at,
        )
        for number in range(JOBS)
    )
    return {job.id: job for job in made}


@pytest.mark.slow
@pytest.mark.reliability
@pytest.mark.parametrize(
    ("bears_per_second", "known_ceiling", "refused_share", "used_share"),
    [
        (50, None, 0.01, 0.85),
        (50, 52.0, 0.01, 0.85),
        (12, None, 0.01, 0.75),
        (6, None, 0.02, 0.7),
    ],
)
async def test_ten_thousand_jobs_rarely_ask_a_limited_provider_in_vain(
    bears_per_second: int, known_ceiling: float | None, refused_share: float, used_share: float
) -> None:
    """Hardly a poll is answered with 429 from half a minute on, while most of what the provider bears is made use of.

    At the goal of 50 a second that holds from the first second on, and earlier renders were of many people.
    """
    clock = FakeClock()
    throttle, provider = ProviderThrottle(clock), FakeLimitedProvider(clock, bears_per_second)
    if known_ceiling is not None:
        throttle.poll_rate.remember(known_ceiling)
    if bears_per_second == AT_GOAL:
        provider.warm_at = clock.now()
    database = FakeDatabase()
    rules = SimpleNamespace(poll_bounds=Bounds(1.0, 60.0), job_give_up_seconds=86_400.0)
    providers = one_provider(provider)
    context = SimpleNamespace(
        clock=clock, providers=providers, rules=rules, signals=Signals(), database=database, owner_alerts=FakeAlerts()
    )
    poller = Poller(context, one_throttle(throttle, providers))  # pyright: ignore[reportArgumentType]  # what a poller uses of the parts here
    polls, began_at = DueQueue(), clock.now()
    jobs = rendering_since(began_at)
    for each in jobs:
        # Found at a start, so every one is due at once.
        polls.put(each, began_at)
    seen = set[JobId]()
    # The log isn't read here.
    with capture_logs():
        while clock.now() < began_at + SECONDS:
            due = polls.first()
            assert due is not None
            due_at, job_id = due
            wait_seconds = max(due_at - clock.now(), 0.0) or throttle.seconds_until_poll()
            if wait_seconds > 0:
                clock.seconds += wait_seconds
                continue
            following = await poller.poll(jobs[job_id], JOBS)
            assert following.due_at is not None
            polls.put(job_id, following.due_at)
            seen.add(job_id)
    assert not throttle.is_open
    assert sum(provider.refused) / len(provider.refused) < refused_share
    accepted = len(provider.refused) - sum(provider.refused)
    assert accepted > used_share * (began_at + SECONDS - provider.warm_at) * bears_per_second
    assert len(seen) > 0.4 * min(JOBS, SECONDS * bears_per_second)
    assert 0 < database.writes < 30
