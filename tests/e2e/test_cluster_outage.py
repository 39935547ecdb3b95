"""The shared database goes away, ends connections, or refuses to store: nothing is paid without a row, all goes on."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.jobs.reasons import Reason
from sandbox.cluster_stage import LEASE_SECONDS
from sandbox.postgres import PostgresServer
from tests.e2e.cluster_scene import TAKEN_OVER_SECONDS, Cluster, a_cluster, a_corner
from tests.wording import says

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]
LOG_LINES_MAX = 60


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_cluster(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    """Two processes, and a server of their own that each test may stop."""
    # Otherwise a kill loses what was stored last, and each process ends as after a failover.
    with PostgresServer(synchronous_commit="on") as server:
        server.create("bot")
        async with a_cluster(tmp_path_factory.mktemp("cluster"), server, "bot") as cluster:
            yield cluster
            assert [await bot.terminate() for bot in cluster.stage.bots] == [0, 0]


@pytest.fixture
def cluster(shared_cluster: Cluster, request: pytest.FixtureRequest) -> Cluster:
    """A corner of this test's own."""
    return a_corner(shared_cluster.stage, shared_cluster.server, shared_cluster.database, request.node.name)


def lives(cluster: Cluster) -> list[int]:
    """How often each process was started."""
    return [bot.lives for bot in cluster.stage.bots]


def log_lines(cluster: Cluster) -> int:
    """The number of lines that all processes have logged."""
    return sum(len(bot.log().splitlines()) for bot in cluster.stage.bots)


async def goes_on(cluster: Cluster, *prompts: str) -> None:
    """Those videos are finished, and new ones are made for both servers; no process was started again."""
    for prompt in prompts:
        await cluster.video(prompt, TAKEN_OVER_SECONDS)
    for number, place in enumerate(cluster.places):
        prompt = f"A heron after {place.name} {number} of {prompts[0]}"
        await accepted(cluster, number, prompt)
        await cluster.video(prompt, TAKEN_OVER_SECONDS)
    assert all(bot.running for bot in cluster.stage.bots)
    assert len(cluster.rows("processes")) == 2


async def accepted(cluster: Cluster, number: int, prompt: str) -> None:
    """Ask for that video until it is accepted."""
    call = await cluster.ada.slash(cluster.places[number], "video", prompt=prompt)
    answer = await call.wait_state("message", "deleted", timeout_seconds=30)
    if answer.state == "message":
        assert says(answer.content, Reason.STORE_UNAVAILABLE) or "wrong" in answer.content, answer.content
        await cluster.until(lambda: not cluster.rows("processes", "lease_until < extract(epoch from now())"))
        await accepted(cluster, number, prompt)


async def refused(cluster: Cluster, prompt: str) -> str:
    """What is said to a request that can't be stored."""
    call = await cluster.ada.slash(cluster.places[0], "video", prompt=prompt)
    return (await call.wait_state("message", timeout_seconds=30)).content


async def test_connections_that_are_ended_are_opened_again(cluster: Cluster) -> None:
    """Jobs that render meanwhile are finished, and nothing is done twice."""
    cluster.studio.dials.render_seconds = 600.0
    await cluster.ada.slash(cluster.places[0], "video", prompt="A heron at dawn")
    await cluster.job_in("A heron at dawn", "rendering")
    cluster.studio.dials.render_seconds = 0.1
    ended = cluster.server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'bot' AND pid <> pg_backend_pid()"
    )
    assert "t" in ended.split()
    cluster.stage.jump(600)
    video = await cluster.video("A heron at dawn", TAKEN_OVER_SECONDS)
    assert cluster.studio.paid("A heron at dawn") == 1
    assert cluster.ever("A heron at dawn", "video") == [video]
    await goes_on(cluster, "A heron at dawn")


async def test_a_server_that_crashes_and_comes_back(cluster: Cluster) -> None:
    """As after a power cut of its machine."""
    cluster.studio.dials.render_seconds = 600.0
    await cluster.ada.slash(cluster.places[0], "video", prompt="A heron at noon")
    await cluster.job_in("A heron at noon", "rendering")
    cluster.studio.dials.render_seconds = 0.1
    before = log_lines(cluster)
    cluster.server.kill()
    cluster.stage.jump(600)
    paid = cluster.paid()
    assert says(await refused(cluster, "A heron in the outage"), Reason.STORE_UNAVAILABLE)
    assert cluster.paid() == paid
    cluster.server.start()
    await goes_on(cluster, "A heron at noon")
    assert cluster.job("A heron in the outage") is None
    assert log_lines(cluster) - before < LOG_LINES_MAX


async def test_after_an_outage_of_more_than_a_lease_no_process_is_buried(cluster: Cluster) -> None:
    """Each renews its lease first."""
    await cluster.ada.slash(cluster.places[0], "video", prompt="A heron at dusk")
    await cluster.video("A heron at dusk")
    names = {row["name"] for row in cluster.rows("processes")}
    cluster.server.stop()
    stopped_at = cluster.stage.clock.monotonic()
    await cluster.until(lambda: cluster.stage.clock.monotonic() - stopped_at > 1.5 * LEASE_SECONDS)
    cluster.server.start()
    await goes_on(cluster, "A heron at dusk")
    assert {row["name"] for row in cluster.rows("processes")} == names


async def test_a_database_that_stores_nothing(cluster: Cluster) -> None:
    """Read only, as a full one may be made: commands are refused politely and nothing is paid; then all goes on."""
    await cluster.ada.slash(cluster.places[0], "video", prompt="A heron at night")
    await cluster.video("A heron at night")
    before, paid = log_lines(cluster), cluster.paid()
    for setting in ("on", "off"):
        cluster.server.execute(f"ALTER SYSTEM SET default_transaction_read_only = {setting}")
        cluster.server.execute("SELECT pg_reload_conf()")
        if setting == "on":
            assert says(await refused(cluster, "A heron that is refused"), Reason.STORE_UNAVAILABLE)
            assert cluster.paid() == paid
    await goes_on(cluster, "A heron at night")
    assert log_lines(cluster) - before < LOG_LINES_MAX


@pytest.mark.parametrize(
    "statement", ["INSERT INTO jobs", "submitted_at=", "remote_id=", "completed_at=", "video_bytes=", "removed_at="]
)
async def test_a_commit_whose_outcome_is_lost(cluster: Cluster, statement: str) -> None:
    """It is stored, and the process doesn't learn it: the video is paid once and posted once all the same."""
    prompt = f"A heron lost at {statement[:9]}"
    for bot in cluster.stage.bots:
        bot.lose_commit(statement)
    await cluster.ada.slash(cluster.places[0], "video", prompt=prompt)
    await cluster.job_in(prompt, "delivered", seconds=TAKEN_OVER_SECONDS)
    for bot in cluster.stage.bots:
        bot.crash_at_commit(0, "after")
    video = await cluster.video(prompt, TAKEN_OVER_SECONDS)
    assert cluster.studio.paid(prompt) == 1
    assert cluster.ever(prompt, "video") == [video]
