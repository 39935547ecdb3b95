"""Pictures are drawn again in a confined process: upright, in the right size, and never beyond its limits."""

import asyncio
import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageOps, ImageStat

from bot.media import redrawing as module
from bot.media.disk_space import MIB
from bot.media.fit_plan import Redraw
from bot.media.redrawing import RedrawFault, Redrawing, TooHeavy, Undrawable, read_foreign
from sandbox.clock import ScaledClock
from tests.unit.bot.media.fake_programs import FakeProgram
from tests.unit.bot.media.odd_pictures import (
    BROKEN,
    FOREIGN,
    FOREIGN_BROKEN,
    FOREIGN_HEAVY,
    HEAVY,
    WHOLE,
    saved,
    sixteen_bits,
)
from tests.unit.bot.media.photos import SECRETS, TELLING_SPACE, exif_bytes, phone_photo, pixels, plain, profile

SMALL = (128, 72)
ADA, MALLORY = 1, 2
COVER, CONTAIN = Redraw(*SMALL, "cover"), Redraw(*SMALL, "contain")


@pytest.fixture
def clock() -> ScaledClock:
    return ScaledClock()


@pytest.fixture
def redrawing(tmp_path: Path, clock: ScaledClock) -> Redrawing:
    return Redrawing(tmp_path / "redraw", clock, 20 * MIB)


@pytest.fixture
def file(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(content: bytes) -> Path:
        path = tmp_path / "picture"
        path.write_bytes(content)
        return path

    return write


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path):
    """In the working folder, also after a fault."""
    yield
    folder = tmp_path / "redraw"
    assert not folder.exists() or not list(folder.iterdir())


def seen(content: bytes) -> Image.Image:
    with Image.open(io.BytesIO(content)) as opened:
        opened.load()
        return opened


