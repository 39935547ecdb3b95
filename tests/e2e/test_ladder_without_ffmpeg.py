"""The delivery ladder on a machine without ffmpeg: everything still arrives, by the other ways."""

import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from sandbox.stage import Stage
from tests.e2e.ladder_scene import MIB, PUBLIC, hand_out, made, posted_file, uploads
from tests.e2e.messages import actions, wait_kind
from tests.e2e.scene import Scene
from tests.wording import Ending, says

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]


@pytest.fixture(autouse=True)
def dials_back(shared_stage: Stage):
    yield
    dials = shared_stage.studio.dials
    dials.file = dials.megabytes = dials.public_files_url = None


async def test_a_video_over_the_limit_is_linked(scene: Scene) -> None:
    """With both sizes, the link that everybody can open, and when it expires; it can be remixed like any other."""
    scene.studio.dials.megabytes = 11
    scene.studio.dials.public_files_url = PUBLIC
    video = await made(scene, "Too much of it")
    assert video.attachments == []
    assert video.pinged == {scene.ada.id}
    assert says(video.content, Key.VIDEO_LINK)
    assert "10.5 MB" in video.content
    assert "10 MB" in video.content
    assert says(video.content, Key.WATCH_UNTIL)
    assert PUBLIC in video.text
    assert actions(video) == [Action.REMIX, Action.AGAIN, Action.DETAILS, Action.THREAD, Action.DELETE]
    assert len(uploads(scene)) == 1


async def test_without_a_link_it_is_kept(scene: Scene) -> None:
    """Neither uploaded in vain, being over twice the limit, nor lost: *Post it* posts it once the server is boosted."""
    scene.studio.dials.megabytes = 30
    await scene.ada.slash(scene.channel, "video", prompt="Far too much of it")
    notice = await wait_kind(scene.chat, scene.channel, "fail")
    assert says(notice.content, Ending.UNPOSTED_SIZE)
    assert actions(notice) == [Action.POST_IT]
    assert uploads(scene) == []


@pytest.mark.parametrize(("name", "suffix"), [("vp9.webm", ".webm"), ("hevc.mp4", ".mp4"), ("av1.mp4", ".mp4")])
async def test_what_does_not_play_everywhere_is_posted_as_it_is(scene: Scene, name: str, suffix: str) -> None:
    """Byte for byte, under a name that says what it is, with the advice to download it."""
    content = hand_out(scene.stage, name)
    video = await made(scene, f"As it is {name}")
    assert posted_file(video).read_bytes() == content
    assert video.attachments[0].file_name.endswith(suffix)
    assert says(video.content, Key.MADE_NOTHING)


async def test_a_dm_takes_what_its_server_does_not(scene: Scene) -> None:
    """A server that takes less than a DM: without a link the video itself comes as a direct message."""
    scene.guild.upload_limit_override_bytes = 4 * MIB
    scene.studio.dials.megabytes = 8
    video = await made(scene, "Too much for this server")
    assert video.channel is scene.chat.dm(scene.ada)
    assert posted_file(video).stat().st_size == 8_000_000
    assert says(video.content, Key.MOVED_SIZE)
