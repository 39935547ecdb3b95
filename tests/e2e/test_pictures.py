"""What becomes of the pictures that people attach, up to the provider."""

import io
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from sandbox.chat import File
from tests.e2e import ledger
from tests.e2e.scenes import Scene, a_stage, picture
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
    await ledger.accepted(await scene.ada.slash(scene.channel, "video", prompt=prompt, reference=attached))
    sent = (await ledger.sent(scene.stage, prompt)).files[0].data
    assert [secret for secret in SECRETS if secret in sent] == []
    assert upright(sent).size == (48, 64)
    assert upright(sent).tobytes() == upright(photo).tobytes()


async def test_what_a_crash_left_half_way_is_gone_after_the_next_start(tmp_path: Path) -> None:
    """Partial files of pictures and of videos do not outlive the start after a kill; kept pictures do."""
    async with a_stage(tmp_path) as stage:
        guild = stage.chat.add_guild("Crash")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        scene = Scene(stage, guild, guild.add_channel("videos"), ada)
        await ledger.accepted(await ada.slash(scene.channel, "video", prompt="A kept picture", reference=picture()))
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
        assert (await ledger.sent(stage, "A kept picture")).files[0].data == picture().data
