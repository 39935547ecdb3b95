"""Fitted pictures are files beside those that were attached: drawn once, found again, and deleted with them."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from bot.jobs.model import Reference
from bot.media import fitted_pictures as module
from bot.media.disk_space import MIB, DiskFullError
from bot.media.fit_plan import Redraw, plan_fit
from bot.media.fitted_pictures import FittedPictures
from bot.media.redrawing import Redrawing, Undrawable
from bot.media.references import ReferenceRefused, ReferenceShelf
from sandbox.clock import ScaledClock
from tests.unit.bot.media.fake_file_host import FakeFileHost
from tests.unit.bot.media.odd_pictures import FOREIGN, FOREIGN_BROKEN, FOREIGN_HEAVY, saved
from tests.unit.bot.media.photos import SECRETS, exif_bytes, phone_photo, plain
from tests.unit.bot.media.test_reference_shelf import left, upload

ADA = 1
HOW = Redraw(128, 72, "cover")


@pytest.fixture
def redrawing(tmp_path: Path) -> Redrawing:
    return Redrawing(tmp_path / "redraw", ScaledClock(), MIB)


@pytest.fixture
async def shelf(tmp_path: Path, api: FakeFileHost, redrawing: Redrawing) -> AsyncIterator[ReferenceShelf]:
    made = ReferenceShelf(tmp_path / "references", MIB, api.url("/api/v10"), waits_seconds=(), redrawing=redrawing)
    yield made
    await made.close()


@pytest.fixture
def fitted(tmp_path: Path, shelf: ReferenceShelf, redrawing: Redrawing) -> FittedPictures:
    return FittedPictures(tmp_path / "fitted", shelf, redrawing)


def opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
        return image


async def test_a_picture_is_drawn_once(
    fitted: FittedPictures, shelf: ReferenceShelf, api: FakeFileHost, tmp_path: Path
) -> None:
    """It is named after the picture and the plan, and found there again, also by another process."""
    photo = await shelf.keep(upload(api, plain("JPEG")))
    made = await fitted.fit(photo, HOW, ADA)
    assert made == (tmp_path / "fitted" / f"{photo.sha256}-128x72-cover.jpg", "image/jpeg")
    assert opened(made.path).size == (128, 72)
    assert made.path.stat().st_mode & 0o777 == 0o600
    made.path.write_bytes(b"drawn before")
    again = FittedPictures(tmp_path / "fitted", shelf, Redrawing(tmp_path / "never", ScaledClock(), MIB))
    assert await again.fit(photo, HOW, ADA) == made
    assert made.path.read_bytes() == b"drawn before"
    drawing = await shelf.keep(upload(api, plain("PNG")))
    assert await fitted.fit(drawing, HOW, ADA) == (
        tmp_path / "fitted" / f"{drawing.sha256}-128x72-cover.png",
        "image/png",
    )


async def test_without_a_plan_the_kept_file_is_sent(
    fitted: FittedPictures, shelf: ReferenceShelf, api: FakeFileHost, tmp_path: Path
) -> None:
    """Byte for byte; nothing is drawn."""
    kept = await shelf.keep(upload(api, plain("WEBP")))
    assert await fitted.fit(kept, None, ADA) == (shelf.path(kept), "image/webp")
    assert left(tmp_path / "fitted") == []


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_a_shape_is_that_which_people_see(
    fitted: FittedPictures, shelf: ReferenceShelf, api: FakeFileHost, kind: str, orientation: int
) -> None:
    """A photo that was taken on its side is as wide as it looks; one that is turned at all has to be drawn."""
    kept = await shelf.keep(upload(api, phone_photo(kind, orientation)))
    shape = await fitted.read_shape(kept)
    assert shape == (*((48, 64) if orientation > 4 else (64, 48)), orientation != 1)
    assert (plan_fit(shape, f"{shape.width}x{shape.height}", "cover") is None) is (orientation == 1)


async def test_a_picture_that_is_gone_has_no_shape(fitted: FittedPictures) -> None:
    """It may still be in the archive: that is found later."""
    assert await fitted.read_shape(Reference("0" * 64, "png", 9)) is None


async def test_what_can_not_be_drawn_leaves_nothing(
    fitted: FittedPictures, shelf: ReferenceShelf, api: FakeFileHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken picture, or one for which the disk has no room."""
    cut = plain("PNG")
    kept = await shelf.keep(upload(api, cut))
    shelf.path(kept).write_bytes(cut[:4_000] + cut[-12:])
    with pytest.raises(Undrawable):
        await fitted.fit(kept, HOW, ADA)
    whole = await shelf.keep(upload(api, plain("JPEG")))
    monkeypatch.setattr(module, "PICTURE_FLOOR_BYTES", 2**60)
    full = FittedPictures(tmp_path / "fitted", shelf, fitted._redrawing)
    with pytest.raises(DiskFullError):
        await full.fit(whole, HOW, ADA)
    assert left(tmp_path / "fitted") == []


