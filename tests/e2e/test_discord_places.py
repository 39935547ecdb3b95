"""Rights, places and messages go while a video renders: one notice, few requests, and the video is kept."""

from pathlib import Path

import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from sandbox.chat import Fault, Message, Permission
from tests.e2e import inspection
from tests.e2e.messages import actions, ever_posted, of_kind, time_passes_until, wait_card, wait_kind
from tests.e2e.outage_scene import RENDER, a_scene, posts, rendering, requests, videos
from tests.e2e.scene import Scene
from tests.figures import figure
from tests.wording import Ending, says

IN_CHANNELS = [Permission.VIEW_CHANNEL, Permission.SEND_MESSAGES, Permission.ATTACH_FILES]
EACH = figure(1, 5)


@pytest.mark.reliability
async def test_a_right_that_goes_while_it_renders_lets_the_video_come_by_dm(tmp_path: Path) -> None:
    """D4: per video one upload there and one by DM, which says why it comes there; no notice, nothing is lost."""
    async with a_scene(tmp_path, {"MAX_ACTIVE_JOBS_PER_USER": "40"}, render_seconds=RENDER) as scene:
        places = {right: scene.guild.add_channel(f"without-{right.bit_length()}") for right in IN_CHANNELS}
        places[Permission.SEND_MESSAGES_IN_THREADS] = scene.channel.add_thread("A thread")
        asked = [(right, place, f"Heron {right} {number}") for right, place in places.items() for number in range(EACH)]
        for _right, place, prompt in asked:
            await rendering(scene, prompt, place)
        for right, place in places.items():
            (place.parent or place).overwrite(scene.chat.bot_user, deny=right)
        before = len(scene.chat.requests)
        scene.stage.jump(RENDER)
        for _right, _place, prompt in asked:
            await inspection.job(scene.stage, prompt, "delivered")
        for _right, place, prompt in asked:
            [video] = videos(scene, prompt)
            assert video.channel is scene.chat.dm(scene.ada)
            assert video.attachments
            assert says(video.content, Key.MOVED_ACCESS)
            assert f"<#{place.id}>" in video.content
            assert notices(scene, prompt) == []
            assert scene.studio.paid(prompt) == 1
        made = [request for request in scene.chat.requests[before:] if request.kind == "message_create"]
        assert len(made) == sum(bool(request.files) for request in made) == 2 * len(asked)


def notices(scene: Scene, prompt: str) -> list[Message]:
    """Every message that ever said that this video can't be posted."""
    said = [post for post in scene.chat.posts if "vb:fail:" in str(post.history[0].components)]
    return [post for post in said if prompt in post.text]


GONE = {
    "channel deleted": Key.MOVED_GONE,
    "private thread deleted": Key.MOVED_GONE,
    "server left": Key.MOVED_ACCESS,
}


@pytest.mark.reliability
@pytest.mark.parametrize("what", GONE)
async def test_the_video_of_a_place_that_is_gone_comes_by_dm(tmp_path: Path, what: str) -> None:
    """D5: the place goes while the video renders: the video comes as a direct message, once, and says why there."""
    async with a_scene(tmp_path, render_seconds=RENDER) as scene:
        # Somewhere else to meet: without a common server there are no direct messages.
        other = scene.chat.add_guild("Elsewhere")
        other.join(scene.ada)
        place = scene.channel
        if "thread" in what:
            place = scene.channel.add_thread("A thread", private="private" in what, members=[scene.ada])
        await rendering(scene, "A heron at dawn", place)
        match what:
            case "server left":
                scene.guild.remove_bot()
            case _:
                place.delete()
        before = requests(scene, "message_create")
        scene.stage.jump(RENDER)
        await inspection.job(scene.stage, "A heron at dawn", "delivered")
        [video] = videos(scene, "A heron at dawn")
        assert video.channel is scene.chat.dm(scene.ada)
        assert video.attachments
        assert says(video.content, GONE[what])
        assert requests(scene, "message_create") - before == 2
        assert notices(scene, "A heron at dawn") == []
        assert scene.studio.paid("A heron at dawn") == 1
        # It is the requester's: they can go on with it there.
        await scene.ada.reply(video, "Now in the rain, with a boat")
        remix = await wait_kind(scene.chat, video.channel, "card", after=video)
        assert "Now in the rain" in remix.text


