"""Two providers of different dialects: the second makes what the first surely did not take, and nothing else."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.chat.custom_ids import Action
from bot.jobs.reasons import Reason
from sandbox.chat import Message
from sandbox.studio import Fault, Request, Studio
from tests.databases import rows_of
from tests.e2e import inspection
from tests.e2e.messages import actions, ever_posted, of_kind, time_passes_until
from tests.e2e.scene import NO_MODEL, Scene, first_plan, openrouter_plan
from tests.figures import figure
from tests.wording import says

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROVIDERS = {"first": first_plan(), "second": openrouter_plan()}
# How many jobs meet each fault.
TIMES = figure(1, 10)
# As long as a refusal of one request is remembered.
QUIET_SECONDS = 1_300


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _mended(scene: Scene) -> AsyncIterator[None]:
    """What one test has turned, the next one finds as it was."""
    yield
    mend(scene)


def mend(scene: Scene) -> None:
    """Both providers work, and no refusal is remembered."""
    for studio in scene.stage.studios.values():
        studio.faults.clear()
    scene.stage.jump(QUIET_SECONDS)


def studios(scene: Scene) -> tuple[Studio, Studio]:
    first, second = scene.stage.studios.values()
    return first, second


def asked_of(studio: Studio, prompt: str) -> list[Request]:
    """The paid requests of that prompt that reached it."""
    return [one for one in studio.requests if one.operation == "create" and one.fields.get("prompt") == prompt]


def attempts_of(scene: Scene, prompt: str) -> list[tuple[str, str]]:
    """Of each attempt what was answered, and whether it was charged."""
    query = "SELECT * FROM attempts WHERE job_id = (SELECT id FROM jobs WHERE prompt = ?) ORDER BY ordinal"
    return [(row["answer"], row["charged"]) for row in rows_of(scene.stage, query, prompt)]


def videos_of(scene: Scene, prompt: str) -> list[Message]:
    """The videos with that prompt that are there to be seen."""
    return [one for one in of_kind(scene.channel, "video") if prompt in one.text]


async def the_video(scene: Scene, prompt: str) -> Message:
    """The prompt's video, which is the only message about it but its card."""
    await time_passes_until(scene.stage, lambda: videos_of(scene, prompt), step_seconds=5)
    assert not [kind for kind in ("fail", "unsure", "late", "slow") if ever_posted(scene.chat, scene.channel, kind)]
    [video] = videos_of(scene, prompt)
    return video


@pytest.mark.reliability
@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        (Fault.status(401), "key"),
        (Fault.status(402), "credit"),
        (NO_MODEL, "model"),
        (Fault.status(429, headers={"Retry-After": "300"}), "busy"),
        (Fault.status(503, headers={"Retry-After": "120"}), "busy"),
    ],
)
async def test_after_a_definite_no_the_second_makes_it(scene: Scene, fault: Fault, answer: str) -> None:
    """Paid once over both, posted once."""
    first, second = studios(scene)
    for number in range(TIMES):
        prompt = f"A boat of {answer} {fault.status_code}, number {number}"
        first.faults.add("create", fault, times=1_000)
        await scene.ada.slash(scene.channel, "video", prompt=prompt)
        await inspection.job(scene.stage, prompt)
        await the_video(scene, prompt)
        assert (first.paid(prompt), second.paid(prompt)) == (0, 1)
        assert attempts_of(scene, prompt)[0] == (answer, "no")
        assert attempts_of(scene, prompt)[-1][0] == "taken"
        keys = [{one.headers["idempotency-key"] for one in asked_of(studio, prompt)} for studio in (first, second)]
        assert len(keys[0]) == len(keys[1]) == 1
        assert keys[0] != keys[1]
        mend(scene)


@pytest.mark.reliability
@pytest.mark.parametrize(
    "fault",
    [
        Fault.drop(take=True),
        Fault.drop(take=False),
        Fault.status(502),
        Fault.status(504, take=True),
        Fault.body(b"{"),
        Fault.status(429, json={"error": {"message": "upstream connection reset by peer"}}),
    ],
)
async def test_in_doubt_nothing_is_begun_at_the_second(scene: Scene, fault: Fault) -> None:
    """The requester is asked. A video that turns up at the first is posted, once."""
    first, second = studios(scene)
    for number in range(TIMES):
        prompt = f"A doubt of {fault.words}, number {number}"
        first.faults.add("create", fault)
        await scene.ada.slash(scene.channel, "video", prompt=prompt)
        await inspection.job(scene.stage, prompt, "uncertain", "rendering", "fetching", "posting", "delivered")
        if fault.take:
            await time_passes_until(scene.stage, lambda of=prompt: videos_of(scene, of), step_seconds=5)
            assert len(videos_of(scene, prompt)) == 1
            assert first.paid(prompt) == 1
        else:
            scene.stage.jump(600)
            assert (await inspection.job(scene.stage, prompt, "uncertain"))["state"] == "uncertain"
        assert asked_of(second, prompt) == []
        assert len(attempts_of(scene, prompt)) == 1
        mend(scene)


async def test_without_ffmpeg_what_the_second_made_can_not_be_remixed(scene: Scene) -> None:
    """It has no remixes: the video has no button for one, and the command says so. It can be made again."""
    first, second = studios(scene)
    prompt = "A boat that stays as it is"
    first.faults.add("create", NO_MODEL)
    await scene.ada.slash(scene.channel, "video", prompt=prompt)
    row = await inspection.job(scene.stage, prompt)
    video = await the_video(scene, prompt)
    assert Action.REMIX not in actions(video)
    await inspection.job(scene.stage, prompt, "delivered")
    refused = await inspection.refusal(await scene.ada.slash(scene.channel, "remix", prompt="Now", video=row["id"]))
    assert says(refused, Reason.REMIX_UNSUPPORTED, video=row["id"])
    assert len(asked_of(second, prompt)) == 1
