"""Taking turns: a fair queue above MAX_RENDERING_JOBS, its places on the cards, and jobs that wait on each other."""

import itertools
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from sandbox.chat import Message
from sandbox.stage import Stage
from tests.e2e.messages import cards_settled, ever_posted, job_id_of, press, reached, time_passes_until, wait_card
from tests.e2e.scene import Scene, a_stage
from tests.wording import says

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """One bot that renders one video at a time."""
    async with a_stage(tmp_path_factory.mktemp("stage"), settings={"MAX_RENDERING_JOBS": "1"}) as stage:
        yield stage


async def queued(scene: Scene, person, prompt: str) -> Message:
    """Ask for a video and wait for its card."""
    await person.slash(scene.channel, "video", prompt=prompt)
    return await wait_card(scene.chat, scene.channel, prompt)


async def test_two_people_take_turns(scene: Scene) -> None:
    """One person's many jobs let another's first one pass after the one that renders; all of them come."""
    bob = scene.join("Bob")
    gate = scene.studio.gate("create", "before_take")
    prompts = ["Ada, turn one", "Ada, turn two", "Ada, turn three"]
    cards = [await queued(scene, scene.ada, prompt) for prompt in prompts]
    await reached(gate)
    cards.append(await queued(scene, bob, "Bob, turn one"))
    await time_passes_until(scene.stage, lambda: says(cards[3].text, Key.PLACE_IN_QUEUE, position=1))
    await time_passes_until(scene.stage, lambda: says(cards[1].text, Key.PLACE_IN_QUEUE, position=2))
    await time_passes_until(scene.stage, lambda: says(cards[2].text, Key.PLACE_IN_QUEUE, position=3))
    assert not says(cards[0].text, Key.PLACE_IN_QUEUE)
    status = await (await bob.slash(scene.channel, "status", video=job_id_of(cards[3]))).wait_state("message")
    assert says(status.text, Key.PLACE_IN_QUEUE, position=1)
    gate.open()
    await cards_settled(scene.chat, scene.channel)
    assert len(ever_posted(scene.chat, scene.channel, "video")) == 4
    mine = [one.prompt for one in scene.studio.renders if ", turn " in one.prompt]
    assert mine == ["Ada, turn one", "Bob, turn one", "Ada, turn two", "Ada, turn three"]
    assert all(scene.studio.paid(prompt) == 1 for prompt in mine)


async def test_never_more_than_allowed_are_at_the_provider(scene: Scene) -> None:
    """The next job is sent only when the one before it has ended there."""
    bob = scene.join("Bob")
    for person in (scene.ada, bob):
        for number in range(2):
            await person.slash(scene.channel, "video", prompt=f"{person.name} alone {number}")
    await scene.chat.wait_for(lambda: len(ever_posted(scene.chat, scene.channel, "video")) == 4)
    renders = [one for one in scene.studio.renders if " alone " in one.prompt]
    assert len(renders) == 4
    for before, after in itertools.pairwise(renders):
        assert before.ended_at is not None
        assert after.taken_at >= before.ended_at
    await cards_settled(scene.chat, scene.channel)


async def test_a_cancelled_job_lets_the_next_one_up(scene: Scene) -> None:
    """When somebody ahead in the queue cancels, the places of the others move up."""
    gate = scene.studio.gate("create", "before_take")
    await queued(scene, scene.ada, "Up and away")
    await reached(gate)
    ahead, behind = await queued(scene, scene.ada, "Stands ahead"), await queued(scene, scene.ada, "Stands behind")
    await time_passes_until(scene.stage, lambda: says(behind.text, Key.PLACE_IN_QUEUE, position=2))
    await (await press(scene.ada, ahead, Action.CANCEL)).wait_state("message")
    await time_passes_until(scene.stage, lambda: says(behind.text, Key.PLACE_IN_QUEUE, position=1))
    gate.open()
    await cards_settled(scene.chat, scene.channel)
    assert scene.studio.paid("Stands ahead") == 0
    assert scene.studio.paid("Stands behind") == 1
