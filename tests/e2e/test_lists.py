"""Private lists and details, by the real process: what they show, and that their buttons outlive it."""

import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from tests.e2e.messages import cards_settled, job_id_of, press
from tests.e2e.scene import Scene
from tests.wording import says

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_details_of_a_video(scene: Scene) -> None:
    """What was requested, what was made, and the way to the remix; also for others who see the video."""
    video = await scene.make("A red fox", size="1080x1920", seconds="8")
    await scene.ada.reply(video, "The same fox at night")
    remix = await scene.video(after=video)
    await cards_settled(scene.chat, scene.channel)
    ben = scene.join("Ben")
    for person in (scene.ada, ben):
        call = await press(person, video, Action.DETAILS)
        answer = await call.wait_answer()
        assert answer.ephemeral
        for key in (Key.SETTINGS_SENT, Key.SETTINGS_REPORTED, Key.PROVIDER_PRIVATE, Key.RENDERED, Key.FAMILY_REMIX):
            assert says(answer.text, key), (key, answer.text)
        assert says(answer.text, Key.VIDEO_ID, video=job_id_of(video))
        assert f"/{remix.id})" in answer.text
