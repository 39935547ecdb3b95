"""What is kept of a picture: its pixels, its colours and which way up it belongs, and nothing about people."""

import io
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from bot.media.metadata import find_pieces, read_pieces
from bot.media.orientation import read_orientation, write_orientation
from bot.media.pictures import read_header
from tests.unit.bot.media.photos import (
    LARGE_SPACE,
    PLACE,
    SECRETS,
    SPACE,
    XMP,
    chunk,
    exif_bytes,
    inserted,
    phone_photo,
    pixels,
    plain,
    with_chunks,
)  # fmt: skip
from tests.unit.bot.media.samples import jpeg_segment, vp8, vp8x, webp

KINDS = ["JPEG", "PNG", "WEBP"]


def stripped(data: bytes) -> bytes | None:
    """What is kept of these bytes; None if they are no whole picture."""
    file = io.BytesIO(data)
    header = read_header(file)
    assert header is not None, "a picture by its header"
    pieces = find_pieces(file, header.suffix)
    if pieces is None:
        return None
    kept = b"".join(read_pieces(file, pieces))
    assert (pieces == (range(len(data)),)) is (kept == data), "one range over the whole file means: as it came"
    return kept


def seen(data: bytes) -> tuple[str, tuple[int, int], bytes, int, bytes | None]:
    """The picture as Pillow decodes it: mode, size, pixels, orientation (1 where it makes no sense), colour profile."""
    with Image.open(io.BytesIO(data)) as opened:
        turned = opened.getexif().get(ExifTags.Base.Orientation, 1)
        turned = turned if turned in range(1, 9) else 1
        return opened.mode, opened.size, opened.tobytes(), turned, opened.info.get("icc_profile")


def told(data: bytes) -> set[str]:
    """Pillow's metadata of the file beside the pixels."""
    with Image.open(io.BytesIO(data)) as opened:
        opened.load()
        tags = set(opened.getexif()) - {ExifTags.Base.Orientation}
        named = {"exif", "comment", "xmp", "photoshop", "mp", "Author", "XML:com.adobe.xmp"} & set(opened.info)
        return named - ({"exif"} if not tags else set()) | {str(tag) for tag in tags}


@pytest.mark.parametrize("orientation", [None, *range(9), 200])
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_about_people_is_left(kind: str, orientation: int | None) -> None:
    """A photo keeps its pixels, colours and orientation; place, times, names, devices and videos go."""
    photo = phone_photo(kind, orientation)
    kept = stripped(photo)
    assert kept is not None
    assert [secret for secret in SECRETS if secret in kept] == []
    assert told(kept) == set()
    turned = orientation in range(2, 9)
    assert seen(kept) == (*seen(photo)[:3], orientation if turned else 1, SPACE)
    assert (b"\x01\x12\x00\x03" in kept) is turned, "an Exif that says the usual is none"
    assert stripped(kept) == kept


PLAIN_FORMS = [
    ("JPEG", "RGB", {}),
    ("JPEG", "L", {}),
    ("JPEG", "CMYK", {}),
    ("JPEG", "RGB", {"progressive": True}),
    ("JPEG", "RGB", {"restart_marker_blocks": 1}),
    ("JPEG", "RGB", {"subsampling": 2, "quality": 1, "optimize": True}),
    ("JPEG", "RGB", {"quality": 100, "dpi": (300, 300)}),
    ("JPEG", "RGB", {"keep_rgb": True}),
    ("JPEG", "RGB", {"icc_profile": LARGE_SPACE}),
    ("PNG", "RGB", {}),
    ("PNG", "RGBA", {}),
    ("PNG", "LA", {}),
    ("PNG", "1", {}),
    ("PNG", "P", {"transparency": 3}),
    ("PNG", "RGB", {"dpi": (300, 300), "transparency": (1, 2, 3)}),
    ("PNG", "RGB", {"compress_level": 0}),
    ("PNG", "RGB", {"save_all": True, "append_images": [pixels(seed=2)]}),
    ("WEBP", "RGB", {"lossless": False}),
    ("WEBP", "RGB", {}),
    ("WEBP", "RGBA", {"lossless": False}),
    ("WEBP", "RGBA", {}),
    ("WEBP", "RGB", {"icc_profile": SPACE}),
    ("WEBP", "RGB", {"save_all": True, "append_images": [pixels(seed=2)]}),
]