def difference(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures of one size, of 255."""
    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean)


def four_corners(size: tuple[int, int] = (1280, 960)) -> Image.Image:
    """A picture of which each turn can be recognised, also when it is small."""
    small = Image.new("RGB", (2, 2))
    for at, colour in (((0, 0), "red"), ((1, 0), "lime"), ((0, 1), "blue"), ((1, 1), "white")):
        small.putpixel(at, Image.new("RGB", (1, 1), colour).getpixel((0, 0)))  # pyright: ignore[reportArgumentType]
    return small.resize(size, Image.Resampling.NEAREST)


@pytest.mark.parametrize("what", WHOLE)
async def test_every_kind_of_picture_is_drawn(redrawing: Redrawing, file, what: str) -> None:
    """In exactly the size of the plan, cropped or between bars, as a PNG or JPEG without metadata."""
    suffix, content, mode = WHOLE[what]
    for how in (COVER, CONTAIN):
        drawn = seen(await redrawing.redraw(file(content), how, suffix, ADA))
        assert (drawn.size, drawn.mode) == (SMALL, mode)
        assert drawn.format == ("PNG" if suffix == "png" or mode == "RGBA" else "JPEG")
        assert not {"exif", "icc_profile", "comment", "xmp"} & set(drawn.info)


@pytest.mark.parametrize("what", BROKEN)
async def test_what_is_broken_is_said_to_be(redrawing: Redrawing, file, what: str) -> None:
    """One kind of fault, with a line for the log."""
    suffix, content = BROKEN[what]
    with pytest.raises(Undrawable) as caught:
        await redrawing.redraw(file(content), COVER, suffix, ADA)
    assert caught.value.detail


@pytest.mark.parametrize("what", HEAVY)
async def test_a_bomb_is_refused_before_it_is_decoded(redrawing: Redrawing, file, what: str) -> None:
    """By its header alone."""
    suffix, content = HEAVY[what]
    with pytest.raises(TooHeavy):
        await redrawing.redraw(file(content), COVER, suffix, ADA)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_a_photo_is_drawn_upright(redrawing: Redrawing, file, kind: str, orientation: int) -> None:
    """As a decoder turns it, of any orientation, and nothing of its metadata is left."""
    photo = phone_photo(kind, orientation, four_corners((640, 480)))
    content = await redrawing.redraw(file(photo), CONTAIN, {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}[kind], ADA)
    assert [secret for secret in SECRETS if secret in content] == []
    with Image.open(io.BytesIO(photo)) as opened:
        wanted = ImageOps.pad(ImageOps.exif_transpose(opened).convert("RGB"), SMALL)
    drawn = seen(content)
    assert drawn.getexif().get(0x0112, 1) == 1
    assert difference(drawn, wanted) < 3


async def test_cover_crops_both_sides_alike_and_contain_shows_all(redrawing: Redrawing, file) -> None:
    """The middle is kept; bars are black and of one height."""
    source = file(plain("PNG", four_corners()))
    cover, contain = [seen(await redrawing.redraw(source, how, "png", ADA)) for how in (COVER, CONTAIN)]
    corners = [cover.getpixel(at) for at in ((2, 2), (125, 2), (2, 69), (125, 69))]
    assert corners == [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]
    assert contain.getpixel((2, 36)) == contain.getpixel((125, 36)) == (0, 0, 0)
    assert contain.getpixel((20, 2)) == (255, 0, 0)
    assert contain.getpixel((107, 69)) == (255, 255, 255)


async def test_a_small_picture_is_enlarged(redrawing: Redrawing, file) -> None:
    """The video's size is what counts."""
    drawn = seen(
        await redrawing.redraw(file(plain("JPEG", four_corners((32, 18)))), Redraw(1280, 720, "cover"), "jpg", ADA)
    )
    assert drawn.size == (1280, 720)


async def test_sixteen_bits_keep_their_brightness(redrawing: Redrawing, file) -> None:
    """Three quarters of white stay three quarters."""
    for colour in (0, 2):
        drawn = seen(await redrawing.redraw(file(sixteen_bits(colour)), COVER, "png", ADA))
        assert drawn.getpixel((64, 36)) == pytest.approx((192, 192, 192), abs=1)


async def test_what_shows_through_stays_so(redrawing: Redrawing, file) -> None:
    """A hole is no black."""
    image = Image.new("RGBA", SMALL, (255, 0, 0, 0))
    image.paste((0, 255, 0, 255), (0, 0, 64, 72))
    drawn = seen(await redrawing.redraw(file(plain("PNG", image)), Redraw(64, 36, "cover"), "png", ADA))
    assert drawn.getpixel((50, 18))[3] == 0  # pyright: ignore[reportIndexIssue, reportOptionalSubscript]
    assert drawn.getpixel((10, 18)) == (0, 255, 0, 255)


async def test_colours_of_another_space_become_those_of_the_web(redrawing: Redrawing, file) -> None:
    """A picture whose red is another one is drawn in sRGB; with sRGB's own profile its colours stay."""
    image = Image.new("RGB", (64, 36), (200, 60, 60))
    # A red far outside of sRGB, as wide spaces have.
    wide = profile(red=b"XYZ \0\0\0\0" + b"\0\0\xcc\0" + b"\0\0\x46\0" + b"\0\0\0\0")
    same, other = [
        seen(await redrawing.redraw(file(plain("PNG", image, icc_profile=space)), COVER, "png", ADA))
        for space in (TELLING_SPACE, wide)
    ]
    assert difference(same, Image.new("RGB", SMALL, (200, 60, 60))) < 3
    assert difference(other, same) > 10


@pytest.mark.parametrize("what", FOREIGN)
async def test_other_kinds_become_a_png_or_jpeg(redrawing: Redrawing, file, what: str) -> None:
    """Of their own size, upright, and the first frame where there are several."""
    reader, content, size, mode = FOREIGN[what]
    assert read_foreign(io.BytesIO(content)) == reader
    drawn = seen(await redrawing.convert(file(content), reader, ADA))
    assert (drawn.size, drawn.mode) == (size, mode)
    with Image.open(io.BytesIO(content)) as opened:
        assert difference(drawn, ImageOps.exif_transpose(opened)) < 6
    assert not {"exif", "icc_profile", "comment", "xmp"} & set(drawn.info)


async def test_heic_becomes_a_jpeg(redrawing: Redrawing, file) -> None:
    """Where the extra is installed, as phones store it, on its side or not."""
    opener = pytest.importorskip("pillow_heif")
    opener.register_heif_opener()
    for orientation, size in ((1, (64, 48)), (6, (48, 64))):
        content = saved("HEIF", exif=b"Exif\0\0" + exif_bytes(orientation))
        assert read_foreign(io.BytesIO(content)) == "HEIF"
        drawn = await redrawing.convert(file(content), "HEIF", ADA)
        assert (seen(drawn).size, seen(drawn).format) == (size, "JPEG")
        assert [secret for secret in SECRETS if secret in drawn] == []


@pytest.mark.parametrize("what", FOREIGN_BROKEN)
async def test_broken_ones_of_other_kinds(redrawing: Redrawing, file, what: str) -> None:
    """They are recognised, and said to be broken."""
    reader = read_foreign(io.BytesIO(FOREIGN_BROKEN[what]))
    assert reader is not None
    with pytest.raises(Undrawable):
        await redrawing.convert(file(FOREIGN_BROKEN[what]), reader, ADA)


@pytest.mark.parametrize("what", FOREIGN_HEAVY)
async def test_bombs_of_other_kinds(redrawing: Redrawing, file, what: str) -> None:
    """They are recognised, and not decoded."""
    reader = read_foreign(io.BytesIO(FOREIGN_HEAVY[what]))
    assert reader is not None
    with pytest.raises(TooHeavy):
        await redrawing.convert(file(FOREIGN_HEAVY[what]), reader, ADA)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"BM", b"BMW is a car, and this is a text about one", b"GIF", plain("PNG"), plain("JPEG"), plain("WEBP"),
        b"\0\0\0\x18ftypisom" + bytes(20), b"\0\0\0\x08ftyp", b"\xff\xff\xff\xffftypmp42" + bytes(60),
    ],
    ids=lambda content: repr(content[:12]),
)  # fmt: skip
def test_other_files_are_of_no_such_kind(content: bytes) -> None:
    """Neither those that are kept as they are nor those that are no picture."""
    assert read_foreign(io.BytesIO(content)) is None


