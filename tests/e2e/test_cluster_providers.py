"""Two processes and two providers: Stop and a pause hold whichever process is asked, and whichever has to act."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.reasons import Reason
from bot.videos.provider_setup import Abilities
from sandbox.chat import Answer, Message
from sandbox.providers import StudioPlan
from sandbox.studio import Studio
from sandbox.studio.state import Render, RenderState, Request
from tests.e2e.cluster_scene import SMALL, TAKEN_OVER_SECONDS, Cluster, a_cluster, a_corner, buried, stops
from tests.e2e.messages import actions, press, reached, time_passes_until, wait_card
from tests.e2e.scene import RENDER_SECONDS, openrouter_plan, quick_dials
from tests.postgres import Databases
from tests.wording import says

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]
LONG_RENDER_SECONDS = 600.0
# Any process takes up a render: of so many in both servers one is another's.
RENDERS = 12
FIRST = StudioPlan(
    "openai",
    quick_dials(**(SMALL | {"list_endpoint": True, "cancel": "marks"})),
    Abilities(remix=True, list=True, cancel=True),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_cluster(tmp_path_factory: pytest.TempPathFactory, postgres: Databases) -> AsyncIterator[Cluster]:
    """Two processes for all tests of this file; the first provider can stop renders."""
    url, plans = postgres.new(), {"first": FIRST, "second": openrouter_plan()}
    folder = tmp_path_factory.mktemp("cluster")
    async with a_cluster(folder, postgres.server, str(url.database), providers=plans) as cluster:
        yield cluster


@pytest_asyncio.fixture(loop_scope="module")
async def cluster(shared_cluster: Cluster, request: pytest.FixtureRequest) -> Cluster:
    """A corner of this test's own, with both processes alive, and nothing left to do of the test before."""
    stage = shared_cluster.stage
    for number, bot in enumerate(stage.bots):
        if not bot.running:
            await stage.start_process(number)
    for studio in stage.studios.values():
        studio.dials.render_seconds = RENDER_SECONDS
    found = a_corner(stage, shared_cluster.server, shared_cluster.database, request.node.name)
    await found.until(lambda: found.submitter() is not None, TAKEN_OVER_SECONDS, what="a submitter")
    return found


def asked_to_stop(studio: Studio, render: Render) -> list[Request]:
    """The requests to stop that render."""
    found = [request for request in studio.requests if request.method == "DELETE"]
    return [request for request in found if request.path.rpartition("/")[2] == render.id]


def render_of(cluster: Cluster, prompt: str) -> Render:
    [render] = [one for one in cluster.stage.renders if one.prompt == prompt]
    return render


async def rendering(cluster: Cluster) -> tuple[str, Message, int]:
    """The prompt and card of a render in one process's server that the other process has, whose number is third."""
    cluster.studio.dials.render_seconds = LONG_RENDER_SECONDS
    for number in range(RENDERS):
        place, prompt = number % 2, f"Heron {number} of {cluster.ada.id}"
        await cluster.ada.slash(cluster.places[place], "video", prompt=prompt)
        await cluster.job_in(prompt, "rendering")
        await cluster.until(lambda of=prompt: cluster.owner(of) is not None, what=f"an owner of {prompt}")
        if (owner := cluster.owner(prompt)) == 1 - place:
            break
    else:
        raise AssertionError(f"{RENDERS} jobs all came to the process of their own server")
    cluster.studio.dials.render_seconds = RENDER_SECONDS
    cluster.stage.jump(3.0)
    shown = await wait_card(
        cluster.chat, cluster.places[place], lambda m: prompt in m.text and actions(m) == [Action.STOP]
    )
    return prompt, shown, owner


async def stop(cluster: Cluster, card: Message) -> None:
    answer = await (await press(cluster.ada, card, Action.STOP)).wait_state("message")
    assert says(answer.content, Key.ANSWER_STOPPING)


async def is_stopped(cluster: Cluster, prompt: str) -> None:
    """The provider is asked to stop it, once, and a poll shows that it did; nothing is posted."""
    render = render_of(cluster, prompt)
    # Before that no time may pass: a process that marks for too long doesn't ask.
    await cluster.until(lambda: asked_to_stop(cluster.studio, render), TAKEN_OVER_SECONDS, what="a request to stop")
    await time_passes_until(cluster.stage, lambda: (cluster.job(prompt) or {}).get("state") == "stopped")
    assert (len(asked_to_stop(cluster.studio, render)), render.state) == (1, RenderState.CANCELLED)
    assert cluster.ever(prompt, "video") == cluster.ever(prompt, "fail") == []