@pytest.mark.parametrize(("kind", "mode", "options"), PLAIN_FORMS)
def test_a_picture_without_metadata_stays_as_it_is(kind: str, mode: str, options: dict[str, object]) -> None:
    """Every usual form of the three formats goes byte for byte where there is nothing to take away."""
    image = pixels(mode="L").convert(mode) if mode in {"1", "P"} else pixels(mode=mode)
    data = plain(kind, image, **options)
    assert stripped(data) == data


@pytest.mark.parametrize(("kind", "mode", "options"), PLAIN_FORMS)
def test_what_is_behind_the_end_is_cut(kind: str, mode: str, options: dict[str, object]) -> None:
    """An archive, a page, another picture or a single byte behind the picture's end is not part of it."""
    image = pixels(mode="L").convert(mode) if mode in {"1", "P"} else pixels(mode=mode)
    data = plain(kind, image, **options)
    for behind in (b"PK\x03\x04" + bytes(30), b"<script>alert(1)</script>", phone_photo(kind), b"\0", data):
        assert stripped(data + behind) == data


@st.composite
def photos(draw: st.DrawFn) -> bytes:
    """Real pictures of every form with any mixture of metadata."""
    kind, mode, options = draw(st.sampled_from([form for form in PLAIN_FORMS if "save_all" not in form[2]]))
    size = draw(st.tuples(st.integers(1, 40), st.integers(1, 40)))
    seed = draw(st.integers(0, 999))
    image = pixels(size, "L", seed).convert(mode) if mode in {"1", "P"} else pixels(size, mode, seed)
    options = dict(options)
    if draw(st.booleans()):
        turned = draw(st.none() | st.integers(0, 9))
        options["exif"] = exif_bytes(turned, draw(st.sampled_from("<>")))
    if draw(st.booleans()) and kind != "PNG":
        options["xmp"] = XMP
    if draw(st.booleans()) and kind == "JPEG":
        options["comment"] = b"SECRET" * draw(st.integers(1, 9))
    data = plain(kind, image, **options)
    foreign = draw(st.binary(max_size=60)) + b"SECRET"
    if draw(st.booleans()) and kind == "JPEG":
        data = inserted(data, jpeg_segment(draw(st.sampled_from([0xE0, 0xE3, 0xE8, 0xED, 0xEF, 0xFE])), foreign))
    if draw(st.booleans()) and kind == "PNG":
        name = draw(st.sampled_from([b"tEXt", b"tIME", b"caBX", b"prVt"]))
        data = with_chunks(data, chunk(name, foreign), at=len(data) - 12)
    return data + draw(st.sampled_from([b"", foreign]))


@pytest.mark.slow
@settings(deadline=None, max_examples=200)
@given(photos())
def test_pixels_stay_and_secrets_go(photo: bytes) -> None:
    """For any metadata: same pixels, same orientation, same colours, no secret; a second time changes nothing."""
    kept = stripped(photo)
    assert kept is not None
    assert seen(kept) == seen(photo)
    assert b"SECRET" not in kept
    assert PLACE not in kept
    assert stripped(kept) == kept


@pytest.mark.parametrize("progressive", [False, True])
def test_metadata_between_the_scans_of_a_jpeg_goes(progressive: bool) -> None:
    """A comment or Exif behind a scan is found there too."""
    data = plain("JPEG", progressive=progressive)
    at = data.index(b"\xff\xc4", data.index(b"\xff\xda")) if progressive else len(data) - 2
    late = jpeg_segment(0xFE, b"SECRET") + jpeg_segment(0xE1, b"Exif\0\0" + exif_bytes(1))
    assert stripped(data[:at] + late + data[at:]) == data


