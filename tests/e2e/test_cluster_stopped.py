"""A process that is stopped for longer than its lease and then wakes: it does nothing any more, and ends."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.chat.custom_ids import Action
from bot.jobs.reasons import Reason
from sandbox.crash_points import When
from tests.e2e.cluster_scene import TAKEN_OVER_SECONDS, Cluster, a_cluster, buried, stops
from tests.e2e.messages import press, wait_kind
from tests.postgres import Databases
from tests.wording import says

pytestmark = pytest.mark.slow


@pytest_asyncio.fixture
async def cluster(tmp_path: Path, postgres: Databases) -> AsyncIterator[Cluster]:
    """Two processes of this test's own."""
    async with a_cluster(tmp_path, postgres.server, str(postgres.new().database)) as cluster:
        yield cluster


async def wakes_and_ends(cluster: Cluster, number: int) -> None:
    """Let that process wake: it ends by itself, to be started again."""
    bot = cluster.stage.bots[number]
    bot.resume()
    assert await bot.ended() == 1
    assert "Start it again" in bot.log()


async def submitter(cluster: Cluster) -> int:
    """The number of the process that submits."""
    return await cluster.until(lambda: (number := cluster.submitter()) is not None and number + 1) - 1


async def test_a_process_that_slept_ends_and_is_started_again(cluster: Cluster) -> None:
    """Its videos are made by the others meanwhile; started again, it is as before."""
    slept = await submitter(cluster)
    here, there = cluster.places[slept], cluster.places[1 - slept]
    cluster.stage.bots[slept].pause()
    await cluster.ada.slash(there, "video", prompt="A heron while one sleeps")
    await cluster.video("A heron while one sleeps", TAKEN_OVER_SECONDS)
    await buried(cluster, slept)
    await wakes_and_ends(cluster, slept)
    await cluster.stage.start_process(slept)
    await cluster.ada.slash(here, "video", prompt="A heron after that")
    await cluster.video("A heron after that")
    for prompt in ("A heron while one sleeps", "A heron after that"):
        assert cluster.studio.paid(prompt) == len(cluster.ever(prompt, "video")) == 1


async def test_commands_that_wait_for_a_process_that_was_taken_over_are_answered(cluster: Cluster) -> None:
    """It accepts none of them and says so, before it ends without an error of its own."""
    slept = await submitter(cluster)
    here = cluster.places[slept]
    cluster.stage.bots[slept].pause()
    await buried(cluster, slept)
    calls = [await cluster.ada.slash(here, "video", prompt=f"A heron too late {number}") for number in range(5)]
    await wakes_and_ends(cluster, slept)
    for call in calls:
        answer = await call.wait_state("message")
        assert says(answer.content, Reason.STORE_UNAVAILABLE) or says(answer.content, Reason.RESTARTING), answer.content
    assert cluster.paid() == 0
    assert "Traceback" not in cluster.stage.bots[slept].log()


@pytest.mark.parametrize("when", ["before", "after"])
async def test_stopped_between_mark_and_request_nothing_is_paid(cluster: Cluster, when: When) -> None:
    """What was marked is asked about; what wasn't is paid by another one. The woken process sends nothing."""
    slept = await submitter(cluster)
    there = cluster.places[1 - slept]
    cluster.stage.bots[slept].stop_at_commit("submitted_at=", when)
    await cluster.ada.slash(there, "video", prompt="A heron in between")
    await stops(cluster, slept)
    await buried(cluster, slept)
    if when == "after":
        question = await wait_kind(cluster.chat, there, "unsure")
        await wakes_and_ends(cluster, slept)
        assert cluster.paid() == 0
        await (await press(cluster.ada, question, Action.DISMISS)).wait_state("message")
    else:
        await wakes_and_ends(cluster, slept)
        await cluster.video("A heron in between", TAKEN_OVER_SECONDS)
        assert cluster.paid() == 1
    await cluster.ada.slash(there, "video", prompt="A heron after that")
    await cluster.video("A heron after that")


@pytest.mark.parametrize("when", ["before", "after"])
async def test_stopped_between_mark_and_post_nothing_is_posted_twice(cluster: Cluster, when: When) -> None:
    """Another one posts the video; the woken process doesn't."""
    card = cluster.chat.gate("message_create", "after")
    await cluster.ada.slash(cluster.places[0], "video", prompt="A heron in between")
    await card.wait_reached()
    for bot in cluster.stage.bots:
        bot.stop_at_commit("attempted_after=", when)
    card.open()
    await cluster.until(lambda: any(bot.paused for bot in cluster.stage.bots), what="a process to stop")
    [slept] = [number for number, bot in enumerate(cluster.stage.bots) if bot.paused]
    cluster.stage.bots[1 - slept].crash_at_commit(0, when)
    await buried(cluster, slept)
    await cluster.video("A heron in between", TAKEN_OVER_SECONDS)
    await wakes_and_ends(cluster, slept)
    assert len(cluster.ever("A heron in between", "video")) == 1
    assert cluster.paid() == 1