async def test_a_stop_reaches_the_process_that_has_the_job(cluster: Cluster) -> None:
    """Pressed in the server's process, sent by the one that polls the render: once, and nothing is posted."""
    prompt, card, _ = await rendering(cluster)
    await stop(cluster, card)
    await is_stopped(cluster, prompt)
    await cluster.until(lambda: says(card.text, Key.STOPPED) and not card.buttons, what="a card that says so")


async def test_a_stop_of_a_job_whose_process_is_dead_is_sent_by_another(cluster: Cluster) -> None:
    """The wish is in the job's row: the process that takes the job up sends it, once."""
    prompt, card, owner = await rendering(cluster)
    await cluster.stage.bots[owner].kill()
    await stop(cluster, card)
    await buried(cluster, owner)
    await is_stopped(cluster, prompt)


async def test_a_stop_that_was_sent_by_a_process_that_died_is_not_sent_again(cluster: Cluster) -> None:
    """Killed while it waits for the response: the next one finds by its polls that the render was stopped."""
    prompt, card, owner = await rendering(cluster)
    gate = cluster.studio.gate("cancel", "after_take")
    await stop(cluster, card)
    await reached(gate)
    await cluster.stage.bots[owner].kill()
    gate.cut()
    await buried(cluster, owner)
    await is_stopped(cluster, prompt)


async def test_a_process_that_slept_over_a_stop_sends_none(cluster: Cluster) -> None:
    """It slept between mark and request, and Post it was pressed meanwhile: the video is made and posted."""
    prompt, card, owner = await rendering(cluster)
    cluster.stage.bots[owner].stop_at_commit("stop_sent_at=", "after")
    await stop(cluster, card)
    await stops(cluster, owner)
    await buried(cluster, owner)
    await cluster.until(lambda: Action.POST_IT in actions(card), what="Post it")
    await press(cluster.ada, card, Action.POST_IT)
    await cluster.until(lambda: not (cluster.job(prompt) or {})["withheld"], what="a video that is wanted")
    cluster.stage.bots[owner].resume()
    assert await cluster.stage.bots[owner].ended() == 1
    assert asked_to_stop(cluster.studio, render_of(cluster, prompt)) == []
    cluster.stage.jump(LONG_RENDER_SECONDS)
    await cluster.video(prompt)


async def owner_says(cluster: Cluster, **options: str) -> Answer:
    """The response to `/owner providers`, which the first process gets."""
    chat = cluster.chat
    return await (await chat.owner.slash(chat.dm(chat.owner), "owner providers", **options)).wait_state("message")


async def test_a_paused_provider_gets_nothing_from_any_process(cluster: Cluster) -> None:
    """Jobs of both servers go to the next provider at once; what renders at the paused one is delivered."""
    first, second = cluster.stage.studios.values()
    before, _, _ = await rendering(cluster)
    asked = len(first.requests)
    answer = await owner_says(cluster, pause="first")
    assert says(answer.content, Key.OWNER_PROVIDER_PAUSED, provider="first")
    prompts = [f"A heron in the pause, server {number}" for number in range(len(cluster.places))]
    for prompt, place in zip(prompts, cluster.places, strict=True):
        await cluster.ada.slash(place, "video", prompt=prompt)
        await cluster.video(prompt)
        assert (first.paid(prompt), second.paid(prompt)) == (0, 1)
    assert not [one for one in first.requests[asked:] if one.operation in ("create", "remix")]
    cluster.stage.jump(LONG_RENDER_SECONDS)
    await cluster.video(before)
    answer = await owner_says(cluster, resume="first")
    assert says(answer.content, Key.OWNER_PROVIDER_RESUMED, provider="first")
    for number, place in enumerate(cluster.places):
        prompt = f"A heron after the pause, server {number}"
        await cluster.ada.slash(place, "video", prompt=prompt)
        await cluster.video(prompt)
        assert first.paid(prompt) == 1


async def test_with_all_paused_each_process_says_so_also_after_a_restart(cluster: Cluster) -> None:
    """A pause of every provider is said in both servers; it outlives the process that heard it, and ends for all."""
    for name in cluster.stage.studios:
        await owner_says(cluster, pause=name)
    for number, place in enumerate(cluster.places):
        if number == 0:
            await cluster.stage.bots[number].kill()
            await buried(cluster, number)
            await cluster.stage.start_process(number)
        call = await cluster.ada.slash(place, "video", prompt=f"A heron that nobody makes, server {number}")
        answer = await call.wait_state("message", "deleted")
        assert answer.state == "message", f"accepted by process {number}"
        assert says(answer.content, Reason.PAUSED)
    for name in cluster.stage.studios:
        await owner_says(cluster, resume=name)
    for number, place in enumerate(cluster.places):
        prompt = f"A heron after all, server {number}"
        await cluster.ada.slash(place, "video", prompt=prompt)
        await cluster.video(prompt)
