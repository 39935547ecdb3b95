"""What decoders take is taken, put right; the rest is damaged. Pillow is the judge of what decoders take."""

import io
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile, UnidentifiedImageError

from bot.media.metadata import find_pieces, read_pieces
from bot.media.pictures import read_header, read_kind
from tests.unit.bot.media.photos import chunk, exif_bytes, inserted, phone_photo, pixels, plain, with_chunks
from tests.unit.bot.media.samples import jpeg_segment, vp8, vp8x, webp
from tests.unit.bot.media.test_metadata import PLAIN_FORMS

KINDS = ["JPEG", "PNG", "WEBP"]
JPEG, PNG, WEBP = (plain(kind) for kind in KINDS)
PROGRESSIVE = plain("JPEG", pixels((40, 30)), progressive=True)


def taken(data: bytes) -> bytes | None:
    """What is kept of these bytes; None where they are refused."""
    file = io.BytesIO(data)
    header = read_header(file)
    pieces = None if header is None else find_pieces(file, header.suffix)
    return None if pieces is None else b"".join(read_pieces(file, pieces))


def decoded(data: bytes) -> bytes:
    """The pixels, as a strict decoder sees them; raises where it sees none."""
    assert not ImageFile.LOAD_TRUNCATED_IMAGES
    with Image.open(io.BytesIO(data)) as opened:
        return opened.tobytes()


def segments(data: bytes) -> list[int]:
    """Where each segment of a JPEG begins, up to its first scan."""
    found, at = [2], 2
    while data[at + 1] != 0xDA:
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
        found.append(at)
    return found


def without(data: bytes, *names: bytes) -> bytes:
    """A PNG without these chunks."""
    kept, at = data[:8], 8
    while at < len(data):
        stop = at + 12 + int.from_bytes(data[at : at + 4])
        kept += b"" if data[at + 4 : at + 8] in names else data[at:stop]
        at = stop
    return kept


def wrong_sum(one: bytes) -> bytes:
    return one[:-4] + bytes(byte ^ 0xFF for byte in one[-4:])


SPLIT = without(PNG, b"IDAT", b"IEND") + b"".join(
    chunk(b"IDAT", body) for body in (PNG[41 : 41 + 99], PNG[140 : 41 + int.from_bytes(PNG[33:37])])
)

PUT_RIGHT = {
    "a JPEG without its end": (JPEG[:-2], JPEG),
    "a JPEG with half its end": (JPEG[:-1], JPEG),
    "a JPEG for print without its end": (plain("JPEG", pixels(mode="CMYK"))[:-2], plain("JPEG", pixels(mode="CMYK"))),
    "a progressive JPEG without its end": (PROGRESSIVE[:-2], PROGRESSIVE),
    "a JPEG with zeros behind its start": (JPEG[:2] + bytes(9) + JPEG[2:], JPEG),
    "a JPEG with FF before a marker": (JPEG[:20] + b"\xff\xff" + JPEG[20:], JPEG),
    "a JPEG with strays before a marker": (JPEG[:20] + b"stray \xff\0 strays" + JPEG[20:], JPEG),
    "a JPEG with zeros before its end": (JPEG[:-2] + bytes(9) + JPEG[-2:], JPEG[:-2] + bytes(9) + JPEG[-2:]),
    "a JPEG with another behind it, without its end": (JPEG[:-2] + phone_photo("JPEG"), JPEG),
    "a JPEG with nonsense behind its scan": (JPEG[:-2] + b"\xff\xf0\0\2\xff\xd9", JPEG),
    "a JPEG with half a comment behind its scan": (JPEG[:-2] + b"\xff\xfe\xff\xffSECRET", JPEG),
    "a JPEG with a comment too short": (JPEG[:-2] + b"\xff\xfe\0\1", JPEG),
    "a PNG without its end": (PNG[:-12], PNG),
    "a PNG with half its end": (PNG[:-5], PNG),
    "a PNG with a wrong end": (wrong_sum(PNG), PNG),
    "a PNG with strays for an end": (PNG[:-12] + b"\0\0\0\1no!!", PNG),
    "a PNG in two pieces without its end": (SPLIT, SPLIT + PNG[-12:]),
    "an interlaced PNG without its end": (plain("PNG", pixels(mode="P"))[:-12], plain("PNG", pixels(mode="P"))),
    "a PNG with a spoilt text": (with_chunks(PNG, wrong_sum(chunk(b"tEXt", b"Author\0SECRET"))), PNG),
    "a PNG with a spoilt colour": (with_chunks(PNG, wrong_sum(chunk(b"gAMA", b"\0\0\xb1\x8f"))), PNG),
    "a WebP that says it is longer": (WEBP[:4] + struct.pack("<I", len(WEBP) + 99) + WEBP[8:], WEBP),
    "a WebP with strays behind it": (WEBP + b"SECRET", WEBP),
    "a WebP with half its Exif": (
        webp(vp8x(8, 8, 8), vp8(8, 8), (b"EXIF", bytes(40)))[:-9],
        webp(vp8x(8, 8), vp8(8, 8)),
    ),
}


