"""From a prompt and pictures to a posted video, with a provider that speaks OpenRouter's dialect."""

import pytest

from bot.chat.custom_ids import MessageKind
from sandbox.studio import Outcome
from tests.e2e.messages import kind_of
from tests.e2e.scene import OPENROUTER_MODEL, Scene, openrouter_plan, picture

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROVIDERS = {"main": openrouter_plan()}


async def test_a_prompt_and_pictures_become_a_video(scene: Scene) -> None:
    """One paid request in JSON, every byte of the pictures, a poll, and a download from storage without the key."""
    files = [picture(colour) for colour in ("tomato", "teal")]
    call = await scene.ada.slash(
        scene.channel,
        "video",
        prompt="A paper boat",
        seconds="8",
        size="640x360",
        reference=files[0],
        reference_2=files[1],
    )
    await call.wait_state("deleted")
    video = await scene.video()
    assert video.pinged == {scene.ada.id}
    [render] = [render for render in scene.studio.renders if render.prompt == "A paper boat"]
    assert (render.model, render.size, render.seconds) == (OPENROUTER_MODEL, "640x360", "8")
    assert [file.field for file in render.references] == ["input_references"] * 2
    assert (scene.studio.paid("A paper boat"), scene.studio.leaks) == (1, [])
    [fetched] = [request for request in scene.studio.requests if render.id in request.path and request.at_file_host]
    assert "authorization" not in fetched.headers


async def test_a_video_without_storage_is_fetched_with_the_key(scene: Scene) -> None:
    """The content endpoint on the API's own host needs it."""
    scene.studio.dials.result = "content_only"
    try:
        await scene.make("A paper crane")
    finally:
        scene.studio.dials.result = "foreign_url"
    [content] = [request for request in scene.studio.requests if request.operation == "content"]
    assert content.headers["authorization"] == f"Bearer {scene.studio.api_key}"
    assert scene.studio.leaks == []


async def test_a_failed_render_is_announced_once(scene: Scene) -> None:
    """Its error is a plain text; nothing is paid again."""
    scene.studio.dials.next_render.append(Outcome.fail())
    await scene.ada.slash(scene.channel, "video", prompt="A paper plane")
    await scene.chat.wait_message(scene.channel, lambda m: kind_of(m) == MessageKind.FAILURE, timeout_seconds=20)
    assert scene.studio.paid("A paper plane") == 1
