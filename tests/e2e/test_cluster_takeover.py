"""Processes that die or hang: the others go on with all that they had, and nothing is done twice."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.chat.custom_ids import Action
from sandbox.crash_points import When
from tests.e2e.cluster_scene import TAKEN_OVER_SECONDS, Cluster, a_cluster, a_corner, buried
from tests.e2e.messages import ever_posted, of_kind, press, reached, time_passes_until, wait_kind
from tests.e2e.scene import RENDER_SECONDS
from tests.postgres import Databases

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]
LONG_RENDER_SECONDS = 600.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_cluster(tmp_path_factory: pytest.TempPathFactory, postgres: Databases) -> AsyncIterator[Cluster]:
    """Two processes for all tests of this file."""
    url = postgres.new()
    async with a_cluster(
        tmp_path_factory.mktemp("cluster"), postgres.server, str(url.database), list_endpoint=True
    ) as cluster:
        yield cluster


@pytest_asyncio.fixture(loop_scope="module")
async def cluster(shared_cluster: Cluster, request: pytest.FixtureRequest) -> Cluster:
    """A corner of this test's own, with both processes alive."""
    stage = shared_cluster.stage
    for number, bot in enumerate(stage.bots):
        if not bot.running:
            await stage.start_process(number)
    stage.studio.dials.render_seconds = RENDER_SECONDS
    found = a_corner(stage, shared_cluster.server, shared_cluster.database, request.node.name)
    await found.until(lambda: found.submitter() is not None, TAKEN_OVER_SECONDS, what="a submitter")
    return found


async def test_a_dead_submitters_jobs_go_on(cluster: Cluster) -> None:
    """Killed in the paid request, the job is uncertain and asked about; what waits is sent by the other process."""
    dead = cluster.submitter()
    assert dead is not None
    here = cluster.places[1 - dead]
    gate = cluster.studio.gate("create", "before_take")
    await cluster.ada.slash(here, "video", prompt="A heron in the request")
    await reached(gate)
    await cluster.stage.bots[dead].kill()
    await cluster.ada.slash(here, "video", prompt="A heron that waits")
    gate.cut()
    await cluster.video("A heron that waits", TAKEN_OVER_SECONDS)
    assert cluster.submitter() == 1 - dead
    question = await wait_kind(cluster.chat, here, "unsure")
    assert "A heron in the request" in question.text
    await (await press(cluster.ada, question, Action.DISMISS)).wait_state("message")
    assert cluster.studio.paid("A heron in the request") == 0
    assert len(cluster.ever("A heron in the request", "unsure")) == 1


async def owned_by(cluster: Cluster, prompt: str) -> int:
    return await cluster.until(lambda: (number := cluster.owner(prompt)) is not None and number + 1, what=prompt) - 1


async def delivered_once(cluster: Cluster, prompt: str) -> None:
    """The video comes from another process: there is one message with it, and it was paid once."""
    video = await cluster.video(prompt, TAKEN_OVER_SECONDS)
    assert cluster.ever(prompt, "video") == cluster.videos(prompt) == [video]
    assert cluster.studio.paid(prompt) == 1


async def test_a_dead_processes_renders_are_polled(cluster: Cluster) -> None:
    """Whichever process has a rendering job: if it is killed, the other one polls, fetches and posts it."""
    cluster.studio.dials.render_seconds = LONG_RENDER_SECONDS
    await cluster.ada.slash(cluster.places[0], "video", prompt="A heron that renders")
    await cluster.job_in("A heron that renders", "rendering")
    dead = await owned_by(cluster, "A heron that renders")
    await cluster.stage.bots[dead].kill()
    await buried(cluster, dead)
    cluster.stage.jump(LONG_RENDER_SECONDS)
    await delivered_once(cluster, "A heron that renders")


async def test_a_dead_processes_fetch_is_begun_again(cluster: Cluster) -> None:
    """Killed while it fetches the video, another process fetches and posts it."""
    gate = cluster.studio.gate("file", "before_take")
    await cluster.ada.slash(cluster.places[0], "video", prompt="A heron that is fetched")
    await reached(gate)
    dead = await owned_by(cluster, "A heron that is fetched")
    await cluster.stage.bots[dead].kill()
    gate.cut()
    await delivered_once(cluster, "A heron that is fetched")


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_dead_processes_post_is_made_once(cluster: Cluster, when: str) -> None:
    """Killed while it posts the video, another one searches the channel first, and posts it if it isn't there."""
    prompt = f"A heron that is posted {when}"
    card = cluster.chat.gate("message_create", "after")
    await cluster.ada.slash(cluster.places[0], "video", prompt=prompt)
    await card.wait_reached()
    gate = cluster.chat.gate("message_create", when)
    card.open()
    await gate.wait_reached()
    dead = await owned_by(cluster, prompt)
    await cluster.stage.bots[dead].kill()
    gate.drop()
    await delivered_once(cluster, prompt)


@pytest.mark.parametrize(
    ("commit", "statement", "when"),
    [
        ("accepted", "INSERT INTO jobs", "after"),
        ("fetched", "INSERT INTO posts", "after"),
        ("delivered", "removed_at=", "before"),
        ("delivered", "removed_at=", "after"),
    ],
)
async def test_killed_at_a_commit_the_others_go_on(cluster: Cluster, commit: str, statement: str, when: When) -> None:
    """After the last commit, of any kind, the video is paid once and posted once, and its card goes."""
    prompt = f"A heron that is {when} {commit}"
    if commit == "fetched":
        gate = cluster.studio.gate("file", "after_take")
    for bot in cluster.stage.bots if commit != "fetched" else ():
        bot.crash_at_commit(1, when, statement)
    await cluster.ada.slash(cluster.places[0], "video", prompt=prompt)
    if commit == "fetched":
        await reached(gate)
        for bot in cluster.stage.bots:
            bot.crash_at_commit(1, when, statement)
        gate.open()
    await cluster.until(lambda: not all(bot.running for bot in cluster.stage.bots), what="a crash")
    for bot in cluster.stage.bots:
        bot.crash_at_commit(0, when)
    await delivered_once(cluster, prompt)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_dead_processes_offer_is_posted_once_and_deleted(cluster: Cluster, when: str) -> None:
    """Killed while it posts the button under a reply: another one posts it unless it is there, and deletes it."""
    chat, place = cluster.chat, cluster.places[0]
    await cluster.ada.slash(place, "video", prompt=f"A heron to change {when}")
    video = await cluster.video(f"A heron to change {when}")
    gate = chat.gate("message_create", when)
    reply = await cluster.ada.reply(video, "unheard", ping=False)
    await gate.wait_reached()
    await cluster.stage.bots[0].kill()
    gate.drop()
    await buried(cluster, 0)
    offer = await cluster.until(lambda: next(iter(of_kind(place, "offer")), None), TAKEN_OVER_SECONDS, what="the offer")
    assert offer.reply_to is reply
    await time_passes_until(cluster.stage, lambda: offer.deleted or None)
    assert ever_posted(chat, place, "offer") == [offer]
