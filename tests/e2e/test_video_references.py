"""A video as a reference: its first frame is sent, and the card says so."""

import asyncio
import io

import pytest
from PIL import Image

from bot.chat.custom_ids import Action
from bot.chat.words import Key, Label
from bot.jobs.reasons import Reason
from sandbox.chat import File
from tests.e2e import inspection
from tests.e2e.messages import actions
from tests.e2e.scene import WITH_FFMPEG, Scene
from tests.encoded_videos import encoded
from tests.wording import label_of, says

pytestmark = pytest.mark.asyncio(loop_scope="module")
SETTINGS = WITH_FFMPEG | {"REFERENCE_MAX_BYTES": "1000000"}


def sent_sizes(scene: Scene, prompt: str) -> list[tuple[str | None, tuple[int, int]]]:
    """The format and size of each picture that the provider got."""
    [render] = [one for one in scene.studio.renders if one.prompt == prompt]
    found: list[tuple[str | None, tuple[int, int]]] = []
    for reference in render.references:
        with Image.open(io.BytesIO(reference.data)) as picture:
            found.append((picture.format, picture.size))
    return found


@pytest.mark.parametrize(("name", "content_type"), [("plays.mp4", "video/mp4"), ("vp9.webm", "video/webm")])
async def test_the_first_frame_of_an_attached_video_is_the_reference(
    scene: Scene, name: str, content_type: str
) -> None:
    """A whole JPEG of the video's size; the video's message says what it is. Nothing of the file is left."""
    prompt = f"More of {name}"
    video = await scene.make(prompt, reference=File(name, encoded(name), content_type=content_type))
    assert says(video.text, Key.FRAMES_OF_VIDEOS, count=1)
    assert sent_sizes(scene, prompt) == [("JPEG", (128, 72))]
    kept = await asyncio.to_thread(lambda: [one.suffix for one in (scene.stage.bot.data_dir / "references").iterdir()])
    assert set(kept) == {".jpg"}


async def test_a_video_of_the_bot_is_animated_again(scene: Scene) -> None:
    """The menu of its message opens the form, with the first frame as the picture."""
    video = await scene.make("A boat leaves")
    call = await scene.ada.menu(video, label_of(Label.MENU_ANIMATE))
    form = await call.wait_form()
    await inspection.accepted(await scene.ada.submit(form, {"prompt": "A boat comes back"}))
    again = await scene.video(after=video)
    assert says(again.text, Key.FRAMES_OF_VIDEOS, count=1)
    assert sent_sizes(scene, "A boat comes back") == [("JPEG", (320, 180))]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"no video at all", Reason.REFERENCE_TYPE),
        (encoded("plays.mp4")[:900], Reason.REFERENCE_VIDEO),
        (encoded("plays.mp4") + bytes(1_000_000), Reason.REFERENCE_TOO_LARGE),
    ],
)
async def test_what_is_no_video_is_refused_for_free(scene: Scene, body: bytes, reason: Reason) -> None:
    """One private sentence with Edit; nothing is stored or sent."""
    file = File("clip.mp4", body, content_type="video/mp4")
    call = await scene.ada.slash(scene.channel, "video", prompt=f"A clip of {reason}", reference=file)
    assert says(await inspection.refusal(call), reason)
    assert actions(call.answer) == [Action.EDIT]
    assert inspection.jobs(scene.stage, prompt=f"A clip of {reason}") == []