def test_a_thumbnail_in_the_jfif_header_goes() -> None:
    """A JFIF header keeps version and density; a small picture in it, of what was perhaps cut away, goes."""
    data = plain("JPEG")
    assert data[2:4] == b"\xff\xe0"
    thumbnail = jpeg_segment(0xE0, data[6:18] + b"\x02\x01" + b"SECRET")
    assert stripped(data[:2] + thumbnail + data[20:]) == data


def test_the_first_exif_of_several_counts() -> None:
    """Of two orientations the first counts, as in programs that show pictures; one is kept."""
    first, second = (jpeg_segment(0xE1, b"Exif\0\0" + exif_bytes(n)) for n in (8, 3))
    kept = stripped(inserted(plain("JPEG"), first, second))
    assert kept is not None
    assert kept.count(b"Exif\0\0") == 1
    assert seen(kept)[3] == 8
    pngs = (chunk(b"eXIf", exif_bytes(n)) for n in (8, 3))
    kept = stripped(with_chunks(plain("PNG"), *pngs))
    assert kept is not None
    assert kept.count(b"eXIf") == 1
    assert seen(kept)[3] == 8


@pytest.mark.parametrize(("orientation", "flags"), [(1, 0x20), (6, 0x28)])
def test_a_webps_header_says_what_is_left(orientation: int, flags: int) -> None:
    """The flags of an extended WebP name what still is in it, and its length is that of the new file."""
    kept = stripped(phone_photo("WEBP", orientation))
    assert kept is not None
    assert kept[12:16] == b"VP8X"
    assert kept[20] == flags
    assert int.from_bytes(kept[4:8], "little") + 8 == len(kept)
    assert (b"EXIF" in kept) is (orientation != 1)
    assert b"XMP " not in kept


def test_odd_webps() -> None:
    """A last padding byte that is missing is put there; a simple file's stray Exif goes; flags alone are put right."""
    odd = webp(vp8x(8, 8), (b"VP8 ", vp8(8, 8)[1] + b"odd"))
    assert stripped(odd[:-1]) == odd, "which decoders want"
    assert stripped(webp(vp8(8, 8), (b"EXIF", exif_bytes(6)))) == webp(vp8(8, 8))
    assert stripped(webp(vp8x(8, 8, flags=0x0C), vp8(8, 8))) == webp(vp8x(8, 8), vp8(8, 8))
    lacking = webp(vp8x(8, 8, flags=0x08), vp8(8, 8), (b"EXIF", b"odd"))[:-1]
    assert stripped(lacking) == webp(vp8x(8, 8), vp8(8, 8))
    unpadded = webp(vp8x(8, 8, flags=0x08), (b"EXIF", b"even"), (b"VP8 ", vp8(8, 8)[1] + b"odd"))[:-1]
    assert stripped(unpadded) == odd


def test_files_that_make_no_sense_are_damaged() -> None:
    """Markers and chunks that no decoder takes, lengths that do not fit, and endless ones are no whole picture."""
    for data in NONSENSE:
        assert stripped(data) is None, data[:60]


NONSENSE = [
    inserted(plain("JPEG"), b"\xff\xc8\0\2"),
    plain("JPEG").partition(b"\xff\xda")[0] + b"\xff\xd9",
    plain("JPEG")[:-2] + jpeg_segment(0xE3, b"") * 20_001 + b"\xff\xd9",
    with_chunks(plain("PNG"), chunk(b"XXxX", b"critical")),
    with_chunks(plain("PNG"), chunk(b"a-Tx", b"no letters")),
    with_chunks(plain("PNG"), b"\xff\xff\xff\xf0tEXt"),
    plain("PNG")[:33] + chunk(b"IEND", b""),
    with_chunks(plain("PNG"), chunk(b"tEXt", b"") * 20_001),
    webp(vp8x(8, 8, flags=2), (b"ANIM", bytes(6))),
    webp(vp8(8, 8), *[(b"EXIF", b"")] * 20_001),
]