@pytest.mark.parametrize("what", PUT_RIGHT)
def test_what_decoders_pass_over_is_put_right(what: str) -> None:
    """B8: a missing end is put there, strays go; what comes out needs nothing more."""
    data, right = PUT_RIGHT[what]
    assert taken(data) == right
    assert taken(right) == right


def test_strays_between_any_two_segments_go() -> None:
    """B8: zeros, or anything, between segments: the picture is the same."""
    for data in (JPEG, PROGRESSIVE, plain("JPEG", exif=exif_bytes(6))):
        for at in segments(data):
            for strays in (b"\0", bytes(700), b"\xff\xff", b"any \xff\0 thing", bytes(300_000)):
                if at == 2 and strays[0] != 0xFF:
                    strays = bytes(9)  # behind the very start only a few zeros are
                kept = taken(data[:at] + strays + data[at:])
                assert kept == taken(data), (at, strays[:9])


DAMAGED = {
    "a PNG cut in half": PNG[: len(PNG) // 2],
    "a PNG cut between its pieces": SPLIT[: len(SPLIT) - len(PNG) // 2],
    "a PNG whose pixels are spoilt": with_chunks(without(PNG, b"IDAT"), wrong_sum(PNG[33:-12])),
    "a PNG without pixels": without(PNG, b"IDAT"),
    "a PNG without pixels and end": without(PNG, b"IDAT", b"IEND"),
    "an Apple's own PNG": PNG[:8] + chunk(b"CgBI", b"\x50\0\x20\2") + PNG[8:],
    "a PNG's first bytes": PNG[:20],
    "an animated PNG without its end": plain("PNG", save_all=True, append_images=[pixels(seed=2)])[:-30],
    "a JPEG cut before its pixels": JPEG[:300],
    "a JPEG with a comment too short before its pixels": inserted(JPEG, b"\xff\xfe\0\1"),
    "a JPEG's first bytes": JPEG[:3],
    "a JPEG whose height comes later": JPEG[: JPEG.index(b"\xff\xc0") + 5]
    + bytes(2)
    + JPEG[JPEG.index(b"\xff\xc0") + 7 :],
    "a WebP cut in half": WEBP[: len(WEBP) // 2],
    "a WebP that says it is shorter": WEBP[:4] + struct.pack("<I", len(WEBP) // 2) + WEBP[8:],
    "a WebP's first bytes": WEBP[:13],
    "an animated WebP cut off": plain("WEBP", save_all=True, append_images=[pixels(seed=2)])[:-99],
}


@pytest.mark.parametrize("what", DAMAGED)
def test_what_decoders_do_not_take_is_damaged(what: str) -> None:
    """B8: it is known for a picture, and that part of it is missing."""
    assert taken(DAMAGED[what]) is None
    assert read_kind(io.BytesIO(DAMAGED[what])) is not None


@pytest.mark.parametrize(("kind", "mode", "options"), PLAIN_FORMS)
def test_cut_off_anywhere_it_is_taken_only_as_something_whole(kind: str, mode: str, options: dict[str, object]) -> None:
    """B8: of any first part either nothing is kept or what a strict decoder takes; of PNG and WebP all pixels."""
    size = (64, 48) if "save_all" in options else (9, 7)
    image = pixels(size, "L").convert(mode) if mode in {"1", "P"} else pixels(size, mode=mode)
    data = plain(kind, image, **options)
    whole, lengths = decoded(data), range(0, len(data), max(1, len(data) // 150))
    for length in (*lengths, *range(len(data) - 20, len(data))):
        kept = taken(data[:length])
        if kept is not None:
            seen = decoded(kept)
            assert kind == "JPEG" or seen == whole
    for length in range(len(data) - 2, len(data)) if kind == "JPEG" else range(len(data) - 12, len(data)):
        if kind != "WEBP" and "save_all" not in options:
            kept = taken(data[:length])
            assert kept is not None
            assert decoded(kept) == whole


@settings(deadline=None, max_examples=150)
@given(st.sampled_from([JPEG, PROGRESSIVE, PNG, WEBP, *map(phone_photo, KINDS)]), st.data())
def test_what_is_kept_of_anything_keeps_its_shape(photo: bytes, data: st.DataObject) -> None:
    """For any bytes inserted, removed or changed: nothing is raised, and kept parts stay as they are."""
    bent = bytearray(photo)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(bent) - 1))
        match data.draw(st.sampled_from(["in", "out", "other"])):
            case "in":
                bent[at:at] = data.draw(st.binary(max_size=20))
            case "out":
                del bent[at : at + data.draw(st.integers(1, 40))]
            case _:
                bent[at] = data.draw(st.integers(0, 255))
        if not bent:
            return
    kept = taken(bytes(bent))
    if kept is not None:
        assert taken(kept) == kept


def test_the_judge_is_strict() -> None:
    """Pillow itself refuses what is cut off, so that its word counts."""
    for data in (PNG[:-60], WEBP[:-20], JPEG[:400]):
        with pytest.raises((OSError, UnidentifiedImageError, SyntaxError)):
            decoded(data)


def test_metadata_of_a_repaired_picture_goes_too() -> None:
    """A photo without its end tells no more than one with it."""
    photo = inserted(JPEG, jpeg_segment(0xFE, b"SECRET"), jpeg_segment(0xED, b"SECRET"))[:-2]
    assert taken(photo) == JPEG
