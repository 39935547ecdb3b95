"""Pictures that are rare, hostile or broken: each is fitted, asked about, or refused in one private sentence."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PIL import Image

from bot.chat.custom_ids import Action
from bot.jobs.reasons import Reason
from sandbox.chat import File
from tests.e2e import inspection
from tests.e2e.messages import actions, press
from tests.e2e.scene import Scene, a_stage, picture
from tests.unit.bot.media.odd_pictures import FOREIGN, FOREIGN_BROKEN, FOREIGN_HEAVY, HEAVY, WHOLE
from tests.unit.bot.media.samples import vp8, webp
from tests.wording import says

pytestmark = pytest.mark.asyncio(loop_scope="module")

WIDE, TALL = "160x90", "90x160"
SETTINGS = {"VIDEOS_REFERENCE_FIT": "", "VIDEOS_SIZES": f"{WIDE},{TALL}", "REFERENCE_MAX_BYTES": "2MiB"}


@asynccontextmanager
async def a_scene(folder: Path, mode: str) -> AsyncIterator[Scene]:
    """A scene whose bot fits pictures in that way."""
    async with a_stage(folder, settings=SETTINGS | {"VIDEOS_REFERENCE_FIT": mode}) as stage:
        guild = stage.chat.add_guild("Fitting")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        yield Scene(stage, guild, guild.add_channel("videos"), ada)


def opened(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return image


async def arrived(scene: Scene, prompt: str, number: int = 0) -> Image.Image:
    """The picture that the provider got with the one paid request."""
    return opened((await inspection.sent(scene.stage, prompt)).files[number].data)


def odd(content: bytes) -> File:
    return File("cat.png", content, content_type="image/png")


ODD = (
    "a CMYK JPEG", "a JPEG of one row", "a PNG of one column", "a grey PNG of 16 bits", "a palette with alpha",
    "an animated PNG", "a WebP with alpha", "16 megapixels of one colour",
)  # fmt: skip


@pytest.mark.parametrize("what", ODD)
async def test_an_odd_picture_is_fitted_or_asked_about(scene: Scene, what: str) -> None:
    """CMYK, sixteen bits, palettes, animations, strips: none ends in a failure, and it is paid once."""
    _suffix, content, _mode = WHOLE[what]
    prompt = f"With {what}"
    call = await scene.ada.slash(scene.channel, "video", prompt=prompt, size=WIDE, reference=odd(content))
    answer = await call.wait_state("deleted", "message")
    assert (answer.state == "message") == (what in {"a JPEG of one row", "a PNG of one column"}), answer.text
    if answer.state == "message":
        assert says(answer.content, Reason.PICTURE_CROPPED, number=1, size=WIDE)
        await press(scene.ada, answer, Action.SHOW_ALL)
    assert (await arrived(scene, prompt)).size == (160, 90)


@pytest.mark.parametrize("what", ["an animated GIF", "a GIF with a colour of none", "an AVIF on its side"])
async def test_other_kinds_are_converted_and_fitted(scene: Scene, what: str) -> None:
    """As a PNG or JPEG, by any name of the file."""
    prompt = f"From {what}"
    await inspection.accepted(
        await scene.ada.slash(scene.channel, "video", prompt=prompt, reference=odd(FOREIGN[what][1]))
    )
    got = await arrived(scene, prompt)
    assert got.format in {"PNG", "JPEG"}
    assert got.size == ((90, 160) if "side" in what else (160, 90))


BAD = {
    **{what: (Reason.REFERENCE_DAMAGED, content) for what, content in FOREIGN_BROKEN.items()},
    **{what: (Reason.REFERENCE_DIMENSIONS, content) for what, content in FOREIGN_HEAVY.items()},
    **{what: (Reason.REFERENCE_DIMENSIONS, content) for what, (_suffix, content) in HEAVY.items()},
    # Whole by its chunks, but no decoder makes a picture of it.
    "a WebP of nonsense": (Reason.REFERENCE_BROKEN, webp((vp8(64, 48)[0], vp8(64, 48)[1] + b"\xff" * 90))),
}


@pytest.mark.parametrize("what", BAD)
async def test_a_bad_picture_gets_one_sentence(scene: Scene, what: str) -> None:
    """Bombs, broken and cut off ones: said privately, with **Edit**; nothing is stored, charged or kept."""
    reason, content = BAD[what]
    kept = {one.name for one in (scene.stage.bot.data_dir / "references").glob("*.part")}
    call = await scene.ada.slash(scene.channel, "video", prompt=f"Bad: {what}", size=WIDE, reference=odd(content))
    text = await inspection.refusal(call)
    assert says(text, reason, **({"number": 1} if reason is Reason.REFERENCE_BROKEN else {"file": "cat.png"}))
    assert actions(call.answer) == [Action.EDIT]
    assert inspection.jobs_of(scene.stage, scene.ada) == []
    assert inspection.paid_requests(scene.stage, f"Bad: {what}") == []
    assert inspection.public(scene.stage, scene.channel) == []
    assert {one.name for one in (scene.stage.bot.data_dir / "references").glob("*.part")} == kept
    redraw = scene.stage.bot.data_dir / "redraw"
    assert not redraw.exists() or list(redraw.iterdir()) == []
    form = await (await press(scene.ada, call.answer, Action.EDIT)).wait_form()
    assert form.fields["prompt"].value == f"Bad: {what}"


async def test_the_second_picture_is_named_by_its_number(scene: Scene) -> None:
    """The first one fits."""
    call = await scene.ada.slash(
        scene.channel, "video", prompt="The second is high", size=WIDE,
        reference=picture(size=(160, 100)), reference_2=picture("teal", (60, 100)),
    )  # fmt: skip
    answer = await call.wait_state("message")
    assert says(answer.content, Reason.PICTURE_CROPPED, number=2, size=WIDE)
    assert inspection.jobs_of(scene.stage, scene.ada) == []


async def test_pictures_of_several_people_at_once(scene: Scene) -> None:
    """They are drawn one at a time; each request gets its own."""
    colours = ["red", "green", "blue", "white"]
    for colour in colours:
        given = {"prompt": f"A {colour} one", "size": WIDE, "reference": picture(colour, (100, 60))}
        await scene.join(f"Friend of {colour}").slash(scene.channel, "video", **given)
    got = await asyncio.gather(*(arrived(scene, f"A {colour} one") for colour in colours))
    wanted = [opened(picture(colour).data).getpixel((0, 0)) for colour in colours]
    assert [one.getpixel((80, 45)) for one in got] == wanted


async def test_off_sends_pictures_as_they_are(tmp_path: Path) -> None:
    """Neither fitted nor turned, and no size is chosen; another kind is converted all the same."""
    async with a_scene(tmp_path, "off") as scene:
        high = picture(size=(60, 100))
        await scene.ada.slash(scene.channel, "video", prompt="As it is", size=WIDE, reference=high)
        assert (await inspection.sent(scene.stage, "As it is")).files[0].data == high.data
        await scene.ada.slash(scene.channel, "video", prompt="As it was", reference=odd(FOREIGN["a GIF"][1]))
        assert (await arrived(scene, "As it was")).size == (64, 48)
        assert (await inspection.job(scene.stage, "As it was"))["size"] is None
        assert not (scene.stage.bot.data_dir / "fitted").exists()


async def test_contain_shows_all_unasked(tmp_path: Path) -> None:
    """Nothing is lost, so nothing is asked."""
    async with a_scene(tmp_path, "contain") as scene:
        await inspection.accepted(
            await scene.ada.slash(scene.channel, "video", prompt="All", size=WIDE, reference=picture(size=(60, 100)))
        )
        got = await arrived(scene, "All")
        assert (got.size, got.getpixel((2, 45)), got.getpixel((157, 45))) == ((160, 90), (0, 0, 0), (0, 0, 0))
