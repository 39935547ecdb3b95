"""A replica that was behind takes over while the bots run: nothing is sent for what it has forgotten."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.jobs.reasons import Reason
from tests.e2e.cluster_scene import Cluster, a_cluster
from tests.postgres import Databases
from tests.wording import says

pytestmark = pytest.mark.slow


@pytest_asyncio.fixture
async def cluster(tmp_path: Path, postgres: Databases) -> AsyncIterator[Cluster]:
    """Two processes of this test's own."""
    async with a_cluster(tmp_path, postgres.server, str(postgres.new().database)) as cluster:
        yield cluster


def goes_back(cluster: Cluster, prompt: str, number: int) -> None:
    """The rows as they were before that job was sent."""
    job = cluster.job(prompt)
    assert job is not None
    as_it_was = "state = 'accepted', remote_id = NULL, submitted_at = NULL, ended_at = NULL"
    for statement in (
        f"UPDATE marks SET value = '{number}' WHERE name = 'generation'",  # noqa: S608  # our own names
        f"DELETE FROM posts WHERE job_id = '{job['id']}' AND kind = 'video'",  # noqa: S608
        f"UPDATE jobs SET {as_it_was} WHERE id = '{job['id']}'",  # noqa: S608
    ):
        cluster.server.execute(statement, cluster.database)


async def test_all_processes_end_and_start_paused(cluster: Cluster) -> None:
    """Each ends by itself; started again, they pay for nothing and post nothing until `/owner resume`."""
    chat, place = cluster.chat, cluster.places[0]
    await cluster.ada.slash(place, "video", prompt="A heron before")
    await cluster.video("A heron before")
    [mark] = cluster.rows("marks", "name = 'generation'")
    await cluster.ada.slash(place, "video", prompt="A heron that is forgotten")
    await cluster.video("A heron that is forgotten")
    goes_back(cluster, "A heron that is forgotten", int(mark["value"]))
    codes = [await bot.ended() for bot in cluster.stage.bots]
    assert codes == [1, 1]
    assert all("Start it again" in bot.log() for bot in cluster.stage.bots)
    # A supervisor starts each again; more than once if need be.
    for number in range(2):
        await cluster.stage.start_process(number)
    for number, bot in enumerate(cluster.stage.bots):
        if not bot.running:
            await cluster.stage.start_process(number)
    refused = await cluster.ada.slash(place, "video", prompt="A heron too soon")
    answer = await refused.wait_state("message")
    assert says(answer.content, Reason.PAUSED)
    resumed = await chat.owner.slash(chat.dm(chat.owner), "owner resume")
    await resumed.wait_state("message")
    await cluster.ada.slash(place, "video", prompt="A heron after that")
    await cluster.video("A heron after that")
    for prompt in ("A heron before", "A heron that is forgotten"):
        assert cluster.studio.paid(prompt) == 1
        assert len(cluster.ever(prompt, "video")) == 1
    assert all(bot.running for bot in cluster.stage.bots)
