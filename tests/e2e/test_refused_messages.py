"""B2, B6: Discord's permanent refusals are named in the notice where it can be read; nothing is paid in vain."""

from pathlib import Path

import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from sandbox.chat import Fault
from sandbox.chat.faults import Request
from tests.e2e import inspection
from tests.e2e.messages import actions, press, wait_kind
from tests.e2e.outage_scene import FOR_EVER, RENDER, a_scene, rendering, videos
from tests.e2e.scene import Scene
from tests.wording import Ending, says

PUBLIC = "https://files.example.com"


def in_a_server(scene: Scene) -> str:
    return f"/channels/{scene.channel.id}/"


@pytest.mark.parametrize(("status", "code", "cause"), [(403, 50001, Ending.PLACE), (400, 200000, Ending.PLACE_AUTOMOD)])
async def test_a_job_whose_card_is_refused_costs_nothing(tmp_path: Path, status: int, code: int, cause: Ending) -> None:
    """The safety net: the card is refused for good, so the job ends there, and its requester gets a DM."""
    async with a_scene(tmp_path) as scene:
        refused = Fault.error(status, code)
        scene.chat.faults.add(
            "message_create", refused, times=FOR_EVER, only_if=lambda request: in_a_server(scene) in request.path
        )
        await scene.ada.slash(scene.channel, "video", prompt="A heron nowhere")
        notice = await wait_kind(scene.chat, scene.chat.dm(scene.ada), "fail")
        assert says(notice.content, cause)
        assert Action.RETRY in actions(notice)
        await inspection.job(scene.stage, "A heron nowhere", "failed")
        assert scene.studio.paid("A heron nowhere") == 0
        tried = [one for one in scene.chat.requests if one.kind == "message_create" and in_a_server(scene) in one.path]
        assert len(tried) == 1
        await press(scene.ada, notice, Action.RETRY)
        await inspection.until(scene.stage, lambda: scene.studio.paid("A heron nowhere") == 1, "the retry in the DM")


@pytest.mark.parametrize("what", ["channel", "thread", "server", "while away"])
async def test_a_queued_job_whose_place_goes_away_costs_nothing(tmp_path: Path, what: str) -> None:
    """By the gateway's event, or by the look before it is sent when that event was missed."""
    async with a_scene(tmp_path, {"MAX_RENDERING_JOBS": "1"}, render_seconds=RENDER) as scene:
        other = scene.chat.add_guild("Elsewhere")
        other.join(scene.ada)
        first = other.add_channel("first")
        await rendering(scene, "A first heron", first)
        place = scene.channel.add_thread("A thread") if what == "thread" else scene.channel
        await scene.ada.slash(place, "video", prompt="A second heron")
        await wait_kind(scene.chat, place, "card")
        if what == "while away":
            await scene.chat.drop_gateway(resumable=False)
        if what == "server":
            scene.guild.remove_bot()
        else:
            place.delete()
        if what == "while away":
            await scene.chat.bot_ready()
            scene.stage.jump(RENDER)
        notice = await wait_kind(scene.chat, scene.chat.dm(scene.ada), "fail")
        assert says(notice.content, Ending.PLACE_GONE)
        await inspection.job(scene.stage, "A second heron", "failed")
        assert scene.studio.paid("A second heron") == 0


def with_a_video(request: Request) -> bool:
    return any(name.endswith(".mp4") for name in request.files)


@pytest.mark.parametrize(
    ("status", "code", "kept", "linked"),
    [
        (400, 20009, Ending.UNPOSTED_EXPLICIT, Key.VIDEO_LINK_EXPLICIT),
        (403, 400001, Ending.UNPOSTED_UPLOADS, Key.VIDEO_LINK_UPLOADS),
    ],
)
async def test_a_refused_file_is_linked_or_kept_with_discords_reason(
    tmp_path: Path, status: int, code: int, kept: Ending, linked: Key
) -> None:
    """Discord's reason in plain words, in the channel, after one upload there and one by DM; a public link before."""
    async with a_scene(tmp_path) as scene:
        scene.chat.faults.add("message_create", Fault.error(status, code), times=FOR_EVER, only_if=with_a_video)
        await scene.ada.slash(scene.channel, "video", prompt="A heron kept")
        notice = await wait_kind(scene.chat, scene.channel, "fail")
        assert says(notice.content, kept)
        assert not says(notice.content, Ending.UNPOSTED_PERMISSION)
        assert actions(notice) == [Action.POST_IT]
        assert "127.0.0.1" not in scene.chat.transcript(scene.channel, with_deleted=True)
        places = [request.path for request in scene.chat.requests if with_a_video(request)]
        assert [in_a_server(scene) in path for path in places] == [True, False]
        scene.studio.dials.public_files_url = PUBLIC
        await scene.ada.slash(scene.channel, "video", prompt="A heron linked")
        video = await wait_kind(scene.chat, scene.channel, "video")
        assert says(video.content, linked)
        assert PUBLIC in video.content
        assert len(videos(scene, "A heron linked")) == 1


async def test_post_it_of_a_video_without_a_place_goes_to_the_dm(tmp_path: Path) -> None:
    """The button helps: its channel is gone and DMs were closed; once they are open, the video comes as one."""
    async with a_scene(tmp_path, render_seconds=RENDER) as scene:
        other = scene.chat.add_guild("Elsewhere")
        other.join(scene.ada)
        await rendering(scene, "A heron at dawn")
        scene.ada.user.dms_open = False
        scene.channel.delete()
        scene.stage.jump(RENDER)
        await inspection.job(scene.stage, "A heron at dawn", "undeliverable")
        scene.ada.user.dms_open = True
        listed = await (await scene.ada.slash(other.add_channel("here"), "status")).wait_state("message")
        assert says(listed.text, Key.UNDELIVERABLE)
        await press(scene.ada, listed, Action.POST_IT)
        video = await wait_kind(scene.chat, scene.chat.dm(scene.ada), "video")
        assert says(video.content, Key.MOVED_GONE)
        assert video.attachments
        await inspection.job(scene.stage, "A heron at dawn", "delivered")
        assert scene.studio.paid("A heron at dawn") == 1
