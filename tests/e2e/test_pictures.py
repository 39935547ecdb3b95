"""What becomes of the pictures that people attach, up to the provider."""

import io
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from sandbox.chat import Fault, File
from tests.e2e import inspection
from tests.e2e.scene import Scene, a_stage, picture
from tests.unit.bot.media.photos import SECRETS, phone_photo

pytestmark = pytest.mark.asyncio(loop_scope="module")


def upright(data: bytes) -> Image.Image:
    """The picture as a person sees it."""
    with Image.open(io.BytesIO(data)) as opened:
        return ImageOps.exif_transpose(opened).convert("RGB")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_a_photo_reaches_the_provider_upright_and_without_its_place(scene: Scene, kind: str) -> None:
    """Where, when and with what a photo was taken stays with us; the provider gets the same pixels, the same way up."""
    photo = phone_photo(kind)
    assert all(secret in photo for secret in SECRETS), "the photo holds what must not be sent on"
    prompt = f"Along this {kind} beach"
    attached = File("IMG_0001", photo, content_type="image/*")
    await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt=prompt, reference=attached))
    sent = (await inspection.sent(scene.stage, prompt)).files[0].data
    assert [secret for secret in SECRETS if secret in sent] == []
    assert upright(sent).size == (48, 64)
    assert upright(sent).tobytes() == upright(photo).tobytes()


async def test_a_picture_that_discord_hands_out_badly_is_asked_for_again(scene: Scene) -> None:
    """B3: 503, 429 and a cut file on the way to one picture: the person attaches it once, and hears of nothing."""
    faults = scene.chat.faults
    for fault in (Fault.status(503), Fault.rate_limited(1.0), Fault.cut(20)):
        faults.add("attachment", fault)
    await inspection.accepted(
        await scene.ada.slash(scene.channel, "video", prompt="After some stumbling", reference=picture())
    )
    assert (await inspection.sent(scene.stage, "After some stumbling")).files[0].data == picture().data
    assert not faults.planned


async def test_one_persons_dripping_pictures_keep_no_other_waiting(scene: Scene) -> None:
    """B4: while Mallory's pictures come at ten bytes a second, Ada's come at once."""
    mallory = scene.stage.chat.add_person("Mallory")
    scene.guild.join(mallory)
    scene.chat.faults.add("attachment", Fault.slow(10), times=4)
    slow = File("slow.png", picture(size=(300, 200)).data + bytes(5_000), content_type="image/png")
    names = ("reference", "reference_2", "reference_3", "reference_4")
    await mallory.slash(scene.channel, "video", prompt="Drop by drop", **dict.fromkeys(names, slow))
    await scene.chat.wait_for(lambda: not scene.chat.faults.planned, what="four files to drip")
    await inspection.accepted(await scene.ada.slash(scene.channel, "video", prompt="Beside it", reference=picture()))
    assert (await inspection.sent(scene.stage, "Beside it")).files
    assert not [row for row in inspection.jobs(scene.stage) if row["prompt"] == "Drop by drop"]


async def test_what_a_crash_left_half_way_is_gone_after_the_next_start(tmp_path: Path) -> None:
    """Partial files of pictures and of videos do not outlive the start after a kill; kept pictures do."""
    async with a_stage(tmp_path) as stage:
        guild = stage.chat.add_guild("Crash")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        scene = Scene(stage, guild, guild.add_channel("videos"), ada)
        await inspection.accepted(await ada.slash(scene.channel, "video", prompt="A kept picture", reference=picture()))
        await stage.bot.kill()
        references, videos = stage.bot.data_dir / "references", stage.bot.data_dir / "videos"
        (kept,) = references.iterdir()
        for folder in (references, videos):
            folder.mkdir(mode=0o700, exist_ok=True)
            for number in range(10):
                (folder / f"{number:032x}.part").write_bytes(bytes(1_000))
        await stage.start_bot()
        assert [*references.iterdir()] == [kept]
        assert [*videos.glob("*.part")] == []
        assert (await inspection.sent(stage, "A kept picture")).files[0].data == picture().data
