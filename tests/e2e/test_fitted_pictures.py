"""Pictures are fitted to the size of their video: what the provider gets, and what people are asked before."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image

from bot.chat.custom_ids import Action
from bot.jobs.reasons import Reason
from sandbox.chat import Call, File, Message
from tests.e2e import inspection
from tests.e2e.messages import actions, press
from tests.e2e.scene import Scene, a_stage, has_video, picture
from tests.unit.bot.media.photos import SECRETS, phone_photo
from tests.wording import says

pytestmark = pytest.mark.asyncio(loop_scope="module")

SIZES = "320x180,640x360,180x320"
RED, BLUE = (255, 0, 0), (0, 0, 255)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fitting(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """A bot with the default, `cover`, and small sizes."""
    settings = {"VIDEOS_REFERENCE_FIT": "", "VIDEOS_SIZES": SIZES}
    async with a_stage(tmp_path_factory.mktemp("fit"), settings=settings, match_reference_size=True) as stage:
        guild = stage.chat.add_guild("Fit")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        yield Scene(stage, guild, guild.add_channel("videos"), ada)


def halves(width: int, height: int, kind: str = "PNG") -> File:
    """A picture whose left half is red and whose right half is blue."""
    drawn = Image.new("RGB", (width, height), RED)
    drawn.paste(BLUE, (width // 2, 0, width, height))
    data = io.BytesIO()
    drawn.save(data, kind)
    return File(f"halves.{kind.lower()}", data.getvalue(), content_type="image/*")


async def sent(scene: Scene, prompt: str, number: int = 0) -> Image.Image:
    """What the provider got as that picture of the one paid request."""
    request = await inspection.sent(scene.stage, prompt)
    return Image.open(io.BytesIO(request.files[number].data))


async def refused(call: Call, reason: Reason) -> Message:
    """The private refusal for that reason."""
    answer = await call.wait_state("message")
    assert answer.ephemeral
    assert says(answer.content, reason)
    return answer


async def test_a_picture_is_cropped_to_the_chosen_size(fitting: Scene) -> None:
    """It covers the video: the middle of it is kept, and so is each side of it."""
    prompt = "Two halves"
    call = await fitting.ada.slash(fitting.channel, "video", prompt=prompt, size="320x180", reference=halves(400, 300))
    await inspection.accepted(call)
    got = (await sent(fitting, prompt)).convert("RGB")
    assert got.size == (320, 180)
    assert got.getpixel((2, 2)) == RED
    assert got.getpixel((317, 177)) == BLUE
    assert (await fitting.video()).attachments


@pytest.mark.parametrize(("shape", "size"), [((400, 300), "320x180"), ((300, 400), "180x320"), ((640, 360), "320x180")])
async def test_without_a_size_the_nearest_one_is_chosen(fitting: Scene, shape: tuple[int, int], size: str) -> None:
    """The one whose shape is nearest to the first picture's, of those the first; the card and the video name it."""
    prompt = f"A picture of {shape}"
    await inspection.accepted(
        await fitting.ada.slash(fitting.channel, "video", prompt=prompt, reference=halves(*shape))
    )
    got = await sent(fitting, prompt)
    assert "x".join(map(str, got.size)) == size
    assert (await inspection.job(fitting.stage, prompt))["size"] == size
    await inspection.job(fitting.stage, prompt, "delivered")
    cards = [one for one in inspection.public(fitting.stage, fitting.channel) if prompt in str(one.history[0].embeds)]
    assert any(size in str(version.embeds) for card in cards for version in card.history)


async def test_a_picture_of_that_size_goes_byte_for_byte(fitting: Scene) -> None:
    """What needs nothing isn't touched."""
    whole = halves(320, 180)
    call = await fitting.ada.slash(fitting.channel, "video", prompt="As it is", size="320x180", reference=whole)
    await inspection.accepted(call)
    assert (await inspection.sent(fitting.stage, "As it is")).files[0].data == whole.data


async def test_a_photo_is_turned_upright_before_it_is_fitted(fitting: Scene) -> None:
    """The size is chosen by what people see, and nothing of the photo's metadata is sent."""
    photo = File("IMG.jpg", phone_photo("JPEG"), content_type="image/jpeg")
    await inspection.accepted(await fitting.ada.slash(fitting.channel, "video", prompt="Upright", reference=photo))
    request = await inspection.sent(fitting.stage, "Upright")
    with Image.open(io.BytesIO(request.files[0].data)) as got:
        assert got.size == (180, 320)
        assert not got.getexif()
    assert [secret for secret in SECRETS if secret in request.files[0].data] == []