@pytest.mark.reliability
@pytest.mark.parametrize("what", ["deleted", "locked", "archived and locked"])
async def test_the_video_of_a_closed_thread_comes_to_the_channel_above(tmp_path: Path, what: str) -> None:
    """D5: everybody who saw the thread sees it there, and can remix it; it says why it is there."""
    async with a_scene(tmp_path, render_seconds=RENDER) as scene:
        bob = scene.join("Bob")
        thread = scene.channel.add_thread("A thread", members=[scene.ada])
        await rendering(scene, "A heron at dawn", thread)
        match what:
            case "deleted":
                thread.delete()
            case "locked":
                thread.lock()
            case _:
                thread.archive()
                thread.lock()
        scene.stage.jump(RENDER)
        await inspection.job(scene.stage, "A heron at dawn", "delivered")
        [video] = videos(scene, "A heron at dawn")
        assert video.channel is scene.channel
        assert video.attachments
        assert video.pinged == {scene.ada.id}
        assert says(video.content, Key.MOVED_PARENT if what == "deleted" else Key.MOVED_CLOSED)
        await bob.reply(video, "Now in the rain, with a boat")
        await inspection.job(scene.stage, "Now in the rain, with a boat", "rendering")
        listed = await (await scene.ada.slash(scene.channel, "status")).wait_state("message")
        assert video.jump_url in listed.text


@pytest.mark.reliability
async def test_a_video_that_may_be_there_unseen_is_kept(tmp_path: Path) -> None:
    """P3: the answer was lost and the bot killed, and it may not see the channel any more: nothing comes by DM, too."""
    async with a_scene(tmp_path, render_seconds=RENDER) as scene:
        await rendering(scene, "A heron at dawn")
        scene.chat.faults.add("message_create", Fault.drop(after=True), times=100, only_if=lambda one: bool(one.files))
        scene.stage.jump(RENDER)
        await scene.chat.wait_for(lambda: videos(scene, "A heron at dawn") or None)
        await scene.stage.bot.kill()
        await scene.chat.bot_gone()
        scene.chat.faults.clear()
        scene.channel.overwrite(scene.chat.bot_user, deny=Permission.VIEW_CHANNEL)
        await scene.stage.start_bot()
        await inspection.job(scene.stage, "A heron at dawn", "undeliverable")
        assert len(videos(scene, "A heron at dawn")) == 1
        notice = await wait_kind(scene.chat, scene.chat.dm(scene.ada), "fail")
        assert says(notice.content, Ending.UNPOSTED_PERMISSION)
        assert Action.POST_IT in actions(notice)


def unsaid(scene: Scene) -> list[str]:
    """The messages that the bot still has to post, by its own rows."""
    return [row["kind"] for row in posts(scene.stage) if row["state"] in ("due", "sending")]


@pytest.mark.reliability
async def test_a_place_that_is_gone_with_closed_dms_ends_all_the_same(tmp_path: Path) -> None:
    """D5: if the DM is closed as well the video is kept, after two requests for it and two for the notice."""
    async with a_scene(tmp_path, render_seconds=RENDER) as scene:
        scene.ada.user.dms_open = False
        await rendering(scene, "A heron at dawn")
        before = requests(scene, "message_create")
        scene.channel.delete()
        scene.stage.jump(RENDER)
        await inspection.job(scene.stage, "A heron at dawn", "undeliverable")
        await inspection.until(scene.stage, lambda: not unsaid(scene), "nothing left to say")
        assert requests(scene, "message_create") - before == 4
        assert ever_posted(scene.chat, scene.chat.dm(scene.ada), "fail") == []
        answer = await (await scene.ada.slash(scene.guild.add_channel("here-i-am"), "status")).wait_state("message")
        assert Action.POST_IT in actions(answer)


