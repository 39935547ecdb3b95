"""Limits, pauses and buttons hold across processes: each of them gives what one bot would."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.chat.custom_ids import Action
from bot.jobs.reasons import Reason
from sandbox.chat import Call, Message
from sandbox.studio import Fault
from tests.e2e.cluster_scene import Cluster, a_cluster, a_corner, all_end
from tests.e2e.messages import actions, delete_video, press, reached, wait_card, wait_kind
from tests.postgres import Databases
from tests.wording import says

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]
PLACES = 3
ACTIVE = 4
QUEUED = 8
LONG_RENDER_SECONDS = 600.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_cluster(tmp_path_factory: pytest.TempPathFactory, postgres: Databases) -> AsyncIterator[Cluster]:
    """Two processes with small limits."""
    settings = {
        "MAX_ACTIVE_JOBS_PER_USER": str(ACTIVE),
        "MAX_QUEUED_JOBS": str(QUEUED),
        "MAX_RENDERING_JOBS": str(PLACES),
    }
    url = postgres.new()
    async with a_cluster(
        tmp_path_factory.mktemp("cluster"), postgres.server, str(url.database), settings=settings
    ) as cluster:
        yield cluster
        await all_end(cluster)


@pytest_asyncio.fixture(loop_scope="module")
async def cluster(shared_cluster: Cluster, request: pytest.FixtureRequest) -> Cluster:
    """A corner of this test's own, with nothing left to do of the one before."""
    found = a_corner(shared_cluster.stage, shared_cluster.server, shared_cluster.database, request.node.name)
    found.studio.dials.render_seconds = 0.1
    await found.until(lambda: not found.rows("jobs", "ended_at IS NULL"), what="no job")
    return found