async def test_memory_beyond_the_limit_is_a_fault_like_any_other(
    redrawing: Redrawing, file, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends, and the bot goes on."""
    monkeypatch.setattr(module, "_ADDRESS_BYTES", 192 * MIB)
    bomb = plain("PNG", Image.new("RGBA", (7_900, 7_900)))
    with pytest.raises(TooHeavy):
        await redrawing.redraw(file(bomb), COVER, "png", ADA)
    monkeypatch.undo()
    assert seen(await redrawing.redraw(file(plain("PNG")), COVER, "png", ADA)).size == SMALL


async def test_time_beyond_the_limit_is_a_fault_like_any_other(
    redrawing: Redrawing, file, clock: ScaledClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process is killed, and the next picture is drawn."""
    program = FakeProgram(tmp_path, "exec sleep 1000")
    monkeypatch.setattr(sys, "executable", str(program.path))
    task = asyncio.create_task(redrawing.redraw(file(plain("PNG")), COVER, "png", ADA))
    await program.until(1)
    clock.jump(3_600.0)
    with pytest.raises(TooHeavy):
        await task
    await program.until_gone()
    monkeypatch.undo()
    assert seen(await redrawing.redraw(file(plain("PNG")), COVER, "png", ADA)).size == SMALL


async def test_a_result_beyond_the_limit_is_a_jpeg_of_less_quality_or_none(
    tmp_path: Path, clock: ScaledClock, file
) -> None:
    """Noise is hard to encode: first as a PNG, then as a JPEG, and then not at all."""
    source = file(plain("PNG", pixels((256, 144))))
    for most_bytes, kind in ((150_000, "PNG"), (60_000, "JPEG")):
        drawn = await Redrawing(tmp_path / "redraw", clock, most_bytes).redraw(
            source, Redraw(256, 144, "cover"), "png", ADA
        )
        assert seen(drawn).format == kind
        assert len(drawn) <= most_bytes
    with pytest.raises(TooHeavy):
        await Redrawing(tmp_path / "redraw", clock, 5_000).redraw(source, Redraw(256, 144, "cover"), "png", ADA)


async def test_several_at_once_are_drawn_one_after_the_other(redrawing: Redrawing, file) -> None:
    """One that fails or is cancelled holds up no other."""
    source = file(plain("PNG"))
    broken = source.with_name("broken")
    broken.write_bytes(b"no picture")
    tasks = [asyncio.create_task(redrawing.redraw(one, COVER, "png", ADA)) for one in (source, source, broken, source)]
    tasks[1].cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in ended] == [bytes, asyncio.CancelledError, Undrawable, bytes]


async def test_many_pictures_of_one_person_hold_up_no_other(redrawing: Redrawing, file) -> None:
    """They wait for each other, and then take turns with those of other people."""
    source, drawn = file(plain("PNG")), list[int]()

    async def draw(whose: int) -> None:
        await redrawing.redraw(source, COVER, "png", whose)
        drawn.append(whose)

    await asyncio.gather(*map(draw, (MALLORY, MALLORY, MALLORY, ADA)))
    assert drawn == [MALLORY, ADA, MALLORY, MALLORY]


async def test_a_picture_that_is_gone_is_a_fault(redrawing: Redrawing, tmp_path: Path) -> None:
    """It may be swept in the meantime."""
    with pytest.raises(RedrawFault):
        await redrawing.redraw(tmp_path / "gone", COVER, "png", ADA)


async def test_what_an_earlier_process_left_is_cleared(redrawing: Redrawing, tmp_path: Path) -> None:
    """At the start; a folder that isn't there is no fault."""
    await redrawing.clear()
    (tmp_path / "redraw" / "left").mkdir(parents=True)
    (tmp_path / "redraw" / "left" / "out").write_bytes(b"half")
    await redrawing.clear()
    assert not (tmp_path / "redraw").exists()
