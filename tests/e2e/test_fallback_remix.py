"""Remixes at providers that have none, or have lost the video: new videos from the last frame, paid and posted once."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from sandbox.chat import Message
from tests.databases import Row, rows_of
from tests.e2e import inspection
from tests.e2e.messages import of_kind, press
from tests.e2e.scene import NO_MODEL, WITH_FFMPEG, Scene, first_plan, openrouter_plan
from tests.wording import says

pytestmark = pytest.mark.asyncio(loop_scope="module")

# The preferred one has no remixes, by its dialect.
PROVIDERS = {"plain": openrouter_plan(), "able": first_plan()}
SETTINGS = WITH_FFMPEG


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _mended(scene: Scene) -> AsyncIterator[None]:
    """Both providers are as at the start, and what was learned is asked again."""
    yield
    for studio in scene.stage.studios.values():
        studio.faults.clear()
        studio.dials.remix = "works"
    scene.stage.jump(86_500)


async def the_video(scene: Scene, prompt: str) -> tuple[Row, Message]:
    """The job with that prompt once it is delivered, and its video. No time is passed: ffmpeg has a deadline."""
    row = await inspection.job(scene.stage, prompt, "delivered")
    (video,) = [one for one in of_kind(scene.channel, "video") if prompt in one.text]
    return row, video


def made_by(scene: Scene, row: Row) -> tuple[str, bool]:
    """The provider that made it, and whether by a remix."""
    query = "SELECT * FROM attempts WHERE job_id = ? AND answer = 'taken'"
    (attempt,) = rows_of(scene.stage, query, row["id"])
    (name,) = [name for name, studio in scene.stage.studios.items() if studio.base_url in attempt["provider"]]
    return name, bool(attempt["is_remix"])


async def test_a_chain_of_five_over_two_providers(scene: Scene) -> None:
    """One with remixes and one without: each reply is answered by one video, paid once, also after a restart."""
    plain, able = scene.stage.studios.values()
    await scene.ada.slash(scene.channel, "video", prompt="A heron at dawn")
    row, video = await the_video(scene, "A heron at dawn")
    made = [made_by(scene, row)]

    async def reply(to: Message, prompt: str) -> Message:
        await scene.ada.reply(to, prompt)
        row, answer = await the_video(scene, prompt)
        made.append(made_by(scene, row))
        sent = row["sent_prompt"] or prompt
        assert scene.stage.paid(sent) == 1
        return answer

    plain.faults.add("create", NO_MODEL)
    video = await reply(video, "make it rain on it")
    video = await reply(video, "let it be evening")
    assert await scene.stage.bot.terminate() == 0
    await scene.stage.start_bot()
    able.dials.remix = "source_lost"
    video = await reply(video, "with a red boat")
    video = await reply(video, "under a full moon")
    plain.faults.add("create", NO_MODEL)
    video = await reply(video, "and a lantern on it")
    assert made == [
        ("plain", False), ("able", False), ("able", True), ("plain", False), ("plain", False), ("able", False),
    ]  # fmt: skip
    details = await press(scene.ada, video, Action.DETAILS)
    assert says((await details.wait_answer()).text, Key.PROMPT_SENT)
    last = await inspection.job(scene.stage, "and a lantern on it", "delivered")
    changes = ["make it rain on it", "let it be evening", "with a red boat", "under a full moon", "and a lantern on it"]
    assert last["sent_prompt"] == "\n\nChange: ".join(["A heron at dawn", *changes])


async def test_what_is_learned_is_remembered(scene: Scene) -> None:
    """The second remix asks for none, not even after a restart; the next day one is asked for again."""
    plain, able = scene.stage.studios.values()
    prompt = "An otter"
    plain.faults.add("create", NO_MODEL)
    await scene.ada.slash(scene.channel, "video", prompt=prompt)
    _, video = await the_video(scene, prompt)
    able.dials.remix = "no_path"
    asked = len([one for one in able.requests if one.operation == "remix"])

    def remixes() -> int:
        return len([one for one in able.requests if one.operation == "remix"]) - asked

    await scene.ada.reply(video, "let it swim away")
    row, _ = await the_video(scene, "let it swim away")
    assert (row["fallback"], row["attempts"], remixes()) == ("unsupported", 2, 1)
    await scene.stage.bot.terminate()
    await scene.stage.start_bot()
    await scene.ada.reply(video, "let it sleep")
    row, _ = await the_video(scene, "let it sleep")
    assert (row["fallback"], row["attempts"], remixes()) == ("unsupported", 1, 1)
    scene.stage.jump(86_500)
    await scene.ada.reply(video, "let it eat fish")
    row, _ = await the_video(scene, "let it eat fish")
    assert remixes() == 2
    assert scene.stage.api_keys[1] not in str([tuple(row) for row in rows_of(scene.stage, "SELECT * FROM marks")])