async def ask_in_both(cluster: Cluster, count: int, people: int = 1) -> list[tuple[str, Call]]:
    """So many requests at once, by turns in both processes; each with its prompt."""
    askers = [cluster.ada]
    for number in range(1, people):
        askers.append(cluster.chat.add_person(f"Ben {number}"))
        for place in cluster.places:
            place.guild.join(askers[-1])

    async def ask(number: int) -> tuple[str, Call]:
        prompt = f"Heron {number} of {cluster.ada.id}"
        asker = askers[number % people]
        return prompt, await asker.slash(cluster.places[number // people % 2], "video", prompt=prompt)

    return list(await asyncio.gather(*(ask(number) for number in range(count))))


async def taken(cluster: Cluster, asked: list[tuple[str, Call]]) -> list[str]:
    """The prompts of those that were accepted."""
    for _prompt, call in asked:
        await call.wait_state("message", "deleted")
    return [prompt for prompt, call in asked if call.answer.state == "deleted"]


async def test_a_persons_limit_is_exact_with_requests_to_both(cluster: Cluster) -> None:
    """As many as allowed are accepted, however they are spread; the provider never has more than its places."""
    cluster.studio.dials.render_seconds = LONG_RENDER_SECONDS
    asked = await ask_in_both(cluster, 3 * ACTIVE)
    accepted = await taken(cluster, asked)
    assert len(accepted) == ACTIVE
    refused = [call.answer.content for prompt, call in asked if prompt not in accepted]
    assert all(says(one, Reason.ACTIVE_LIMIT, limit=ACTIVE) for one in refused)
    await cluster.until(lambda: sum(cluster.studio.paid(one) for one in accepted) == PLACES)
    cluster.stage.jump(LONG_RENDER_SECONDS)
    await cluster.until(lambda: sum(cluster.studio.paid(one) for one in accepted) == ACTIVE)
    cluster.stage.jump(LONG_RENDER_SECONDS)
    for prompt in accepted:
        await cluster.video(prompt)


async def test_the_queue_of_all_is_exact(cluster: Cluster) -> None:
    """The places and the queue are filled by people of both processes, and not one more is accepted."""
    gates = [cluster.studio.gate("create", "before_take") for _ in range(PLACES)]
    first = await taken(cluster, await ask_in_both(cluster, PLACES, people=PLACES))
    for gate in gates:
        await reached(gate)
    people = QUEUED + 4
    others = a_corner(cluster.stage, cluster.server, cluster.database, "The others")
    asked = await ask_in_both(others, people, people=people)
    accepted = await taken(others, asked)
    refused = [call.answer.content for prompt, call in asked if prompt not in accepted]
    assert len(accepted) == QUEUED
    assert all(says(one, Reason.QUEUE_FULL) for one in refused)
    for gate in gates:
        gate.open()
    for prompt in (*first, *accepted):
        await cluster.video(prompt, 40)


async def test_a_pause_in_one_process_holds_for_all(cluster: Cluster) -> None:
    """`/owner pause` reaches the process of the first shard; nothing is paid until `/owner resume`, by any."""
    chat = cluster.chat
    at_owners = chat.dm(chat.owner)
    await (await chat.owner.slash(at_owners, "owner pause")).wait_state("message")
    await cluster.until(lambda: cluster.rows("marks", "name = 'paused'"))
    before = cluster.paid()
    for number, place in enumerate(cluster.places):
        call = await cluster.ada.slash(place, "video", prompt=f"A heron in the pause {number}")
        answer = await call.wait_state("message", "deleted")
        if answer.state == "message":
            assert says(answer.content, Reason.PAUSED)
    assert cluster.paid() == before
    await (await chat.owner.slash(at_owners, "owner resume")).wait_state("message")
    await cluster.ada.slash(cluster.places[0], "video", prompt="A heron after the pause")
    await cluster.video("A heron after the pause")


async def waits_and_renders(cluster: Cluster, number: int) -> tuple[Message, Message]:
    """The cards of a job that renders and of one that waits, both of that server."""
    cluster.studio.dials.render_seconds = LONG_RENDER_SECONDS
    place = cluster.places[number]
    for name in range(PLACES):
        await cluster.ada.slash(place, "video", prompt=f"Rendering {name} of {cluster.ada.id}")
        await cluster.job_in(f"Rendering {name} of {cluster.ada.id}", "rendering")
    await cluster.ada.slash(place, "video", prompt=f"Waiting of {cluster.ada.id}")
    waiting = await wait_card(cluster.chat, place, f"Waiting of {cluster.ada.id}")
    rendering = await wait_card(
        cluster.chat, place, lambda m: "Rendering 0" in m.text and actions(m) == [Action.WITHHOLD]
    )
    return rendering, waiting


@pytest.mark.parametrize("number", [0, 1])
async def test_buttons_work_in_either_process(cluster: Cluster, number: int) -> None:
    """Cancel, Don't post, Post it and Delete of jobs that any process owns, pressed in the server's own process."""
    rendering, waiting = await waits_and_renders(cluster, number)
    await (await press(cluster.ada, waiting, Action.CANCEL)).wait_state("message")
    await cluster.job_in(f"Waiting of {cluster.ada.id}", "cancelled")
    await (await press(cluster.ada, rendering, Action.WITHHOLD)).wait_state("message")
    cluster.stage.jump(LONG_RENDER_SECONDS)
    kept = f"Rendering 0 of {cluster.ada.id}"
    await cluster.job_in(kept, "cancelled")
    assert cluster.videos(kept) == []
    card = await wait_card(cluster.chat, cluster.places[number], lambda m: kept in m.text)
    await cluster.until(lambda: actions(card) == [Action.POST_IT])
    await (await press(cluster.ada, card, Action.POST_IT)).wait_state("message", "deleted")
    video = await cluster.video(kept)
    await delete_video(cluster.chat, cluster.ada, video)
    for name in range(1, PLACES):
        await cluster.video(f"Rendering {name} of {cluster.ada.id}")
    assert cluster.studio.paid(f"Waiting of {cluster.ada.id}") == 0


async def test_retry_makes_one_video(cluster: Cluster) -> None:
    """After a failed render, in the server of each process."""
    for number, place in enumerate(cluster.places):
        prompt = f"A heron that fails {number}"
        cluster.studio.faults.add("create", Fault.status(400))
        await cluster.ada.slash(place, "video", prompt=prompt)
        notice = await wait_kind(cluster.chat, place, "fail")
        before = cluster.studio.paid(prompt)
        await press(cluster.ada, notice, Action.RETRY)
        await cluster.until(lambda prompt=prompt: cluster.videos(prompt))
        assert cluster.studio.paid(prompt) - before == 1
