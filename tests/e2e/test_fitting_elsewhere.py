"""Pictures that fit, at several providers: each has its own way, and a last frame is fitted like any other picture."""

import io
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from PIL import Image

from sandbox.chat import Message
from tests.e2e import inspection
from tests.e2e.messages import job_id_of, of_kind
from tests.e2e.scene import NO_MODEL, WITH_FFMPEG, Scene, first_plan, openrouter_plan, picture

pytestmark = pytest.mark.asyncio(loop_scope="module")

# The preferred one has no remixes, by its dialect.
PROVIDERS = {
    "plain": replace(openrouter_plan(), reference_fit="contain"),
    "able": replace(first_plan(), reference_fit="cover"),
}
SETTINGS = WITH_FFMPEG
SMALL, LARGE = "320x180", "640x360"


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _mended(scene: Scene) -> AsyncIterator[None]:
    """Both providers are as at the start."""
    yield
    for studio in scene.stage.studios.values():
        studio.faults.clear()


async def got(scene: Scene, prompt: str) -> Image.Image:
    """The one picture of the one paid render with that prompt, at one of the providers."""
    await inspection.job(scene.stage, prompt, "delivered")
    renders = [one for studio in scene.stage.studios.values() for one in studio.renders if prompt in one.prompt]
    ((reference,),) = [render.references for render in renders]
    with Image.open(io.BytesIO(reference.data)) as image:
        assert f"{image.width}x{image.height}" == renders[0].size
        return image.convert("RGB")


async def made(scene: Scene, prompt: str) -> Message:
    """Its video."""
    await scene.ada.slash(scene.channel, "video", prompt=prompt, size=SMALL)
    await inspection.job(scene.stage, prompt, "delivered")
    return next(one for one in of_kind(scene.channel, "video") if prompt in one.text)


@pytest.mark.parametrize(
    ("size", "is_elsewhere", "has_bars"),
    [((400, 300), False, True), ((400, 300), True, False), ((100, 400), True, True)],
    ids=["at the first", "at the second", "too high for the second"],
)
async def test_each_provider_has_its_own_way(
    scene: Scene, size: tuple[int, int], *, is_elsewhere: bool, has_bars: bool
) -> None:
    """A job that goes to the next one is fitted for it; what would lose more than half there is shown whole."""
    if is_elsewhere:
        scene.stage.studios["plain"].faults.add("create", NO_MODEL)
    prompt = f"A red wall, {size[0]} by {size[1]}, {is_elsewhere}"
    await inspection.accepted(
        await scene.ada.slash(scene.channel, "video", prompt=prompt, size=SMALL, reference=picture("red", size))
    )
    image = await got(scene, prompt)
    assert image.getpixel((160, 90)) == pytest.approx((255, 0, 0), abs=3)
    assert image.getpixel((1, 90)) == pytest.approx((0, 0, 0) if has_bars else (255, 0, 0), abs=3)
    assert len(scene.stage.studios["able" if is_elsewhere else "plain"].renders) >= 1


async def test_a_last_frame_keeps_the_size_of_its_video(scene: Scene) -> None:
    """The new video is as large as the old one, and the frame needs no fitting."""
    video = await made(scene, "A heron on one leg")
    await scene.ada.reply(video, "on two legs")
    assert (await got(scene, "on two legs")).size == (320, 180)
    assert (await inspection.job(scene.stage, "on two legs"))["fallback"] == "unsupported"


async def test_a_last_frame_is_fitted_to_a_chosen_size(scene: Scene) -> None:
    """As a picture that was attached."""
    video = await made(scene, "An otter at sea")
    await inspection.accepted(
        await scene.ada.slash(scene.channel, "remix", prompt="by night", video=job_id_of(video), size=LARGE)
    )
    assert (await got(scene, "by night")).size == (640, 360)
