"""Point 2 of what a person sees: the finished video as a plain message, its buttons, and what is too large."""

import asyncio
import json

import pytest

from bot.chat.custom_ids import Action
from bot.chat.words import Key
from bot.jobs.reasons import Reason
from sandbox.chat import Channel
from sandbox.studio import Fault
from sandbox.studio.dials import ResultPlace
from tests.e2e.messages import actions, delete_video, ever_posted, job_id_of, kind_of, press, reached, wait_kind
from tests.e2e.scene import Scene, picture
from tests.wording import Ending, says

pytestmark = pytest.mark.asyncio(loop_scope="module")
PUBLIC = "https://files.example.com"
# Less than ffmpeg can make of any video.
TINY = 1000


def the_render(scene: Scene, prompt: str):
    """The one paid render of that prompt."""
    (render,) = [one for one in scene.studio.renders if one.prompt == prompt]
    return render


async def test_the_video_is_a_plain_message_with_the_file_and_the_requester_pinged(scene: Scene) -> None:
    """The very bytes of the video are attached to a plain message in the same channel, and the requester is pinged."""
    scene.join("Bob")
    video = await scene.make("Bring me the file")
    assert video.interaction is None
    assert video.type == 0
    assert video.reference is None
    assert video.pinged == {scene.ada.id}
    (attachment,) = video.attachments
    assert attachment.file_name.endswith(".mp4")
    assert attachment.description == "Bring me the file"
    assert "`320x180`" in video.text
    assert says(video.text, Key.LENGTH_SECONDS, seconds=4)
    drawn = await scene.studio.video(the_render(scene, "Bring me the file"))
    sent, kept = await asyncio.to_thread(attachment.path.read_bytes), await asyncio.to_thread(drawn.read_bytes)
    assert sent == kept
    assert actions(video) == [Action.REMIX, Action.AGAIN, Action.DETAILS, Action.THREAD, Action.DELETE]
    assert job_id_of(video) in video.text
    assert ever_posted(scene.chat, scene.channel, "video") == [video]


async def test_the_video_of_a_dm_is_posted_in_the_dm(scene: Scene) -> None:
    """A command in the DM with the bot brings its video there."""
    dm = scene.chat.dm(scene.ada)
    await scene.ada.slash(dm, "video", prompt="Only for me")
    video = await scene.video(dm)
    assert video.pinged == {scene.ada.id}
    assert Action.THREAD not in actions(video)
    assert scene.channel.messages == []


async def test_the_video_of_a_thread_is_posted_in_the_thread(scene: Scene) -> None:
    """A command in a thread brings its video there, also when the thread has been archived meanwhile."""
    thread = scene.channel.add_thread("storyboard", members=[scene.ada])
    gate = scene.studio.gate("file", "before_take")
    await scene.ada.slash(thread, "video", prompt="In the archive")
    await reached(gate)
    thread.archive()
    gate.open()
    video = await scene.video(thread)
    assert video.pinged == {scene.ada.id}
    assert scene.channel.messages == []


async def test_remix_opens_a_form_that_makes_a_remix(scene: Scene) -> None:
    """Remix opens a form with a long text and pictures; what is sent in becomes one remix of that video."""
    video = await scene.make("Before the form")
    form = await (await press(scene.ada, video, Action.REMIX)).wait_form()
    text, pictures = form.fields["prompt"], form.fields["references"]
    assert (text.multiline, text.required, text.max_length) == (True, True, 4000)
    assert (pictures.kind, pictures.required, pictures.max_values) == ("files", False, 4)
    long_prompt = "Fog, and more fog. " * 150
    cat, dog = picture("tomato"), picture("navy", name="dog.png")
    call = await scene.ada.submit(form, {"prompt": long_prompt, "references": [cat, dog]})
    await call.wait_state("deleted")
    remix = await scene.video(after=video)
    assert remix.pinged == {scene.ada.id}
    render = the_render(scene, long_prompt)
    assert render.parent_id == the_render(scene, "Before the form").id
    assert [one.data for one in render.references] == [cat.data, dog.data]


async def test_anyone_who_sees_the_video_may_remix_it_and_is_pinged_for_it(scene: Scene) -> None:
    """Somebody else's remix by the form, and their Again, are theirs: they are pinged, not the first requester."""
    bob = scene.join("Bob")
    video = await scene.make("Ada's to begin with")
    form = await (await press(bob, video, Action.REMIX)).wait_form()
    await bob.submit(form, {"prompt": "Bob's from now on"})
    remix = await scene.video(after=video)
    assert remix.pinged == {bob.id}
    await press(bob, video, Action.AGAIN)
    again = await scene.video(after=remix)
    assert again.pinged == {bob.id}


async def test_again_makes_a_new_video_of_the_same_request(scene: Scene) -> None:
    """Make another makes a new request with the same prompt, model, size, length and pictures, as a new job."""
    cat = picture("olive")
    video = await scene.make("Once more", size="1080x1920", seconds="8", reference=cat)
    call = await press(scene.ada, video, Action.AGAIN)
    await call.wait_state("deleted")
    again = await scene.video(after=video)
    assert job_id_of(again) != job_id_of(video)
    first, second = [one for one in scene.studio.renders if one.prompt == "Once more"]
    assert (second.model, second.size, second.seconds) == (first.model, first.size, first.seconds)
    assert second.size == "1080x1920"
    assert [one.data for one in second.references] == [cat.data]
    assert first.idempotency_key != second.idempotency_key