@pytest.mark.reliability(runs=5)
@pytest.mark.parametrize("archived", [False, True])
async def test_the_video_of_a_deleted_prompt_is_posted_as_a_plain_message(tmp_path: Path, archived: bool) -> None:
    """D6: the reply that asked is deleted while its video renders, also in a thread put away: it is posted once."""
    async with a_scene(tmp_path) as scene:
        place = scene.channel.add_thread("A thread") if archived else scene.channel
        await scene.ada.slash(place, "video", prompt="A heron at dawn")
        video = await scene.video(place)
        scene.studio.dials.render_seconds = RENDER
        prompt = await scene.ada.reply(video, "Now in the rain")
        await inspection.job(scene.stage, "Now in the rain", "rendering")
        await wait_card(scene.chat, place, lambda m: "Now in the rain" in m.text and says(m.text, Key.RENDERING))
        await scene.ada.delete(prompt)
        if archived:
            place.archive()
        scene.stage.jump(RENDER)
        remix = await scene.video(place, after=video)
        await inspection.job(scene.stage, "Now in the rain", "delivered")
        assert remix.reply_to is None
        assert remix.pinged == {scene.ada.id}
        assert len(videos(scene, "Now in the rain")) == 1


@pytest.mark.reliability(runs=5)
async def test_a_video_that_was_deleted_before_its_answer_came_is_not_posted_again(tmp_path: Path) -> None:
    """D6: Discord's answer was lost and a moderator deleted the post meanwhile: that counts as delivered."""
    async with a_scene(tmp_path, render_seconds=RENDER) as scene:
        mia = scene.join("Mia", admin=True)
        await rendering(scene, "A heron at dawn")
        scene.chat.faults.add("message_create", Fault.drop(after=True), only_if=lambda request: bool(request.files))
        # Held back until the first post is gone, so that the nonce is what tells.
        again = scene.chat.gate("message_create")
        scene.stage.jump(RENDER)
        await again.wait_reached()
        again.open()
        posted = await scene.chat.wait_for(lambda: videos(scene, "A heron at dawn"), what="the video")
        second = scene.chat.gate("message_create")
        await mia.delete(posted[0])
        second.open()
        await time_passes_until(scene.stage, lambda: inspection.jobs(scene.stage, state="delivered"), step_seconds=0.1)
        assert len(videos(scene, "A heron at dawn")) == 1
        assert of_kind(scene.channel, "video") == []
        assert scene.studio.paid("A heron at dawn") == 1


@pytest.mark.reliability(runs=5)
async def test_a_card_that_a_person_deleted_is_left_alone(tmp_path: Path) -> None:
    """D6: the card is edited once more, Discord says it is gone, and that is all; the video comes as ever."""
    async with a_scene(tmp_path, render_seconds=RENDER, progress="percent") as scene:
        mia = scene.join("Mia", admin=True)
        card = await rendering(scene, "A heron at dawn")
        await mia.delete(card)
        edits = requests(scene, "message_edit")
        await time_passes_until(scene.stage, lambda: posts(scene.stage, kind="card", state="gone"), step_seconds=60)
        for _ in range(20):
            looks = len(scene.studio.requests)
            scene.stage.jump(60)
            await scene.studio.wait_for(lambda n=looks: len(scene.studio.requests) > n)
        assert requests(scene, "message_edit") - edits == 1
        assert not card.buttons or card.deleted


@pytest.mark.reliability(runs=5)
async def test_a_server_that_takes_less_than_it_did_gets_a_link_after_one_upload(tmp_path: Path) -> None:
    """D7: the limit falls between command and delivery, unheard of: one upload is tried, then the link is posted."""
    async with a_scene(tmp_path, render_seconds=RENDER) as scene:
        await rendering(scene, "A heron at dawn")
        before = sum(bool(request.files) for request in scene.chat.requests)
        scene.guild.upload_limit_override_bytes = 500
        scene.studio.dials.public_files_url = "https://files.example.com"
        scene.stage.jump(RENDER)
        await inspection.job(scene.stage, "A heron at dawn", "delivered")
        video = await wait_kind(scene.chat, scene.channel, "video")
        assert not video.attachments
        assert "https://files.example.com" in video.text
        assert sum(bool(request.files) for request in scene.chat.requests) - before == 1
        assert len(videos(scene, "A heron at dawn")) == 1