async def test_fitted_pictures_go_with_those_they_were_made_of(
    fitted: FittedPictures, shelf: ReferenceShelf, api: FakeFileHost, tmp_path: Path
) -> None:
    """And no sooner; those of a moment ago are spared, as their job may be about to be stored."""
    kept, gone = [await shelf.keep(upload(api, plain(kind))) for kind in ("JPEG", "PNG")]
    for how in (HOW, Redraw(64, 64, "contain")):
        await fitted.fit(kept, how, ADA)
        await fitted.fit(gone, how, ADA)
    assert await fitted.sweep({kept.file_name}) == 0
    for path in (tmp_path / "fitted").iterdir():
        os.utime(path, (1, 1))
    assert await fitted.sweep({kept.file_name}) == 2
    assert {name[:64] for name in left(tmp_path / "fitted")} == {kept.sha256}
    assert await FittedPictures(tmp_path / "never", shelf, fitted._redrawing).sweep(set()) == 0


@pytest.mark.parametrize("what", FOREIGN)
async def test_an_attachment_of_another_kind_is_kept_as_a_png_or_jpeg(
    shelf: ReferenceShelf, api: FakeFileHost, tmp_path: Path, what: str
) -> None:
    """With its own size and hash; of the file itself nothing is left, nor of its metadata."""
    _reader, content, size, _mode = FOREIGN[what]
    kept = await shelf.keep(upload(api, content))
    lies = opened(shelf.path(kept))
    assert (lies.size, lies.format) == (size, {"png": "PNG", "jpg": "JPEG"}[kept.suffix])
    assert left(tmp_path / "references") == [kept.file_name]
    assert shelf.holds(kept)
    assert [secret for secret in SECRETS if secret in shelf.path(kept).read_bytes()] == []
    assert await shelf.keep(upload(api, content)) == kept, "the same file becomes the same picture"


async def test_a_photo_of_a_phone_is_kept_as_a_jpeg(shelf: ReferenceShelf, api: FakeFileHost, tmp_path: Path) -> None:
    """HEIC, where the extra is installed."""
    pytest.importorskip("pillow_heif").register_heif_opener()
    kept = await shelf.keep(upload(api, saved("HEIF", exif=b"Exif\0\0" + exif_bytes(6)), "/IMG_0001.HEIC"))
    assert kept.suffix == "jpg"
    assert opened(shelf.path(kept)).size == (48, 64)
    assert [secret for secret in SECRETS if secret in shelf.path(kept).read_bytes()] == []
    assert left(tmp_path / "references") == [kept.file_name]


@pytest.mark.parametrize("what", [*FOREIGN_BROKEN, *FOREIGN_HEAVY])
async def test_an_attachment_of_another_kind_that_can_not_be_drawn(
    shelf: ReferenceShelf, api: FakeFileHost, tmp_path: Path, what: str
) -> None:
    """One sentence names the file and says why; nothing is kept of it."""
    content = {**FOREIGN_BROKEN, **FOREIGN_HEAVY}[what]
    with pytest.raises(ReferenceRefused) as caught:
        await shelf.keep(upload(api, content))
    broken = what in FOREIGN_BROKEN
    assert caught.value.refusal.reason == ("reference damaged" if broken else "reference dimensions")
    assert caught.value.refusal.named["file"] == "a.png"
    assert left(tmp_path / "references") == []


async def test_a_side_over_the_limit_is_refused_in_every_kind(shelf: ReferenceShelf, api: FakeFileHost) -> None:
    """A long GIF like a long PNG."""
    with pytest.raises(ReferenceRefused) as caught:
        await shelf.keep(upload(api, saved("GIF", Image.new("1", (12_001, 2)))))
    assert caught.value.refusal.reason == "reference dimensions"
