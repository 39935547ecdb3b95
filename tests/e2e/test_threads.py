"""A thread that the real process opens on a video, across a restart, and while it is put away."""

from pathlib import Path

import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from tests.e2e import inspection
from tests.e2e.messages import actions, press, wait_card
from tests.e2e.outage_scene import RENDER, a_scene, videos
from tests.wording import says


@pytest.mark.reliability
async def test_a_thread_is_opened_once_and_gets_its_videos(tmp_path: Path) -> None:
    """The button works after a restart, and links what is there; an archived thread is opened again for its video."""
    async with a_scene(tmp_path, {"REPLY_GRACE_SECONDS": "0"}) as scene:
        video = await scene.make("A heron at dawn")
        await inspection.job(scene.stage, "A heron at dawn", "delivered")
        for _ in range(2):
            answer = await (await press(scene.ada, video, Action.THREAD)).wait_state("message")
            assert answer.ephemeral
            assert says(answer.text, Key.ANSWER_THREAD)
            thread = video.thread
            assert thread is not None
            assert f"/{thread.id}." in answer.text
            assert thread.name == "A heron at dawn"
            assert await scene.stage.bot.terminate() == 0
            await scene.chat.bot_gone()
            await scene.stage.start_bot()
        scene.studio.dials.render_seconds = RENDER
        told = await scene.ada.say(thread, f"<@{scene.chat.bot_user.id}> Now in the rain, please")
        await inspection.job(scene.stage, "Now in the rain, please", "rendering")
        await wait_card(scene.chat, thread, lambda m: "in the rain" in m.text and says(m.text, Key.RENDERING))
        thread.archive()
        scene.stage.jump(RENDER)
        await inspection.job(scene.stage, "Now in the rain, please", "delivered")
        [remix] = videos(scene, "Now in the rain, please")
        assert (remix.channel, remix.reference, thread.archived) == (thread, told.id, False)
        assert Action.THREAD not in actions(remix)
        assert scene.studio.paid("Now in the rain, please") == 1
