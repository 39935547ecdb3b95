"""Ten thousand jobs and one provider with a limit: how often it is asked in vain. Real pacing, on a clock by hand."""

from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from bot.engine.due_queue import DueQueue
from bot.engine.pipeline.poll import Poller
from bot.engine.pipeline.throttle import ProviderThrottle
from bot.engine.signals import Signals
from bot.jobs.model import Job, JobId
from bot.jobs.pacing import Bounds
from bot.jobs.states import State
from bot.videos.submit_responses import RawResponse, ResponseContext, judge_poll
from bot.videos.values import RemoteVideo
from tests.figures import figure
from tests.unit.bot.engine.fake_clock import FakeClock
from tests.unit.bot.jobs.samples import PROVIDER, a_job

JOBS = 10_000
WARM_SECONDS = 30.0
SECONDS = figure(120.0, 1_800.0)


class FakeLimitedProvider:
    """A provider that bears so many looks in a second and answers the others with 429, without saying how long."""

    provider = PROVIDER

    def __init__(self, clock: FakeClock, bears_per_second: int) -> None:
        self._clock = clock
        self._bears_per_second = bears_per_second
        self._second, self._asked_in_it = 0, 0
        self._warm_at = clock.now() + WARM_SECONDS
        self.refused: list[bool] = []

    async def poll(self, remote_id: str) -> RemoteVideo:
        """What the real client makes of its answer."""
        now = self._clock.now()
        if int(now) != self._second:
            self._second, self._asked_in_it = int(now), 0
        self._asked_in_it += 1
        too_many = self._asked_in_it > self._bears_per_second
        if now >= self._warm_at:
            self.refused.append(too_many)
        body = b'{"error": {"message": "slow down"}}' if too_many else b'{"status": "processing"}'
        judged = judge_poll(
            RawResponse(429 if too_many else 200, {}, body), ResponseContext(PROVIDER, now, "", remote_id)
        )
        if isinstance(judged, RemoteVideo):
            return judged
        raise judged


@pytest.mark.reliability
@pytest.mark.parametrize(("bears_per_second", "refused_share"), [(50, 0.01), (12, 0.01), (6, 0.02)])
async def test_ten_thousand_jobs_rarely_ask_a_limited_provider_in_vain(
    bears_per_second: int, refused_share: float
) -> None:
    """From half a minute on hardly a look is answered with 429, while most of what the provider bears is made use of.

    A provider that bears less is felt for more often, as the rate falls by the same share and rises by the same step.
    """
    clock = FakeClock()
    throttle, provider = ProviderThrottle(clock), FakeLimitedProvider(clock, bears_per_second)
    rules = SimpleNamespace(poll_bounds=Bounds(2.0, 30.0), job_give_up_seconds=86_400.0)
    context = SimpleNamespace(clock=clock, videos=provider, rules=rules, signals=Signals())
    poller = Poller(context, throttle)  # pyright: ignore[reportArgumentType]  # what a poller uses of the parts here
    jobs: dict[JobId, Job] = {}
    looks, began_at = DueQueue(), clock.now()
    for number in range(JOBS):
        job = a_job(State.RENDERING, remote_id=f"video_{number}", accepted_at=began_at, submitted_at=began_at)
        jobs[job.id] = job
        # Found at a start, so every one is due at once.
        looks.put(job.id, began_at)
    seen = set[JobId]()
    # The log isn't read here.
    with capture_logs():
        while clock.now() < began_at + SECONDS:
            due = looks.first()
            assert due is not None
            due_at, job_id = due
            wait_seconds = max(due_at - clock.now(), 0.0) or throttle.seconds_until_poll()
            if wait_seconds > 0:
                clock.seconds += wait_seconds
                continue
            following = await poller.poll(jobs[job_id], JOBS)
            assert following.due_at is not None
            looks.put(job_id, following.due_at)
            seen.add(job_id)
    assert not throttle.is_open
    assert sum(provider.refused) / len(provider.refused) < refused_share
    share_used = len(provider.refused) / ((SECONDS - WARM_SECONDS) * min(bears_per_second, 20))
    assert share_used > 0.5
    assert len(seen) > 0.4 * min(JOBS, SECONDS * min(bears_per_second, 20))
