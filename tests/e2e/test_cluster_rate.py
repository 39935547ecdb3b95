"""MAX_SUBMITS_PER_MINUTE across processes: the provider's count is the truth, also when another process takes over."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.jobs.model import Cause
from sandbox.cluster_stage import LEASE_SECONDS
from tests.e2e.cluster_scene import TAKEN_OVER_SECONDS, Cluster, a_cluster
from tests.postgres import Databases

pytestmark = pytest.mark.slow
LIMIT = 3
WINDOW_SECONDS = 60.0
# What a request may be on its way, and what a taken over one may have been sent after its mark.
ON_ITS_WAY_SECONDS, LATER_SECONDS = 1.0, 10.0


@pytest_asyncio.fixture
async def cluster(tmp_path: Path, postgres: Databases) -> AsyncIterator[Cluster]:
    """Two processes that may send very few paid requests."""
    settings = {"MAX_SUBMITS_PER_MINUTE": str(LIMIT)}
    database = str(postgres.new().database)
    async with a_cluster(
        tmp_path, postgres.server, database, settings=settings, lease_seconds=2 * LEASE_SECONDS
    ) as cluster:
        yield cluster


def paid_at(cluster: Cluster) -> list[float]:
    """When the provider received each paid request."""
    return sorted(request.at for request in cluster.studio.requests if request.operation == "create")


async def ask(cluster: Cluster, number: int, *prompts: str) -> None:
    """Ask for those videos in the server of that process."""
    await asyncio.gather(*(cluster.ada.slash(cluster.places[number], "video", prompt=prompt) for prompt in prompts))


def is_settled(cluster: Cluster, prompt: str) -> bool:
    """Whether the video is there; or the question about one that was just marked when its process was killed."""
    return bool(cluster.videos(prompt) or cluster.ever(prompt, "unsure"))


async def test_the_rate_is_exact_with_requests_to_both_and_a_takeover(cluster: Cluster) -> None:
    """What the killed process has sent counts for the one that goes on, and nothing that waited is lost."""
    first = await cluster.until(lambda: (number := cluster.submitter()) is not None and number + 1) - 1
    second = 1 - first
    asked = [f"Heron {number}" for number in range(2 * LIMIT)]
    await ask(cluster, first, *asked[:LIMIT])
    await ask(cluster, second, *asked[LIMIT:])
    await cluster.until(lambda: len(cluster.rows("jobs", "remote_id IS NOT NULL")) == LIMIT, TAKEN_OVER_SECONDS)
    await cluster.stage.bots[first].kill()
    await cluster.until(lambda: cluster.submitter() == second, TAKEN_OVER_SECONDS, what="another submitter")
    last = [f"Late heron {number}" for number in range(LIMIT)]
    await ask(cluster, second, *last)
    # Once the process has learnt that by one of them, it tries no other.
    held, late = f"state = 'accepted' AND waiting_for = '{Cause.RATE}'", "state = 'accepted' AND prompt LIKE 'Late%'"
    await cluster.until(lambda: cluster.rows("jobs", held), TAKEN_OVER_SECONDS, what="one to be held")
    await cluster.until(lambda: len(cluster.rows("jobs", late)) == LIMIT, what="the late ones")
    assert cluster.paid() == LIMIT
    cluster.stage.jump(WINDOW_SECONDS + LATER_SECONDS + ON_ITS_WAY_SECONDS)
    await cluster.until(lambda: cluster.paid() >= 2 * LIMIT, what="the second minute")
    cluster.stage.jump(WINDOW_SECONDS + ON_ITS_WAY_SECONDS)
    await cluster.until(lambda: all(is_settled(cluster, prompt) for prompt in (*asked, *last)), TAKEN_OVER_SECONDS)
    assert all(cluster.studio.paid(prompt) <= 1 for prompt in (*asked, *last))
    at = paid_at(cluster)
    assert len(at) > 2 * LIMIT
    assert all(
        later - earlier > WINDOW_SECONDS - ON_ITS_WAY_SECONDS for earlier, later in zip(at, at[LIMIT:], strict=False)
    )