async def test_all_pictures_are_fitted(fitting: Scene) -> None:
    """Each of several, in their order."""
    pictures = {"reference": halves(400, 300), "reference_2": picture(size=(90, 60))}
    await inspection.accepted(await fitting.ada.slash(fitting.channel, "video", prompt="Both", **pictures))
    assert [(await sent(fitting, "Both", number)).size for number in (0, 1)] == [(320, 180)] * 2


async def test_losing_more_than_half_is_asked_about(fitting: Scene) -> None:
    """Nothing is stored or charged; **Show all of it** makes the video, whole between bars, once for two presses."""
    prompt = "A wide picture in a tall video"
    call = await fitting.ada.slash(fitting.channel, "video", prompt=prompt, size="180x320", reference=halves(400, 200))
    answer = await refused(call, Reason.PICTURE_CROPPED)
    assert actions(answer) == [Action.EDIT, Action.SHOW_ALL]
    assert (inspection.jobs(fitting.stage, prompt=prompt), fitting.studio.paid(prompt)) == ([], 0)
    await press(fitting.ada, answer, Action.SHOW_ALL)
    await press(fitting.ada, answer, Action.SHOW_ALL)
    got = (await sent(fitting, prompt)).convert("RGB")
    assert got.size == (180, 320)
    assert got.getpixel((90, 5)) == (0, 0, 0)
    assert got.getpixel((5, 160)) == RED
    assert got.getpixel((174, 160)) == BLUE
    await inspection.job(fitting.stage, prompt, "delivered")
    assert fitting.studio.paid(prompt) == 1
    videos = [one for one in inspection.public(fitting.stage, fitting.channel) if has_video(one) and prompt in one.text]
    await press(fitting.ada, videos[0], Action.AGAIN)
    await inspection.until(fitting.stage, lambda: fitting.studio.paid(prompt) == 2, "a second video")
    assert {row["fit"] for row in inspection.jobs(fitting.stage, prompt=prompt)} == {"contain"}


async def test_the_form_of_such_a_refusal_keeps_the_pictures(fitting: Scene) -> None:
    """**Edit** with another size makes the video of the same picture."""
    call = await fitting.ada.slash(
        fitting.channel, "video", prompt="Too tall", size="180x320", reference=halves(400, 200)
    )
    answer = await refused(call, Reason.PICTURE_CROPPED)
    form = await (await press(fitting.ada, answer, Action.EDIT)).wait_form()
    await (await fitting.ada.submit(form, {"prompt": "Wide enough", "size": "320x180"})).wait_state("deleted")
    assert (await sent(fitting, "Wide enough")).size == (320, 180)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "AVIF"])
async def test_other_kinds_are_converted(fitting: Scene, kind: str) -> None:
    """A GIF's first frame, a BMP and an AVIF become a PNG or JPEG, which every provider takes."""
    await inspection.accepted(
        await fitting.ada.slash(fitting.channel, "video", prompt=f"From {kind}", reference=halves(320, 180, kind))
    )
    got = await sent(fitting, f"From {kind}")
    assert (got.format in {"PNG", "JPEG"}, got.size) == (True, (320, 180))
    left, right = got.convert("RGB").getpixel((10, 90)), got.convert("RGB").getpixel((310, 90))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert (left[0] > 200, right[2] > 200) == (True, True)


async def test_after_a_kill_the_picture_is_the_same_and_paid_once(tmp_path: Path) -> None:
    """The fitted file is gone when the bot starts again: it is drawn again, to the same bytes."""
    settings = {"VIDEOS_REFERENCE_FIT": "cover", "VIDEOS_SIZES": SIZES, "REPLY_GRACE_SECONDS": "30"}
    async with a_stage(tmp_path, settings=settings) as stage:
        guild = stage.chat.add_guild("Kill")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        scene = Scene(stage, guild, guild.add_channel("videos"), ada)
        await inspection.accepted(await ada.slash(scene.channel, "video", prompt="Before", reference=halves(400, 300)))
        before = (await inspection.sent(stage, "Before")).files[0].data
        video = await scene.video()
        await stage.bot.kill()
        for file in (stage.bot.data_dir / "fitted").iterdir():
            file.unlink()
        await stage.start_bot()
        await press(ada, video, Action.AGAIN)
        await inspection.until(stage, lambda: scene.studio.paid("Before") == 2, "a second video")
        files = [one.files[0].data for one in scene.studio.requests if one.files]
        assert files == [before, before]
