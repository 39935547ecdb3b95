"""From a prompt to a video and on to its remix, through the real process and both servers."""

import pytest

from tests.e2e.scene import Scene, picture

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.both_databases
async def test_a_prompt_and_a_picture_become_a_video_and_a_reply_its_remix(scene: Scene) -> None:
    """One command makes one paid video in the channel; one reply to it makes one remix of it."""
    cat = picture()
    call = await scene.ada.slash(scene.channel, "video", prompt="A red fox in snow", seconds="4", reference=cat)
    await call.wait_state("deleted")
    video = await scene.video()
    assert video.pinged == {scene.ada.id}
    assert scene.studio.paid("A red fox in snow") == 1

    await scene.ada.reply(video, "Make it night, with falling stars")
    remix = await scene.video(after=video)
    assert remix.reply_to is not None
    assert remix.reply_to.content == "Make it night, with falling stars"
    renders = {render.prompt: render for render in scene.studio.renders}
    assert renders["A red fox in snow"].references[0].data == cat.data
    assert renders["Make it night, with falling stars"].parent_id == renders["A red fox in snow"].id
    assert scene.studio.paid("Make it night, with falling stars") == 1