async def test_again_of_a_remix_remixes_the_same_parent(scene: Scene) -> None:
    """Again under a remix makes another remix of the same video."""
    video = await scene.make("The root of it")
    await scene.ada.reply(video, "A branch of it all")
    remix = await scene.video(after=video)
    assert "`gpt-4o-video`" in remix.text
    assert "`320x180`" in remix.text
    assert says(remix.text, Key.LENGTH_SECONDS, seconds=4)
    await press(scene.ada, remix, Action.AGAIN)
    await scene.video(after=remix)
    first, second = [one for one in scene.studio.renders if one.prompt == "A branch of it all"]
    assert first.parent_id == second.parent_id == the_render(scene, "The root of it").id


async def test_delete_removes_the_message_and_forbids_remixing_it(scene: Scene) -> None:
    """Delete takes the video's message away; from then on it can't be remixed by id or by a form left open."""
    video = await scene.make("Not for long")
    job_id = job_id_of(video)
    form = await (await press(scene.ada, video, Action.REMIX)).wait_form()
    await delete_video(scene.chat, scene.ada, video)
    for call in (
        await scene.ada.slash(scene.channel, "remix", prompt="Too late for that", video=job_id),
        await scene.ada.submit(form, {"prompt": "Too late for that"}),
    ):
        refused = await call.wait_state("message")
        assert refused.ephemeral
        assert says(refused.content, Reason.VIDEO_REMOVED)
    assert await scene.ada.autocomplete(scene.channel, "remix", "video") == []
    assert scene.studio.paid("Too late for that") == 0


async def test_a_video_that_discord_refuses_for_its_size_is_linked(scene: Scene) -> None:
    """Discord's own word on the size counts: refused for it, the video is linked, and said only once."""
    scene.guild.upload_limit_override_bytes = TINY
    scene.studio.dials.public_files_url = PUBLIC
    await scene.ada.slash(scene.channel, "video", prompt="More than one thinks")
    message = await wait_kind(scene.chat, scene.channel, "video")
    assert message.attachments == []
    assert says(message.content, Key.VIDEO_LINK_REFUSED)
    assert "10 MB" not in message.content
    assert PUBLIC in message.text
    assert ever_posted(scene.chat, scene.channel, "video") == [message]
    assert scene.studio.paid("More than one thinks") == 1
    assert message.interaction is None
    assert message.pinged == {scene.ada.id}
    assert actions(message) == [Action.REMIX, Action.AGAIN, Action.DETAILS, Action.THREAD, Action.DELETE]
    await remixes_by_reply(scene, message)
    scene.studio.dials.public_files_url = None


@pytest.mark.parametrize("result", ["same_origin_url", "foreign_url"])
async def test_a_large_video_without_a_public_link_is_kept(scene: Scene, result: ResultPlace) -> None:
    """C10: without a link that anyone can open, and with closed DMs, a notice says that the video is kept.

    Once the server is boosted, Post it posts it.
    """
    scene.studio.dials.result = result
    scene.ada.user.dms_open = False
    scene.guild.upload_limit_override_bytes = TINY
    await scene.ada.slash(scene.channel, "video", prompt=f"Nowhere to be seen {result}")
    notice = await wait_kind(scene.chat, scene.channel, "fail")
    scene.studio.dials.result = "foreign_url"
    assert notice.pinged == {scene.ada.id}
    assert says(notice.content, Ending.UNPOSTED_SIZE)
    assert "http" not in notice.text
    assert actions(notice) == [Action.POST_IT]
    scene.guild.upload_limit_override_bytes = None
    scene.guild.boost(2)
    await press(scene.ada, notice, Action.POST_IT)
    video = await scene.video()
    assert video.pinged == {scene.ada.id}
    assert scene.studio.paid(f"Nowhere to be seen {result}") == 1


async def test_a_link_that_holds_a_key_is_never_shown(scene: Scene) -> None:
    """A foreign link with a key in it is not posted; the notice says that the video is kept."""
    scene.ada.user.dms_open = False
    scene.guild.upload_limit_override_bytes = TINY
    gate = scene.studio.gate("file", "after_take")
    await scene.ada.slash(scene.channel, "video", prompt="Not with that key")
    await reached(gate)
    url = f"{scene.studio.files_url}/video.mp4?api_key=s3cret"
    answer = {"id": the_render(scene, "Not with that key").id, "status": "completed", "url": url}
    scene.studio.faults.add("poll", Fault.body(json.dumps(answer).encode()))
    gate.open()
    notice = await wait_kind(scene.chat, scene.channel, "fail")
    assert actions(notice) == [Action.POST_IT]
    assert "s3cret" not in scene.chat.transcript(scene.channel, with_deleted=True)


async def remixes_by_reply(scene: Scene, message) -> None:
    """A reply to that message becomes a remix of its video."""
    await scene.ada.reply(message, "Less of it, please")
    remix = await wait_kind(scene.chat, scene.channel, "video", after=message)
    assert kind_of(remix) == "video"
    assert isinstance(remix.channel, Channel)
    assert scene.studio.paid("Less of it, please") == 1