@pytest.mark.parametrize(
    "tiff",
    [
        b"",
        b"II*\0",
        b"XX*\0\x08\0\0\0",
        b"MM\0*\xff\xff\xff\xff",
        b"MM\0*\0\0\0\x08\xff\xff",
        write_orientation(6)[:-5],
        write_orientation(6).replace(b"\0\x03\0\0\0\1", b"\0\x04\0\0\0\1"),
        write_orientation(0),
        write_orientation(9),
    ],
)
def test_an_exif_that_says_nothing_means_upright(tiff: bytes) -> None:
    """Where Exif is empty, cut off, absurd or of the wrong kind, a picture is shown as it is; so it stays."""
    assert read_orientation(io.BytesIO(b"##" + tiff + b"##"), 2, 2 + len(tiff)) == 1


@pytest.mark.slow
@settings(deadline=None, max_examples=300)
@given(st.sampled_from([phone_photo(kind) for kind in KINDS]), st.data())
def test_any_damage_is_survived(photo: bytes, data: st.DataObject) -> None:
    """For any changed bytes the result is a picture or None; nothing is raised, and nothing is made up."""
    bent = bytearray(photo)
    for at in data.draw(st.lists(st.integers(0, len(photo) - 1), max_size=4)):
        bent[at] = data.draw(st.integers(0, 255))
    file = io.BytesIO(bytes(bent[: data.draw(st.integers(0, len(photo)))]))
    header = read_header(file)
    pieces = None if header is None else find_pieces(file, header.suffix)
    if pieces is not None:
        kept = b"".join(read_pieces(file, pieces))
        assert len(kept) <= len(file.getvalue()) + 64
        again = read_header(io.BytesIO(kept))
        assert again is not None
        assert find_pieces(io.BytesIO(kept), again.suffix) == (range(len(kept)),)


@pytest.mark.parametrize("length", [*range(1_020, 1_030), *range(3_066, 3_076), 300_000, 3_000_000])
def test_a_scan_of_any_length_is_walked_to_its_end(length: int) -> None:
    """The marker that ends a scan is found at every position, also across the border of two blocks."""
    data = plain("JPEG", pixels((8, 8)))
    scan = len(data) - data.index(b"\xff\xda") - 14 - 2  # without its header and the picture's end
    padding = bytes(length - scan)
    for body in (padding, padding[:-2] + b"\xff\0", padding[:-2] + b"\xff\xd0"):
        long = data[:-2] + body + data[-2:]
        assert stripped(long) == long
        assert stripped(long + b"behind") == long
        assert stripped(long[:-1]) == stripped(long[:-2]) == long


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_exif_may_begin_as_in_a_jpeg(kind: str) -> None:
    """Some programs put JPEG's prefix before the Exif of a PNG or WebP; the way up is found behind it."""
    tiff = b"Exif\0\0" + exif_bytes(8)
    data = (
        with_chunks(plain("PNG"), chunk(b"eXIf", tiff))
        if kind == "PNG"
        else webp(vp8x(8, 8, 8), vp8(8, 8), (b"EXIF", tiff))
    )
    kept = stripped(data)
    assert kept is not None
    assert write_orientation(8) in kept
    assert b"SECRET" not in kept


def test_large_pieces_come_in_blocks() -> None:
    """A piece of any length is read 256 KiB at a time."""
    file = io.BytesIO(bytes(1_000_000))
    blocks = list(read_pieces(file, (range(10, 1_000_000), b"more", range(3))))
    assert [len(block) for block in blocks] == [262_144] * 3 + [213_558, 4, 3]


def test_the_smallest_exif() -> None:
    """What is put back is one directory with one entry."""
    assert write_orientation(6) == b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
